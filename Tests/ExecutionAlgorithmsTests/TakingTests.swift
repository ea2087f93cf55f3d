import ExecutionAlgorithms
import QuantMath
import Testing
import TradingDomain

private let child = ClientOrderID(unchecked: "sx-aaaaaaaaaaaaaaaa-0000-1")
private let until = Bench.start + .seconds(600)
private func second(_ seconds: Int) -> Timestamp { Bench.start + .seconds(seconds) }

@Suite("PASSIVE")
struct PassiveTests {
    @Test("Rests at the bid; the remainder is taken only when the cancel is proven (AL-6)")
    func proofFirst() {
        var bench = Bench(Quantity(10))
        bench.market = .book(99, 101)
        var passive = Passive(until: until)
        let resting = bench.tell(.started, &passive, at: Bench.start).requests
        #expect(resting.first?.type == .limit(price(99)))
        #expect(resting.first?.isPostOnly == true)

        bench.fill(Quantity(4))
        #expect(bench.tell(.filled(child, Quantity(4)), &passive, at: second(1)).requests.isEmpty)
        let patience = bench.tell(.timer, &passive, at: second(5))
        #expect(patience.cancelsOpen)
        #expect(patience.requests.isEmpty)
        // A late fill while the cancel is on its way, then the proof.
        bench.fill(Quantity(1))
        #expect(bench.tell(.filled(child, Quantity(1)), &passive, at: second(6)).requests.isEmpty)
        bench.lose()
        let taken = bench.tell(.childClosed(child, .cancelled), &passive, at: second(7)).requests
        #expect(taken.map(\.quantity) == [Quantity(5)])
        #expect(taken.first?.timeInForce == .immediateOrCancel)
        // × 1.001 of the ask.
        #expect(taken.first?.type == .limit(Price(units: 101_101_00000)))
    }

    @Test("Refused as crossing: pegged anew once, then taken")
    func crossing() {
        var bench = Bench(Quantity(10))
        bench.market = .book(99, 101)
        var passive = Passive(until: until)
        _ = bench.tell(.started, &passive, at: Bench.start)
        bench.lose()
        bench.market = .book(100, 102)
        let second = bench.tell(.childClosed(child, .rejected), &passive, at: second(1)).requests
        #expect(second.first?.type == .limit(price(100)))
        #expect(second.first?.isPostOnly == true)
        bench.lose()
        let third = bench.tell(.childClosed(child, .rejected), &passive, at: Bench.start + .seconds(2)).requests
        #expect(third.first?.timeInForce == .immediateOrCancel)
    }
}

@Suite("AGGRESSIVE, ADAPTIVE, LIQUIDITY_AWARE")
struct TakingTests {
    @Test("A sell goes to 0.999 of the bid, and tries again when the book is new")
    func aggressive() {
        var bench = Bench(Quantity(10), side: .sell)
        bench.market = .book(100, 101)
        var algorithm = Aggressive(until: until)
        let first = bench.tell(.started, &algorithm, at: Bench.start).requests
        #expect(first.map(\.type) == [.limit(Price(units: 9_990_000_000))])
        bench.lose()
        let closed = bench.tell(.childClosed(child, .expired), &algorithm, at: Bench.start)
        #expect(closed.requests.isEmpty)
        #expect(closed.wake == second(1))
        // The same book has no more than it had; a new one may.
        #expect(bench.tell(.timer, &algorithm, at: second(1)).requests.isEmpty)
        bench.market = .book(100, 101, at: second(2))
        #expect(bench.tell(.timer, &algorithm, at: second(2)).requests.count == 1)
    }

    @Test("Narrow spreads are taken, wide ones are rested in, a fifth of the size at a time (AL-8)")
    func adaptive() {
        var bench = Bench(Quantity(1000))
        bench.market = MarketSeen(
            bid: price(10_000),
            ask: price(10_002),
            last: nil,
            at: Bench.start,
            bidSize: Quantity(50),
            askSize: Quantity(400)
        )
        var algorithm = Adaptive(until: until)
        let taken = bench.tell(.started, &algorithm, at: Bench.start).requests
        #expect(taken.map(\.quantity) == [Quantity(80)])
        #expect(taken.first?.timeInForce == .immediateOrCancel)
        // Filled whole: the next slice at once, from the book as it is now.
        bench.market = .book(99, 101, size: 100)
        bench.fill(Quantity(80))
        let rested = bench.tell(.childClosed(child, .filled), &algorithm, at: second(1)).requests
        #expect(rested.map(\.quantity) == [Quantity(20)])
        #expect(rested.first?.isPostOnly == true)
        // Filled less than half: it waits between one and three seconds.
        #expect(bench.tell(.timer, &algorithm, at: second(6)).cancelsOpen)
        bench.fill(Quantity(9))
        bench.lose()
        let waiting = bench.tell(.childClosed(child, .cancelled), &algorithm, at: second(7))
        #expect(waiting.requests.isEmpty)
        #expect(waiting.wake.map { $0 >= second(8) && $0 <= second(10) } == true)
    }

    @Test("A tenth of the smaller side, and nothing while that is less than a lot (AL-9)")
    func liquidityAware() {
        var bench = Bench(Quantity(1000))
        bench.market = MarketSeen(
            bid: price(99),
            ask: price(100),
            last: nil,
            at: Bench.start,
            bidSize: Quantity(300),
            askSize: Quantity(500)
        )
        var algorithm = LiquidityAware(until: until)
        #expect(bench.tell(.started, &algorithm, at: Bench.start).asked == Quantity(30))
        bench.lose()
        bench.market = .book(99, 100, size: 9)
        #expect(bench.tell(.timer, &algorithm, at: second(5)).requests.isEmpty)
        bench.market = .book(99, 100, size: 10)
        #expect(bench.tell(.timer, &algorithm, at: second(10)).asked == Quantity(1))
    }
}

