public import ExecutionEngine
import Failpoints
import Portfolio
import RiskRules
import TradingDomain

extension PostgresJournal {
    /// Commits one batch, or proves that it had committed.
    ///
    /// - Throws: ``JournalError/fenced(_:)`` when the lease was lost: nothing may be sent. In the one case that COMMIT's
    ///   answer was lost and the account was taken before the batch could be sent again, its rows may be durable;
    ///   they belong to whoever took the account. ``JournalError/commitsLost(_:)`` when the batch before is gone: nothing
    ///   may be sent either. ``JournalError/outcomeUnknown(_:)`` or
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
            let receipt = try await send(batch, written, lease)
            failpoint("batch.committed")
            return receipt
        } catch let error as PostgresError where error.sqlState == "SX001" {
            throw JournalError.fenced(lease.account)
        } catch let error as PostgresError where error.sqlState == "SX003" {
            throw JournalError.commitsLost(lease.account)
        } catch let error as PostgresError where error.sqlState == "SX002" {
            failpoint("batch.repeated")
            return try await durably("read the outcome of a batch of account \(lease.account)") { connection in
                try Self.outcome(of: batch, lease, on: connection)
            }
        }
    }

    /// Commits in one round trip where no answer decides on what else is written.
    private func send(_ batch: EngineBatch, _ written: WrittenBatch, _ lease: EngineLease) async throws -> BatchReceipt
    {
        let purpose = "commit a batch of account \(lease.account)"
        guard !batch.fills.isEmpty || !batch.ledger.isEmpty else {
            Self.reachedCommit(of: batch)
            return try Self.receipt(batch, written, try await durably(purpose, written.encoded))
        }
        return try await durably(purpose) { connection in
            let results = try connection.pipeline(encoded: written.encoded)
            let receipt = try Self.receipt(batch, written, results)
            try Self.settleDuplicates(of: batch, written.statements, results, lease.account, on: connection)
            Self.reachedCommit(of: batch)
            return receipt
        }
    }

    private static func reachedCommit(of batch: EngineBatch) {
        failpoint("batch.written")
        failpoint("batch.snapshots_written", if: batch.parents.contains { $0.snapshot != nil })
    }

    private static func receipt(
        _ batch: EngineBatch,
        _ written: WrittenBatch,
        _ results: [PostgresResult]
    ) throws -> BatchReceipt {
        guard let rows = written.statements.result(.controls, of: results) else {
            throw PostgresError.unexpectedRowCount(0)
        }
        let controls = try ControlRows.read(rows)
        var receipt = BatchReceipt(halt: controls.halt, commands: controls.commands, safeMode: controls.safeMode)
        if let accepted = written.statements.result(.intents, of: results),
            accepted.affectedRows < batch.intents.count
        {
            receipt.refused = refusals(of: batch.intents, halt: receipt.halt)
        }
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
        if !batch.intents.isEmpty {
            let asked: [PostgresValue] = [.textArray(batch.intents.map(\.order.id.text))]
            let accepted = Set(try connection.run(file: "committed_intents", asked).map { try $0.text("id") })
            let refused = batch.intents.filter { !accepted.contains($0.order.id.text) }
            receipt.refused = refusals(of: refused, halt: try HaltRows.state(row))
        }
        let controls = try controls(lease.account, on: connection)
        (receipt.halt, receipt.commands, receipt.safeMode) = (controls.halt, controls.commands, controls.safeMode)
        return receipt
    }

    /// Why intents were refused, of a transaction that refused some: a halt refuses all, and without one only what the
    /// account's standing with its venue forbids can have been.
    private static func refusals(of intents: [Intent], halt: HaltState) -> [ClientOrderID: IntentRefusal] {
        var refused: [ClientOrderID: IntentRefusal] = [:]
        for intent in intents {
            refused[intent.order.id] = IntentRefusal(of: intent, halt: halt, isReconciled: false)
        }
        return refused
    }
}
