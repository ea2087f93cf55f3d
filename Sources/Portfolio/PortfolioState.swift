public import TradingDomain

/// An account's cash and positions: the exact fold of its ledger entries.
public struct PortfolioState: Hashable, Sendable {
    /// What the account was worth when its day began; the daily loss counts from it.
    public struct DayStart: Codable, Hashable, Sendable {
        public let at: Timestamp
        /// Deposits and withdrawals since then are added, so that they are neither profit nor loss.
        public fileprivate(set) var equity: Money
    }

    public let account: AccountID
    public let currency: Currency
    public private(set) var cash: Money
    /// Every symbol that was ever held, also those flat now, which keep their realized profit.
    public private(set) var positions: [Symbol: Position] = [:]
    /// Symbols of the positions that are not flat, in order.
    private var open: [Symbol] = []
    public private(set) var commission: Money
    public private(set) var funding: Money
    /// Opening balances and transfers: what was put in, less what was taken out.
    public private(set) var netDeposits: Money
    public private(set) var adjustments: Money
    public private(set) var entryCount = 0
    public private(set) var dayStart: DayStart?

    public init(account: AccountID, currency: Currency) {
        self.account = account
        self.currency = currency
        let zero = Money.zero(currency)
        (cash, commission, funding, netDeposits, adjustments) = (zero, zero, zero, zero, zero)
    }

    /// Folds `entries` in their order.
    ///
    /// - Throws: ``PortfolioError`` for an entry of another account or currency.
    public init(
        account: AccountID,
        currency: Currency,
        entries: some Sequence<LedgerEntry>
    ) throws(PortfolioError) {
        self.init(account: account, currency: currency)
        for entry in entries { try apply(entry) }
    }

    /// Books one entry; nothing changes when it throws.
    ///
    /// Whether it was booked before is the ledger's business: see ``Ledger``.
    ///
    /// - Throws: ``PortfolioError`` for an entry of another account or currency.
    public mutating func apply(_ entry: LedgerEntry) throws(PortfolioError) {
        guard entry.account == account else {
            throw .wrongAccount(reference: entry.reference, entry: entry.account, ledger: account)
        }
        guard entry.cashChange.currency == currency else {
            throw .wrongCurrency(reference: entry.reference, entry: entry.cashChange.currency, ledger: currency)
        }
        entryCount += 1
        cash += entry.cashChange
        commission += entry.commission
        if let symbol = entry.symbol, let quantity = entry.quantity, let notional = entry.notional {
            positions[symbol, default: Position(flat: symbol, currency)].book(quantity, value: notional)
            list(symbol)
        }
        let broughtIn = entry.cashChange + (entry.notional ?? .zero(currency))
        switch entry.kind {
        case .fill: break
        case .funding: funding += entry.cashChange
        case .adjustment: adjustments += broughtIn
        case .openingBalance, .transfer:
            netDeposits += broughtIn
            if let start = dayStart, entry.at >= start.at { dayStart?.equity += broughtIn }
        }
    }

    /// Remembers what the account is worth as its day begins.
    ///
    /// - Throws: ``PortfolioError/missingMarks(_:)`` when a position has no mark.
    public mutating func startDay(at time: Timestamp, marks: [Symbol: Mark]) throws(PortfolioError) {
        restoreDayStart(at: time, equity: try equity(marks))
    }

    /// Sets a day start that was stored before.
    public mutating func restoreDayStart(at time: Timestamp, equity: Money) {
        precondition(equity.currency == currency, "day start in \(equity.currency) for an account in \(currency)")
        dayStart = DayStart(at: time, equity: equity)
    }

    /// Positions that are not flat, by symbol.
    public var openPositions: [Position] { open.compactMap { positions[$0] } }

    /// The `count` positions of the largest cost, the largest first, of equal ones by symbol.
    public func largest(_ count: Int) -> [Position] {
        func precedes(_ left: Position, _ right: Position) -> Bool {
            let (one, other) = (left.costBasis.units.magnitude, right.costBasis.units.magnitude)
            return one == other ? left.symbol < right.symbol : one > other
        }
        var kept: [Position] = []
        for position in positions.values where !position.isFlat {
            if kept.count >= count {
                guard let last = kept.last, precedes(position, last) else { continue }
                kept.removeLast()
            }
            var (low, high) = (0, kept.count)
            while low < high {
                let middle = (low + high) / 2
                if precedes(kept[middle], position) { low = middle + 1 } else { high = middle }
            }
            kept.insert(position, at: low)
        }
        return kept
    }

    /// How many positions are not flat.
    public var openCount: Int { open.count }

    /// Puts a symbol on the list of those that are not flat, or takes it off.
    private mutating func list(_ symbol: Symbol) {
        var (low, high) = (0, open.count)
        while low < high {
            let middle = (low + high) / 2
            if open[middle] < symbol { low = middle + 1 } else { high = middle }
        }
        let isListed = low < open.count && open[low] == symbol
        let isOpen = positions[symbol]?.isFlat == false
        if isOpen, !isListed { open.insert(symbol, at: low) }
        if !isOpen, isListed { open.remove(at: low) }
    }

    /// The position in `symbol`, flat when there never was one.
    public func position(_ symbol: Symbol) -> Position { positions[symbol] ?? Position(flat: symbol, currency) }

    /// Profit and loss of what was closed, before commission, over all symbols.
    public var realized: Money { positions.values.reduce(.zero(currency)) { $0 + $1.realized } }

    /// Values every open position; those without a mark count at cost and are listed.
    ///
    /// - Throws: ``PortfolioError/wrongCurrency(reference:entry:ledger:)`` for an instrument of another currency.
    public func valuation(_ marks: [Symbol: Mark]) throws(PortfolioError) -> Valuation {
        var (net, gross, gain) = (Money.zero(currency), Money.zero(currency), Money.zero(currency))
        var unmarked: [Symbol] = []
        for position in openPositions {
            var value = position.costBasis
            if let mark = marks[position.symbol] {
                let other = mark.instrument.currency
                guard other == currency else {
                    throw .wrongCurrency(reference: position.symbol.text, entry: other, ledger: currency)
                }
                value = mark.instrument.notional(mark.price, position.quantity)
                gain += value - position.costBasis
            } else {
                unmarked.append(position.symbol)
            }
            net += value
            gross += value.isNegative ? -value : value
        }
        return Valuation(cash: cash, netExposure: net, grossExposure: gross, unrealized: gain, unmarked: unmarked)
    }

    /// Profit and loss of what is open, at the marks.
    ///
    /// - Throws: ``PortfolioError/missingMarks(_:)`` when a position has no mark.
    public func unrealized(_ marks: [Symbol: Mark]) throws(PortfolioError) -> Money {
        try fullValuation(marks).unrealized
    }

    /// Cash and the value of all positions, at the marks.
    ///
    /// - Throws: ``PortfolioError/missingMarks(_:)`` when a position has no mark.
    public func equity(_ marks: [Symbol: Mark]) throws(PortfolioError) -> Money {
        try fullValuation(marks).equity
    }

    private func fullValuation(_ marks: [Symbol: Mark]) throws(PortfolioError) -> Valuation {
        let valuation = try valuation(marks)
        guard valuation.unmarked.isEmpty else { throw .missingMarks(valuation.unmarked) }
        return valuation
    }
}
