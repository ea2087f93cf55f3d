public import RiskRules
public import TradingDomain

/// Safe modes in the database: an account's engine enters one by itself, and only a person ends it (OP-11).
public struct PostgresSafeMode: Sendable {
    private let pool: PostgresPool

    /// Over a migrated database.
    public init(pool: PostgresPool) { self.pool = pool }

    /// A safe mode with its end, if it has one.
    public struct Record: Codable, Hashable, Sendable {
        public let account: AccountID
        public let mode: SafeMode
        /// The database's clock, as the end's.
        public let enteredAt: Timestamp
        public let leftAt: Timestamp?
        public let leftBy: String?
        public let leftReason: String?

        public var isActive: Bool { leftAt == nil }

        init(_ row: PostgresRow) throws {
            account = AccountID(unchecked: try row.text("account"))
            mode = SafeMode(
                code: try row.text("code"),
                reason: try row.text("reason"),
                by: try row.text("entered_by"),
                since: try row.time("since_ns")
            )
            enteredAt = try row.recorded("entered_at")
            leftAt = try row.optionalRecorded("left_at")
            leftBy = try row.optionalText("left_by")
            leftReason = try row.optionalText("left_reason")
        }
    }

    /// Puts an account into safe mode by hand; one that is in it stays as it is.
    ///
    /// Its engine reads it with its next batch, or within two seconds when it has nothing to commit.
    ///
    /// - Throws: ``PostgresError``.
    public func enter(_ account: AccountID, reason: String, by: String) async throws {
        _ = try await pool.transaction { connection in
            try connection.run(
                file: "record_safe_mode",
                [.text(account.text), .text("by_hand"), .text(reason.storable), .text(by.storable), .null]
            )
        }
    }

    /// Ends the safe modes of an account and of the books under its name.
    ///
    /// - Returns: Those that were in force.
    /// - Throws: ``PostgresError``.
    public func leave(_ account: AccountID, reason: String, by: String) async throws -> [Record] {
        try await pool.transaction { connection in
            try connection.run(
                file: "leave_safe_mode",
                [.text(account.text), .text(by.storable), .text(reason.storable)]
            ).map(Record.init)
        }
    }

    /// Safe modes, those in force first, then the newest.
    public func history(_ account: AccountID? = nil, limit: Int = 50) async throws -> [Record] {
        try await pool.transaction { connection in
            try connection.run(file: "list_safe_modes", [.optional(account?.text), .int64(Int64(limit))]).map(
                Record.init
            )
        }
    }

    static func statement(_ mode: SafeMode, _ account: AccountID) throws -> PostgresStatement {
        try PostgresStatement(
            file: "record_safe_mode",
            [
                .text(account.text), .text(mode.code.storable), .text(mode.reason.storable), .text(mode.by.storable),
                .int64(mode.since.nanoseconds),
            ]
        )
    }
}
