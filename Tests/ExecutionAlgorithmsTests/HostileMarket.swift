import ExecutionAlgorithms
import QuantMath
import Testing
import TradingDomain

/// Every algorithm of the catalogue against a market that does what it likes.
@Suite("Any algorithm, any market")
struct HostileMarketTests {
    static let until = Bench.start + .seconds(600)

    static func algorithm(_ name: String, _ quantity: Quantity) throws -> any ExecutionAlgorithm {
        switch name {
        case "MARKET": MarketOrder()
        case "LIMIT": LimitOrder(price: price(100), until: until)
        case "ICEBERG": Iceberg(price: price(100), display: Quantity(7), until: until)
        case "PASSIVE": Passive(until: until)
        case "AGGRESSIVE": Aggressive(until: until)
        case "ADAPTIVE": Adaptive(until: until)
        case "LIQUIDITY_AWARE": LiquidityAware(until: until)
        case "POV":
            ParticipationOfVolume(
                band: try #require(ParticipationOfVolume.Band(target: FixedDecimal(10))),
                minimumChild: Quantity(2),
                end: until,
                mustComplete: true
            )
        default:
            try ImplementationShortfall(
                quantity: quantity,
                lot: Quantity(1),
                start: Bench.start,
                duration: .seconds(600),
                slices: 12,
                parameters: AlmgrenChriss.Parameters(
                    size: 1,
                    horizon: 0.1,
                    periods: 1,
                    volatility: 2,
                    temporaryImpact: 1e-6,
                    riskAversion: 1e-4
                )
            )
        }
    }

    static let names = [
        "MARKET", "LIMIT", "ICEBERG", "PASSIVE", "AGGRESSIVE", "ADAPTIVE", "LIQUIDITY_AWARE", "POV",
        "IMPLEMENTATION_SHORTFALL",
    ]

    @Test("Asks for no more than is left, ends in time, and is silent then", arguments: names, UInt64(0)..<40)
    func bounded(_ name: String, seed: UInt64) throws {
        var random = Seeded(seed)
        let quantity = Quantity(1 + random.below(60))
        var bench = Bench(quantity)
        var algorithm = try Self.algorithm(name, quantity)
        var volume = 0
        var time = Bench.start
        var ended: String?
        var wake: Timestamp?
        var events: [AlgorithmEvent] = [.started]
        var asked = 0
        while ended == nil {
            #expect(time <= Self.until + .seconds(120), "\(name) goes on after its time")
            guard time <= Self.until + .seconds(120) else { return }
            volume += random.below(50)
            let bid = 95 + random.below(10)
            bench.market =
                random.below(8) == 0
                ? nil : .book(bid, bid + random.below(3), size: random.below(200), volume: volume, at: time)
            for event in events {
                let before = bench.parent.quantity - bench.filled - bench.open
                // A snapshot at any moment goes on as the original would.
                var copy = try Self.copy(algorithm)
                let actions = Self.tell(event, &algorithm, &bench, at: time)
                var shadow = bench
                shadow.open -= actions.asked
                #expect(Self.tell(event, &copy, &shadow, at: time) == actions, "\(name): a restored copy differs")
                #expect(actions.asked <= max(before, .zero), "\(name) asks for too much")
                asked += actions.requests.count
                if let next = actions.wake { wake = next }
                if let reason = actions.ends { ended = reason }
                if actions.cancelsOpen || actions.ends != nil { bench.open = .zero }
            }
            events = Self.happenings(&bench, &random)
            if let due = wake, events.isEmpty || random.below(2) == 0 {
                time = max(time, due)
                wake = nil
                events.append(.timer)
            } else {
                time = time + .milliseconds(1 + random.below(4000))
                if events.isEmpty { events.append(random.below(2) == 0 ? .quote : .trade) }
                // Market data comes only to who asks for it; a timer that is due comes to everybody.
                if !algorithm.interests.contains(.quotes) { events.removeAll { $0 == .quote } }
                if !algorithm.interests.contains(.trades) { events.removeAll { $0 == .trade } }
            }
            if time >= Self.until, wake == nil, events.isEmpty { events = [.timer] }
        }
        #expect(asked < 1500)
        #expect(Self.tell(.timer, &algorithm, &bench, at: time + .seconds(1)).requests.isEmpty)
        #expect(Self.tell(.resumed, &algorithm, &bench, at: time + .seconds(2)).requests.isEmpty)
    }

    /// Fills, cancels and rejections of what is open.
    private static func happenings(_ bench: inout Bench, _ random: inout Seeded) -> [AlgorithmEvent] {
        guard bench.open > .zero else { return [] }
        let id = ClientOrderID(unchecked: "sx-aaaaaaaaaaaaaaaa-0000-1")
        switch random.below(6) {
        case 0:
            let all = bench.open
            bench.fill(all)
            return [.filled(id, all), .childClosed(id, .filled)]
        case 1:
            let part = Quantity(1 + random.below(Int(bench.open.units / Quantity(1).units)))
            bench.fill(part)
            return [.filled(id, part)]
        case 2:
            bench.lose()
            return [.childClosed(id, [.expired, .cancelled, .rejected, .notPlaced][random.below(4)])]
        default: return []
        }
    }

    private static func tell(
        _ event: AlgorithmEvent,
        _ algorithm: inout any ExecutionAlgorithm,
        _ bench: inout Bench,
        at time: Timestamp
    ) -> [AlgorithmAction] {
        func open(_ value: some ExecutionAlgorithm) -> ([AlgorithmAction], any ExecutionAlgorithm) {
            var value = value
            return (bench.tell(event, &value, at: time), value)
        }
        let (actions, changed) = open(algorithm)
        algorithm = changed
        return actions
    }

    private static func copy(_ algorithm: any ExecutionAlgorithm) throws -> any ExecutionAlgorithm {
        let catalog = AlgorithmCatalog()
        return try catalog.restore(try catalog.snapshot(algorithm))
    }
}
