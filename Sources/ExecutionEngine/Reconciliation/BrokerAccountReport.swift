public import TradingDomain

/// An order that is open at the venue, ours or not, as the venue tells it.
public struct VenueOpenOrder: Codable, Hashable, Sendable {
    /// The client order id as the venue has it; one that is not ours has no ``TradingDomain/ClientOrderID/parts``.
    public let clientID: ClientOrderID
    public let brokerID: BrokerOrderID
    public let symbol: Symbol
    public let side: Side
    /// In all, what has executed included.
    public let quantity: Quantity
    public let executed: Quantity
    /// `nil` for a market order.
    public let limit: Price?
    public let placedAt: Timestamp

    public init(
        clientID: ClientOrderID,
        brokerID: BrokerOrderID,
        symbol: Symbol,
        side: Side,
        quantity: Quantity,
        executed: Quantity,
        limit: Price?,
        placedAt: Timestamp
    ) {
        self.clientID = clientID
        self.brokerID = brokerID
        self.symbol = symbol
        self.side = side
        self.quantity = quantity
        self.executed = executed
        self.limit = limit
        self.placedAt = placedAt
    }
}

/// A trade of the account, of an order of ours or of anybody else's.
public struct VenueFill: Codable, Hashable, Sendable {
    /// Its client order id is that of the order as the venue has it, such as `autoclose-…` for a liquidation.
    public let fill: Fill
    public let brokerID: BrokerOrderID

    public init(_ fill: Fill, brokerID: BrokerOrderID) {
        self.fill = fill
        self.brokerID = brokerID
    }
}

/// Cash that moved at the venue without a trade.
public struct VenuePayment: Codable, Hashable, Sendable {
    public enum Kind: String, Codable, Hashable, Sendable, CaseIterable { case funding, transfer }

    public let kind: Kind
    /// Unique by kind and symbol.
    public let reference: String
    /// Positive when it came in.
    public let amount: Money
    public let symbol: Symbol?
    public let at: Timestamp

    public init(kind: Kind, reference: String, amount: Money, symbol: Symbol?, at: Timestamp) {
        self.kind = kind
        self.reference = reference
        self.amount = amount
        self.symbol = symbol
        self.at = at
    }
}

/// Everything that a venue tells of an account at once, to be compared with our books.
public struct BrokerAccountReport: Codable, Hashable, Sendable {
    /// The venue's clock, read before the rest was asked for.
    public var venueTime: Timestamp
    /// Every open order of the account, in all symbols.
    public var openOrders: [VenueOpenOrder]
    /// Trades since the time asked for, those of others among them, oldest first.
    public var fills: [VenueFill]
    /// Signed, and what is not named is flat; `nil` where the venue keeps no positions.
    public var positions: [Symbol: Quantity]?
    /// What the account owns of each currency, its open positions at their cost: the wallet balance of a futures account.
    ///
    /// Empty where the venue does not tell.
    public var balances: [Money]
    /// Cash that moved without a trade since the time asked for; empty where the venue does not tell.
    public var payments: [VenuePayment]

    public init(
        venueTime: Timestamp,
        openOrders: [VenueOpenOrder] = [],
        fills: [VenueFill] = [],
        positions: [Symbol: Quantity]? = nil,
        balances: [Money] = [],
        payments: [VenuePayment] = []
    ) {
        self.venueTime = venueTime
        self.openOrders = openOrders
        self.fills = fills
        self.positions = positions
        self.balances = balances
        self.payments = payments
    }
}

/// A venue's answer when asked for everything of an account.
public enum AccountReportAnswer: Sendable {
    case report(BrokerAccountReport)
    /// Nobody could be asked, or a part of the answer is missing: half a report is none.
    case unavailable(reason: String)
}

/// What became of a request to cancel everything.
public enum CancelAllAnswer: Hashable, Sendable {
    /// The venue has taken the request; what it did is told by the next report.
    case accepted
    case unavailable(reason: String)
}

/// What became of a request to arm or disarm a dead-man timer.
public enum DeadManAnswer: Hashable, Sendable {
    /// The venue cancels everything at that time by its own clock unless it is armed anew; `nil` when it was disarmed.
    case armed(until: Timestamp?)
    /// The venue has no such timer.
    case unsupported
    case unavailable(reason: String)
}
