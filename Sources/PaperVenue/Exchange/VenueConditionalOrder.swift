public import Matching
public import TradingDomain

/// An order that waits for a price (`algoOrder`).
public struct VenueConditionalOrder: Codable, Hashable, Sendable {
    public enum Status: String, Codable, Hashable, Sendable {
        case new = "NEW"
        case cancelled = "CANCELED"
        case triggered = "TRIGGERED"
        case finished = "FINISHED"
        case rejected = "REJECTED"
        case expired = "EXPIRED"
    }

    public let id: Int64
    public let account: String
    public let clientID: String
    public let symbol: Symbol
    public let side: Side
    public let type: VenueOrderType
    public let positionSide: VenuePositionSide
    public let timeInForce: VenueTimeInForce
    /// Zero with `closePosition`.
    public let quantity: Quantity
    /// Of the order that it becomes; zero for a market order.
    public let price: Price
    /// Zero of a trailing order.
    public let trigger: Price
    /// `CONTRACT_PRICE` or `MARK_PRICE`.
    public let workingType: String
    public let priceMatch: String
    public let closePosition: Bool
    public let priceProtect: Bool
    public let reduceOnly: Bool
    public let prevention: SelfTradePrevention
    public let goodTill: Int64
    /// Of a trailing order; zero when it trails at once.
    public let activation: Price
    /// Percent by which the price must turn.
    public let callback: FixedDecimal
    /// Best price since a trailing order became active.
    public var extreme: Price?
    public var status = Status.new
    /// The order that it became.
    public var order: Int64?
    public var rejection = ""
    public let created: Int64
    public var updated: Int64
    public var triggered: Int64 = 0
}
