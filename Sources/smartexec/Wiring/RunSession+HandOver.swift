import ExecutionEngine
import Foundation
import MarketData
import Orchestration
import PostgresStore
import TradingDomain
import Workflows

/// A run as programs read it that has only been started.
private struct StartedRun: Encodable {
    let run: RunID
    /// Who takes it; absent for a process of its own.
    let worker: String?
}

extension RunSession {
    /// Gives a new run to the worker that serves its account, and follows it.
    ///
    /// A run in virtual time depends on its inputs alone and stays here, unless a worker holds its very account or it is to
    /// be detached.
    ///
    /// - Returns: `nil` when the run is to be worked in this process.
    func handOver(_ run: NewRun, _ loaded: LoadedConfiguration) async throws -> ExitStatus? {
        let database = try await Database.open(loaded, console)
        do {
            let status = try await handOver(run, loaded, database)
            await database.pool.close()
            return status
        } catch {
            await database.pool.close()
            throw error
        }
    }

    private func handOver(
        _ run: NewRun,
        _ loaded: LoadedConfiguration,
        _ database: Database
    ) async throws -> ExitStatus? {
        let controls = PostgresRunControls(pool: database.pool)
        let named = AccountID(unchecked: request.account ?? loaded.configuration.account)
        // The usual case is told apart before any market is opened.
        let isServed = try await !controls.workers(serving: named).isEmpty
        guard isDetached || isServed else { return nil }
        let configuration = loaded.configuration
        let reader = PostgresQueries(pool: database.pool)
        var launch = try await request.launch(configuration) { account in
            try await reader.runs(account, limit: 1).first?.startedAt
        }
        var market = try request.floor(launch, configuration)
        let account = launch.namespace(market.source)
        if let going = try await sessionGoingOn(launch, account, reader) {
            launch = going
            market = try request.floor(launch, configuration)
        }
        let worker = try await controls.workers(serving: account).first {
            isDetached || launch.mode != .virtual || $0.holdsAccount
        }
        guard worker != nil || isDetached else { return nil }
        let begins = market.begins(configuration)
        let clock = try await reader.clock(of: account)
        let record = try RunRecord(
            of: run.bundle,
            inputs: Self.anywhere(run.inputs),
            account: account,
            environment: launch.environment(try configuration.settings(of: launch)),
            market: market.source.fingerprint,
            launch: try launch.json,
            at: max(begins, clock ?? begins)
        )
        let slot = try run.bundle.concurrencySlot(for: run.inputs)
        let creation = try await controls.create(record, slot: slot)
        if case .skipped(let others) = creation {
            throw RunStoreError.skipped(workflow: record.workflow, key: slot?.key ?? "", behind: others)
        }
        guard !isDetached else { return try await detach(record.id, worker, launch, loaded, database) }
        if global.output == .table, !global.quiet {
            let turn =
                if case .queued(let others) = creation {
                    " It waits its turn behind run \(others.first?.text ?? "")."
                } else { "" }
            console.print(
                "Account \(account) (\(record.environment.rawValue)) · \(market.source.title) · session "
                    + "\(market.session.date) · clock \(launch.clock) · run \(record.id) goes to "
                    + "\(worker?.name ?? "").\(turn)",
                wrapping: true
            )
        }
        return try await follow(record.id, account, launch, loaded, database)
    }

    /// The launch of what a worker works on the account now, when it differs in nothing but a session that was not asked for:
    /// a run then joins the market day that goes on.
    private func sessionGoingOn(_ launch: Launch, _ account: AccountID, _ reader: PostgresQueries) async throws
        -> Launch?
    {
        guard request.session == nil, launch.mode != .virtual else { return nil }
        guard let run = try await reader.runs(account, state: "running", limit: 1).first, run.isHeld,
            let detail = try await reader.run(run.id)
        else { return nil }
        var same = try Launch(stored: detail.launch)
        let going = same
        same.session = launch.session
        return same == launch ? going : nil
    }

    private func detach(
        _ run: RunID,
        _ worker: ServingWorker?,
        _ launch: Launch,
        _ loaded: LoadedConfiguration,
        _ database: Database
    ) async throws -> ExitStatus {
        if let worker {
            console.tell("Run \(run) goes to \(worker.name).")
            console.errors.write(
                "Follow it:   smartexec runs follow \(run)\nCancel it:   smartexec runs cancel \(run)\n"
            )
        } else {
            try await startBackground(run, launch, loaded, database)
        }
        switch global.output {
        case .json: console.print(try Listing.json(StartedRun(run: run, worker: worker?.id)))
        case .table, .html, .sarif: console.print(run.text)
        }
        return .success
    }

    private func follow(
        _ run: RunID,
        _ account: AccountID,
        _ launch: Launch,
        _ loaded: LoadedConfiguration,
        _ database: Database
    ) async throws -> ExitStatus {
        let display = ProgressDisplay(console, speed: launch.mode.speed, environment: loaded.variables)
        let isAttended = Keyboard.isAttended && console.errors.isTerminal
        let supervisor = RunSupervisor(isAttended ? .attended : .unattended, display, isFollowing: true)
        let controls = PostgresRunControls(pool: database.pool)
        let follower = RunFollower(
            run: run,
            account: account,
            pool: database.pool,
            display: display,
            patience: loaded.configuration.database.retryFor
        )
        supervisor.start()
        defer { supervisor.finish() }
        var isCancelled = false
        let ending = try await follower.follow {
            supervisor.control.isStopping
        } doing: {
            guard !isCancelled, let wish = supervisor.control.cancellation else { return }
            // One that has ended meanwhile has its report at the next look.
            do { _ = try await controls.cancel(run, wish) } catch RunStoreError.finished {}
            isCancelled = true
        }
        supervisor.releaseTerminal()
        switch ending {
        case .ended(let report):
            let status = try show(report)
            if let page { try await write(report, to: page) }
            return status
        case .unworked: console.errors.write(RunFollower.unworked(run))
        case .left:
            console.tell("Run \(run) goes on at its worker.")
            console.errors.write(
                "Follow it:   smartexec runs follow \(run)\nCancel it:   smartexec runs cancel \(run)\n"
            )
        }
        return .incomplete
    }

    /// Inputs as they read in another folder: the file of decisions by its whole path.
    static func anywhere(_ inputs: [String: Value]) -> [String: Value] {
        guard let path = inputs["decisions"]?.textValue, !path.hasPrefix("/") else { return inputs }
        var inputs = inputs
        inputs["decisions"] = .text(FileManager.default.currentDirectoryPath + "/" + path)
        return inputs
    }
}
