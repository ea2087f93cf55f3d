public import ExecutionEngine
import Failpoints
import Portfolio
public import TradingDomain

/// The engine's journal in PostgreSQL.
///
/// A batch is a transaction of one round trip; one that books something takes three, since what was booked before has to be
/// put right in it. When the outcome of the commit is not known, the identical batch is sent again until its key proves
/// that it is durable.
public struct PostgresJournal: Journal {
    /// Names the lock of halts within the database; the digits are arbitrary and must never change.
    static let haltLock: Int64 = 0x736d_6172_7465_7802
    /// Accounts whose namespace marks virtual time have one incarnation for ever, so that equal runs give equal ids.
    private static let virtualIncarnation = Incarnation(bits: 0)

    let worker: PostgresWorker
    let transactions: DurableTransactions

    /// Makes the journal of one worker.
    ///
    /// - Parameters:
    ///   - pool: Connections to a migrated database.
    ///   - worker: Who takes accounts here, with a lease in the same database.
    ///   - patience: How long a transaction is tried again while the database is gone.
    public init(pool: PostgresPool, worker: PostgresWorker, patience: Backoff? = nil) {
        self.worker = worker
        transactions = DurableTransactions(pool: pool, patience: patience ?? DurableTransactions.patience)
    }

    /// Takes the account, at once when its holder has ended on this machine or its lease has run out.
    ///
    /// - Throws: ``JournalError/accountBusy(_:)`` while another living worker holds it,
    ///   ``JournalError/unavailable(_:)``.
    public func acquire(_ account: AccountID, opening: AccountOpening) async throws -> EngineLease {
        let lease = try await durably("take account \(account)") { [worker] connection in
            _ = try connection.run(file: "create_account", [.text(account.text)])
            let row = try connection.run(file: "lock_account", [.text(account.text)]).single()
            if let holder = try LeaseHolder(row), holder.isAlive(beside: worker) {
                throw JournalError.accountBusy(
                    "Account \(account) is worked by \(holder.description). Wait until that command has finished, "
                        + "or end that process; its lease then passes on within 15 s."
                )
            }
            let epoch = try row.int64("epoch") + 1
            let incarnation = try Self.incarnation(for: account, on: connection)
            _ = try connection.run(
                file: "take_account",
                [.text(account.text), .int64(epoch), .text(worker.id), .text(incarnation.text)]
            )
            let entry = try LedgerEntry(
                account: account,
                kind: .openingBalance,
                reference: "opening",
                at: opening.at,
                cashChange: opening.cash
            )
            if try !connection.run(file: "has_ledger", [.text(account.text)]).single().bool("has_ledger") {
                _ = try connection.pipeline([try BatchStatements.ledger([entry], account)])
            }
            failpoint("account.written")
            return EngineLease(account: account, epoch: epoch, worker: worker.id, incarnation: incarnation)
        }
        failpoint("account.taken")
        return lease
    }

    public func load(_ account: AccountID) async throws -> AccountState {
        try await durably("read account \(account)") { connection in
            let ids = try connection.run(file: "open_parents", [.text(account.text)]).map { try $0.text("id") }
            let controls = try Self.controls(account, on: connection)
            return AccountState(
                ledger: try LedgerRows.read(account, on: connection),
                open: try ParentRows.read(ids, on: connection),
                halt: controls.halt,
                commands: controls.commands,
                slippages: try SlippageRows.read(account, on: connection),
                safeMode: controls.safeMode,
                clock: try connection.run(file: "last_clock", [.text(account.text)]).first?.time("clock_ns"),
                reconciliation: try ReconciliationRows.state(account, on: connection)
            )
        }
    }

    public func submitted(_ submission: ParentSubmission) async throws -> ParentRecord? {
        let asked: [PostgresValue] = [
            .text(submission.id.text), .optional(submission.run?.text), .optional(submission.stepPath),
        ]
        let purpose = "look for order \(submission.id)"
        let found = try await read([PostgresStatement(file: "submitted_parent", asked)], to: purpose)
        guard let row = found.first?.first else { throw PostgresError.unexpectedRowCount(0) }
        guard let id = try row.optionalText("id") else {
            guard try !row.bool("has_traded") else { throw JournalError.recordLost(submission.id) }
            return nil
        }
        return try ParentRows.records(try await read(ParentRows.statements([id]), to: purpose)).first
    }

