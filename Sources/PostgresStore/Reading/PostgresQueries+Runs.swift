public import Orchestration
public import TradingDomain
public import Workflows

/// A run in a list.
public struct RunRow: Codable, Hashable, Sendable {
    public let id: RunID
    public let workflow: String
    /// `ready`, `running`, `waiting` or `finished`.
    public let state: String
    /// How it ended; nil until it has.
    public let status: ItemStatus?
    public let account: AccountID
    public let environment: TradingEnvironment
    /// Business times.
    public let startedAt: Timestamp
    public let endedAt: Timestamp?
    /// The database's clock.
    public let createdAt: Timestamp
    public let steps: Int
    public let parents: Int
    /// Who works it, such as `smartexec run on host, process 7`; nil when nobody does.
    public let holder: String?
    /// Whether that worker's lease is valid; a run whose holder is gone can be resumed.
    public let isHeld: Bool

    init(_ row: PostgresRow) throws {
        id = RunID(unchecked: try row.text("id"))
        workflow = try row.text("workflow")
        state = try row.text("state")
        status = try row.isNull("status") ? nil : try row.word("status")
        account = AccountID(unchecked: try row.text("account"))
        environment = try row.word("environment")
        startedAt = try row.time("started_at_ns")
        endedAt = try row.optionalTime("ended_at_ns")
        createdAt = try row.recorded("created_at")
        steps = Int(try row.int64("steps"))
        parents = Int(try row.int64("parents"))
        holder = try row.optionalText("holder")
        isHeld = try row.bool("is_held")
    }
}

/// A run with everything stored of it.
public struct RunDetail: Codable, Hashable, Sendable {
    public let run: RunRow
    public let definitionHash: String
    public let epoch: Int64
    public let seed: UInt64
    /// JSON texts as they were given.
    public let inputs: String
    public let launch: String
    public let report: String?
    /// In the order in which they were done.
    public let steps: [StepRecord]
    /// Which worker asked the agent of a step, by the step's path, where it was not the one that held the run.
    public let askedBy: [String: String]
}

/// Runs that have not ended.
public struct QueueRow: Codable, Hashable, Sendable {
    /// Waiting for a worker or for `smartexec runs resume`.
    public let ready: Int
    /// Of those, how many are tried again only later.
    public let postponed: Int
    public let running: Int
    /// Waiting for something outside, such as an approval.
    public let waiting: Int
    /// How long the oldest one that could be claimed has waited, by the database's clock.
    public let oldestSeconds: Double?
}

/// A decision with what became of it.
public struct DecisionDetail: Codable, Hashable, Sendable {
    public let decision: DecisionRecord
    /// What the first run made of it; nil while that is open.
    public let outcome: String?
}

extension PostgresQueries {
    /// Runs, newest first.
    ///
    /// - Parameters:
    ///   - account: By full or configured name; `nil` for all, as the next two.
    ///   - state: `ready`, `running`, `waiting` or `finished`, or a status such as `FAILED`.
    ///   - workflow: By name.
    ///   - limit: At most so many.
    /// - Returns: Their rows.
    /// - Throws: ``PostgresError``.
    public func runs(
        _ account: AccountID? = nil,
        state: String? = nil,
        workflow: String? = nil,
        limit: Int = 20
    ) async throws -> [RunRow] {
        try await rows(
            "list_runs",
            [.optional(account?.text), .null, .int64(Int64(limit)), .optional(state), .optional(workflow)],
            RunRow.init
        )
    }

    /// What waits and what is worked.
    public func queue() async throws -> QueueRow? {
        try await rows("queue_state", []) { row in
            QueueRow(
                ready: Int(try row.int64("ready")),
                postponed: Int(try row.int64("postponed")),
                running: Int(try row.int64("running")),
                waiting: Int(try row.int64("waiting")),
                oldestSeconds: try row.isNull("oldest_seconds") ? nil : try row.double("oldest_seconds")
            )
        }.first
    }

    /// One run with its steps; nil for an unknown id.
    public func run(_ id: RunID) async throws -> RunDetail? {
        try await snapshot { connection in
            let listed = try connection.run(file: "list_runs", [.null, .text(id.text), .int64(1), .null, .null])
            guard let row = listed.first, let body = try connection.run(file: "run_body", [.text(id.text)]).first else {
                return nil
            }
            return RunDetail(
                run: try RunRow(row),
                definitionHash: try body.text("definition_hash"),
                epoch: try body.int64("epoch"),
                seed: UInt64(try body.text("seed")) ?? 0,
                inputs: try body.text("inputs"),
                launch: try body.text("launch"),
                report: try body.optionalText("report"),
                steps: try connection.run(file: "steps_of_run", [.text(id.text)]).map(PostgresRunStore.step),
                askedBy: try connection.run(file: "askers_of_run", [.text(id.text)]).reduce(into: [:]) { askers, row in
                    askers[try row.text("step_path")] = try row.text("asker")
                }
            )
        }
    }

    /// A run as it was created, whether it is held or finished; nil for an unknown id.
    public func runRecord(_ id: RunID) async throws -> RunRecord? {
        try await snapshot { connection in
            guard let row = try connection.run(file: "run_record", [.text(id.text)]).first else { return nil }
            return try PostgresRunStore.record(id, row, on: connection)
        }
    }

    /// The newest decision of an id.
    public func decision(_ id: DecisionID) async throws -> DecisionDetail? {
        try await rows("decision_detail", [.text(id.text), .null], Self.decisionDetail).first
    }

    /// The decision that a parent order came from; nil for an order by hand.
    public func decision(of parent: ParentOrderID) async throws -> DecisionDetail? {
        try await rows("decision_detail", [.null, .text(parent.text)], Self.decisionDetail).first
    }

    private static func decisionDetail(_ row: PostgresRow) throws -> DecisionDetail {
        DecisionDetail(decision: try PostgresRunStore.decision(row), outcome: try row.optionalText("outcome"))
    }
}
