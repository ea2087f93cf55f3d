import ExecutionEngine
import Portfolio
import RiskRules
import TradingDomain

/// A batch as the statements of its transaction, in order; those with nothing to say are left out.
///
/// Every row goes in one array per column, in binary form.
struct BatchStatements: Sendable {
    /// Statements whose answers matter.
    enum Answer: Hashable, Sendable { case fills, ledger, intents, controls }

    private(set) var all: [PostgresStatement] = []
    private var places: [Answer: Int] = [:]

    /// Facts first, then intents behind the lock of halts, then what depends on the intents' rows.
    ///
    /// - Parameters:
    ///   - batch: What the engine wants to be durable.
    ///   - lease: Under which it writes.
    ///   - settles: Whether fills of the batch may be booked already. Without it such a fill fails the transaction,
    ///     which costs nothing while, as nearly always, there is none.
    /// - Throws: `EncodingError` for what cannot be written.
    init(_ batch: EngineBatch, _ lease: EngineLease, settles: Bool = false) throws {
        let account = lease.account
        let key: [PostgresValue] = [.text(account.text), .int64(lease.epoch), .int64(batch.sequence)]
        let previous = batch.follows.map { PostgresValue.int64($0) } ?? .null
        add(
            try PostgresStatement(
                file: "begin_batch",
                key + [.text(lease.worker), .int64(batch.clock.nanoseconds), previous]
            )
        )
        if !batch.submissions.isEmpty { add(try Self.submissions(batch, account)) }
        if !batch.fills.isEmpty || !batch.ledger.isEmpty {
            let books = BatchBooks(batch)
            for (statement, answer) in try books.statements(account, settles: settles) { add(statement, answer) }
        }
        for statement in try Self.parents(batch, account) { add(statement) }
        if !batch.slippages.isEmpty { add(try Self.slippages(batch.slippages, account)) }
        if !batch.positions.isEmpty { add(try Self.positions(batch.positions, account)) }
        if let mode = batch.safeMode { add(try PostgresSafeMode.statement(mode, account)) }
        if !batch.alerts.isEmpty { add(try Self.alerts(batch.alerts, account)) }
        if let record = batch.reconciliation { add(try ReconciliationRows.statement(record, lease)) }
        if !batch.halting.isEmpty { add(try PostgresKillSwitch.statement(batch.halting, lease)) }
        if !batch.requests.isEmpty {
            let done: [PostgresValue] = [.text(account.text), .int64Array(batch.requests)]
            add(try PostgresStatement(file: "mark_reconciliation_requests", done))
        }
        if !batch.found.isEmpty {
            add(try PostgresStatement(file: "record_found", Self.columns(of: batch.found, account)))
        }
        if !batch.intents.isEmpty {
            add(try PostgresStatement(file: "lock_halts_shared", [.int64(PostgresJournal.haltLock)]))
            add(try Self.intents(batch, key, account), .intents)
        } else if !batch.events.isEmpty {
            add(try Self.events(batch))
        }
        if let children = try Self.children(batch) { add(children) }
        if !batch.done.isEmpty { add(try PostgresStatement(file: "mark_commands", key + [.int64Array(batch.done)])) }
        add(try PostgresStatement(file: "account_controls", [.text(account.text)]), .controls)
    }

    /// The answer to a statement; nil when the batch had none of it.
    func result(_ answer: Answer, of results: [PostgresResult]) -> PostgresResult? {
        places[answer].map { results[$0] }
    }

    private mutating func add(_ statement: PostgresStatement, _ answer: Answer? = nil) {
        if let answer { places[answer] = all.count }
        all.append(statement)
    }
}

extension Collection {
    /// A column of texts, one for each row.
    func texts(_ value: (Element) -> String?) -> PostgresValue {
        column(.text) { $0.append(value($1)) }
    }

    /// A column of whole numbers.
    func numbers(as type: PostgresArray.Element = .bigint, _ value: (Element) -> Int64?) -> PostgresValue {
        column(type) { $0.append(value($1)) }
    }

    /// A column of decimals in units of 10⁻⁸.
    func decimals(_ units: (Element) -> Int128?) -> PostgresValue {
        column(.numeric) { $0.append(units: units($1)) }
    }

    /// A column of truth values.
    func flags(_ value: (Element) -> Bool) -> PostgresValue {
        column(.bool) { $0.append(value($1)) }
    }

    private func column(
        _ type: PostgresArray.Element,
        _ append: (inout PostgresArray, Element) -> Void
    ) -> PostgresValue {
        var array = PostgresArray(of: type, capacity: count)
        for row in self { append(&array, row) }
        return .array(array)
    }
}