    public func controls(_ account: AccountID) async throws -> AccountControls {
        try await durably("read the kill switch and commands to orders") { try Self.controls(account, on: $0) }
    }

    public func parents(_ ids: [ParentOrderID]) async throws -> [ParentRecord] {
        guard !ids.isEmpty else { return [] }
        return try ParentRows.records(try await read(ParentRows.statements(ids.map(\.text)), to: "read orders"))
    }

    public func release(_ lease: EngineLease) async throws {
        // A second try is enough: the lease expires by itself, and whoever gives it back wants to end.
        let brief = Backoff(attempts: 2, total: .seconds(1))
        failpoint("account.before_release")
        try await DurableTransactions(pool: transactions.pool, patience: brief).run { connection in
            _ = try connection.run(
                file: "release_account",
                [.text(lease.account.text), .int64(lease.epoch), .text(lease.worker)]
            )
        }
        failpoint("account.released")
    }

    /// Asks something of a parent that is being worked.
    ///
    /// Its engine reads it with its next batch, or within two seconds when it has nothing to commit; one that dies before
    /// it has committed the consequence leaves the command to the next.
    ///
    /// - Parameters:
    ///   - command: To which parent, what, and why.
    ///   - by: Who asks: a person, or a command.
    /// - Returns: False when the parent does not exist or is final already.
    /// - Throws: ``JournalError/unavailable(_:)``.
    public func request(_ command: ParentCommand, by: String) async throws -> Bool {
        try await durably("record a command to order \(command.parent)") { connection in
            try CommandRows.request(command, by: by, on: connection)
        }
    }

    /// Runs a transaction that may be repeated, and says in the journal's words when that is no use.
    func durably<T: Sendable>(
        _ purpose: String,
        _ body: @Sendable (isolated PostgresConnection) throws -> T
    ) async throws -> T {
        try await reached(purpose) { try await transactions.run(body) }
    }

    /// Runs statements that may be repeated as a transaction of one round trip; errors are as above.
    func durably(_ purpose: String, _ statements: [EncodedStatement]) async throws -> [PostgresResult] {
        try await reached(purpose) { try await transactions.run(statements) }
    }

    /// Asks for rows by their keys, in one round trip; errors are as above.
    private func read(_ statements: [PostgresStatement], to purpose: String) async throws -> [PostgresResult] {
        let all = try [PostgresStatement(file: "plan_by_key")] + statements
        let encoded = try all.map { try EncodedStatement($0) }
        return Array(try await reached(purpose, writes: false) { try await transactions.run(encoded) }.dropFirst())
    }

    private func reached<T: Sendable>(
        _ purpose: String,
        writes: Bool = true,
        _ run: () async throws -> T
    ) async throws -> T {
        do {
            return try await run()
        } catch let gaveUp as DurableTransactions.GaveUp {
            let words = gaveUp.cause.unreached(for: purpose)
            guard writes, gaveUp.mayHaveCommitted else {
                throw JournalError.unavailable(
                    "\(words) Nothing was sent. Start the database again (`smartexec db start`, or your own server)."
                )
            }
            throw JournalError.outcomeUnknown(
                "\(words) Its COMMIT may have taken effect; nothing was sent. Start the database again "
                    + "(`smartexec db start`, or your own server): what goes on then finds out."
            )
        }
    }

    static func controls(
        _ account: AccountID,
        on connection: isolated PostgresConnection
    ) throws -> AccountControls {
        try ControlRows.read(try connection.run(file: "account_controls", [.text(account.text)]))
    }

    private static func incarnation(
        for account: AccountID,
        on connection: isolated PostgresConnection
    ) throws -> Incarnation {
        guard !account.text.contains("@") else { return virtualIncarnation }
        let rows = try connection.run(file: "used_incarnations", [.text(account.text)])
        let used = Set(try rows.map { try $0.text("incarnation") })
        // A million incarnations outlast any account; the draw starts anywhere and takes the first that is free.
        let start = UInt32.random(in: 0..<1 << 20)
        for step in 0..<UInt32(1 << 20) {
            let drawn = Incarnation(bits: (start + step) & 0xf_ffff)
            if !used.contains(drawn.text), drawn != virtualIncarnation { return drawn }
        }
        throw JournalError.unavailable(
            "Account \(account) has used up its engine incarnations. Rename it in the configuration."
        )
    }
}
