import Assembly
import Orchestration
import PostgresStore
import TradingDomain
import Workflows

/// The schedules that were applied, with their times, for commands that show or steer them.
struct ScheduleBook {
    struct Entry {
        let row: ScheduleRow
        let bundle: Result<WorkflowBundle, ScheduleProblem>
        let times: Result<FireTimes, ScheduleProblem>

        var key: ScheduleKey { row.schedule.key }
        /// Why it does not fire; `nil` when it does.
        var problem: ScheduleProblem? {
            if case .failure(let problem) = times { problem } else { nil }
        }

        /// The next times, none while it is paused.
        func next(_ count: Int, after now: Timestamp) -> [Scheduler.Next] {
            guard row.schedule.pausedBy == nil, let times = try? times.get() else { return [] }  // told as `problem`
            return times.next(count, after: max(now, row.schedule.seenUntil)).map {
                Scheduler.Next(schedule: key, time: $0, local: times.zone.text($0))
            }
        }

        /// In a word: `active`, `paused by …`, or that it is broken.
        var state: String {
            if let pausedBy = row.schedule.pausedBy { return "paused by \(pausedBy)" }
            return problem == nil ? "active" : "broken"
        }
    }

    /// The database's clock.
    let now: Timestamp
    /// By key.
    let entries: [Entry]

    static func read(_ pool: PostgresPool, _ loaded: LoadedConfiguration) async throws -> ScheduleBook {
        let reader = PostgresQueries(pool: pool)
        let store = PostgresScheduleStore(pool: pool)
        let rows = try await reader.schedules()
        let now = try await reader.databaseTime()
        let hours = try MarketHours(loaded)
        var bundles: [String: Result<WorkflowBundle, ScheduleProblem>] = [:]
        var entries: [Entry] = []
        for row in rows {
            let hash = row.schedule.definitionHash
            let bundle: Result<WorkflowBundle, ScheduleProblem>
            if let known = bundles[hash] {
                bundle = known
            } else {
                let sources = try await store.sources(of: hash)
                bundle = Scheduler.compile(row.schedule.key.workflow, sources, .standard)
                bundles[hash] = bundle
            }
            let times = bundle.flatMap { bundle in
                Result { () throws(ScheduleProblem) in
                    try bundle.fireTimes(of: row.schedule.key.id, around: now, calendar: hours.calendar(named:))
                }
            }
            entries.append(Entry(row: row, bundle: bundle, times: times))
        }
        return ScheduleBook(now: now, entries: entries)
    }

    /// The next times of all schedules, the soonest first.
    func next(_ count: Int) -> [Scheduler.Next] {
        let all = entries.flatMap { $0.next(count, after: now) }
        return Array(all.sorted { ($0.time, $0.schedule) < ($1.time, $1.schedule) }.prefix(count))
    }

    /// The schedule that a person named: `weekly-rebalance/friday`, or `friday` where only one is called so.
    ///
    /// - Throws: ``CommandFailure`` naming those that there are.
    func named(_ text: String) throws -> Entry {
        let found = entries.filter { "\($0.key)" == text || $0.key.id == text }
        if let only = found.first, found.count == 1 { return only }
        guard found.isEmpty else {
            let names = found.map { "\($0.key)" }.joined(separator: " or ")
            throw CommandFailure(.usage, "Which '\(text)'? Give \(names).")
        }
        let known = entries.prefix(10).map { "\($0.key)" }.joined(separator: ", ")
        let names = entries.count > 10 ? "\(known) and \(entries.count - 10) more" : known
        throw CommandFailure(
            .usage,
            entries.isEmpty
                ? "No schedule is applied. `smartexec workflow apply FILE` adds those of a workflow."
                : "There is no schedule '\(text)'. Known: \(names)."
        )
    }
}
