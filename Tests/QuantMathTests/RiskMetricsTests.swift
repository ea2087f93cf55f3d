import Foundation
import QuantMath
import Testing

@Suite("Risk metrics")
struct RiskMetricsTests {
    private static let windows = [
        "window-full", "window-last-252", "window-year-2008", "window-last-30", "tiny-5", "always-up", "constant",
        "starts-with-loss",
    ]
    private static let curves = ["equity-peak-to-trough", "equity-monotone", "equity-ruin", "equity-single"]

    private func same(_ actual: Double?, _ expected: Double?, _ name: String) {
        let isClose = close(actual, expected, relative: 1e-9, absolute: 1e-12)
        #expect(isClose, "\(name): \(String(describing: actual)), not \(String(describing: expected))")
    }

    @Test("Windows of real and hand-made returns give the libraries' numbers", arguments: windows)
    func window(_ id: String) throws {
        let file = try GoldenFile("risk.json")
        let (inputs, expected) = (try file.inputs(id), try file.expected(id))
        let returns = try GoldenFile.returns(inputs)
        let year = try inputs.number("periods_per_year")
        let plain = try RiskMetrics(returns: returns, periodsPerYear: year)
        let rate = try inputs.number("risk_free_annual")
        let excess = try RiskMetrics(returns: returns, periodsPerYear: year, riskFreeAnnual: rate)
        #expect(plain.observations == expected["observations"] as? Int)
        same(plain.mean, try expected.optional("mean"), "mean")
        same(plain.standardDeviation, try expected.optional("std"), "std")
        same(plain.annualVolatility, try expected.optional("annual_volatility"), "annual_volatility")
        same(plain.sharpe, try expected.optional("sharpe"), "sharpe")
        same(plain.sortino, try expected.optional("sortino"), "sortino")
        same(excess.sharpe, try expected.optional("sharpe_excess"), "sharpe_excess")
        same(excess.sortino, try expected.optional("sortino_excess"), "sortino_excess")
        same(plain.drawdown.deepest, try expected.optional("max_drawdown"), "max_drawdown")
        #expect(plain.drawdown.troughIndex == expected["max_drawdown_trough_index"] as? Int)
        #expect(plain.drawdown.peakIndex == expected["max_drawdown_peak_index"] as? Int)
        same(plain.annualGrowth, try expected.optional("cagr"), "cagr")
        same(plain.calmar, try expected.optional("calmar"), "calmar")
        same(plain.totalReturn, try expected.optional("total_return"), "total_return")
        if expected["skewness"] != nil {
            same(plain.skewness, try expected.optional("skewness"), "skewness")
            same(plain.excessKurtosis, try expected.optional("excess_kurtosis"), "excess_kurtosis")
        }
        let levels = try expected.rows("var_es")
        #expect(levels.count == plain.valuesAtRisk.count)
        for (level, row) in zip(plain.valuesAtRisk, levels) {
            #expect(level.confidence == (try row.number("confidence")))
            same(level.historical, try row.optional("historical_var"), "historical_var")
            same(level.historicalShortfall, try row.optional("historical_es"), "historical_es")
            guard row["normal_var"] != nil else { continue }
            #expect(level.historicalTailCount == row["historical_tail_count"] as? Int)
            same(level.normal, try row.optional("normal_var"), "normal_var")
            same(level.normalShortfall, try row.optional("normal_es"), "normal_es")
            same(level.cornishFisher, try row.optional("cornish_fisher_var"), "cornish_fisher_var")
            same(level.cornishFisherShortfall, try row.optional("cornish_fisher_es"), "cornish_fisher_es")
            #expect(level.isCornishFisherMonotone == row["cornish_fisher_monotone_in_tail"] as? Bool)
        }
    }

    @Test("Drawdowns of equity curves", arguments: curves)
    func drawdown(_ id: String) throws {
        let file = try GoldenFile("risk.json")
        let equity = try file.inputs(id).numbers("equity")
        let expected = try file.expected(id)
        let drawdown = try Drawdown(equity: equity)
        same(drawdown.deepest, try expected.optional("max_drawdown"), "max_drawdown")
        #expect(drawdown.longestPeriodsUnderWater == expected["longest_periods_under_water"] as? Int)
        let depths = try Drawdown.depths(equity: equity)
        agree(depths, try expected.optionals("drawdowns"), relative: 1e-9, absolute: 1e-12, "drawdowns")
    }

    @Test("Every case of the file has its test")
    func complete() throws {
        let tested = Self.windows + Self.curves + SizingTests.cases + LiquidationTests.cases
        #expect(tested.sorted() == (try GoldenFile("risk.json").ids))
    }

