import ExecutionAlgorithms
import TradingDomain

/// SplitMix64, so that a failure replays from its seed.
struct Seeded {
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

/// A world of one parent for algorithms alone: it counts what they ask for and fills what it is told to.
struct Bench {
    static let start = Timestamp(nanoseconds: 1_750_000_000_000_000_000)
    static let id = ParentOrderID(unchecked: "aaaaaaaaaaaaaaaa")

    private(set) var parent: ParentOrder
    var filled = Quantity.zero
    var open = Quantity.zero
    var now = Bench.start
    var market: MarketSeen?

    init(_ quantity: Quantity, lot: Quantity = Quantity(1), side: Side = .buy) {
        parent = ParentOrder(
            id: Self.id,
            account: AccountID(unchecked: "test"),
            instrument: Instrument(symbol: Bench.symbol, lot: lot),
            side: side,
            quantity: quantity,
            urgency: .high,
            submittedAt: Bench.start,
            deadline: Bench.start + .seconds(86_400)
        )
    }

    static var symbol: Symbol {
        guard let symbol = Symbol("NVDA") else { preconditionFailure("NVDA is a symbol") }
        return symbol
    }

    static func minute(_ minutes: Int) -> Timestamp { start + .seconds(60 * minutes) }

    var context: AlgorithmContext {
        AlgorithmContext(
            now: now,
            parent: parent,
            progress: ExecutionProgress(filled: filled, open: open, total: parent.quantity),
            market: market,
            random: CounterRandom(seed: 1, parent: parent.id.text, event: Int(now.nanoseconds % 1_000_003))
        )
    }

    /// What the algorithm does with an event at a time.
    mutating func tell(
        _ event: AlgorithmEvent,
        _ algorithm: inout some ExecutionAlgorithm,
        at time: Timestamp
    ) -> [AlgorithmAction] {
        now = time
        var buffer = ActionBuffer()
        algorithm.handle(event, context, into: &buffer)
        for case .submit(let request) in buffer.actions { open += request.quantity }
        return buffer.actions
    }

    /// The order as its author changed it; what is open beyond it has been cancelled.
    mutating func amend(_ change: ParentAmendment) {
        parent = ParentOrder(
            id: parent.id,
            account: parent.account,
            instrument: parent.instrument,
            side: parent.side,
            quantity: change.quantity ?? parent.quantity,
            urgency: parent.urgency,
            limitPrice: change.limitPrice ?? parent.limitPrice,
            submittedAt: parent.submittedAt,
            deadline: parent.deadline
        )
        open = min(open, max(parent.quantity - filled, .zero))
    }

    mutating func fill(_ quantity: Quantity) {
        open -= quantity
        filled += quantity
    }

    /// Everything open ends without a fill.
    mutating func lose() { open = .zero }
}

/// A whole price.
func price(_ whole: Int) -> Price { Price(units: Int64(whole) * FixedDecimal.scale) }

extension MarketSeen {
    /// A book with `size` shown on both sides.
    static func book(
        _ bid: Int,
        _ ask: Int,
        size: Int = 1000,
        volume: Int? = nil,
        at: Timestamp = Bench.start
    ) -> MarketSeen {
        MarketSeen(
            bid: price(bid),
            ask: price(ask),
            last: price(bid),
            at: at,
            bidSize: Quantity(size),
            askSize: Quantity(size),
            volume: volume.map { Quantity($0) }
        )
    }
}

extension [AlgorithmAction] {
    var requests: [ChildRequest] {
        compactMap { action in
            guard case .submit(let request) = action else { return nil }
            return request
        }
    }

    var cancelsOpen: Bool { contains(.cancelOpen) }

    var asked: Quantity {
        reduce(.zero) { sum, action in
            guard case .submit(let request) = action else { return sum }
            return sum + request.quantity
        }
    }

    var wake: Timestamp? {
        for case .wake(let time) in self { return time }
        return nil
    }

    var ends: String? {
        for case .finish(let reason) in self { return reason }
        return nil
    }
}
