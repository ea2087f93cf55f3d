import ExecutionAnalytics
import Testing
import TradingDomain

@Suite("Monitors of executions")
struct MonitorTests {
    private static func order(
        _ algorithm: AlgorithmName = .market,
        ordered: Int = 100,
        scheduled: Duration = .zero
    ) -> MonitoredOrder {
        MonitoredOrder(
            id: ParentOrderID(unchecked: "abcdefghijklmnop"),
            instrument: Instrument(symbol: Sample.symbol),
            side: .buy,
            ordered: Quantity(ordered),
            algorithm: algorithm,
            decisionPrice: Price(units: 10_000_000_000),
            arrivalPrice: Price(units: 10_000_000_000),
            arrivedAt: Sample.start,
            scheduled: scheduled
        )
    }

    /// A fill of ten at so many basis points above 100.
    private static func fill(_ bps: Int64, at seconds: Int64 = 1, quantity: Int = 10) -> TradedFill {
        let price = Price(units: 10_000_000_000 + bps * 1_000_000)
        return TradedFill(
            at: Sample.start + .seconds(seconds),
            quantity: Quantity(quantity),
            price: price,
            notional: Instrument(symbol: Sample.symbol).notional(price, Quantity(quantity)),
            fee: .zero(.usd)
        )
    }

    @Test("Slippage so far is alerted once, when it leaves its threshold, with its numbers")
    func slippage() throws {
        var monitor = ExecutionMonitor(QualityThresholds(slippageBps: 20))
        let order = Self.order()
        monitor.begin(order)
        let now = Sample.start + .seconds(1)
        let inside = monitor.filled(Self.fill(20), of: order.id, interval: nil, at: now)
        #expect(inside.isEmpty, "at the threshold is inside")
        let alerts = monitor.filled(Self.fill(40), of: order.id, interval: nil, at: now)
        #expect(alerts.map(\.code) == ["execution_slippage"])
        let message = try #require(alerts.first).message
        for words in [
            "BUY 100 NVDA by MARKET", "30.00 bps", "arrival price", "20.00", "quality.slippage_bps", order.id.text,
        ] {
            #expect(message.contains(words), "\(words) is missing in: \(message)")
        }
        let repeated = monitor.filled(Self.fill(400), of: order.id, interval: nil, at: now)
        #expect(repeated.isEmpty)
        let last = monitor.end(order.id)
        let ended = try #require(last)
        #expect(ended.alerted == [.slippage] && ended.fills.first?.quantity == Quantity(30))
        let again = monitor.end(order.id)
        #expect(monitor.count == 0 && again == nil)
        let unwatched = monitor.filled(Self.fill(400), of: order.id, interval: nil, at: now)
        #expect(unwatched.isEmpty, "nobody watches it now")
    }

    @Test("A schedule is held to the market's VWAP so far, and not without one")
    func schedule() {
        var monitor = ExecutionMonitor(QualityThresholds(slippageBps: 20, timePercent: 100))
        let order = Self.order(.vwap, scheduled: .seconds(600))
        monitor.begin(order)
        let risen = TradedInterval(volume: Quantity(1000), turnover: FixedDecimal(101_000))
        let now = Sample.start + .seconds(60)
        let quiet = [risen, nil].flatMap { monitor.filled(Self.fill(100), of: order.id, interval: $0, at: now) }
        #expect(quiet.isEmpty)
        let fallen = TradedInterval(volume: Quantity(1000), turnover: FixedDecimal(100_000))
        let alerts = monitor.filled(Self.fill(100), of: order.id, interval: fallen, at: now)
        #expect(alerts.map(\.kind) == [.slippage])
        let late = monitor.filled(Self.fill(100), of: order.id, interval: fallen, at: Sample.start + .seconds(601))
        #expect(late.map(\.code) == ["execution_time"])
    }