    @Test("The normal quantile undoes the distribution", arguments: [1e-300, 1e-20, 0.001, 0.05, 0.3, 0.5, 0.8, 0.999])
    func quantile(_ share: Double) throws {
        let x = try NormalDistribution.quantile(share)
        #expect(close(NormalDistribution.cumulative(x), share, relative: 1e-12))
        #expect((try NormalDistribution.quantile(0.05) + 1.6448536269514722).magnitude < 1e-14)
    }

    @Test("Shortfall is no less than value at risk, and scaling scales", arguments: UInt64(0)..<100)
    func invariances(seed: UInt64) throws {
        var draws = Draws(seed)
        let returns = (0..<draws.integer(in: 2...300)).map { _ in draws.normal() * 0.01 }
        let metrics = try RiskMetrics(returns: returns, confidences: [0.9, 0.95, 0.99])
        let half = try RiskMetrics(returns: returns.map { $0 / 2 }, confidences: [0.9, 0.95, 0.99])
        for (full, half) in zip(metrics.valuesAtRisk, half.valuesAtRisk) {
            #expect(full.historicalShortfall >= full.historical)
            #expect(full.normalShortfall >= full.normal)
            if full.isCornishFisherMonotone == true {
                #expect(try #require(full.cornishFisherShortfall) >= #require(full.cornishFisher))
            }
            same(half.historical, full.historical / 2, "historical")
            same(half.historicalShortfall, full.historicalShortfall / 2, "shortfall")
            same(half.normal, full.normal / 2, "normal")
        }
        #expect(
            zip(metrics.valuesAtRisk, metrics.valuesAtRisk.dropFirst()).allSatisfy { $0.historical <= $1.historical }
        )
        #expect(close(half.sharpe, metrics.sharpe, relative: 1e-9, absolute: 1e-12))
        #expect(close(half.sortino, metrics.sortino, relative: 1e-9, absolute: 1e-12))
        #expect((-1.0...0).contains(metrics.drawdown.deepest))
        // Order matters to the path alone.
        let sorted = try RiskMetrics(returns: returns.sorted(), confidences: [0.9, 0.95, 0.99])
        #expect(sorted.valuesAtRisk == metrics.valuesAtRisk)
        #expect(close(sorted.totalReturn, metrics.totalReturn, relative: 1e-9, absolute: 1e-12))
        #expect(sorted.drawdown.deepest <= metrics.drawdown.deepest + 1e-12)
        let stored = try JSONEncoder().encode(metrics)
        #expect(try JSONDecoder().decode(RiskMetrics.self, from: stored) == metrics)
    }

    @Test("What a series cannot tell is absent, never an infinity")
    func undefined() throws {
        // Seven times 0.1 has a mean that is not 0.1: the spread is rounding.
        let flat = try RiskMetrics(returns: Array(repeating: 0.1, count: 7))
        #expect(flat.sharpe == nil && flat.sortino == nil && flat.calmar == nil && flat.skewness == nil)
        #expect(flat.standardDeviation == 0 && flat.valuesAtRisk[0].cornishFisher == nil)
        let losing = try RiskMetrics(returns: Array(repeating: -0.01, count: 4))
        #expect(losing.sharpe == nil && losing.sortino != nil && losing.calmar != nil)
        let explosive = try RiskMetrics(returns: [100, 100])
        #expect(explosive.annualGrowth == nil && explosive.calmar == nil)
        let ruin = try RiskMetrics(returns: [0.1, -1, 0.5])
        #expect(ruin.totalReturn == -1 && ruin.annualGrowth == -1 && ruin.drawdown.deepest == -1)
    }

    @Test(
        "Returns that make no sense are refused",
        arguments: [
            [], [0.01], [0.01, .nan], [0.01, .infinity], [0.01, -1.5], [0.1, 1e200], [1e99, 1e99, 1e99, 1e99],
        ]
    )
    func refused(_ returns: [Double]) { #expect(throws: FormulaError.self) { try RiskMetrics(returns: returns) } }

    @Test("Parameters that make no sense are refused")
    func refusedParameters() {
        let returns = [0.01, -0.01]
        #expect(throws: FormulaError.self) { try RiskMetrics(returns: returns, periodsPerYear: 0) }
        #expect(throws: FormulaError.self) { try RiskMetrics(returns: returns, riskFreeAnnual: -1) }
        for confidence in [0, 1, -0.5, .nan] {
            #expect(throws: FormulaError.self) { try RiskMetrics(returns: returns, confidences: [confidence]) }
        }
        for equity in [[], [0, 1], [1, -1], [1, .nan], [.infinity]] as [[Double]] {
            #expect(throws: FormulaError.self) { try Drawdown(equity: equity) }
        }
    }
}
