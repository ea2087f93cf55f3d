public import TradingDomain

/// The live account as the rules look at it.
public struct RiskSnapshot: Codable, Hashable, Sendable {
    /// An instrument of interest with what is held of it and its live price.
    public struct Holding: Codable, Hashable, Sendable {
        public var instrument: Instrument
        /// Signed; zero for an instrument that is only about to be traded.
        public var quantity: Quantity
        public var mark: Price

        public init(instrument: Instrument, quantity: Quantity = .zero, mark: Price) {
            self.instrument = instrument
            self.quantity = quantity
            self.mark = mark
        }
    }

    /// What live parent orders have reserved in one symbol.
    public struct OpenOrders: Codable, Hashable, Sendable {
        public internal(set) var buys = Quantity.zero
        public internal(set) var sells = Quantity.zero
        public internal(set) var buyNotional: Money
        public internal(set) var sellNotional: Money
    }

    /// What an account holds and has ordered in symbols that a snapshot does not name, as sums.
    public struct Others: Codable, Hashable, Sendable {
        /// The most that each may come to be worth, added up.
        public let worst: Money
        /// The signed values of the positions, added up.
        public let net: Money

        public init(worst: Money, net: Money) {
            self.worst = worst
            self.net = net
        }
    }

    public let account: AccountID
    public let environment: TradingEnvironment
    public var equity: Money
    public var cash: Money
    /// Equity when the day began, deposits since then included.
    public var dayStartEquity: Money
    public var holdings: [Symbol: Holding]
    public private(set) var open: [Symbol: OpenOrders] = [:]
    /// Set when ``holdings`` and ``open`` tell of some symbols alone: everything else that there is.
    public private(set) var others: Others?
    /// Cash that live buys may still need.
    public private(set) var reservedCash: Money
    /// Live parent orders.
    public private(set) var openParents = 0
    public var halt: HaltState
    /// Set when the orders to judge are the flatten of that halt, which is the one thing it lets through.
    public var flatteningFor: HaltID?
    /// Positions and orders are known to equal the broker's (I13).
    public var isReconciled: Bool
    /// Set while the account may only reduce its exposure (OP-11).
    public var safeMode: SafeMode?
    public var isSessionOpen: Bool

    /// - Parameters:
    ///   - account: Whose snapshot it is.
    ///   - environment: Where its orders go.
    ///   - equity: Now, at the marks.
    ///   - cash: All of it; what is reserved is taken off by the rules.
    ///   - dayStartEquity: The daily loss counts from it.
    ///   - holdings: Everything held, and every instrument that is about to be traded.
    ///   - reservations: Of all other live parents, one each.
    ///   - halt: The kill switch.
    ///   - isReconciled: Whether the account equals the broker's.
    ///   - isSessionOpen: Whether the venue trades now.
    public init(
        account: AccountID,
        environment: TradingEnvironment,
        equity: Money,
        cash: Money,
        dayStartEquity: Money,
        holdings: [Holding],
        reservations: [Reservation] = [],
        halt: HaltState = .inactive,
        isReconciled: Bool = true,
        isSessionOpen: Bool = true
    ) {
        self.account = account
        self.environment = environment
        self.equity = equity
        self.cash = cash
        self.dayStartEquity = dayStartEquity
        self.holdings = Dictionary(holdings.map { ($0.instrument.symbol, $0) }, uniquingKeysWith: { _, last in last })
        self.halt = halt
        self.isReconciled = isReconciled
        self.isSessionOpen = isSessionOpen
        reservedCash = .zero(equity.currency)
        for reservation in reservations { reserve(reservation) }
    }

    /// Cash that no live order may need; negative when they may need more than there is.
    public var freeCash: Money { cash - reservedCash }

