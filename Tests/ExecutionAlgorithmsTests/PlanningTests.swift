import ExecutionAlgorithms
import MarketData
import QuantMath
import Testing
import TradingDomain

/// Ten thousand a day, even over its minutes, 2 % volatility.
private struct EvenForecast: VolumeForecast {
    func weights(
        of instrument: Instrument,
        from start: Timestamp,
        to end: Timestamp,
        bucket: Duration,
        days: Int
    ) throws -> [Double] {
        [Double](repeating: 0.01, count: Int(((end - start).nanoseconds + bucket.nanoseconds - 1) / bucket.nanoseconds))
    }

    func statistics(of instrument: Instrument, at time: Timestamp, days: Int) throws -> HistoryStatistics {
        HistoryStatistics(dailyVolume: 10_000, minuteVolume: 25, dailyVolatility: 0.02, dates: [])
    }
}

@Suite("Plans under conditions")
struct PlanningTests {
    private static let close = Bench.start + .seconds(7200)

    private func plan(
        _ name: AlgorithmName,
        quantity: Int = 500,
        limit: Price? = nil,
        market: MarketSeen? = .book(99, 100),
        _ change: (inout AlgorithmParameters) -> Void = { _ in }
    ) throws -> AlgorithmPlan {
        var parameters = AlgorithmParameters()
        change(&parameters)
        let plan = try AlgorithmCatalog().plan(
            name,
            PlanningContext(
                order: ProposedOrder(
                    instrument: Instrument(symbol: Bench.symbol, lot: Quantity(1)),
                    side: .buy,
                    quantity: Quantity(quantity),
                    referencePrice: price(100),
                    urgency: .medium,
                    urgencySource: "test",
                    limitPrice: limit,
                    note: ""
                ),
                now: Bench.start,
                close: Self.close,
                market: market,
                parameters: parameters,
                forecast: EvenForecast(),
                profileDays: 5
            )
        )
        return try #require(plan)
    }

    @Test(
        "TWAP without a time takes AL-12's, in at least five slices at the touch, with the Almgren–Chriss time beside it"
    )
    func horizon() throws {
        // √(500 × 0.02 ÷ (10,000 × 0.1)) × 3600 = 360 s.
        let plan = try plan(.twap)
        #expect(plan.end == Bench.start + .seconds(360))
        #expect(plan.slices == 6)
        #expect(plan.words.contains("Almgren–Chriss"), "\(plan.words)")
        let twap = try #require(plan.algorithm as? TimeWeighted)
        #expect(twap.schedule.style.takesTouch)
        #expect(try self.plan(.twap, quantity: 3).slices == 3, "never more slices than lots")
        #expect(try self.plan(.twapStandard).end == Bench.start + .seconds(1800))
        #expect(try self.plan(.twap) { $0.endTime = Bench.minute(90) }.slices == 90)
    }

    @Test("A start in the future is planned from there and waited for; skip leaves a minute before the close")
    func start() throws {
        let plan = try plan(.vwap, quantity: 5000) {
            $0.startTime = Bench.minute(60)
            $0.auction = .skip
        }
        #expect(plan.schedule.first?.due == Bench.minute(60))
        #expect(plan.end == Self.close - .seconds(60))
        let order = try #require(plan.algorithm as? Conditioned<VolumeWeighted>)
        #expect(order.conditions.start == Bench.minute(60))
        #expect(plan.schedule.reduce(.zero) { $0 + $1.quantity } == Quantity(5000))
        // An end after the close is cut, and said.
        #expect(try self.plan(.vwap) { $0.endTime = Self.close + .seconds(1) }.warning?.contains("closes") == true)
    }

    @Test("Any algorithm is bound and comes back bound from its snapshot", arguments: AlgorithmCatalog().names)
    func bound(_ name: AlgorithmName) throws {
        let catalog = AlgorithmCatalog()
        let plan = try plan(name, limit: price(100)) { $0.startTime = Bench.minute(10) }
        let snapshot = try catalog.snapshot(plan.algorithm)
        #expect(snapshot.kind.hasPrefix("Conditioned<"))
        #expect(try catalog.snapshot(try catalog.restore(snapshot)) == snapshot)
        #expect(plan.words.contains("from \(Bench.minute(10))"))
    }

    @Test("What allows no plan is refused with its code")
    func refused() throws {
        func code(_ body: () throws -> AlgorithmPlan) -> String? {
            do { _ = try body() } catch { return (error as? PlanRefusal)?.code }
            return nil
        }
        #expect(code { try plan(.twap) { $0.startTime = Self.close } } == "OUTSIDE_SESSION")
        #expect(code { try plan(.twap) { $0.endTime = Bench.start } } == "NO_TIME_LEFT")
        #expect(code { try plan(.twap) { $0.auction = .close } } == "NO_AUCTION")
        #expect(code { try plan(.twap, market: .book(101, 99)) } == "BAD_BOOK")
        #expect(code { try plan(.implementationShortfall, market: nil) } == "NO_PRICE")
        #expect(code { try plan(.implementationShortfall, market: .book(0, 0)) } == "NO_PRICE")
        #expect(code { try plan(.pov) { $0.maxParticipationPercent = FixedDecimal(5) } } == "BAD_PARAMETERS")
        #expect(code { try plan(.twap, limit: price(99)) { $0.wouldPrice = price(100) } } == "BAD_PARAMETERS")
        #expect(code { try plan(.twap) { $0.minChildQuantity = .zero } } == "BAD_PARAMETERS")
    }

    @Test("Sizes and times drawn by chance sum exactly, keep their order and end in time", arguments: UInt64(0)..<40)
    func chance(seed: UInt64) throws {
        var bench = Bench(Quantity(500))
        let start = Bench.start + .milliseconds(Int(seed))
        var twap = try TimeWeighted(
            quantity: Quantity(500),
            lot: Quantity(1),
            start: start,
            duration: .seconds(600),
            slices: 10,
            style: SliceStyle(sizePercent: FixedDecimal(40), timePercent: FixedDecimal(100))
        )
        let planned = twap.schedule.slices
        _ = bench.tell(.started, &twap, at: start)
        let slices = twap.schedule.slices
        #expect(slices.reduce(.zero) { $0 + $1.quantity } == Quantity(500))
        #expect(zip(slices, slices.dropFirst()).allSatisfy { $0.due < $1.due })
        #expect(
            zip(slices, planned).allSatisfy { $0.due >= $1.due } && slices.allSatisfy { $0.due < twap.schedule.end }
        )
        #expect(Set(slices.map(\.quantity)).count > 3)
        #expect(slices.allSatisfy { $0.quantity >= Quantity(20) && $0.quantity <= Quantity(90) })
        // Drawn once.
        _ = bench.tell(.timer, &twap, at: start + .seconds(1))
        #expect(twap.schedule.slices == slices)
    }

    @Test("Slices below the smallest child are merged, never early")
    func smallest() throws {
        let plan = try plan(.twap, quantity: 100) {
            $0.durationMinutes = 100
            $0.minChildQuantity = Quantity(7)
        }
        #expect(plan.schedule.allSatisfy { $0.quantity >= Quantity(7) })
        #expect(plan.schedule.reduce(.zero) { $0 + $1.quantity } == Quantity(100))
        #expect(plan.schedule.first?.due == Bench.minute(6))
    }
}
