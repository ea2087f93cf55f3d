import ExecutionAlgorithms
import QuantMath
import Testing
import TradingDomain

/// Every algorithm of the catalogue against a market that does what it likes.
@Suite("Any algorithm, any market")
struct HostileMarketTests {
    static let until = Bench.start + .seconds(600)

    /// An algorithm of `AlgorithmWorld`, as it is, or with `+` and what binds it: a cap, a would-price, a last call.
    static func algorithm(_ name: String, _ quantity: Quantity) throws -> any ExecutionAlgorithm {
        func bound(_ algorithm: some ExecutionAlgorithm, _ conditions: OrderConditions) -> any ExecutionAlgorithm {
            Conditioned(algorithm, conditions)
        }
        let parts = name.split(separator: "+").map(String.init)
        let bare = try AlgorithmWorld.algorithm(parts[0], quantity, until: until)
        guard parts.count == 2 else { return bare }
        var conditions = OrderConditions(start: Bench.start, end: until)
        switch parts[1] {
        case "cap": conditions.maxParticipationPercent = FixedDecimal(10)
        case "would": conditions.wouldPrice = price(97)
        case "late": conditions.start = Bench.start + .seconds(100)
        default: (conditions.mustComplete, conditions.minimumChild) = (true, Quantity(3))
        }
        return bound(bare, conditions)
    }

    static let names =
        AlgorithmWorld.names
        + AlgorithmWorld.names.flatMap { name in ["cap", "would", "late", "done"].map { "\(name)+\($0)" } }

    @Test("Asks for no more than is left, ends in time, and is silent then", arguments: names, UInt64(0)..<8)
    func bounded(_ name: String, seed: UInt64) throws {
        // Every other world has authors who change and pause the order while it is worked.
        let isDisturbed = seed % 2 == 1
        var until = Self.until
        var isPaused = false
        var amended = AlgorithmEvent.amended(ParentAmendment())
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
            // MARKET has no end of its own: the session's deadline ends it.
            if name.hasPrefix("MARKET"), time > until { break }
            #expect(time <= until + .seconds(120), "\(name) goes on after its time")
            guard time <= until + .seconds(120) else { return }
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
                #expect(!isPaused || actions.requests.isEmpty, "\(name) asks while paused")
                #expect(event != amended || actions.requests.isEmpty, "\(name) sends before it is asked")
                asked += actions.requests.count
                if let next = actions.wake { wake = next }
                if let reason = actions.ends { ended = reason }
                if actions.ends != nil { bench.open = .zero }
                if actions.cancelsOpen, random.below(3) > 0 { bench.open = .zero }
            }
            if isPaused {
                // Nothing is told while paused; fills go on, and time passes.
                _ = Self.happenings(&bench, &random)
                time = time + .seconds(random.below(90))
                isPaused = false
                events = [.resumed]
                wake = nil
                continue
            }
            events = Self.happenings(&bench, &random)
            if isDisturbed, events.isEmpty, time < until, random.below(12) == 0 {
                if random.below(2) == 0 {
                    isPaused = true
                    events = [.paused]
                } else {
                    let change = AlgorithmWorld.amendment(&random, bench, at: time, until: until)
                    until = change.endTime ?? until
                    bench.amend(change)
                    amended = .amended(change)
                    events = [amended]
                }
                continue
            }
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
            if time >= until, wake == nil, events.isEmpty { events = [.timer] }
        }
        #expect(asked < 1500)
        guard ended != nil else { return }
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