    /// Names `symbols` alone; what is not named is told by its sums, so that judging an order costs the same however much
    /// the account holds.
    ///
    /// - Parameters:
    ///   - holdings: Of every symbol that is to be judged; no other may be asked for afterwards.
    ///   - symbols: Those symbols, also where nothing is known of one.
    ///   - others: Of all other symbols.
    package mutating func narrow(to holdings: [Symbol: Holding], _ symbols: Set<Symbol>, others: Others) {
        var named: [Symbol: OpenOrders] = [:]
        for symbol in symbols { named[symbol] = open[symbol] }
        open = named
        self.holdings = holdings
        self.others = others
    }

    /// Takes a parent's reservation.
    public mutating func reserve(_ reservation: Reservation) {
        openParents += 1
        add(reservation, sign: 1)
    }

    /// Gives back what a parent had still reserved.
    public mutating func release(_ reservation: Reservation) {
        openParents -= 1
        add(reservation, sign: -1)
    }

    /// Replaces a parent's reservation by what is left of it after fills.
    public mutating func draw(_ before: Reservation, to after: Reservation) {
        add(before, sign: -1)
        add(after, sign: 1)
    }

    /// Books a trade into holdings and cash, for baskets and simulations; equity changes by the commission alone.
    public mutating func trade(_ side: Side, _ instrument: Instrument, _ quantity: Quantity, for notional: Money) {
        var holding = holdings[instrument.symbol] ?? Holding(instrument: instrument, mark: .zero)
        holding.quantity += side == .buy ? quantity : -quantity
        holdings[instrument.symbol] = holding
        cash += side == .buy ? -notional : notional
    }

    /// What live orders have reserved in `symbol`.
    public func openOrders(_ symbol: Symbol) -> OpenOrders {
        open[symbol] ?? OpenOrders(buyNotional: .zero(equity.currency), sellNotional: .zero(equity.currency))
    }

    /// The most that `symbol` may come to be worth, long or short, if live orders fill in the worst way.
    package func worstExposure(_ symbol: Symbol) -> Money {
        let orders = openOrders(symbol)
        guard let holding = holdings[symbol] else { return max(orders.buyNotional, orders.sellNotional) }
        let longest = holding.quantity + orders.buys
        let shortest = orders.sells - holding.quantity
        let value = holding.instrument.notional(holding.mark, max(longest, shortest, .zero))
        return value.isNegative ? -value : value
    }

    /// The most that all symbols but one may come to be worth together.
    func worstExposure(without symbol: Symbol?) -> Money {
        var sum = others?.worst ?? .zero(equity.currency)
        for name in holdings.keys where name != symbol { sum += worstExposure(name) }
        for name in open.keys where name != symbol && holdings[name] == nil { sum += worstExposure(name) }
        return sum
    }

    /// The price at which `order` is valued: the live mark, or the price it was sized at where there is none.
    func mark(for order: ProposedOrder) -> Price {
        guard let mark = holdings[order.symbol]?.mark, mark > .zero else { return order.referencePrice }
        return mark
    }

    /// The price at which `order` is paid for: the higher of the live mark and the price it was sized at.
    func payPrice(for order: ProposedOrder) -> Price { max(mark(for: order), order.referencePrice) }

    /// Every symbol held or ordered, in order.
    var symbols: [Symbol] { Set(holdings.keys).union(open.keys).sorted() }

    private mutating func add(_ reservation: Reservation, sign: Int64) {
        var orders = openOrders(reservation.symbol)
        let quantity = Quantity(units: reservation.quantity.units * sign)
        let notional = sign > 0 ? reservation.notional : -reservation.notional
        switch reservation.side {
        case .buy:
            orders.buys += quantity
            orders.buyNotional += notional
        case .sell:
            orders.sells += quantity
            orders.sellNotional += notional
        }
        let isEmpty = orders.buys.isZero && orders.sells.isZero
        open[reservation.symbol] = isEmpty ? nil : orders
        reservedCash += sign > 0 ? reservation.cash : -reservation.cash
    }
}
