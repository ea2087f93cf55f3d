import Orchestration
import PostgresStore
import TradingDomain
import Workflows

/// Starts runs of schedules for a person who asks for them.
struct ByHand {
    let database: Database
    let runs: ScheduledRuns

    /// Starts the run of one time.
    ///
    /// - Throws: ``CommandFailure`` when it has started one already, or none can be made.
    func start(_ entry: ScheduleBook.Entry, at time: Timestamp, as reason: String) async throws -> ScheduleTick {
        let bundle = try entry.bundle.get()
        let request = Scheduler.Request(
            schedule: entry.row.schedule,
            bundle: bundle,
            inputs: try entry.times.get().schedule.inputs,
            dueAt: time
        )
        switch try await runs.make(request) {
        case .refused(let why): throw CommandFailure(.incomplete, "\(entry.key), \(time): \(why)")
        case .run(let run):
            let tick = ScheduleTick(dueAt: time, outcome: .started, run: run.record.id, reason: reason)
            let store = PostgresScheduleStore(pool: database.pool)
            guard let recorded = try await store.start(tick, of: entry.row.schedule, run: run) else {
                throw CommandFailure(.incomplete, "\(entry.key) has started a run for \(time) already.")
            }
            return recorded
        }
    }

    /// Prints what was started, and who takes it up.
    func show(
        _ ticks: [ScheduleTick],
        of entry: ScheduleBook.Entry,
        _ global: GlobalOptions,
        _ console: Console
    ) throws {
        guard global.output == .table else { return console.print(try Listing.json(ticks)) }
        for tick in ticks { console.print("\(entry.key): \(tick.words)") }
        if ticks.isEmpty { console.print("\(entry.key): nothing to start") }
        if let run = ticks.compactMap(\.run).first {
            console.note("`smartexec serve` takes it up; `smartexec runs resume \(run)` works it here.")
        }
    }
}
