import ExecutionEngine
import Failpoints
public import Orchestration
public import TradingDomain
import Workflows

/// Schedules and their ticks in PostgreSQL.
///
/// Whoever deals with a schedule holds its row's lock and finds it as it was when the plan was made, so that of many
/// schedulers one records a time and creates its run, in one transaction.
public struct PostgresScheduleStore: ScheduleStore {
    private let transactions: DurableTransactions

    /// Makes the store over a migrated database.
    public init(pool: PostgresPool, patience: Backoff? = nil) {
        transactions = DurableTransactions(pool: pool, patience: patience ?? DurableTransactions.patience)
    }

    public func board() async throws -> ScheduleBoard {
        try await durably { connection in
            let rows = try connection.run(file: "schedule_board")
            guard let first = rows.first else {
                throw PostgresError.unexpectedAnswer(problem: "schedule_board has no row")
            }
            let schedules = try rows.filter { try !$0.isNull("id") }.map { row in
                StoredSchedule(
                    key: ScheduleKey(workflow: try row.text("workflow"), id: try row.text("id")),
                    definitionHash: try row.text("definition_hash"),
                    account: try row.optionalText("account"),
                    seenUntil: try row.time("seen_until_ns"),
                    pausedBy: try row.optionalText("paused_by")
                )
            }
            return ScheduleBoard(now: try first.recorded("now"), schedules: schedules)
        }
    }

    public func sources(of definitionHash: String) async throws -> [String: String] {
        try await durably { connection in
            var sources: [String: String] = [:]
            for row in try connection.run(file: "definitions_of_run", [.text(definitionHash)]) {
                sources[try row.text("name")] = try row.text("source")
            }
            return sources
        }
    }

    public func unfinished(of schedule: ScheduleKey) async throws -> [RunID] {
        try await durably { connection in
            try connection.run(file: "unfinished_of_schedule", schedule.values).map { row in
                RunID(unchecked: try row.text("id"))
            }
        }
    }

    public func commit(
        _ plan: TickPlan,
        of schedule: StoredSchedule,
        run: ScheduledRun?
    ) async throws -> [ScheduleTick]? {
        let recorded = try await durably { connection -> [ScheduleTick]? in
            guard let row = try connection.run(file: "lock_schedule", schedule.key.values).first else { return nil }
            let isOurs =
                try !row.bool("is_removed") && row.time("seen_until_ns") == schedule.seenUntil
                && row.text("definition_hash") == schedule.definitionHash
                && row.optionalText("account") == schedule.account
                && row.isNull("paused_by") == (schedule.pausedBy == nil)
            guard isOurs else {
                // After a lost COMMIT the times are as this call left them.
                guard let run, let due = plan.ticks.last?.dueAt,
                    try Self.run(of: due, schedule.key, on: connection) == run.record.id
                else { return nil }
                return plan.ticks
            }
            let ticks = try Self.record(plan.ticks, run, of: schedule, on: connection)
            for cancelled in plan.cancelled where ticks.contains(where: { $0.outcome == .started }) {
                let wish = RunCancellation(by: "schedule \(schedule.key)", reason: "its next run begins")
                try PostgresRunStore.cancel(cancelled, wish, on: connection)
            }
            _ = try connection.run(
                file: "see_schedule",
                schedule.key.values + [.int64(plan.seenUntil.nanoseconds)]
            )
            failpoint("tick.written")
            return ticks
        }
        failpoint("tick.recorded")
        return recorded
    }

    /// Creates the run of a time that somebody chose by hand.
    ///
    /// - Parameters:
    ///   - tick: A started one, with the run's id.
    ///   - schedule: As it is stored.
    ///   - run: The tick's run.
    /// - Returns: The tick as it was recorded; `nil` when that time has started a run already.
    /// - Throws: `PostgresError`.
    public func start(
        _ tick: ScheduleTick,
        of schedule: StoredSchedule,
        run: ScheduledRun
    ) async throws -> ScheduleTick? {
        try await durably { connection in
            _ = try connection.run(file: "lock_schedule", schedule.key.values)
            if let known = try Self.run(of: tick.dueAt, schedule.key, on: connection) {
                return known == run.record.id ? tick : nil
            }
            return try Self.record([tick], run, of: schedule, on: connection).first
        }
    }

    // MARK: - Rows

    /// Records ticks, and the run of the started one unless its time has started one already.
    private static func record(
        _ ticks: [ScheduleTick],
        _ run: ScheduledRun?,
        of schedule: StoredSchedule,
        on connection: isolated PostgresConnection
    ) throws -> [ScheduleTick] {
        var recorded: [ScheduleTick] = []
        for var tick in ticks {
            if let run, tick.run == run.record.id {
                guard try Self.run(of: tick.dueAt, schedule.key, on: connection) == nil else { continue }
                switch try PostgresRunStore.insert(run.record, slot: run.slot, on: connection) {
                case .created: break
                case .queued(let others):
                    let turn = "waits its turn behind run \(others.first?.text ?? "before it")"
                    tick.reason = tick.reason.isEmpty ? turn : "\(tick.reason), \(turn)"
                case .skipped(let others):
                    (tick.outcome, tick.run) = (.overlapped, nil)
                    tick.reason = "run \(others.first?.text ?? "") of the same concurrency key still goes on"
                }
            }
            let values: [PostgresValue] = [
                .int64(tick.dueAt.nanoseconds), .int64(tick.firstDueAt.nanoseconds), .int64(Int64(tick.times)),
                .text(tick.outcome.rawValue), .optional(tick.run?.text), .text(tick.reason.storable),
                .text(schedule.definitionHash),
            ]
            guard try connection.run(file: "record_tick", schedule.key.values + values).first != nil else { continue }
            recorded.append(tick)
            try alert(of: tick, schedule, on: connection)
        }
        return recorded
    }

    /// What a person should see: a time that was missed, and one of which no run could be made.
    private static func alert(
        of tick: ScheduleTick,
        _ schedule: StoredSchedule,
        on connection: isolated PostgresConnection
    ) throws {
        guard tick.outcome == .missed || tick.outcome == .refused else { return }
        _ = try connection.run(
            file: "record_alerts",
            [
                .text(schedule.account ?? "default"), .textArray([nil]),
                .textArray(["schedule_\(tick.outcome.rawValue)"]),
                .textArray(["Schedule \(schedule.key) was \(tick.words)".storable]),
                .int64Array([tick.dueAt.nanoseconds]), .textArray([AlertLevel.warning.rawValue]),
            ]
        )
    }

    private static func run(
        of due: Timestamp,
        _ schedule: ScheduleKey,
        on connection: isolated PostgresConnection
    ) throws -> RunID? {
        try connection.run(file: "tick_run", schedule.values + [.int64(due.nanoseconds)]).first.map { row in
            RunID(unchecked: try row.text("run"))
        }
    }

    func durably<T: Sendable>(_ body: @Sendable (isolated PostgresConnection) throws -> T) async throws -> T {
        do {
            return try await transactions.run(body)
        } catch let gaveUp as DurableTransactions.GaveUp {
            throw gaveUp.cause
        }
    }
}

extension ScheduleKey {
    /// As the statements take it.
    var values: [PostgresValue] { [.text(workflow), .text(id)] }
}
