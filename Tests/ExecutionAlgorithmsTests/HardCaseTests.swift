import ExecutionAlgorithms
import MarketData
import Testing
import TradingDomain

private let child = ClientOrderID(unchecked: "sx-aaaaaaaaaaaaaaaa-0000-1")
private let until = Bench.start + .seconds(600)
private func second(_ seconds: Int) -> Timestamp { Bench.start + .seconds(seconds) }

@Suite("Cancels that are lost, venues that answer late, and amounts beyond reason")
struct HardCaseTests {
    @Test("PASSIVE asks again for a cancel that was refused or lost, and sends nothing before the proof")
    func cancelAgain() {
        var bench = Bench(Quantity(10))
        bench.market = .book(99, 101)
        var passive = Passive(until: until)
        _ = bench.tell(.started, &passive, at: Bench.start)
        #expect(bench.tell(.timer, &passive, at: second(5)).cancelsOpen)
        let again = bench.tell(.timer, &passive, at: second(10))
        #expect(again.cancelsOpen && again.requests.isEmpty)
        #expect(again.wake == second(15))
        // Taken over: the child is unknown, and still counts.
        let takenOver = bench.tell(.resumed, &passive, at: second(20))
        #expect(takenOver.cancelsOpen && takenOver.requests.isEmpty)
        #expect(bench.tell(.paused, &passive, at: second(21)).isEmpty)
        bench.lose()
        #expect(bench.tell(.paused, &passive, at: second(22)).isEmpty, "nothing is sent while paused")
        #expect(bench.tell(.resumed, &passive, at: second(23)).asked == Quantity(10))
        #expect(bench.tell(.timer, &passive, at: until).ends == "time is up")
    }

    @Test(
        "ADAPTIVE lets a slice that takes end by itself, as where only bars are known; a resting one is withdrawn again"
    )
    func immediateSlices() {
        var bench = Bench(Quantity(100))
        bench.market = MarketSeen(bid: nil, ask: nil, last: price(100), at: Bench.start)
        var taking = Adaptive(until: until)
        #expect(bench.tell(.started, &taking, at: Bench.start).requests.first?.timeInForce == .immediateOrCancel)
        for time in [5, 10, 15] { #expect(!bench.tell(.timer, &taking, at: second(time)).cancelsOpen) }

        var other = Bench(Quantity(100))
        other.market = .book(99, 101)
        var resting = Adaptive(until: until)
        _ = other.tell(.started, &resting, at: Bench.start)
        for time in [5, 10, 15] { #expect(other.tell(.timer, &resting, at: second(time)).cancelsOpen) }
    }

    @Test("POV goes on when the feed begins to tell single trades and counts anew")
    func volumeAnew() throws {
        var bench = Bench(Quantity(1000))
        bench.market = .book(99, 100, volume: 5000)
        let band = try #require(ParticipationOfVolume.Band(target: FixedDecimal(10)))
        var pov = ParticipationOfVolume(band: band, minimumChild: Quantity(1), end: until)
        _ = bench.tell(.started, &pov, at: Bench.start)
        bench.market = .book(99, 100, volume: 200)
        #expect(bench.tell(.trade, &pov, at: second(1)).asked == Quantity(20))
    }

    @Test("An order that has to be done is not sent again with every trade while the venue rejects")
    func lastCall() throws {
        var bench = Bench(Quantity(1000))
        bench.market = .book(99, 100, volume: 0)
        let band = try #require(ParticipationOfVolume.Band(target: FixedDecimal(10)))
        var pov = Conditioned(
            ParticipationOfVolume(band: band, minimumChild: Quantity(1), end: until),
            OrderConditions(start: Bench.start, end: until, mustComplete: true)
        )
        _ = bench.tell(.started, &pov, at: Bench.start)
        #expect(bench.tell(.timer, &pov, at: second(540)).asked == Quantity(1000))
        for time in 541..<560 {
            bench.lose()
            _ = bench.tell(.childClosed(child, .rejected), &pov, at: second(time))
            #expect(bench.tell(.trade, &pov, at: second(time)).requests.isEmpty)
        }
        #expect(bench.tell(.timer, &pov, at: second(570)).asked == Quantity(1000))
    }

    @Test("An order at rest gives up after a venue has ended three of its children, however it calls that")
    func endedByTheVenue() {
        for life in [ChildLife.rejected, .expired, .cancelled, .notPlaced] {
            var bench = Bench(Quantity(10))
            var limit = LimitOrder(price: price(100), until: until)
            var actions = bench.tell(.started, &limit, at: Bench.start)
            for time in 1...3 {
                #expect(actions.asked == Quantity(10))
                bench.lose()
                actions = bench.tell(.childClosed(child, life), &limit, at: second(time))
            }
            #expect(actions.ends != nil && actions.requests.isEmpty, "\(life)")
        }
    }

    @Test(
        "A display as large as a number can be shows the whole order",
        arguments: [Int64.max, 9_000_000_000_000_000_000]
    )
    func hugeDisplay(units: Int64) throws {
        var parameters = AlgorithmParameters()
        parameters.displayQuantity = Quantity(units: units)
        let context = Self.planning(parameters)
        let planned = try AlgorithmCatalog().plan(.iceberg, context)
        let plan = try #require(planned)
        #expect(plan.slices == 1)
        var bench = Bench(Quantity(units: Int64.max / FixedDecimal.scale * FixedDecimal.scale))
        var iceberg = Iceberg(price: price(100), display: Quantity(units: units), variance: 1, until: until)
        #expect(bench.tell(.started, &iceberg, at: Bench.start).asked > .zero)
    }

    private static func planning(_ parameters: AlgorithmParameters) -> PlanningContext {
        let order = ProposedOrder(
            instrument: Instrument(symbol: Bench.symbol, lot: Quantity(1)),
            side: .buy,
            quantity: Quantity(10),
            referencePrice: price(100),
            urgency: .high,
            urgencySource: "test",
            limitPrice: price(100),
            note: ""
        )
        return PlanningContext(
            order: order,
            now: Bench.start,
            close: until,
            market: nil,
            parameters: parameters,
            forecast: NoForecast(),
            profileDays: 5
        )
    }

    @Test(
        "Sessions to learn from are 1 to 60",
        arguments: [(0, false), (1, true), (60, true), (61, false), (Int.max, false)]
    )
    func profileDays(days: Int, isAllowed: Bool) {
        var parameters = AlgorithmParameters()
        parameters.volumeProfileDays = days
        let refusal = #expect(throws: PlanRefusal.self) {
            _ = try AlgorithmCatalog().plan(.vwap, Self.planning(parameters))
        }
        // Nothing is known here, so what is allowed fails later.
        #expect(refusal?.code == (isAllowed ? "NO_VOLUME_PROFILE" : "BAD_PARAMETERS"))
    }

    @Test(
        "Names as people write them",
        arguments: [
            ("pov", AlgorithmName.pov), ("Liquidity-Aware", .liquidityAware), ("is", .implementationShortfall),
            ("twap_standard", .twapStandard), ("sniper", nil), ("", nil),
        ]
    )
    func names(_ text: String, _ name: AlgorithmName?) {
        #expect(AlgorithmCatalog().name(from: text) == name)
    }
}

private struct NoForecast: VolumeForecast {
    struct Unknown: Error {}

    func weights(
        of instrument: Instrument,
        from start: Timestamp,
        to end: Timestamp,
        bucket: Duration,
        days: Int
    ) throws -> [Double] { throw Unknown() }

    func statistics(of instrument: Instrument, at time: Timestamp, days: Int) throws -> HistoryStatistics {
        throw Unknown()
    }
}
