/// One trade of ours, as the venue reported it.
public struct Fill: Codable, Hashable, Sendable {
    public let account: AccountID
    public let symbol: Symbol
    /// Unique within account and symbol; a repeated report is the same fill.
    public let tradeID: TradeID
    public let clientOrderID: ClientOrderID
    public let side: Side
    public let quantity: Quantity
    public let price: Price
    /// The booked amount: price × quantity × multiplier, rounded once.
    public let notional: Money
    public let commission: Money
    /// The venue's clock.
    public let tradedAt: Timestamp

    public init(
        account: AccountID,
        symbol: Symbol,
        tradeID: TradeID,
        clientOrderID: ClientOrderID,
        side: Side,
        quantity: Quantity,
        price: Price,
        notional: Money,
        commission: Money,
        tradedAt: Timestamp
    ) {
        self.account = account
        self.symbol = symbol
        self.tradeID = tradeID
        self.clientOrderID = clientOrderID
        self.side = side
        self.quantity = quantity
        self.price = price
        self.notional = notional
        self.commission = commission
        self.tradedAt = tradedAt
    }

    /// What the fill did to cash: a buy pays, a sell receives, both pay commission.
    public var cashChange: Money { (side == .buy ? -notional : notional) - commission }
}

/// What is held of one instrument, as the exact fold of its fills.
public struct Position: Codable, Hashable, Sendable {
    public let symbol: Symbol
    /// Positive when long, negative when short.
    public var quantity: Quantity
    /// What the open quantity cost, with the sign of the quantity; average cost is derived from it.
    public var costBasis: Money
    /// Profit and loss of what was closed, before commission.
    public var realized: Money

    public init(symbol: Symbol, quantity: Quantity, costBasis: Money, realized: Money) {
        self.symbol = symbol
        self.quantity = quantity
        self.costBasis = costBasis
        self.realized = realized
    }

    public init(flat symbol: Symbol, _ currency: Currency) {
        self.init(symbol: symbol, quantity: .zero, costBasis: .zero(currency), realized: .zero(currency))
    }
}
