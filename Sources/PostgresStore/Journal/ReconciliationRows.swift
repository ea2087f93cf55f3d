import ExecutionEngine
import TradingDomain

/// Writes and reads how an account stands with its venue.
enum ReconciliationRows {
    static func statement(_ record: ReconciliationRecord, _ lease: EngineLease) throws -> PostgresStatement {
        let state = record.state
        return try PostgresStatement(
            file: "record_reconciliation",
            [
                .text(lease.account.text), .int64(lease.epoch), .text(record.cause.rawValue),
                .int64(record.at.nanoseconds), .optional(record.venueTime?.nanoseconds), .bool(state.isReconciled),
                .text(state.reason.storable), .int64(state.since.nanoseconds), .optional(state.through?.nanoseconds),
                .text(try Documents.encode(record.findings).storable), .bool(record.isNotable),
                .int64(Int64(record.openOrders)), .int64(Int64(record.fills)),
            ]
        )
    }

    static func state(
        _ account: AccountID,
        on connection: isolated PostgresConnection
    ) throws -> ReconciliationState? {
        let rows = try connection.run(file: "reconciliation_state", [.text(account.text)])
        return try rows.first { try $0.text("account") == account.text }.map(state)
    }

    static func state(_ row: PostgresRow) throws -> ReconciliationState {
        ReconciliationState(
            isReconciled: try row.bool("is_reconciled"),
            reason: try row.text("reason"),
            since: try row.time("since_ns"),
            through: try row.optionalInt64("through_ns").map { Timestamp(nanoseconds: $0) }
        )
    }
}
