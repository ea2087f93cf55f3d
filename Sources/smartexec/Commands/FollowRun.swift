import ArgumentParser
import Dispatch
import ExecutionEngine
import Foundation
import Glibc
import Orchestration
import PostgresStore
import Synchronization
import TradingDomain
import Workflows

/// `smartexec runs follow`.
struct FollowRun: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "follow",
        abstract: "Show the progress of a run that another process works, until it ends.",
        discussion: "Ctrl-C ends the following, not the run."
    )

    @OptionGroup var global: GlobalOptions

    @Argument(help: "The run's id; the newest run when none is given.")
    var run: String?

    func perform(_ console: Console) async throws -> ExitStatus {
        let loaded = try global.load(console)
        let database = try await Database.open(loaded, console) { console.tell($0) }
        do {
            let status = try await follow(database.pool, loaded, console)
            await database.pool.close()
            return status
        } catch {
            await database.pool.close()
            throw error
        }
    }

    private func follow(_ pool: PostgresPool, _ loaded: LoadedConfiguration, _ console: Console) async throws
        -> ExitStatus
    {
        let patience = loaded.configuration.database.retryFor
        let detail = try await pool.outlasting(
            .outage(of: patience),
            tell: { console.tell(Database.waiting(patience, $0)) },
            { try await find(PostgresQueries(pool: pool)) }
        )
        let id = detail.run.id
        let launch = try Launch(stored: detail.launch)
        let display = ProgressDisplay(
            console,
            speed: launch.mode.speed,
            environment: loaded.variables,
            isFollowing: true
        )
        let isInterrupted = Mutex(false)
        let signals = Signals([SIGINT], on: DispatchQueue(label: "smartexec.follow")) { _ in
            isInterrupted.withLock { $0 = true }
        }
        defer {
            signals.cancel()
            display.end()
        }
        let follower = RunFollower(
            run: id,
            account: detail.run.account,
            pool: pool,
            display: display,
            patience: patience
        )
        switch try await follower.follow(until: { isInterrupted.withLock { $0 } }) {
        case .ended(let report):
            display.end()
            return try RunSession(global: global, request: LaunchRequest(clock: nil), console: console).show(report)
        case .unworked:
            display.end()
            console.errors.write(RunFollower.unworked(id))
        case .left:
            display.end()
            console.errors.write("No longer following; run \(id) goes on.\n")
        }
        return .incomplete
    }

    /// The run that is meant.
    private func find(_ reader: PostgresQueries) async throws -> RunDetail {
        let newest = run == nil ? try await reader.runs(nil, limit: 1).first?.id.text : run
        guard let id = newest.map({ RunID(unchecked: $0) }) else {
            throw CommandFailure(.usage, "There is no run yet.")
        }
        guard let detail = try await reader.run(id) else { throw RunStoreError.notFound(id) }
        return detail
    }
}
