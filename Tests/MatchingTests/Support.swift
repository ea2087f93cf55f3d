import Matching
import TradingDomain

/// SplitMix64, so that a failure replays from its seed.
struct Seeded: Sendable {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }
}

func price(_ units: Int) -> Price { Price(units: Int64(units)) }
func size(_ units: Int) -> Quantity { Quantity(units: Int64(units)) }

func incoming(
    _ id: UInt64,
    _ side: Side,
    _ quantity: Int,
    at limit: Int?,
    _ rest: IncomingOrder.Rest = .rests,
    owner: UInt32 = 0,
    prevention: SelfTradePrevention = .expireMaker
) -> IncomingOrder {
    IncomingOrder(
        id: BookOrderID(id),
        owner: BookOwner(owner),
        side: side,
        limit: limit.map(price),
        quantity: size(quantity),
        rest: rest,
        prevention: prevention
    )
}

extension OrderBook {
    /// Submits and returns what happened, in short words.
    mutating func told(_ order: IncomingOrder) -> [String] {
        var events: [BookEvent] = []
        submit(order, into: &events)
        return events.map(\.short)
    }

    mutating func told(
        replacing id: UInt64,
        _ open: Int,
        at limit: Int,
        _ rest: IncomingOrder.Rest = .rests
    ) -> [String] {
        var events: [BookEvent] = []
        replace(BookOrderID(id), price: price(limit), open: Quantity(units: Int64(open)), rest: rest, into: &events)
        return events.map(\.short)
    }
}

extension BookEvent {
    var short: String {
        switch self {
        case .traded(let maker, let taker, let price, let quantity, let makerOpen, let takerOpen):
            "\(taker)x\(maker) \(quantity.units)@\(price.units) \(takerOpen.units)/\(makerOpen.units)"
        case .rested(let order): "rest \(order.id) \(order.open.units)@\(order.price.units)"
        case .reduced(let order): "reduced \(order.id) \(order.open.units)"
        case .left(let id, let open, let exit): "\(exit.rawValue) \(id) \(open.units)"
        case .refused(let id, let refusal): "refused \(id) \(refusal.rawValue)"
        }
    }
}
