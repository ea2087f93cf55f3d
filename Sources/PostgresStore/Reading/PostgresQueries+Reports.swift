public import ExecutionEngine
public import Orchestration
public import TradingDomain

extension PostgresQueries {
    /// The market tapes that were kept of parents, in the order asked; those of older runs are missing.
    public func tapes(_ parents: [ParentOrderID]) async throws -> [TapeRecord] {
        try await snapshot { try PostgresRunStore.tapes(parents, on: $0) }
    }

    /// Keeps what the market did after parents, as far as it is known now; what was looked at further stays.
    public func keep(_ tapes: [TapeRecord]) async throws {
        let statement = try PostgresRunStore.saving(tapes)
        try await write { _ = try $0.query(statement.sql, statement.parameters) }
    }

    /// Parents as the journal has them, in the order asked; unknown ids are left out.
    public func orders(_ ids: [ParentOrderID]) async throws -> [ParentRecord] {
        try await snapshot { try ParentRows.read(ids.map(\.text), on: $0) }
    }

    /// The parents that a decision led to, oldest first.
    public func orders(of decision: DecisionID) async throws -> [ParentOrderID] {
        try await rows("orders_of_decision", [.text(decision.text)]) {
            ParentOrderID(unchecked: try $0.text("id"))
        }
    }

    /// Decisions whose id or idempotency key begins with `prefix`, or that run `prefix` recorded; newest first, at
    /// most `limit`.
    public func decisions(prefix: String, limit: Int = 5) async throws -> [DecisionID] {
        try await rows("decisions_by_prefix", [.text(prefix), .int64(Int64(limit))]) {
            DecisionID(unchecked: try $0.text("decision"))
        }
    }
}
