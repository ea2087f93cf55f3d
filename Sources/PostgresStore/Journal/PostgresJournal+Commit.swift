public import ExecutionEngine
import Portfolio
import RiskRules
import TradingDomain

extension PostgresJournal {
    /// Commits one batch, or proves that it had committed.
    ///
    /// - Throws: ``JournalError/fenced(_:)`` when the lease was lost: nothing may be sent. In the one case that COMMIT's
    ///   answer was lost and the account was taken before the batch could be sent again, its rows may be durable;
    ///   they belong to whoever took the account. ``JournalError/outcomeUnknown(_:)`` or
    ///   ``JournalError/unavailable(_:)`` when the database stays away.
    public func commit(_ batch: EngineBatch, _ lease: EngineLease) async throws -> BatchReceipt {
        try await prepare(batch, lease).commit()
    }

    /// Writes the batch's statements as they go over the wire.
    ///
    /// - Throws: `EncodingError` for what cannot be written.
    public func prepare(_ batch: EngineBatch, _ lease: EngineLease) throws -> PreparedBatch {
        let written = try WrittenBatch(batch, lease)
        return PreparedBatch {
            do {
                return try await commit(batch, written, lease)
            } catch let error as PostgresError where error.constraint == Self.fillKeys {
                // A fill of the batch was booked before, most likely by whoever held the account.
                return try await commit(batch, WrittenBatch(batch, lease, settles: true), lease)
            }
        }
    }

    private struct WrittenBatch: Sendable {
        let statements: BatchStatements
        let encoded: [EncodedStatement]

        init(_ batch: EngineBatch, _ lease: EngineLease, settles: Bool = false) throws {
            statements = try BatchStatements(batch, lease, settles: settles)
            encoded = try statements.all.map { try EncodedStatement($0) }
        }
    }

    /// The constraint that keeps a fill from being booked twice.
    private static let fillKeys = "fill_keys_pkey"

    private func commit(
        _ batch: EngineBatch,
        _ written: WrittenBatch,
        _ lease: EngineLease
    ) async throws -> BatchReceipt {
        do {
            return try await durably("commit a batch of account \(lease.account)") { connection in
                try Self.commit(batch, written, lease, on: connection)
            }
        } catch let error as PostgresError where error.sqlState == "SX001" {
            throw JournalError.fenced(lease.account)
        } catch let error as PostgresError where error.sqlState == "SX002" {
            return try await durably("read the outcome of a batch of account \(lease.account)") { connection in
                try Self.outcome(of: batch, lease, on: connection)
            }
        }
    }

    private static func commit(
        _ batch: EngineBatch,
        _ written: WrittenBatch,
        _ lease: EngineLease,
        on connection: isolated PostgresConnection
    ) throws -> BatchReceipt {
        let statements = written.statements
        let results = try connection.pipeline(encoded: written.encoded)
        guard let rows = statements.result(.controls, of: results) else { throw PostgresError.unexpectedRowCount(0) }
        let controls = try ControlRows.read(rows)
        var receipt = BatchReceipt(halt: controls.halt, commands: controls.commands, safeMode: controls.safeMode)
        if let accepted = statements.result(.intents, of: results), accepted.affectedRows == 0 {
            receipt.refused = refusals(of: batch, halt: receipt.halt.halt)
        }
        try settleDuplicates(of: batch, statements, results, lease.account, on: connection)
        return receipt
    }

    /// Corrects what the engine assumed of fills and entries that were booked before.
    ///
    /// Neither was booked again. The cached positions of the batch count them twice, so they are folded anew; an alert
    /// tells that the engine's own books have drifted from the account's. Rare enough to cost its own round trips.
    private static func settleDuplicates(
        of batch: EngineBatch,
        _ statements: BatchStatements,
        _ results: [PostgresResult],
        _ account: AccountID,
        on connection: isolated PostgresConnection
    ) throws {
        var repeated: [LedgerEntry] = []
        if let known = statements.result(.fills, of: results), !known.isEmpty {
            let known = Set(try known.map { [try $0.text("symbol"), try $0.text("trade_id")] })
            repeated = batch.ledger.filter {
                $0.kind == .fill && known.contains([$0.symbol?.text ?? "", $0.reference])
            }
        }
        if let booked = statements.result(.ledger, of: results) {
            let booked = Set(
                try booked.map { [try $0.text("kind"), try $0.optionalText("symbol"), try $0.text("reference")] }
            )
            repeated += BatchBooks(batch).entries.filter {
                !booked.contains([$0.kind.rawValue, $0.symbol?.text, $0.reference])
            }
        }
        guard !repeated.isEmpty else { return }
        let names = repeated.map { "\($0.kind.rawValue) \($0.reference)" }.joined(separator: ", ")
        let alert = EngineAlert(
            code: "entry_booked_before",
            message: "Account \(account) had these entries already, and they were not booked again: \(names). "
                + "Run `smartexec verify`.",
            parent: nil,
            at: batch.clock
        )
        var corrections = [try BatchStatements.alerts([alert], account)]
        if !batch.positions.isEmpty {
            let entries = try LedgerRows.read(account, on: connection)
            var portfolio = PortfolioState(account: account, currency: batch.positions[0].costBasis.currency)
            for entry in entries { try portfolio.apply(entry) }
            let positions = batch.positions.map { portfolio.position($0.symbol) }
            corrections.append(try BatchStatements.positions(positions, account))
        }
        _ = try connection.pipeline(corrections)
    }

    /// What became of a batch that had committed before; intents of a lost lease are not for us to send.
    private static func outcome(
        of batch: EngineBatch,
        _ lease: EngineLease,
        on connection: isolated PostgresConnection
    ) throws -> BatchReceipt {
        let key: [PostgresValue] = [.text(lease.account.text), .int64(lease.epoch), .int64(batch.sequence)]
        let row = try connection.run(file: "committed_batch", key + [.text(lease.worker)]).single()
        guard try row.bool("is_held") else { throw JournalError.fenced(lease.account) }
        var receipt = BatchReceipt(halt: .inactive)
        if let intent = batch.intents.first,
            try !connection.run(file: "committed_intents", [.text(intent.order.id.text)]).single().bool("accepted")
        {
            receipt.refused = refusals(of: batch, halt: try HaltRows.halt(row))
        }
        let controls = try controls(lease.account, on: connection)
        (receipt.halt, receipt.commands, receipt.safeMode) = (controls.halt, controls.commands, controls.safeMode)
        return receipt
    }

    /// All intents of the batch: a halt refuses all or none.
    private static func refusals(of batch: EngineBatch, halt: Halt?) -> [ClientOrderID: IntentRefusal] {
        let message = halt.map(KillSwitch.blockedMessage) ?? "The journal did not accept the intent; nothing was sent."
        let refusal = IntentRefusal(code: halt == nil ? "INTENT_REFUSED" : "KILL_SWITCH", message: message)
        var refused: [ClientOrderID: IntentRefusal] = [:]
        for intent in batch.intents { refused[intent.order.id] = refusal }
        return refused
    }
}
