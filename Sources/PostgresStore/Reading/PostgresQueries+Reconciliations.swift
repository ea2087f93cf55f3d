public import ExecutionEngine
public import TradingDomain

/// How an account stands with its venue, as its engine last wrote it.
public struct ReconciliationStateRow: Codable, Hashable, Sendable {
    public let account: AccountID
    public let state: ReconciliationState
    /// The database's clock.
    public let checkedAt: Timestamp
}

/// A comparison of an account with its venue that found or changed something.
public struct ReconciliationRow: Codable, Hashable, Sendable {
    public let number: Int64
    public let account: AccountID
    public let cause: String
    /// Business time.
    public let at: Timestamp
    public let isReconciled: Bool
    public let reason: String
    /// What the venue told.
    public let openOrders: Int
    public let fills: Int
    public let findings: [ReconciliationFinding]
    /// The database's clock.
    public let recordedAt: Timestamp
}

extension PostgresQueries {
    /// How accounts stand with their venues; those that need not be reconciled are left out.
    public func reconciliationStates(_ account: AccountID? = nil) async throws -> [ReconciliationStateRow] {
        try await rows("reconciliation_state", [.optional(account?.text)]) { row in
            ReconciliationStateRow(
                account: AccountID(unchecked: try row.text("account")),
                state: try ReconciliationRows.state(row),
                checkedAt: try row.recorded("checked_at")
            )
        }
    }

    /// Comparisons that found or changed something, newest first.
    public func reconciliations(_ account: AccountID? = nil, limit: Int = 20) async throws -> [ReconciliationRow] {
        try await rows("list_reconciliations", [.optional(account?.text), .int64(Int64(limit))]) { row in
            ReconciliationRow(
                number: try row.int64("number"),
                account: AccountID(unchecked: try row.text("account")),
                cause: try row.text("cause"),
                at: try row.time("at_ns"),
                isReconciled: try row.bool("is_reconciled"),
                reason: try row.text("reason"),
                openOrders: Int(try row.int64("open_orders")),
                fills: Int(try row.int64("fills")),
                findings: try Documents.decode([ReconciliationFinding].self, row.text("findings")),
                recordedAt: try row.recorded("recorded_at")
            )
        }
    }

    /// Asks the engines of an account, and of the books under its name, to compare it with its venue.
    ///
    /// - Parameters:
    ///   - account: By its configured name, or in full.
    ///   - adopts: Whether the venue's positions and balances are to be taken for ours where they differ.
    ///   - reason: Why; recorded, and the note of what is booked.
    ///   - by: Who asks.
    /// - Returns: The accounts that were asked; empty when none of that name was ever worked.
    /// - Throws: ``PostgresError``.
    public func requestReconciliation(
        _ account: AccountID,
        adopts: Bool,
        reason: String,
        by: String
    ) async throws -> [AccountID] {
        try await rows(
            "request_reconciliation",
            [.text(account.text), .bool(adopts), .text(reason.storable), .text(by.storable)]
        ) { AccountID(unchecked: try $0.text("account")) }
    }
}
