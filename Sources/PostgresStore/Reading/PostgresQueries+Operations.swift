public import ExecutionEngine
public import TradingDomain

/// An alert, as it was recorded.
public struct AlertRow: Codable, Hashable, Sendable {
    /// Names it when it is acknowledged.
    public let number: Int64
    public let account: AccountID
    public let parent: ParentOrderID?
    public let level: AlertLevel
    public let code: String
    public let message: String
    /// Business time.
    public let at: Timestamp
    /// The database's clock, as the next.
    public let recordedAt: Timestamp
    /// Who has seen it; absent while nobody has.
    public let acknowledgedBy: String?
    public let acknowledgedAt: Timestamp?
    public let note: String?
}

/// An incarnation of a worker.
public struct WorkerRow: Codable, Hashable, Sendable {
    public let id: String
    public let host: String
    public let pid: Int
    public let program: String
    public let startedAt: Timestamp
    public let leaseUntil: Timestamp
    public let endedAt: Timestamp?
    /// Whether its lease is valid by the database's clock.
    public let isLeased: Bool
    /// Accounts whose runs it claims, `*` for all; nil for a command that claims none.
    public let serves: [String]?
    /// The accounts and runs that it holds.
    public let accounts: [AccountID]
    public let runs: [RunID]
}

/// The size of a table with its partitions and indexes.
public struct TableSizeRow: Codable, Hashable, Sendable {
    /// With its schema, such as `paper.orders`.
    public let table: String
    public let bytes: Int64
    /// The statistics' estimates.
    public let liveRows: Int64
    public let deadRows: Int64
}

extension PostgresQueries {
    /// Alerts, newest first; on demand only those that nobody has acknowledged.
    public func alerts(
        _ account: AccountID? = nil,
        openOnly: Bool = false,
        limit: Int = 50
    ) async throws -> [AlertRow] {
        try await rows("list_alerts", [.optional(account?.text), .int64(Int64(limit)), .bool(openOnly)]) { row in
            AlertRow(
                number: try row.int64("number"),
                account: AccountID(unchecked: try row.text("account")),
                parent: try row.optionalText("parent").map { ParentOrderID(unchecked: $0) },
                level: try row.word("level"),
                code: try row.text("code"),
                message: try row.text("message"),
                at: try row.time("at_ns"),
                recordedAt: try row.recorded("recorded_at"),
                acknowledgedBy: try row.optionalText("acknowledged_by"),
                acknowledgedAt: try row.optionalRecorded("acknowledged_at"),
                note: try row.optionalText("note")
            )
        }
    }

    /// Notes that somebody has seen alerts.
    ///
    /// - Parameters:
    ///   - numbers: Which.
    ///   - by: Who.
    ///   - note: What came of it.
    /// - Returns: Those that nobody had acknowledged before, in no order; others do not exist or were seen already.
    /// - Throws: ``PostgresError``.
    public func acknowledge(_ numbers: [Int64], by: String, note: String?) async throws -> [Int64] {
        try await rows(
            "acknowledge_alerts",
            [.int64Array(numbers), .text(by.storable), .optional(note?.storable)]
        ) { try $0.int64("alert") }
    }

    /// Workers that hold a lease or something else, and the newest of the others.
    public func workers(limit: Int = 20) async throws -> [WorkerRow] {
        try await rows("list_workers", [.int64(Int64(limit))]) { row in
            WorkerRow(
                id: try row.text("id"),
                host: try row.text("host"),
                pid: Int(try row.int64("pid")),
                program: try row.text("program"),
                startedAt: try row.recorded("started_at"),
                leaseUntil: try row.recorded("lease_until"),
                endedAt: try row.optionalRecorded("ended_at"),
                isLeased: try row.bool("is_leased"),
                serves: try row.isNull("serves") ? nil : try row.textArray("serves").compactMap(\.self),
                accounts: try row.textArray("accounts").compactMap(\.self).map { AccountID(unchecked: $0) },
                runs: try row.textArray("runs").compactMap(\.self).map { RunID(unchecked: $0) }
            )
        }
    }

    /// Tables by size, the largest first.
    public func tableSizes() async throws -> [TableSizeRow] {
        try await rows("table_sizes", []) { row in
            TableSizeRow(
                table: try row.text("name"),
                bytes: try row.int64("bytes"),
                liveRows: try row.int64("live_rows"),
                deadRows: try row.int64("dead_rows")
            )
        }
    }

    /// Seconds since the oldest snapshot that is still in use, which keeps dead rows from being removed.
    public func oldestSnapshotSeconds() async throws -> Double {
        try await rows("oldest_snapshot", []) { try $0.double("seconds") }.first ?? 0
    }
}
