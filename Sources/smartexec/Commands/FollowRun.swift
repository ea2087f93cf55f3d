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

    /// How often the database is asked.
    private static let interval = Duration.milliseconds(500)

    @OptionGroup var global: GlobalOptions

    @Argument(help: "The run's id; the newest run when none is given.")
    var run: String?

    func perform(_ console: Console) async throws -> ExitStatus {
        let loaded = try global.load(console)
        let database = try await Database.open(loaded, console)
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
        let reader = PostgresQueries(pool: pool)
        let newest = run == nil ? try await reader.runs(nil, limit: 1).first?.id.text : run
        guard let id = newest.map({ RunID(unchecked: $0) }) else {
            throw CommandFailure(.usage, "There is no run yet.")
        }
        guard let detail = try await reader.run(id) else { throw RunStoreError.notFound(id) }
        let launch = try JSONDecoder().decode(Launch.self, from: Data(detail.launch.utf8))
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
        let controls = PostgresRunControls(pool: pool)
        var known: [ParentOrderID: ParentOrderRow] = [:]
        while true {
            let standing = try await controls.standing(of: id)
            try await show(&known, id, detail.run.account, reader, display)
            if standing.status != nil { break }
            if standing.holder == nil {
                display.end()
                guard standing.state != "waiting" else {
                    console.errors.write("Run \(id) waits for approval: `smartexec approvals show \(id)`.\n")
                    return .incomplete
                }
                console.errors.write(
                    "Nobody works run \(id) at the moment. `smartexec runs resume \(id)` goes on with it.\n"
                )
                return .incomplete
            }
            if isInterrupted.withLock({ $0 }) {
                display.end()
                console.errors.write("No longer following; run \(id) goes on.\n")
                return .incomplete
            }
            try await Task.sleep(for: Self.interval)
        }
        display.end()
        let session = RunSession(global: global, request: LaunchRequest(clock: nil), console: console)
        guard let text = try await reader.run(id)?.report else {
            throw CommandFailure(.incomplete, "Run \(id) has ended without a report.")
        }
        return try session.show(try JSONDecoder().decode(RunReport.self, from: Data(text.utf8)))
    }

    /// Tells the display what changed in the run's orders.
    private func show(
        _ known: inout [ParentOrderID: ParentOrderRow],
        _ run: RunID,
        _ account: AccountID,
        _ reader: PostgresQueries,
        _ display: ProgressDisplay
    ) async throws {
        if let now = try await reader.clock(of: account) { display.take(.clock(now)) }
        for row in try await reader.orders(OrderFilter(run: run), limit: 10_000).reversed() where known[row.id] != row {
            known[row.id] = row
            guard let record = try await reader.order(row.id) else { continue }
            // The path without its items: here an order is a line of its own.
            display.take(.parent(ParentProgress(of: record), at: StepPath(row.id.text)))
        }
    }
}
