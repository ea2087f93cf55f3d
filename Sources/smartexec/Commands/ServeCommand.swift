import ArgumentParser
import Assembly
import Dispatch
import Glibc
import Orchestration
import PostgresStore
import Synchronization

/// `smartexec serve`: starts what schedules say.
struct ServeCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Start the runs of schedules when they are due, until it is told to stop.",
        discussion: """
            `smartexec workflow apply FILE` says what there is to start. Several may serve one database: each time starts one \
            run. On a simulated market a run takes its account's next session, and time passes as the clock says: real unless \
            configured, so that an order of four hours takes four hours. Ctrl-C or SIGTERM stops it.
            """
    )

    @OptionGroup var global: GlobalOptions
    @OptionGroup var market: ScheduledMarketOptions

    func perform(_ console: Console) async throws -> ExitStatus {
        let loaded = try global.load(console)
        let request = try market.request(global, loaded.configuration)
        let hours = try MarketHours(loaded)
        let database = try await Database.open(loaded, console)
        let log = ServeLog(console, global.output)
        let runs = ScheduledRuns(loaded: loaded, request: request, pool: database.pool)
        let scheduler = Scheduler(
            // Short, so that a stop is noticed while the database is gone; the next look tries again.
            store: PostgresScheduleStore(pool: database.pool, patience: .outage(of: .seconds(2))),
            calendar: { try hours.calendar(named: $0) },
            makeRun: { try await runs.make($0) },
            tell: { log.take($0) }
        )
        let isStopping = Mutex(false)
        let signals = Signals([SIGINT, SIGTERM, SIGHUP], on: DispatchQueue(label: "smartexec.serve")) { _ in
            isStopping.withLock { $0 = true }
        }
        defer { signals.cancel() }
        let book = try await ScheduleBook.read(database.pool, loaded)
        let count = book.entries.count
        log.say(
            "serving",
            count == 0
                ? "serving; no schedule is applied yet, `smartexec workflow apply FILE` adds those of a workflow"
                : "serving \(count == 1 ? "1 schedule" : "\(count) schedules"), clock \(request.clock ?? "real")"
        )
        await scheduler.run(until: { isStopping.withLock { $0 } }, looked: { log.take($0) }, failed: { log.take($0) })
        await database.pool.close()
        log.say("stopped", "stopped; schedules stay applied")
        return .success
    }
}
