public import TradingDomain
public import Workflows

/// A schedule that was applied.
public struct StoredSchedule: Codable, Hashable, Sendable {
    public let key: ScheduleKey
    /// Of the workflow that it starts, as it was applied.
    public let definitionHash: String
    /// The configured account of its runs; `nil` for the one that serves when none is named.
    public let account: String?
    /// Every time up to here is dealt with.
    public var seenUntil: Timestamp
    /// Who paused it; `nil` while it is active.
    public var pausedBy: String?

    public init(
        key: ScheduleKey,
        definitionHash: String,
        account: String? = nil,
        seenUntil: Timestamp,
        pausedBy: String? = nil
    ) {
        self.key = key
        self.definitionHash = definitionHash
        self.account = account
        self.seenUntil = seenUntil
        self.pausedBy = pausedBy
    }
}

/// The schedules there are, at a moment of the database's clock, which alone decides what is due.
public struct ScheduleBoard: Sendable {
    public let now: Timestamp
    public let schedules: [StoredSchedule]

    public init(now: Timestamp, schedules: [StoredSchedule]) {
        self.now = now
        self.schedules = schedules
    }
}

/// Where schedules and their ticks become durable.
public protocol ScheduleStore: Sendable {
    /// Every schedule that was applied and not removed, by key.
    func board() async throws -> ScheduleBoard
    /// The source texts of a definition by workflow name.
    func sources(of definitionHash: String) async throws -> [String: String]
    /// Runs that ticks of a schedule started and that have not ended, oldest first.
    func unfinished(of schedule: ScheduleKey) async throws -> [RunID]
    /// Records what was planned and creates the run of the tick that starts one, all at once or nothing.
    ///
    /// - Parameters:
    ///   - plan: Its started tick names `run`.
    ///   - schedule: As the plan was made for it.
    ///   - run: The run of the started tick; `nil` when none starts.
    /// - Returns: The ticks as they were recorded: one whose run finds its workflow's `concurrency` full and is not to wait
    ///   starts none. `nil` when somebody else dealt with the schedule or changed it meanwhile; nothing is recorded then.
    /// - Throws: The store's errors; nothing is recorded then, or all of it, and asking again finds out.
    func commit(_ plan: TickPlan, of schedule: StoredSchedule, run: ScheduledRun?) async throws -> [ScheduleTick]?
}

/// A run that is to be created, with what it counts as while it goes on.
public struct ScheduledRun: Hashable, Sendable {
    public let record: RunRecord
    public let slot: ConcurrencySlot?

    public init(record: RunRecord, slot: ConcurrencySlot?) {
        self.record = record
        self.slot = slot
    }
}
