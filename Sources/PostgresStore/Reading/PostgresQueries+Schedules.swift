public import Orchestration
public import TradingDomain
public import Workflows

/// A schedule in a list.
public struct ScheduleRow: Codable, Hashable, Sendable {
    public let schedule: StoredSchedule
    /// When it fires and by which rules, in words.
    public let terms: String
    /// The database's clock, as the next.
    public let appliedAt: Timestamp
    public let pausedAt: Timestamp?
    /// The newest of its times that was dealt with.
    public let lastTick: ScheduleTick?
    /// Runs that it started and that have not ended.
    public let unfinishedRuns: Int
}

/// A tick in a list.
public struct TickRow: Codable, Hashable, Sendable {
    public let tick: ScheduleTick
    /// The definition that was applied then.
    public let definitionHash: String
    /// The database's clock.
    public let recordedAt: Timestamp
    /// `ready`, `running`, `waiting` or `finished`; nil without a run.
    public let runState: String?
    /// How the run ended; nil until it has.
    public let runStatus: ItemStatus?
}

extension PostgresQueries {
    /// Every schedule that is there, by key.
    public func schedules() async throws -> [ScheduleRow] {
        try await rows("list_schedules", []) { row in
            ScheduleRow(
                schedule: StoredSchedule(
                    key: ScheduleKey(workflow: try row.text("workflow"), id: try row.text("id")),
                    definitionHash: try row.text("definition_hash"),
                    account: try row.optionalText("account"),
                    seenUntil: try row.time("seen_until_ns"),
                    pausedBy: try row.optionalText("paused_by")
                ),
                terms: try row.text("terms"),
                appliedAt: try row.recorded("applied_at"),
                pausedAt: try row.optionalRecorded("paused_at"),
                lastTick: try row.isNull("due_at_ns") ? nil : Self.tick(row),
                unfinishedRuns: Int(try row.int64("unfinished"))
            )
        }
    }

    /// What became of a schedule's times, newest first.
    public func ticks(of schedule: ScheduleKey, limit: Int = 20) async throws -> [TickRow] {
        try await rows("list_ticks", schedule.values + [.int64(Int64(limit))]) { row in
            TickRow(
                tick: try Self.tick(row),
                definitionHash: try row.text("tick_hash"),
                recordedAt: try row.recorded("recorded_at"),
                runState: try row.optionalText("run_state"),
                runStatus: try row.isNull("run_status") ? nil : row.word("run_status")
            )
        }
    }

    /// Times of a schedule, from one to another, that have started a run.
    public func startedTimes(of schedule: ScheduleKey, from: Timestamp, to: Timestamp) async throws -> Set<Timestamp> {
        let values = schedule.values + [.int64(from.nanoseconds), .int64(to.nanoseconds)]
        return Set(try await rows("ticks_between", values) { try $0.time("due_at_ns") })
    }

    /// The database's clock, which decides when something is due.
    public func databaseTime() async throws -> Timestamp {
        let times = try await rows("database_clock", []) { try $0.recorded("now") }
        guard let now = times.first else { throw PostgresError.unexpectedAnswer(problem: "the database tells no time") }
        return now
    }

    private static func tick(_ row: PostgresRow) throws -> ScheduleTick {
        ScheduleTick(
            dueAt: try row.time("due_at_ns"),
            firstDueAt: try row.time("first_due_at_ns"),
            times: Int(try row.int64("times")),
            outcome: try row.word("outcome"),
            run: try row.optionalText("run").map { RunID(unchecked: $0) },
            reason: try row.text("reason")
        )
    }
}
