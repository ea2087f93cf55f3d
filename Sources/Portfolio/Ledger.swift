public import TradingDomain

/// An account's entries in booking order, each once, with the state that they fold to.
public struct Ledger: Hashable, Sendable {
    public private(set) var entries: [LedgerEntry] = []
    public private(set) var state: PortfolioState
    private var places: [LedgerEntry.Key: Int] = [:]

    public init(account: AccountID, currency: Currency) {
        state = PortfolioState(account: account, currency: currency)
    }

    /// Books `entry` unless it is booked already: venues report fills twice.
    ///
    /// - Returns: Whether it was new.
    /// - Throws: ``PortfolioError`` when it belongs elsewhere, or contradicts the entry booked under its key.
    @discardableResult
    public mutating func book(_ entry: LedgerEntry) throws(PortfolioError) -> Bool {
        if let place = places[entry.key] {
            guard entries[place] == entry else { throw .conflictingEntry(reference: entry.reference) }
            return false
        }
        try state.apply(entry)
        places[entry.key] = entries.count
        entries.append(entry)
        return true
    }

    /// Whether an entry is there already.
    public func isBooked(_ kind: LedgerEntry.Kind, _ reference: String, _ symbol: Symbol?) -> Bool {
        places[LedgerEntry.Key(kind: kind, symbol: symbol, reference: reference)] != nil
    }

    /// Whether a trade is booked already.
    public func isBooked(_ fill: Fill) -> Bool { isBooked(.fill, fill.tradeID.text, fill.symbol) }

    /// What differs between `state` and the fold of `entries`, in words; empty when all is well (I4).
    ///
    /// - Throws: ``PortfolioError`` when an entry cannot be booked at all.
    public static func differences(
        _ state: PortfolioState,
        from entries: some Sequence<LedgerEntry>
    ) throws(PortfolioError) -> [String] {
        let folded = try PortfolioState(account: state.account, currency: state.currency, entries: entries)
        var found: [String] = []
        func compare(_ name: String, _ stored: Money, _ right: Money) {
            if stored != right { found.append("\(name) is \(stored), the entries make \(right)") }
        }
        compare("cash", state.cash, folded.cash)
        compare("commission", state.commission, folded.commission)
        compare("funding", state.funding, folded.funding)
        for symbol in Set(state.positions.keys).union(folded.positions.keys).sorted() {
            let (stored, right) = (state.position(symbol), folded.position(symbol))
            if stored.quantity != right.quantity {
                found.append("\(symbol) is \(stored.quantity), the entries make \(right.quantity)")
            }
            compare("cost of \(symbol)", stored.costBasis, right.costBasis)
            compare("realized of \(symbol)", stored.realized, right.realized)
        }
        return found
    }
}
