public import ExecutionEngine
public import TradingDomain

/// A parent order that the slippage control judged.
public struct SlippageDecisionRow: Codable, Hashable, Sendable {
    public let id: ParentOrderID
    public let symbol: Symbol
    public let side: Side
    /// Absent when it was refused.
    public let algorithm: AlgorithmName?
    public let state: ParentState
    public let submittedAt: Timestamp
    public let verdict: SlippageVerdict
    /// What its slippage became, in basis points of the price that was expected; absent until it ends with a fill.
    public let realizedBps: Double?
}

extension PostgresQueries {
    /// What the account's limit learns from, oldest first.
    public func slippages(_ account: AccountID) async throws -> [SlippageRecord] {
        try await snapshot { try SlippageRows.read(account, on: $0) }
    }

    /// Orders that the slippage control judged, newest first.
    public func slippageDecisions(_ account: AccountID, limit: Int = 10) async throws -> [SlippageDecisionRow] {
        try await rows("slippage_verdicts", [.text(account.text), .int64(Int64(limit))]) { row in
            SlippageDecisionRow(
                id: ParentOrderID(unchecked: try row.text("id")),
                symbol: try row.symbol(),
                side: try row.word("side"),
                algorithm: try row.optionalText("algorithm").map { AlgorithmName(unchecked: $0) },
                state: try row.word("state"),
                submittedAt: try row.time("submitted_at_ns"),
                verdict: try Documents.decode(SlippageVerdict.self, row.text("verdict")),
                realizedBps: try row.isNull("slippage") ? nil : try row.double("slippage") * 10_000
            )
        }
    }
}
