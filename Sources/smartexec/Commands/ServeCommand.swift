import ArgumentParser
import Assembly
import Dispatch
import Glibc
import Orchestration
import PostgresStore
import Synchronization

/// `smartexec serve`: starts what schedules say, and works it.
struct ServeCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Start the runs of schedules when they are due and work them, until it is told to stop.",
        discussion: """
            `smartexec workflow apply FILE` says what there is to start. Several may serve one database: each time starts one \
            run. On a simulated market a run takes its account's next session, and time passes as the clock says: real unless \
            configured, so that an order of four hours takes four hours.

            SIGTERM and Ctrl-C stop it: nothing more starts, and runs in hand are handed over to whoever works them next. A \
            second signal leaves at once.
            """
    )

    @OptionGroup var global: GlobalOptions
    @OptionGroup var market: ScheduledMarketOptions

    @Option(help: "Runs that it works at a time; 0 starts runs and leaves them to workers.")
    var maxRuns = 4

    @Option(help: ArgumentHelp("How long a stop waits for runs to be handed over.", valueName: "seconds"))
    var drainTimeout = 30

    func validate() throws {
        guard 0...256 ~= maxRuns else { throw ValidationError("--max-runs: \(maxRuns) is not in 0...256.") }
        guard 0...3600 ~= drainTimeout else {
            throw ValidationError("--drain-timeout: \(drainTimeout) is not in 0...3600.")
        }
    }

    func perform(_ console: Console) async throws -> ExitStatus {
        let loaded = try global.load(console)
        let request = try market.request(global, loaded.configuration)
        let hours = try MarketHours(loaded)
        let log = ServeLog(console, global.output)
        let database = try await Database.open(loaded, console) { log.say("trouble", $0) }
        let runs = ScheduledRuns(loaded: loaded, request: request, pool: database.pool)
        let scheduler = Scheduler(
            // Short, so that a stop is noticed while the database is gone; the next look tries again.
            store: PostgresScheduleStore(pool: database.pool, patience: .outage(of: .seconds(2))),
            calendar: { try hours.calendar(named: $0) },
            makeRun: { try await runs.make($0) },
            tell: { log.take($0) }
        )
        let count = try await ScheduleBook.read(database.pool, loaded).entries.count
        let stop = Stop()
        var session: WorkerSession?
        var signals: Signals?
        if maxRuns > 0 {
            var options = WorkerSession.Options()
            options.runsMax = maxRuns
            options.drainTimeout = .seconds(drainTimeout)
            options.program = "smartexec serve"
            session = try await WorkerSession.open(
                loaded,
                console,
                options,
                tell: { log.take($0) },
                helped: { log.take($0) }
            )
        } else {
            signals = Signals([SIGINT, SIGTERM], on: DispatchQueue(label: "smartexec.serve")) { _ in stop.ask() }
        }
        defer { signals?.cancel() }
        log.say(
            "serving",
            count == 0
                ? "serving; no schedule is applied yet, `smartexec workflow apply FILE` adds those of a workflow"
                : "serving \(count == 1 ? "1 schedule" : "\(count) schedules"), clock \(request.clock ?? "real")"
        )
        await serve(scheduler, session, log, until: stop)
        await database.pool.close()
        log.say("stopped", "stopped; schedules stay applied")
        return .success
    }

    /// Schedules and works until a signal: the session hears it, and without one whoever asks `stop`.
    private func serve(_ scheduler: Scheduler, _ session: WorkerSession?, _ log: ServeLog, until stop: Stop) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await scheduler.run(until: { stop.isAsked }, looked: { log.take($0) }, failed: { log.take($0) })
            }
            guard let session else { return }
            await session.runUntilSignalled { stop.ask() }
            stop.ask()
        }
    }
}

/// A wish to stop that is asked for.
private final class Stop: Sendable {
    private let state = Mutex(false)

    var isAsked: Bool { state.withLock { $0 } }

    func ask() { state.withLock { $0 = true } }
}
