import Orchestration
import TradingDomain
import Workflows
import YAMLNodes

/// Schedules in memory, under a clock that the test moves.
actor MemoryScheduleStore: ScheduleStore {
    private(set) var now: Timestamp
    private(set) var schedules: [ScheduleKey: StoredSchedule] = [:]
    private(set) var ticks: [(key: ScheduleKey, tick: ScheduleTick)] = []
    private(set) var runs: [RunID: RunRecord] = [:]
    private(set) var cancelled: [RunID] = []
    private var sources: [String: [String: String]] = [:]
    private var finished: Set<RunID> = []
    /// Runs between the reading of the board and the commit, as another scheduler would.
    private var meanwhile: (@Sendable (isolated MemoryScheduleStore) -> Void)?

    init(_ now: Timestamp) { self.now = now }

    func move(to time: Timestamp) { now = time }

    func finish(_ run: RunID) { finished.insert(run) }

    func interfere(_ body: @escaping @Sendable (isolated MemoryScheduleStore) -> Void) { meanwhile = body }

    func change(_ key: ScheduleKey, _ body: @Sendable (inout StoredSchedule?) -> Void) {
        var schedule = schedules[key]
        body(&schedule)
        schedules[key] = schedule
    }

    /// Applies a workflow as of now.
    func apply(_ bundle: WorkflowBundle) {
        sources[bundle.hash] = Dictionary(uniqueKeysWithValues: bundle.sources.map { ($0.workflow, $0.source.text) })
        for schedule in bundle.root.schedules {
            let key = ScheduleKey(workflow: bundle.root.name, id: schedule.id)
            schedules[key] = StoredSchedule(key: key, definitionHash: bundle.hash, seenUntil: now)
        }
    }

    /// Stores texts that do not compile.
    func spoil(_ key: ScheduleKey) {
        sources["spoilt"] = [key.workflow: "format: 1\n"]
        schedules[key] = StoredSchedule(key: key, definitionHash: "spoilt", seenUntil: now)
    }

    func board() -> ScheduleBoard {
        ScheduleBoard(now: now, schedules: schedules.values.sorted { $0.key < $1.key })
    }

    func sources(of definitionHash: String) -> [String: String] { sources[definitionHash] ?? [:] }

    func unfinished(of schedule: ScheduleKey) -> [RunID] {
        ticks.filter { $0.key == schedule }.compactMap(\.tick.run).filter { !finished.contains($0) }
    }

    func commit(_ plan: TickPlan, of schedule: StoredSchedule, run: ScheduledRun?) -> [ScheduleTick]? {
        if let body = meanwhile {
            meanwhile = nil
            body(self)
        }
        guard schedules[schedule.key] == schedule else { return nil }
        schedules[schedule.key]?.seenUntil = plan.seenUntil
        if let run { runs[run.record.id] = run.record }
        cancelled += plan.cancelled
        ticks += plan.ticks.map { (schedule.key, $0) }
        return plan.ticks
    }
}
