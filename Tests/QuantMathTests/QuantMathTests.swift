import QuantMath
import Testing
import TradingDomain

@Suite("Statistics and bounds")
struct QuantMathTests {
    @Test("The capped impact keeps the raw value beside it")
    func cappedImpact() throws {
        let small = try MarketImpact.estimate(Quantity(500), style: .aggressive, dailyVolume: Quantity(10_000))
        #expect(small.rawBps == 5)
        #expect(small.bps == 5)
        #expect(small.shareOfDailyVolume == 0.05)
        #expect(!small.isCapped)
        let huge = try MarketImpact.estimate(Quantity(10_000_000), style: .moderate)
        #expect(huge.rawBps == 50_000)
        #expect(huge.bps == MarketImpact.capBps)
        #expect(huge.isCapped)
        #expect(huge.shareOfDailyVolume == nil)
        #expect(try MarketImpact.estimate(Quantity(1), style: .passive, dailyVolume: .zero).shareOfDailyVolume == nil)
    }

    @Test("Negative and non-finite sizes are refused", arguments: [-1, .nan, .infinity] as [Double])
    func refusedImpact(shares: Double) {
        #expect(throws: FormulaError.self) { try MarketImpact.estimateBps(shares: shares, style: .moderate) }
    }

    @Test("An unknown style counts as moderate", arguments: ["", "passive", "RECKLESS"])
    func unknownStyle(name: String) { #expect(ExecutionStyle(name: name) == .moderate) }

    @Test("Mean and standard deviation of a textbook sample")
    func moments() throws {
        let values = [2.0, 4, 4, 4, 5, 5, 7, 9]
        #expect(try Statistics.mean(values) == 5)
        #expect(try Statistics.standardDeviation(values, degreesOfFreedom: 0) == 2)
        #expect(close(try Statistics.variance(values), 32.0 / 7))
    }

    @Test("A large offset does not eat the variance")
    func offset() throws { #expect(try Statistics.variance([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16]) == 30) }

    @Test("Statistics refuse what has no answer")
    func refusals() {
        #expect(throws: FormulaError.tooFewValues(formula: "mean", count: 0, needed: 1)) { try Statistics.mean([]) }
        #expect(throws: FormulaError.tooFewValues(formula: "variance", count: 1, needed: 2)) {
            try Statistics.variance([1])
        }
        #expect(throws: FormulaError.self) { try Statistics.percentile([], 50) }
        #expect(throws: FormulaError.self) { try Statistics.percentile([1], 101) }
        #expect(throws: FormulaError.self) { try Statistics.percentile([1, .nan], 50) }
    }

    @Test("Percentiles at the ends and between", arguments: [(0.0, 1.0), (100, 4), (50, 2.5), (25, 1.75)])
    func percentiles(percent: Double, expected: Double) throws {
        #expect(try Statistics.percentile([4, 1, 3, 2], percent) == expected)
    }

    @Test("The adaptive limit stays within its bounds and comes back when starved")
    func bounds() throws {
        var threshold = try AdaptiveThreshold(start: 0.001)
        for _ in 0..<50 { try threshold.record(Array(repeating: 0, count: 100)) }
        #expect(threshold.limit == threshold.floor)
        for _ in 0..<50 { try threshold.record(Array(repeating: -0.5, count: 100)) }
        #expect(threshold.limit == threshold.ceiling)
        for _ in 0..<200 { threshold.decay() }
        #expect(close(threshold.limit, 0.001, relative: 1e-6))
        let before = threshold
        #expect(throws: FormulaError.self) { try threshold.record([0.1, .nan]) }
        #expect(threshold == before)
        #expect(throws: FormulaError.self) { try AdaptiveThreshold(start: 0.001, floor: 0.01) }
    }
}
