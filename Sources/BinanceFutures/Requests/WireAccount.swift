import TradingDomain

/// An order in answers to POST, PUT, DELETE and GET; what only some of them have is optional.
struct WireOrder: Decodable {
    enum Status: String, Decodable {
        case new = "NEW"
        case partiallyFilled = "PARTIALLY_FILLED"
        case filled = "FILLED"
        case cancelled = "CANCELED"
        case rejected = "REJECTED"
        case expired = "EXPIRED"
        case expiredInMatch = "EXPIRED_IN_MATCH"

        var isOpen: Bool { self == .new || self == .partiallyFilled }
    }

    let orderId: Int64
    let symbol: Symbol
    let status: Status
    let clientOrderId: String
    let origQty: Quantity
    let executedQty: Quantity
    let price: Price
    let side: Side
    let updateTime: Int64
    var time: Int64?
    var reduceOnly: Bool?

    var id: ClientOrderID { ClientOrderID(unchecked: clientOrderId) }
    var brokerID: BrokerOrderID { BrokerOrderID(unchecked: String(orderId)) }
}

/// An element of an answer about many orders.
enum WireOrderOrError: Decodable {
    case order(WireOrder)
    case error(VenueMessage)

    init(from decoder: any Decoder) throws {
        do {
            self = .order(try WireOrder(from: decoder))
        } catch {
            self = .error(try VenueMessage(from: decoder))
        }
    }
}

struct WireTrade: Decodable {
    let symbol: Symbol
    let id: Int64
    let orderId: Int64
    let side: Side
    let price: Price
    let qty: Quantity
    let commission: FixedDecimal
    let commissionAsset: String
    let time: Int64
}

struct WireAmendment: Decodable {
    struct Change: Decodable {
        /// Which change of the order it was, from 1.
        var count: Int?
        struct Values: Decodable {
            let before: FixedDecimal
            let after: FixedDecimal
        }
        let price: Values
        let origQty: Values
    }
    let orderId: Int64
    let time: Int64
    let amendment: Change
}

struct WirePosition: Decodable {
    let symbol: Symbol
    let positionSide: String
    let positionAmt: Quantity
}

struct WireBalance: Decodable {
    let asset: String
    let balance: FixedDecimal
    let availableBalance: FixedDecimal
}

struct WireIncome: Decodable {
    /// Empty for what concerns no symbol.
    let symbol: String
    let incomeType: String
    let income: FixedDecimal
    let asset: String
    let time: Int64
    let tranId: Int64
}

struct WireCommissionRate: Decodable {
    let symbol: Symbol
    let makerCommissionRate: FixedDecimal
    let takerCommissionRate: FixedDecimal
}

struct WireListenKey: Decodable {
    let listenKey: String
}

struct WirePositionMode: Decodable {
    let dualSidePosition: Bool
}

struct WireFeeBurn: Decodable {
    let feeBurn: Bool
}

struct WireMultiAssets: Decodable {
    let multiAssetsMargin: Bool
}

struct WireLeverage: Decodable {
    let symbol: Symbol
    let leverage: Int
}

/// An answer whose content does not matter.
struct WireNothing: Decodable {
    init(from _: any Decoder) throws {}
}
