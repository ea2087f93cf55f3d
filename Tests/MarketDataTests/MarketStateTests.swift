import Foundation
import MarketData
import Testing
import TradingDomain

@Suite("Market states (RO-4)")
struct MarketStateTests {
    private let start = Timestamp(nanoseconds: 1_800_000_000_000_000_000)
    private static let calm = MarketMeasures(spreadBps: 1, volatilityBps: 3, trend: 0.2, liquidityScore: 0.9)

    private func at(_ second: Int) -> Timestamp { start + .seconds(second) }

    @Test(
        "Each state from its measures; what matters more comes first",
        arguments: [
            (MarketMeasures(), "normal"), (calm, "normal"),
            (MarketMeasures(spreadBps: 30), "illiquid"),
            (MarketMeasures(spreadBps: 1, liquidityScore: 0.1), "illiquid"),
            (MarketMeasures(spreadBps: 1, volatilityBps: 20, trend: 0.1), "volatile"),
            (MarketMeasures(spreadBps: 1, volatilityBps: 5, trend: 0.6), "trending"),
            (MarketMeasures(spreadBps: 1, volatilityBps: 5, trend: 0.02), "ranging"),
            (MarketMeasures(volatilityBps: 0, trend: 0), "normal"),
            (MarketMeasures(spreadBps: 30, volatilityBps: 20, trend: 0.6), "illiquid"),
            (MarketMeasures(spreadBps: 1, volatilityBps: 20, trend: 0.6), "volatile"),
        ]
    )
    func states(_ measures: MarketMeasures, _ state: String) {
        var monitor = MarketStateMonitor()
        #expect(monitor.observe(measures, at: start).text == state)
        #expect(monitor.since == start)
    }

    @Test("Entered at one threshold, left at the other")
    func hysteresis() {
        var monitor = MarketStateMonitor(dwell: .zero)
        let volatility = [14.9, 15, 12, 10, 9.9, 12, 14.9, 15.1]
        let expected = ["normal", "volatile", "volatile", "volatile", "normal", "normal", "normal", "volatile"]
        let seen = volatility.enumerated().map { index, value in
            monitor.observe(MarketMeasures(volatilityBps: value, trend: 0.2), at: at(index)).text
        }
        #expect(seen == expected)
    }

    @Test("A state lasts at least its dwell")
    func dwell() {
        var monitor = MarketStateMonitor(dwell: .seconds(120))
        #expect(monitor.observe(Self.calm, at: at(0)) == .normal)
        #expect(monitor.observe(MarketMeasures(spreadBps: 40), at: at(60)) == .normal)
        #expect(monitor.observe(MarketMeasures(spreadBps: 40), at: at(120)) == .illiquid)
        #expect(monitor.observe(Self.calm, at: at(239)) == .illiquid)
        #expect(monitor.observe(Self.calm, at: at(240)) == .normal)
        #expect(monitor.since == at(240))
    }

    @Test(
        "No world makes a state shorter than its dwell, and equal worlds give equal states",
        arguments: UInt64(0)..<200
    )
    func properties(seed: UInt64) throws {
        func run() throws -> [MarketStateMonitor] {
            var draws = SplitMix(seed: seed)
            var monitor = MarketStateMonitor()
            var changes: [MarketStateMonitor] = []
            for step in 0..<500 {
                let before = monitor.state
                monitor.observe(
                    MarketMeasures(
                        spreadBps: draws.uniform() * 40,
                        volatilityBps: draws.uniform() * 25,
                        trend: draws.uniform() < 0.1 ? nil : draws.uniform(),
                        liquidityScore: draws.uniform()
                    ),
                    at: at(step * 10)
                )
                if monitor.state != before { changes.append(monitor) }
                // Stored and brought back in the middle, it goes on the same.
                if step == 250 {
                    monitor = try JSONDecoder().decode(
                        MarketStateMonitor.self,
                        from: JSONEncoder().encode(monitor)
                    )
                }
            }
            return changes
        }
        let changes = try run()
        #expect(changes == (try run()))
        #expect(changes.count > 3)
        for (one, next) in zip(changes, changes.dropFirst()) {
            let (began, ended) = (try #require(one.since), try #require(next.since))
            #expect(ended - began >= MarketStateMonitor.standardDwell)
        }
    }

    @Test("A user's own state is one line, before all others")
    func ownState() {
        var monitor = MarketStateMonitor()
        monitor.add(MarketStateRule(MarketState(unchecked: "crowded"), .init(.spreadBps, enter: 8, leave: 6)))
        #expect(monitor.observe(MarketMeasures(spreadBps: 30), at: start).text == "crowded")
        #expect(MarketStateRule(MarketState(unchecked: "empty"), bounds: []).bounds.isEmpty)
        var never = MarketStateMonitor(rules: [MarketStateRule(MarketState(unchecked: "empty"), bounds: [])])
        #expect(never.observe(Self.calm, at: start) == .normal, "a rule without bounds names no state")
    }

    @Test("The board keeps each instrument's state from its feed")
    func board() throws {
        let symbol = try Fixed.symbol("A")
        func state(spread: Double) throws -> MarketState {
            var board = MarketBoard()
            for second in 0...300 {
                let ask = try Price(parsing: String(format: "%.4f", 100 * (1 + spread / 10_000)))
                let hundred = try Price(parsing: "100")
                let quote = Quote(
                    symbol: symbol,
                    at: at(second),
                    bid: hundred,
                    bidSize: Quantity(100),
                    ask: ask,
                    askSize: Quantity(100)
                )
                board.apply(.quote(quote))
            }
            return board.state(symbol)
        }
        #expect(try state(spread: 1) == .normal)
        #expect(try state(spread: 60) == .illiquid)
        #expect(MarketBoard().state(symbol) == .normal)
    }
}
