public import Orchestration
public import TradingDomain
public import Workflows
import YAMLNodes

/// Schedules in memory, under a clock that the test moves; it passes the same conformance suite as PostgreSQL.
public actor MemoryScheduleStore: ScheduleStore {
    /// A run as far as schedules look at it.
    private struct Started {
        let record: RunRecord
        let slot: ConcurrencySlot?
        let place: Int?
        var isCancelled = false
        var hasEnded = false
    }

    public private(set) var now: Timestamp
    public private(set) var schedules: [ScheduleKey: StoredSchedule] = [:]
    /// In the order of their records.
    public private(set) var ticks: [(key: ScheduleKey, tick: ScheduleTick)] = []
    /// Runs that were asked to end, in that order.
    public private(set) var cancelled: [RunID] = []
    /// Oldest first.
    private var started: [Started] = []
    private var sources: [String: [String: String]] = [:]
    /// Runs between the reading of the board and the commit, as another scheduler would.
    private var meanwhile: (@Sendable (isolated MemoryScheduleStore) -> Void)?

    public init(_ now: Timestamp) { self.now = now }

    // MARK: - What a test does

    public var runs: [RunRecord] { started.map(\.record) }

    public func move(to time: Timestamp) { now = time }

    public func finish(_ run: RunID) {
        guard let index = started.firstIndex(where: { $0.record.id == run }) else { return }
        started[index].hasEnded = true
    }

    /// Runs `body` before the next commit.
    public func interfere(_ body: @escaping @Sendable (isolated MemoryScheduleStore) -> Void) { meanwhile = body }

    public func change(_ key: ScheduleKey, _ body: @Sendable (inout StoredSchedule?) -> Void) {
        var schedule = schedules[key]
        body(&schedule)
        schedules[key] = schedule
    }

    /// Applies a workflow as of now.
    public func apply(_ bundle: WorkflowBundle, account: String? = nil) {
        sources[bundle.hash] = Dictionary(uniqueKeysWithValues: bundle.sources.map { ($0.workflow, $0.source.text) })
        for schedule in bundle.root.schedules {
            let key = ScheduleKey(workflow: bundle.root.name, id: schedule.id)
            schedules[key] = StoredSchedule(
                key: key,
                definitionHash: bundle.hash,
                account: account,
                seenUntil: now
            )
        }
    }

    /// Stores texts that do not compile.
    public func spoil(_ key: ScheduleKey) {
        sources["spoilt"] = [key.workflow: "format: 1\n"]
        schedules[key] = StoredSchedule(key: key, definitionHash: "spoilt", seenUntil: now)
    }

    // MARK: - The port

    public func board() -> ScheduleBoard {
        ScheduleBoard(now: now, schedules: schedules.values.sorted { $0.key < $1.key })
    }

    public func sources(of definitionHash: String) -> [String: String] { sources[definitionHash] ?? [:] }

    public func unfinished(of schedule: ScheduleKey) -> [RunID] {
        let mine = Set(ticks.filter { $0.key == schedule }.compactMap(\.tick.run))
        return started.filter { !$0.hasEnded && mine.contains($0.record.id) }.map(\.record.id)
    }

    public func commit(_ plan: TickPlan, of schedule: StoredSchedule, run: ScheduledRun?) -> [ScheduleTick]? {
        if let body = meanwhile {
            meanwhile = nil
            body(self)
        }
        guard schedules[schedule.key] == schedule else {
            // As after a COMMIT whose answer was lost.
            guard let run, let due = plan.ticks.last?.dueAt, self.run(of: due, schedule.key) == run.record.id else {
                return nil
            }
            return plan.ticks
        }
        let recorded = plan.ticks.compactMap { record($0, of: schedule.key, run) }
        if recorded.contains(where: { $0.outcome == .started }) {
            for other in plan.cancelled { cancel(other) }
        }
        schedules[schedule.key]?.seenUntil = plan.seenUntil
        return recorded
    }

    // MARK: - Ticks and runs

    private func run(of due: Timestamp, _ key: ScheduleKey) -> RunID? {
        ticks.first { $0.key == key && $0.tick.dueAt == due && $0.tick.run != nil }?.tick.run
    }

    /// - Returns: The tick as it was recorded; `nil` when its time has started a run before.
    private func record(_ tick: ScheduleTick, of key: ScheduleKey, _ run: ScheduledRun?) -> ScheduleTick? {
        guard self.run(of: tick.dueAt, key) == nil else { return nil }
        var tick = tick
        if let run, tick.run == run.record.id { create(run, for: &tick) }
        ticks.removeAll { $0.key == key && $0.tick.dueAt == tick.dueAt }
        ticks.append((key, tick))
        return tick
    }

    private func create(_ run: ScheduledRun, for tick: inout ScheduleTick) {
        var place: Int?
        if let slot = run.slot {
            let others = started.filter { other in
                other.slot?.key == slot.key && other.record.workflow == run.record.workflow && !other.hasEnded
                    && other.record.account == run.record.account
            }
            let keyed = others.map { KeyedRun(run: $0.record.id, place: $0.place, isCancelled: $0.isCancelled) }
            switch KeyPlaces.decide(slot, beside: keyed) {
            case .enter(let free): place = free
            case .wait(let oldest):
                for other in oldest { cancel(other) }
                let turn = "waits its turn behind run \(keyed.first { $0.place != nil }?.run.text ?? "before it")"
                tick.reason = tick.reason.isEmpty ? turn : "\(tick.reason), \(turn)"
            case .skip:
                (tick.outcome, tick.run) = (.overlapped, nil)
                tick.reason = "run \(keyed.first?.run.text ?? "") of the same concurrency key still goes on"
                return
            }
        }
        started.append(Started(record: run.record, slot: run.slot, place: place))
    }

    private func cancel(_ run: RunID) {
        guard let index = started.firstIndex(where: { $0.record.id == run && !$0.isCancelled && !$0.hasEnded }) else {
            return
        }
        started[index].isCancelled = true
        cancelled.append(run)
    }
}