    @Test("An ended execution is judged by every threshold, each kind once")
    func quality() {
        let monitor = ExecutionQualityMonitor(
            QualityThresholds(slippageBps: 20, shortfallBps: 30, fillRatePercent: 90, timePercent: 100)
        )
        func judge(
            _ fills: [TradedFill],
            end: Int64 = 10_000_000_000,
            seconds: Int64 = 2,
            alerted: Set<QualityTarget.Kind> = [],
            wasCancelled: Bool = false
        ) -> [QualityTarget.Kind] {
            monitor.judge(
                Self.order(),
                fills: fills,
                endPrice: Price(units: end),
                interval: nil,
                endedAt: Sample.start + .seconds(seconds),
                alerted: alerted,
                wasCancelled: wasCancelled
            ).map(\.kind)
        }
        #expect(judge([Self.fill(10, quantity: 100)]).isEmpty)
        #expect(judge([Self.fill(25, quantity: 100)]) == [.slippage])
        #expect(judge([Self.fill(35, quantity: 100)]) == [.slippage, .shortfall])
        #expect(judge([Self.fill(35, quantity: 100)], alerted: [.slippage]) == [.shortfall])
        #expect(judge([Self.fill(0, quantity: 89)]) == [.fillRate])
        #expect(judge([Self.fill(0, quantity: 90)]).isEmpty)
        #expect(judge([Self.fill(0, quantity: 50)], end: 11_000_000_000) == [.shortfall, .fillRate])
        #expect(judge([], seconds: 6) == [.fillRate, .time])
        #expect(judge([], seconds: 6, wasCancelled: true).isEmpty)
        #expect(judge([Self.fill(0, at: 6, quantity: 100)], seconds: 9) == [.time])
        #expect(judge([Self.fill(0, quantity: 101)]).isEmpty, "an overfill has no shortfall and no lack")
    }
}

@Suite("Metrics of a process")
struct MetricsTests {
    @Test("Counters add, gauges are set, histograms count by the buckets of the specification")
    func kinds() throws {
        let metrics = PerformanceMetricsCollector()
        metrics.increment("executions_total", ["algorithm": "VWAP"])
        metrics.increment("executions_total", by: 2, ["algorithm": "VWAP"])
        metrics.set("depth", to: 3)
        metrics.set("depth", to: -1.5)
        for bps in [-4, 0.5, 0.51, 7, 20, 20.1] { metrics.observe("execution_slippage_bps", bps) }
        let snapshot = metrics.snapshot
        #expect(snapshot["executions_total", ["algorithm": "VWAP"]] == .number(3))
        #expect(snapshot["depth"] == .number(-1.5))
        guard case .histogram(let slippage)? = snapshot["execution_slippage_bps"] else {
            Issue.record("no histogram")
            return
        }
        #expect(slippage.bounds == [0.5, 1, 2, 5, 10, 20])
        #expect(slippage.counts == [2, 1, 0, 0, 1, 1, 1] && slippage.cumulated == [2, 3, 3, 3, 4, 5])
        #expect(slippage.count == 6 && (slippage.sum - 44.11).magnitude < 1e-9)
        #expect(snapshot.helps["execution_slippage_bps"] != nil && snapshot.misuses == 0)
        #expect(snapshot.kinds["depth"] == .gauge && snapshot.kinds["executions_total"] == .counter)
    }

    @Test("A user's own metric needs no registration; misuse is counted and harms nothing")
    func own() {
        let metrics = PerformanceMetricsCollector()
        metrics.setBuckets("my_edge", [-1, 0, 1])
        metrics.describe("my_edge", "what I hoped for")
        metrics.observe("my_edge", 0.5)
        metrics.increment("my_edge")
        metrics.set("my_gauge", to: .nan)
        metrics.increment("my_count", by: -1)
        metrics.setBuckets("bad", [2, 1])
        metrics.setBuckets("my_edge", [7])
        let snapshot = metrics.snapshot
        #expect(snapshot.misuses == 5)
        #expect(snapshot.series.map(\.name) == ["my_edge"])
        #expect(snapshot.helps["my_edge"] == "what I hoped for")
    }

    @Test("Many threads lose nothing, and labels without end are bounded")
    func bounds() async {
        let metrics = PerformanceMetricsCollector()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { for _ in 0..<500 { metrics.increment("n") } }
            }
        }
        #expect(metrics.snapshot["n"] == .number(4000))
        for index in 0..<(PerformanceMetricsCollector.seriesMax + 10) { metrics.set("m", to: 1, ["i": "\(index)"]) }
        #expect(metrics.snapshot.series.count == PerformanceMetricsCollector.seriesMax)
        #expect(metrics.snapshot.misuses == 11)
    }
}
