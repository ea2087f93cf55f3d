import ExecutionAlgorithms
import Testing
import TradingDomain

private let child = ClientOrderID(unchecked: "sx-aaaaaaaaaaaaaaaa-0000-1")
private let until = Bench.start + .seconds(600)

@Suite("Orders that are changed while they are worked")
struct AmendmentTests {
    /// A market that fills everything at once, in which one change comes at a time of the seed's choice.
    private func work(_ name: String, _ seed: UInt64, catchUp: CatchUpPolicy = .spread) throws -> (Bench, Timestamp) {
        var random = Seeded(seed)
        let quantity = Quantity(20 + random.below(60))
        var bench = Bench(quantity)
        var algorithm = try AlgorithmWorld.algorithm(name, quantity, until: until, catchUp: catchUp)
        let changeAt = Bench.start + .milliseconds(random.below(500_000))
        var change: ParentAmendment? = ParentAmendment(quantity: Quantity(10 + random.below(90)))
        if random.below(2) == 0 { change?.endTime = changeAt + .seconds(30 + random.below(600)) }
        var (time, volume, end) = (Bench.start, 0, until)
        var events: [AlgorithmEvent] = [.started]
        var wake: Timestamp?
        while true {
            volume += 60
            bench.market = .book(99, 100, size: 500, volume: volume, at: time)
            for event in events {
                let actions = AlgorithmWorld.tell(event, &algorithm, &bench, at: time)
                wake = actions.wake ?? wake
                if actions.ends != nil { return (bench, end) }
            }
            events = []
            if bench.open > .zero {
                let filled = bench.open
                bench.fill(filled)
                events = [.filled(child, filled), .childClosed(child, .filled)]
            } else {
                let next = min(wake ?? end, time + .seconds(2))
                if let due = wake, due <= next {
                    (wake, events) = (nil, [.timer])
                } else {
                    events = algorithm.interests.contains(.trades) ? [.trade] : []
                }
                time = max(time, next)
            }
            if let now = change, time >= changeAt {
                // Nobody asks for less than is done.
                var asked = now
                asked.quantity = max(asked.quantity ?? .zero, bench.filled)
                end = asked.endTime ?? end
                bench.amend(asked)
                change = nil
                events.append(.amended(asked))
            }
            if time > end + .seconds(60) {
                // MARKET is done long before, and starts again when it is asked for more.
                Issue.record("\(name), seed \(seed): no end")
                return (bench, end)
            }
        }
    }

    @Test(
        "Everything that the changed order asks for is done, exactly, by its end",
        arguments: AlgorithmWorld.names.filter { $0 != "MARKET" && $0 != "POV" },
        UInt64(0)..<40
    )
    func done(_ name: String, seed: UInt64) throws {
        let (bench, end) = try work(name, seed)
        #expect(bench.filled == bench.parent.quantity, "\(name), seed \(seed)")
        #expect(bench.now <= end)
    }

    @Test("Under `skip` more is done too, and less is left out", arguments: ["TWAP", "VWAP"], UInt64(0)..<20)
    func skipping(_ name: String, seed: UInt64) throws {
        let (bench, _) = try work(name, seed, catchUp: .skip)
        #expect(bench.filled == bench.parent.quantity, "\(name), seed \(seed)")
    }

    @Test("A schedule that ends earlier keeps its pattern and spreads the rest; one that ends later is stretched")
    func ends() throws {
        var bench = Bench(Quantity(100))
        var twap = try TimeWeighted(
            quantity: Quantity(100),
            lot: Quantity(1),
            start: Bench.start,
            duration: .seconds(600),
            slices: 10
        )
        _ = bench.tell(.started, &twap, at: Bench.start)
        bench.fill(Quantity(10))
        var shorter = twap
        let earlier = ParentAmendment(endTime: Bench.minute(4))
        #expect(bench.tell(.amended(earlier), &shorter, at: Bench.start + .seconds(5)).wake == Bench.minute(1))
        #expect(shorter.schedule.slices.map(\.quantity) == [10, 30, 30, 30].map { Quantity($0) })
        #expect(shorter.schedule.slices.map(\.due) == [0, 1, 2, 3].map { Bench.minute($0) })
        let later = ParentAmendment(quantity: Quantity(190), endTime: Bench.minute(20))
        bench.amend(later)
        #expect(bench.tell(.amended(later), &twap, at: Bench.start).wake == Bench.minute(2))
        #expect(twap.schedule.slices.map(\.quantity) == [Quantity(10)] + [Quantity](repeating: Quantity(20), count: 9))
        #expect(twap.schedule.slices.last?.due == Bench.minute(18))
    }

    @Test("A new limit withdraws what rests at the old one, and that counts against no venue")
    func limit() {
        var bench = Bench(Quantity(10))
        var order = LimitOrder(price: price(100), until: until)
        _ = bench.tell(.started, &order, at: Bench.start)
        for step in 1...5 {
            let change = ParentAmendment(limitPrice: price(100 + step))
            bench.amend(change)
            #expect(bench.tell(.amended(change), &order, at: Bench.start + .seconds(step)).cancelsOpen)
            bench.lose()
            let again = bench.tell(.childClosed(child, .cancelled), &order, at: Bench.start + .seconds(step))
            #expect(again.requests.map(\.type) == [.limit(price(100 + step))])
        }
    }

    @Test("What is added to a resting order goes beside it, and the first keeps its place")
    func added() {
        var bench = Bench(Quantity(10))
        var order = LimitOrder(price: price(100), until: until)
        _ = bench.tell(.started, &order, at: Bench.start)
        let change = ParentAmendment(quantity: Quantity(15))
        bench.amend(change)
        let actions = bench.tell(.amended(change), &order, at: Bench.start + .seconds(1))
        #expect(!actions.cancelsOpen && actions.requests.isEmpty)
        #expect(bench.tell(.timer, &order, at: Bench.start + .seconds(1)).asked == Quantity(5))
    }
}
