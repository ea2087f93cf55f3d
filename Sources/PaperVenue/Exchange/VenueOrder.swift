public import Matching
public import TradingDomain

/// What kind of order; the words are the wire's.
public enum VenueOrderType: String, Codable, Hashable, Sendable, CaseIterable {
    case limit = "LIMIT"
    case market = "MARKET"
    case stop = "STOP"
    case stopMarket = "STOP_MARKET"
    case takeProfit = "TAKE_PROFIT"
    case takeProfitMarket = "TAKE_PROFIT_MARKET"
    case trailingStopMarket = "TRAILING_STOP_MARKET"

    /// Waits for a price before it becomes a limit or market order.
    var isConditional: Bool { self != .limit && self != .market }
    var isMarketOnceTriggered: Bool {
        self == .stopMarket || self == .takeProfitMarket || self == .trailingStopMarket
    }
}

public enum VenueTimeInForce: String, Codable, Hashable, Sendable, CaseIterable {
    case goodTillCancelled = "GTC"
    case immediateOrCancel = "IOC"
    case fillOrKill = "FOK"
    /// Post-only.
    case goodTillCrossing = "GTX"
    case goodTillDate = "GTD"
}

public enum VenuePositionSide: String, Codable, Hashable, Sendable, CaseIterable {
    /// The only position of a symbol in one-way mode.
    case both = "BOTH"
    case long = "LONG"
    case short = "SHORT"
}

public enum VenueOrderStatus: String, Codable, Hashable, Sendable, CaseIterable {
    case new = "NEW"
    case partiallyFilled = "PARTIALLY_FILLED"
    case filled = "FILLED"
    case cancelled = "CANCELED"
    case expired = "EXPIRED"
    /// By self-trade prevention.
    case expiredInMatch = "EXPIRED_IN_MATCH"

    public var isFinal: Bool { self != .new && self != .partiallyFilled }
}

/// Why an order expired; the numbers are the wire's (`er`).
public enum VenueExpiry: Int, Codable, Hashable, Sendable {
    case none = 0
    case selfTrade = 1
    case restOfImmediate = 2
    case selfTradeOfImmediate = 3
    case reduceOnly = 4
    case liquidation = 5
    case restOfMarket = 9
}

/// An order that the venue took, as it is now.
public struct VenueOrder: Codable, Hashable, Sendable {
    public let id: Int64
    public let account: String
    public let symbol: Symbol
    public let clientID: String
    public let side: Side
    public let type: VenueOrderType
    /// What it was before it was triggered.
    public let originalType: VenueOrderType
    public let timeInForce: VenueTimeInForce
    public let positionSide: VenuePositionSide
    public let reduceOnly: Bool
    public let closePosition: Bool
    public let workingType: String
    public let priceProtect: Bool
    public let priceMatch: String
    public let stopPrice: Price
    /// Milliseconds; zero without one.
    public let goodTill: Int64
    public var prevention: SelfTradePrevention
    /// Zero of a market order.
    public var price: Price
    public var quantity: Quantity
    public var executed = Quantity.zero
    /// What was traded for it, in the quote asset.
    public var quote = FixedDecimal.zero
    public var status = VenueOrderStatus.new
    public var expiry = VenueExpiry.none
    /// Milliseconds.
    public let created: Int64
    public var updated: Int64
    /// Its place among orders of one price: smaller goes first.
    public var queue: Int64
    /// Its place in the book where that is a later one: what only reduces goes behind the others each time it shows more.
    public var rested: Int64?
    /// How often it was changed.
    public var changes = 0

    public var open: Quantity { quantity - executed }
    var isOpen: Bool { !status.isFinal }

    /// It can only make a position smaller: told so, or by its sides in hedge mode.
    var isReducing: Bool {
        reduceOnly || (positionSide == .long && side == .sell) || (positionSide == .short && side == .buy)
    }

    var average: Price {
        executed.isZero ? .zero : Amounts.price(quote, per: executed)
    }

    /// Whether it would trade at a price.
    func accepts(_ other: Price) -> Bool { side == .buy ? other <= price : other >= price }
}

/// A fill of an account's order.
public struct VenueTrade: Codable, Hashable, Sendable {
    /// Unique within the symbol, and the same for both sides of a trade.
    public let id: Int64
    public let account: String
    public let order: Int64
    public let symbol: Symbol
    public let side: Side
    public let positionSide: VenuePositionSide
    public let price: Price
    public let quantity: Quantity
    public let quote: FixedDecimal
    /// Without the commission.
    public let realised: FixedDecimal
    public let commission: FixedDecimal
    public let commissionAsset: String
    public let isMaker: Bool
    /// Milliseconds.
    public let time: Int64
}

/// A change of an order that was asked for.
public struct VenueAmendment: Codable, Hashable, Sendable {
    public let id: Int64
    public let account: String
    public let order: Int64
    public let symbol: Symbol
    public let clientID: String
    public let time: Int64
    public let priceBefore: Price
    public let priceAfter: Price
    public let quantityBefore: Quantity
    public let quantityAfter: Quantity
    public let count: Int
}

/// Money that came or went.
public struct VenueIncome: Codable, Hashable, Sendable {
    public let id: Int64
    public let account: String
    public let symbol: Symbol?
    /// `REALIZED_PNL`, `COMMISSION`, `FUNDING_FEE`, `INSURANCE_CLEAR`, `TRANSFER`.
    public let type: String
    public let amount: FixedDecimal
    public let asset: String
    public let info: String
    public let time: Int64
    public let trade: Int64?
}
