import Foundation
import MarketData
import Testing
import TradingDomain

@Suite("Quality gate (MD-4)")
struct QualityGateTests {
    private let start = Timestamp(nanoseconds: 1_800_000_000_000_000_000)
    private let symbol: Symbol

    init() throws { symbol = try Fixed.symbol("A") }

    private func trade(_ price: String, _ second: Double) throws -> MarketEvent {
        .trade(
            Trade(
                symbol: symbol,
                at: start + .nanoseconds(Int64(second * 1e9)),
                price: try Price(parsing: price),
                size: Quantity(1)
            )
        )
    }

    private func quote(_ bid: String, _ ask: String, _ second: Double) throws -> MarketEvent {
        .quote(
            Quote(
                symbol: symbol,
                at: start + .nanoseconds(Int64(second * 1e9)),
                bid: try Price(parsing: bid),
                bidSize: Quantity(1),
                ask: try Price(parsing: ask),
                askSize: Quantity(1)
            )
        )
    }

    /// A gate that has seen twenty prices of 100.
    private func settled() throws -> QualityGate {
        var gate = QualityGate()
        for second in 0..<20 { #expect(gate.screen(try trade("100", Double(second)), at: start) == .pass) }
        return gate
    }

    private func kind(_ gate: inout QualityGate, _ event: MarketEvent) -> DataProblemKind? {
        gate.screen(event, at: event.at).problem?.kind
    }

    @Test(
        "Ten percent off the mean of twenty passes; more does not",
        arguments: [("110", true), ("90", true), ("110.01", false), ("89.99", false)]
    )
    func band(price: String, passes: Bool) throws {
        var gate = try settled()
        let verdict = gate.screen(try trade(price, 21), at: start)
        #expect(verdict.lets == passes)
        #expect((verdict.problem?.kind == .priceOffMean) == !passes)
    }

    @Test("Zero and negative prices are rejected, whatever is known", arguments: ["0", "-1"])
    func notPositive(price: String) throws {
        var fresh = QualityGate()
        var known = try settled()
        for event in [try trade(price, 30), try quote(price, "100", 30)] {
            #expect(kind(&fresh, event) == .priceNotPositive)
            #expect(kind(&known, event) == .priceNotPositive)
        }
        #expect(fresh.quality(of: symbol)?.withheld == 2 && fresh.quality(of: symbol)?.accepted == 0)
    }

    @Test("A stub quote cannot hide behind its middle")
    func stub() throws {
        var gate = try settled()
        #expect(kind(&gate, try quote("0.01", "199.99", 30)) == .priceOffMean)
        #expect(kind(&gate, try quote("99.9", "100.1", 31)) == nil)
    }

    @Test("Until five prices are known none is judged by the others")
    func beginning() throws {
        var gate = QualityGate()
        for price in ["1", "100", "5", "70"] { #expect(kind(&gate, try trade(price, 1)) == nil) }
        #expect(kind(&gate, try trade("44", 1)) == nil)
        #expect(kind(&gate, try trade("100", 1)) == .priceOffMean)
    }

    @Test("A real jump is believed after three agreeing prices over five seconds, and the old price is off then")
    func jump() throws {
        var gate = try settled()
        #expect(kind(&gate, try trade("80", 20)) == .priceOffMean)
        #expect(kind(&gate, try trade("80.1", 21)) == .priceOffMean)
        #expect(kind(&gate, try trade("79.9", 24.9)) == .priceOffMean)
        #expect(kind(&gate, try trade("80", 25)) == .jumpConfirmed)
        #expect(kind(&gate, try trade("80.2", 26)) == nil)
        #expect(kind(&gate, try trade("100", 27)) == .priceOffMean)
        let quality = try #require(gate.quality(of: symbol))
        #expect(quality.problems == ["price_off_mean": 4, "jump_confirmed": 1])
        #expect(quality.withheld == 4 && quality.accepted == 22)
        #expect(quality.last?.kind == .priceOffMean)
    }

    @Test("Bad ticks that do not agree, or alternate with good ones, never count as a jump")
    func noise() throws {
        var gate = try settled()
        for step in 0..<200 {
            let bad = ["1", "5000", "30", "900"][step % 4]
            #expect(kind(&gate, try trade(bad, 20 + Double(step))) == .priceOffMean)
        }
        for step in 0..<200 {
            #expect(kind(&gate, try trade("50", 300 + Double(2 * step))) == .priceOffMean)
            #expect(kind(&gate, try trade("100", 301 + Double(2 * step))) == nil)
        }
    }

    @Test("No jump locks an instrument out", arguments: UInt64(0)..<200)
    func neverLocked(seed: UInt64) throws {
        var draws = SplitMix(seed: seed)
        var gate = try settled()
        let level = draws.uniform() < 0.5 ? 1 + draws.uniform() * 80 : 130 + draws.uniform() * 10_000
        var second = 20.0
        var isIn = false
        for _ in 0..<50 {
            second += 0.1 + draws.uniform() * 60
            let price = String(format: "%.4f", level * (0.98 + draws.uniform() * 0.04))
            isIn = gate.screen(try trade(price, second), at: start).lets
        }
        #expect(isIn, "seed \(seed), level \(level)")
    }

    @Test("Crossed and stale events are flagged and pass; a late quote is withheld, a late trade counts")
    func flags() throws {
        var gate = try settled()
        let crossed = gate.screen(try quote("100.2", "100", 30), at: start)
        #expect(crossed.lets && crossed.problem?.kind == .crossed)
        let late = gate.screen(try quote("100", "100.2", 29), at: start)
        #expect(!late.lets && late.problem?.kind == .outOfOrder)
        let lateTrade = gate.screen(try trade("100", 29), at: start)
        #expect(lateTrade.lets && lateTrade.problem?.kind == .outOfOrder)
        let event = try trade("100", 31)
        #expect(gate.screen(event, at: event.at + .seconds(60)) == .pass)
        let stale = gate.screen(try trade("100", 32), at: event.at + .seconds(62))
        #expect(stale.lets && stale.problem?.kind == .stale)
        #expect(gate.quality(of: symbol)?.last?.description.contains("Check the connection") == true)
    }

    @Test("Each instrument is judged by its own prices")
    func instruments() throws {
        var gate = try settled()
        let other = try Fixed.symbol("B")
        let cheap = Trade(symbol: other, at: start, price: try Price(parsing: "1"), size: Quantity(1))
        #expect(gate.screen(.trade(cheap), at: start) == .pass)
        #expect(gate.quality(of: other)?.accepted == 1)
        #expect(gate.quality(of: try Fixed.symbol("C")) == nil)
    }

    @Test("The largest prices overflow nothing")
    func extremes() throws {
        var gate = QualityGate()
        for second in 0..<100 {
            let trade = Trade(
                symbol: symbol,
                at: start + .seconds(second),
                price: Price(units: .max),
                size: Quantity(units: .max)
            )
            #expect(gate.screen(.trade(trade), at: start).lets)
        }
        #expect(kind(&gate, try trade("1", 200)) == .priceOffMean)
    }

    @Test("An empty book in depth is no price problem")
    func emptyDepth() throws {
        var gate = try settled()
        let empty = BookDepth(symbol: symbol, at: start + .seconds(30), levels: BookLevels(bids: [], asks: []))
        #expect(gate.screen(.depth(empty), at: start) == .pass)
    }
}