@Suite("POV, ICEBERG, LIMIT, IMPLEMENTATION_SHORTFALL")
struct VolumeAndRestingTests {
    @Test("The order stays at its share of volume; one child takes no more than the band allows")
    func participation() throws {
        var bench = Bench(Quantity(1000))
        bench.market = .book(99, 100, volume: 5000)
        let band = try #require(ParticipationOfVolume.Band(target: FixedDecimal(10)))
        var algorithm = ParticipationOfVolume(band: band, minimumChild: Quantity(5), end: until)
        #expect(bench.tell(.started, &algorithm, at: Bench.start).requests.isEmpty)
        bench.market = .book(99, 100, volume: 5100)
        #expect(bench.tell(.trade, &algorithm, at: second(1)).asked == Quantity(10))
        bench.fill(Quantity(10))
        // Two more to the target are less than the smallest child.
        bench.market = .book(99, 100, volume: 5120)
        #expect(bench.tell(.trade, &algorithm, at: second(2)).requests.isEmpty)
        // 200 missing after an outage: capped at 20 % of the volume since the last child.
        bench.lose()
        bench.market = .book(99, 100, volume: 5200)
        let caught = bench.tell(.trade, &algorithm, at: second(3)).asked
        #expect(caught == Quantity(10))
        // A trade at the very end is too late to follow.
        bench.market = .book(99, 100, volume: 9000)
        #expect(bench.tell(.trade, &algorithm, at: until).isEmpty)
        #expect(ParticipationOfVolume.Band(target: FixedDecimal(0)) == nil)
        #expect(ParticipationOfVolume.Band(target: FixedDecimal(60), highest: FixedDecimal(50)) == nil)
    }

    @Test("What must be done is done before the end, once")
    func mustComplete() throws {
        var bench = Bench(Quantity(100))
        bench.market = .book(99, 100, volume: 0)
        let band = try #require(ParticipationOfVolume.Band(target: FixedDecimal(10)))
        var algorithm = Conditioned(
            ParticipationOfVolume(band: band, minimumChild: Quantity(5), end: until),
            OrderConditions(start: Bench.start, end: until, mustComplete: true)
        )
        var wake = bench.tell(.started, &algorithm, at: Bench.start).wake
        var asked = Quantity.zero
        while let due = wake, due <= until {
            let actions = bench.tell(.timer, &algorithm, at: due)
            asked += actions.asked
            wake = actions.ends == nil ? actions.wake : nil
        }
        #expect(asked == Quantity(100))
    }

    @Test("An iceberg shows one piece at a time, each near its display, and never the whole", arguments: 0..<20)
    func iceberg(_ shift: Int) {
        var bench = Bench(Quantity(1000))
        var algorithm = Iceberg(price: price(100), display: Quantity(100), variance: 0.2, until: until)
        var pieces: [Quantity] = []
        var requests = bench.tell(.started, &algorithm, at: second(shift)).requests
        while let request = requests.first {
            #expect(requests.count == 1)
            #expect(request.type == .limit(price(100)))
            pieces.append(request.quantity)
            bench.fill(request.quantity)
            requests =
                bench.tell(.filled(child, request.quantity), &algorithm, at: second(shift + pieces.count)).requests
        }
        #expect(pieces.reduce(.zero, +) == Quantity(1000))
        #expect(pieces.dropLast().allSatisfy { $0 >= Quantity(80) && $0 <= Quantity(120) })
        #expect(Set(pieces.dropLast()).count > 2, "refills are all alike")
    }

    @Test("A limit order rests whole and ends with its time")
    func limit() {
        var bench = Bench(Quantity(10))
        var algorithm = LimitOrder(price: price(100), until: until)
        let first = bench.tell(.started, &algorithm, at: Bench.start)
        #expect(first.asked == Quantity(10))
        #expect(first.wake == until)
        #expect(bench.tell(.timer, &algorithm, at: until).ends == "time is up")
    }

    @Test("The path's trades in whole shares are the reference's")
    func shortfall() throws {
        var compared = 0
        for golden in try GoldenSchedule.cases("ac2000_linear", in: ["almgren_chriss"]) {
            func number(_ key: String) throws -> Double { try #require(golden.inputs[key] as? Double) }
            let quantity = try number("X")
            let slices = Int(try golden.integer("N"))
            let plan = try ImplementationShortfall(
                quantity: Quantity(Int(quantity)),
                lot: Quantity(1),
                start: Bench.start,
                duration: .seconds(3600),
                slices: slices,
                parameters: AlmgrenChriss.Parameters(
                    size: 0,
                    horizon: try number("T"),
                    periods: 0,
                    volatility: try number("sigma"),
                    temporaryImpact: try number("eta"),
                    permanentImpact: try number("gamma"),
                    riskAversion: try number("lambda")
                )
            )
            let expected = try golden.expectedIntegers("n_integer").filter { $0 > 0 }
            #expect(plan.schedule.slices.map { $0.quantity.units / FixedDecimal.scale } == expected, "\(golden.id)")
            compared += 1
        }
        #expect(compared == 13)
    }
}
