import Portfolio
public import TradingDomain

/// One comparison of an account's facts with one another.
public struct VerificationCheck: Codable, Hashable, Sendable {
    /// A stable name, such as `children_equal_fills`.
    public let name: String
    /// What was compared, for people.
    public let title: String
    /// How many rows were looked at.
    public let compared: Int
    /// What differs, in words; empty when all is well.
    public let differences: [String]

    public var holds: Bool { differences.isEmpty }
}

extension PostgresQueries {
    /// Compares an account's facts with one another and with what is cached of them (I1, I3, I4).
    ///
    /// Sees one state of the database, so it may run beside a working engine.
    ///
    /// - Returns: Every check with its figures, in a fixed order.
    /// - Throws: ``PostgresError`` when the database is away, or when a row cannot be read at all.
    public func verify(_ account: AccountID) async throws -> [VerificationCheck] {
        try await snapshot { try Self.checks(account, on: $0) }
    }

    static func checks(
        _ account: AccountID,
        on connection: isolated PostgresConnection
    ) throws -> [VerificationCheck] {
        let key: [PostgresValue] = [.text(account.text)]
        let entries = try LedgerRows.read(account, on: connection)
        let positions = try connection.run(file: "list_positions", key).map { try Self.position($0) }
        let cash = try connection.run(file: "list_accounts", key).first.map { try $0.money("cash") }
        var checks = [try Self.positions(positions, cash, account, entries)]
        for row in try connection.run(file: "verify_facts", key) {
            let name = try row.text("name")
            checks.append(
                VerificationCheck(
                    name: name,
                    title: Self.titles[name] ?? name,
                    compared: Int(try row.int64("compared")),
                    differences: try row.textArray("differences").compactMap(\.self)
                )
            )
        }
        checks.append(try Self.identifiers(connection.run(file: "intents_of_account", key)))
        return checks
    }

    private static let titles = [
        "children_equal_fills": "every child order's filled quantity is the sum of its fills",
        "parents_equal_fills": "every order's filled quantity is the sum of its children's fills",
        "no_parent_overfilled": "no order has more filled and open than was asked for",
        "fills_have_keys": "every trade is booked once, under its key",
        "fills_have_intents": "every fill belongs to an order that we committed before sending",
        "intents_are_journalled": "every child order has its intent in its order's journal",
        "no_two_parents_per_step": "no step of a run made two orders",
        "fills_are_journalled": "every fill is in its order's journal, once",
        "ledger_equals_journal": "the ledger's fills are the journalled ones, amount by amount",
    ]

    /// Positions and cash are the fold of the ledger.
    private static func positions(
        _ cached: [Position],
        _ cash: Money?,
        _ account: AccountID,
        _ entries: [LedgerEntry]
    ) throws -> VerificationCheck {
        var differences: [String] = []
        if let currency = entries.first?.cashChange.currency {
            let folded = try PortfolioState(account: account, currency: currency, entries: entries)
            if let cash, cash != folded.cash { differences.append("cash sums to \(cash), folds to \(folded.cash)") }
            let known = Dictionary(cached.map { ($0.symbol, $0) }, uniquingKeysWith: { first, _ in first })
            for symbol in Set(known.keys).union(folded.positions.keys).sorted() {
                let (stored, right) = (known[symbol] ?? Position(flat: symbol, currency), folded.position(symbol))
                guard stored != right else { continue }
                differences.append(
                    "\(symbol) is stored as \(stored.quantity) at a cost of \(stored.costBasis) with "
                        + "\(stored.realized) realized; the ledger makes \(right.quantity), \(right.costBasis), "
                        + "\(right.realized)"
                )
            }
        } else {
            differences = cached.map { "\($0.symbol) is stored as \($0.quantity), and the ledger is empty" }
        }
        return VerificationCheck(
            name: "positions_equal_ledger",
            title: "positions and cash are the fold of the ledger",
            compared: entries.count,
            differences: differences
        )
    }

    /// Every client order id is ours, unique, and leads back to its parent.
    private static func identifiers(_ rows: PostgresResult) throws -> VerificationCheck {
        var differences: [String] = []
        var seen: Set<String> = []
        for row in rows {
            let (id, parent) = (try row.text("client_order_id"), try row.text("parent"))
            if !seen.insert(id).inserted { differences.append("intent \(id) is there twice") }
            guard ClientOrderID(unchecked: id).parts?.parent.text != parent else { continue }
            differences.append("intent \(id) does not lead back to its parent \(parent)")
        }
        return VerificationCheck(
            name: "intents_lead_back",
            title: "every client order id is unique and leads back to its order",
            compared: rows.count,
            differences: differences
        )
    }
}
