import Assembly
@preconcurrency import Dispatch
import ExecutionEngine
import Foundation
import Glibc
import Orchestration
import PostgresStore
import Synchronization
import TradingAgents
import TradingDomain
import Workflows

/// Works runs of the queue in this process, until a signal or ``drain()``.
///
/// One worker with one lease, whatever number of runs; each run has a floor of its own.
final class WorkerSession: Sendable {
    /// What the command line chooses.
    struct Options: Hashable, Sendable {
        /// Runs at a time.
        var runsMax = 4
        /// Configured accounts whose runs it claims; none for all.
        var accounts: [String] = []
        /// How long a drain waits for runs to stop.
        var drainTimeout = Duration.seconds(30)
        var program = "smartexec worker"
    }

    private let console: Console
    private let options: Options
    private let queue: PostgresRunQueue
    private let host: FloorHost
    private let worker: Worker
    private let helper: ErrandRunner
    /// Signals that ask for the end, heard since before there was anything to give back.
    private let stops: Stops

    private init(
        _ loaded: LoadedConfiguration,
        _ console: Console,
        _ options: Options,
        _ host: FloorHost,
        _ queue: PostgresRunQueue,
        _ helper: ErrandRunner,
        _ stops: Stops,
        _ tell: @escaping @Sendable (Worker.Event) -> Void
    ) {
        self.console = console
        self.options = options
        self.host = host
        self.queue = queue
        self.helper = helper
        self.stops = stops
        var settings = Worker.Settings()
        settings.runsMax = options.runsMax
        worker = Worker(
            queue: queue,
            open: { try await WorkerFloor.open($0, loaded, host, queue, console) },
            isShared: { (try? Launch(stored: $0.launch))?.mode != .virtual },
            settings: settings,
            tell: tell
        )
    }

    /// Opens the database, waiting for it, and takes a lease; what the worker does goes to `tell`.
    ///
    /// - Throws: ``CommandFailure`` for an account that is not configured, and the database's errors.
    static func open(
        _ loaded: LoadedConfiguration,
        _ console: Console,
        _ options: Options,
        tell: @escaping @Sendable (Worker.Event) -> Void,
        helped: @escaping @Sendable (ErrandRunner.Event) -> Void
    ) async throws -> WorkerSession {
        for account in options.accounts where loaded.configuration.accounts[account] == nil {
            throw CommandFailure(.usage, "There is no account '\(account)'. Add it under `accounts:`.")
        }
        // Each run's engine commits while its runner reads; two more are the queue's.
        let size = min(64, 2 * options.runsMax + 2)
        let database = try await Database.open(loaded, console, poolSizeMin: size) { tell(.trouble($0)) }
        let stops = Stops()
        let worker = try await PostgresWorker.start(
            url: database.url,
            program: options.program,
            serves: options.accounts.isEmpty ? ["*"] : options.accounts
        )
        let queue = PostgresRunQueue(
            pool: database.pool,
            worker: worker,
            accounts: options.accounts.isEmpty ? nil : options.accounts
        )
        let host = FloorHost(database: database, worker: worker)
        let board = PostgresErrandBoard(
            pool: database.pool,
            worker: worker,
            accounts: options.accounts.isEmpty ? nil : options.accounts
        )
        let helper = AgentFactory(loaded, load: host.agentLoad).runner(
            board,
            capacity: loaded.configuration.workflows.maxConcurrentAgents,
            tell: helped
        )
        return WorkerSession(loaded, console, options, host, queue, helper, stops, tell)
    }

    /// The database that its runs are in.
    var database: Database { host.database }

