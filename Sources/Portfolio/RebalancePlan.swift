public import TradingDomain

/// The book that a rebalance starts from, from one snapshot of prices.
public struct RebalanceBook: Sendable {
    public var equity: Money
    /// Cash not reserved by other orders.
    public var cash: Money
    /// Signed quantities; zero means not held.
    public var held: [Symbol: Quantity]
    /// Signed unfilled quantity of other orders, buys less sells.
    public var working: [Symbol: Quantity]
    public var prices: [Symbol: Price]
    public var instruments: [Symbol: Instrument]

    public init(
        equity: Money,
        cash: Money,
        held: [Symbol: Quantity],
        working: [Symbol: Quantity] = [:],
        prices: [Symbol: Price],
        instruments: [Symbol: Instrument]
    ) {
        self.equity = equity
        self.cash = cash
        self.held = held
        self.working = working
        self.prices = prices
        self.instruments = instruments
    }
}

/// What bounds a whole rebalance, besides its targets and the account's own limits.
public struct RebalanceBounds: Hashable, Sendable {
    /// Sells are worked first and buys may spend what they bring; else buys get only the cash that is there now.
    public var sellsFundBuys: Bool
    /// Most that all trades together may be worth, in percent of equity; `nil` for no cap.
    public var turnoverPercentMax: FixedDecimal?
    /// Cash that buys leave alone, in percent of equity.
    public var cashReservePercent: FixedDecimal

    public init(
        sellsFundBuys: Bool = true,
        turnoverPercentMax: FixedDecimal? = nil,
        cashReservePercent: FixedDecimal = .zero
    ) {
        self.sellsFundBuys = sellsFundBuys
        self.turnoverPercentMax = turnoverPercentMax
        self.cashReservePercent = cashReservePercent
    }
}

/// Orders that bring a book to its target weights: sells, then buys.
public struct RebalancePlan: Codable, Hashable, Sendable {
    /// What is done about one name.
    public enum Outcome: String, Codable, Hashable, Sendable {
        case trade = "TRADE"
        case atTarget = "AT_TARGET"
        case inBand = "IN_BAND"
        case belowMinimum = "BELOW_MINIMUM"
        case belowOneLot = "BELOW_ONE_LOT"
        /// Cut away when the buys were fitted to the cash.
        case noCash = "NO_CASH"
        /// Cut away by the cap on turnover.
        case turnoverCap = "TURNOVER_CAP"
    }

    /// One name with its numbers.
    public struct Line: Codable, Hashable, Sendable {
        public let symbol: Symbol
        /// What is held, with what is on its way.
        public let held: Quantity
        /// Percent of equity, rounded to 10⁻⁸.
        public let weightPercent: FixedDecimal
        public let targetPercent: FixedDecimal
        /// What is missing from the target, in money; negative is to be sold.
        public let delta: Money
        public internal(set) var outcome: Outcome
        /// What is to be traded, signed: negative is to be sold.
        public internal(set) var planned = Quantity.zero
    }

    public internal(set) var sells: [ProposedOrder]
    public internal(set) var buys: [ProposedOrder]
    /// Every name that was looked at, by symbol.
    public internal(set) var lines: [Line]
    /// Value of all orders in percent of equity.
    public internal(set) var turnoverPercent: FixedDecimal
    /// Turnover is above what the decision or the account allows without a person.
    public internal(set) var needsApproval: Bool
    /// The share of the buys that the cash pays for, 0 … 1.
    public internal(set) var buyFactor: FixedDecimal
    /// The share of their size that the cap on turnover leaves all trades but exits; `nil` when it cut nothing.
    public internal(set) var capFactor: FixedDecimal?
    public internal(set) var notes: [String]

    mutating func mark(_ keys: [String], as outcome: Outcome) {
        let keys = Set(keys)
        for index in lines.indices {
            let symbol = lines[index].symbol
            if Side.allCases.contains(where: { keys.contains("\(symbol)-\($0)") }) { lines[index].outcome = outcome }
        }
    }

    /// Sells, then buys.
    public var orders: [ProposedOrder] { sells + buys }
}
