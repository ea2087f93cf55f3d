import ExecutionEngine
import MarketData
import OrderManagement
import PaperTrading
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
}

enum Sample {
    static let open = Timestamp(nanoseconds: 1_750_000_020_000_000_000)
    static let close = open + .seconds(3600)
    static let account = AccountID(unchecked: "test")

    static var nvda: Symbol {
        guard let symbol = Symbol("NVDA") else { preconditionFailure("NVDA is a symbol") }
        return symbol
    }

    static func at(_ seconds: Double) -> Timestamp { open + .nanoseconds(Int64(seconds * 1e9)) }
    static func price(_ cents: Int) -> Price { Price(units: Int64(cents) * 1_000_000) }

    static func order(
        _ number: Int,
        _ quantity: Quantity,
        side: Side = .buy,
        type: OrderType = .market,
        timeInForce: TimeInForce = .day,
        instrument: Instrument = Instrument(symbol: nvda),
        requestTime: Timestamp = open
    ) -> ChildOrder {
        let parent = ParentOrderID(unchecked: "aaaaaaaaaaaaaaaa")
        return ChildOrder(
            id: ClientOrderID(parent: parent, incarnation: Incarnation(bits: 1), sequence: number),
            parent: parent,
            account: account,
            instrument: instrument,
            side: side,
            request: ChildRequest(quantity: quantity, type: type, timeInForce: timeInForce),
            requestTime: requestTime,
            validFor: .seconds(5)
        )
    }

    /// The order as it is sent at another time.
    static func renewed(_ order: ChildOrder, at time: Timestamp) -> ChildOrder {
        ChildOrder(
            id: order.id,
            parent: order.parent,
            account: order.account,
            instrument: order.instrument,
            side: order.side,
            request: order.request,
            requestTime: time,
            validFor: order.validFor
        )
    }

    static func quote(_ bid: Int, _ ask: Int, size: Quantity, at time: Timestamp) -> MarketEvent {
        .quote(Quote(symbol: nvda, at: time, bid: price(bid), bidSize: size, ask: price(ask), askSize: size))
    }

    static func bar(_ close: Price, volume: Quantity, end: Timestamp, low: Price? = nil, high: Price? = nil) -> Bar {
        Bar(
            symbol: nvda,
            start: end - .seconds(60),
            end: end,
            open: close,
            high: high ?? close,
            low: low ?? close,
            close: close,
            volume: volume
        )
    }

    static func venue(_ change: (inout FillModel) -> Void = { _ in }) -> SimulatedVenue {
        var model = FillModel(seed: 7)
        change(&model)
        return SimulatedVenue(model: model) { _, time in time < close ? close : nil }
    }
}

extension [BrokerEvent] {
    var fills: [Fill] {
        compactMap { event in
            guard case .filled(let fill) = event else { return nil }
            return fill
        }
    }

    /// The kinds of events, in order.
    var kinds: [String] {
        map { event in
            switch event {
            case .acknowledged: "ack"
            case .filled: "fill"
            case .rejected: "reject"
            case .cancelled: "cancelled"
            case .expired: "expired"
            case .cancelRefused: "cancelRefused"
            case .replaced: "replaced"
            case .notPlaced: "notPlaced"
            case .unknown: "unknown"
            }
        }
    }

    var filled: Quantity { fills.reduce(.zero) { $0 + $1.quantity } }
}