    /// Works until ``drain()``; then its lease is over, and nothing is half done.
    ///
    /// A drain that takes longer than its limit ends with what is left taken away from this worker: another one goes on
    /// with it, and what this process still writes is refused.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.helper.run() }
            await worker.run()
        }
        await host.worker.stop()
        await host.database.pool.close()
    }

    /// Claims nothing more and hands over what is in hand, within the limit; then `late` is called with what would not stop.
    func drain(_ late: @escaping @Sendable ([RunID]) -> Void = { _ in }) async {
        await helper.drain()
        await worker.drain()
        let deadline = ContinuousClock.now + options.drainTimeout
        while await isBusy, .now < deadline {
            // Short, since somebody waits for it.
            try? await Task.sleep(for: .milliseconds(20))
        }
        guard await isBusy else { return }
        let left = await worker.runs
        await leave()
        late(left)
    }

    private var isBusy: Bool {
        get async {
            let isHelping = await !helper.isIdle
            return await !worker.runs.isEmpty || isHelping
        }
    }

    /// Gives back at once what is in hand.
    func leave() async {
        do {
            try await queue.leave()
        } catch {
            console.warn("What this worker held is free once its lease has run out, in 15 s: \(error)")
        }
    }

    /// Works until SIGTERM or SIGINT, which drain after telling `stopping`; a second one leaves at once.
    func runUntilSignalled(stopping: () -> Void = {}) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await self.run()
                self.stops.cancel()
            }
            var count = 0
            for await _ in stops.asked() {
                count += 1
                guard count == 1 else {
                    await leave()
                    exit(ExitStatus.incomplete.rawValue)
                }
                stopping()
                console.tell(
                    "Draining: claims nothing more and hands over what is in hand; a second signal leaves at once."
                )
                // Beside the loop, which goes on to hear a second signal.
                group.addTask {
                    await self.drain { left in
                        let what = left.isEmpty ? "questions of other runs" : left.map(\.text).joined(separator: ", ")
                        self.console.warn("Not stopped in time and given back: \(what).")
                        exit(ExitStatus.incomplete.rawValue)
                    }
                }
            }
        }
    }
}

/// SIGINT and SIGTERM as they come, until they are cancelled.
///
/// A second one before anybody listens ends the process.
private struct Stops: Sendable {
    /// How many came, and whether somebody listens.
    private final class Count: Sendable {
        private let state = Mutex((signals: 0, isAwaited: false))

        func listen() { state.withLock { $0.isAwaited = true } }

        /// Whether nobody has listened to the one before.
        func add() -> Bool {
            state.withLock { state in
                state.signals += 1
                return state.signals > 1 && !state.isAwaited
            }
        }
    }

    private let count = Count()
    private let stream: AsyncStream<Void>
    private let asking: AsyncStream<Void>.Continuation
    private let signals: Signals

    init() {
        let (count, queue) = (count, DispatchQueue(label: "smartexec.worker"))
        let (stream, asking) = AsyncStream<Void>.makeStream()
        self.stream = stream
        self.asking = asking
        signals = Signals([SIGINT, SIGTERM], on: queue) { _ in
            asking.yield()
            if count.add() { exit(ExitStatus.incomplete.rawValue) }
        }
    }

    /// What was asked so far and from now on.
    func asked() -> AsyncStream<Void> {
        count.listen()
        return stream
    }

    func cancel() {
        signals.cancel()
        asking.finish()
    }
}

/// The floor of one run of a worker.
private struct WorkerFloor: RunFloor {
    let floor: TradingFloor
    let queue: PostgresRunQueue
    let forwarding: Forwarding
    let console: Console

    static func open(
        _ claimed: ClaimedRun,
        _ loaded: LoadedConfiguration,
        _ host: FloorHost,
        _ queue: PostgresRunQueue,
        _ console: Console
    ) async throws -> WorkerFloor {
        let run = claimed.record.id
        guard let detail = try await PostgresQueries(pool: host.database.pool).run(run) else {
            throw RunStoreError.notFound(run)
        }
        let floor = try await TradingFloor.open(
            loaded,
            LaunchRequest(clock: nil),
            resuming: detail,
            host: host,
            console
        )
        let forwarding = Forwarding(loaded)
        forwarding.start(floor.engine.notifier, isVirtual: floor.launch.mode == .virtual)
        return WorkerFloor(floor: floor, queue: queue, forwarding: forwarding, console: console)
    }

    func work(_ claimed: ClaimedRun, control: RunControl) async throws -> RunReport {
        let executor = SmartExecutor(
            desk: floor.desk,
            library: { _ in nil },
            launch: claimed.record.launch,
            control: control,
            parksForPeople: true,
            progress: { [forwarding] progress in
                if case .asking(let request) = progress { forwarding.tell(request) }
            }
        )
        do {
            return try await executor.goOn(try await begun(claimed))
        } catch {
            throw await floor.paper.explained(error)
        }
    }

    /// A run that begins here does so at the floor's time, from which its deadlines count: it may have waited for others.
    private func begun(_ claimed: ClaimedRun) async throws -> ClaimedRun {
        guard claimed.claim.epoch == 1, claimed.done.isEmpty else { return claimed }
        let now = await floor.desk.clock.now()
        guard now != claimed.record.startedAt else { return claimed }
        try await queue.begin(claimed.claim, at: now)
        var record = claimed.record
        record.startedAt = now
        return ClaimedRun(claim: claimed.claim, record: record, done: [])
    }

    func close() async {
        await floor.close()
        await forwarding.finish(console)
    }
}
