import Foundation
import QuantMath
import Testing
import TradingDomain

@Suite("Seed formulas against the reference values")
struct SeedFormulasTests {
    private let golden: GoldenFile

    init() throws { golden = try GoldenFile("seed_formulas.json") }

    @Test("SE-3 impact", arguments: ["impact-passive", "impact-moderate", "impact-aggressive"])
    func impact(id: String) throws {
        let inputs = try golden.inputs(id)
        let style = ExecutionStyle(name: try inputs.text("style"))
        #expect(style.multiplier == (try inputs.number("multiplier")))
        let shares = try inputs.numbers("shares")
        let expected = try golden.expected(id).numbers("bps")
        try #require(shares.count == expected.count)
        for (count, bps) in zip(shares, expected) {
            #expect(close(try MarketImpact.estimateBps(shares: count, style: style), bps), "\(count) shares")
        }
    }

    @Test("AL-12 time and slices")
    func optimalTime() throws {
        let rows = try golden.inputs("optimal-time").rows()
        let expected = try golden.expected("optimal-time")
        for (index, row) in rows.enumerated() {
            let size = try row.number("size")
            let volatility = try row.number("vol")
            let volume = try row.number("daily_volume")
            let free = try TradingHorizon.unclippedSeconds(size: size, volatility: volatility, dailyVolume: volume)
            let clipped = try TradingHorizon.seconds(size: size, volatility: volatility, dailyVolume: volume)
            #expect(close(free, try expected.numbers("unclipped")[index]), "row \(index)")
            #expect(close(clipped, try expected.numbers("seconds")[index]), "row \(index)")
            #expect(try TradingHorizon.slices(durationSeconds: clipped) == expected.integers("slices")[index])
        }
    }

    @Test("AL-12 with other risk aversion and impact")
    func optimalTimeParameters() throws {
        let inputs = try golden.inputs("optimal-time-parameters")
        let expected = try golden.expected("optimal-time-parameters").numbers("seconds")
        for (row, seconds) in zip(try inputs.rows(), expected) {
            let actual = try TradingHorizon.seconds(
                size: try inputs.number("size"),
                volatility: try inputs.number("vol"),
                dailyVolume: try inputs.number("daily_volume"),
                riskAversion: try row.number("risk_aversion"),
                temporaryImpact: try row.number("temp_impact")
            )
            #expect(close(actual, seconds))
        }
    }

    @Test("AL-12 slice counts, and never more slices than lots")
    func slices() throws {
        let durations = try golden.inputs("slices").numbers("duration")
        let expected = try golden.expected("slices").integers("slices")
        try #require(durations.count == expected.count)
        for (duration, count) in zip(durations, expected) {
            #expect(try TradingHorizon.slices(durationSeconds: duration) == count, "\(duration) s")
        }
        #expect(try TradingHorizon.slices(durationSeconds: 1800, lots: 3) == 3)
        #expect(try TradingHorizon.slices(durationSeconds: 1800, lots: 1000) == 30)
        #expect(throws: FormulaError.self) { try TradingHorizon.slices(durationSeconds: 1800, lots: 0) }
    }

    @Test("SL-1 slippage")
    func slippage() throws {
        let expected = try golden.expected("slippage").numbers("slippage")
        for (row, value) in zip(try golden.inputs("slippage").rows(), expected) {
            let side = try #require(Side(rawValue: try row.text("side")))
            let actual = try Slippage.fraction(
                side,
                expected: try row.number("expected_price"),
                actual: try row.number("actual_price")
            )
            #expect(close(actual, value))
        }
        // The worked demo of SE-5.
        let bps = try Slippage.bps(.buy, expected: Price(parsing: "875.50"), actual: Price(parsing: "875.76"))
        #expect(close(bps, 2.97, relative: 1e-3))
    }

    @Test("SL-3 predicted slippage, and SL-4's comparison with the limit")
    func predicted() throws {
        let expected = try golden.expected("predicted-slippage").numbers("predicted")
        for (row, value) in zip(try golden.inputs("predicted-slippage").rows(), expected) {
            let actual = try Slippage.predictedFraction(
                size: try row.number("size"),
                liquidity: try row.number("liquidity"),
                volatility: try row.number("volatility"),
                spreadBps: try row.number("spread_bps")
            )
            #expect(close(actual, value))
        }
        let inputs = try golden.inputs("predicted-versus-limit")
        let allowed = try #require(try golden.expected("predicted-versus-limit")["allowed"] as? [Bool])
        for (volatility, verdict) in zip(try inputs.numbers("volatility"), allowed) {
            let value = try Slippage.boundedPredictedFraction(
                size: try inputs.number("size"),
                liquidity: try inputs.number("liquidity"),
                volatility: volatility,
                spreadBps: try inputs.number("spread_bps")
            )
            #expect((value <= (try inputs.number("limit"))) == verdict, "volatility \(volatility)")
        }
    }

    @Test("An order as large as the book and one ten times as large are predicted alike when bounded")
    func boundedPrediction() throws {
        let once = try Slippage.boundedPredictedFraction(size: 1, liquidity: 1, volatility: 0, spreadBps: 0)
        let tenfold = try Slippage.boundedPredictedFraction(size: 10, liquidity: 1, volatility: 0, spreadBps: 0)
        #expect(once == 0.5)
        #expect(tenfold == once)
    }

    @Test("SL-2 with a number of records in the store")
    func thresholdSingle() throws {
        let returns = try Self.indexReturns()
        for point in try golden.expected("threshold-single-update").rows("points") {
            let count = try #require(point["records"] as? Int)
            let updated = try AdaptiveThreshold.updated(0.001, records: Array(returns.prefix(count)))
            #expect(close(updated, try point.number("threshold"), relative: 1e-12), "\(count) records")
        }
    }

    @Test("SL-2 record by record", arguments: ["threshold-stream-160", "threshold-stream-300"])
    func thresholdStream(id: String) throws {
        let inputs = try golden.inputs(id)
        let count = try #require(inputs["records"] as? Int)
        let after = try #require(try golden.expected(id)["after"] as? [String: Double])
        var threshold = try AdaptiveThreshold(start: 0.001, floor: 1e-9, ceiling: 1)
        var seen = 0
        for record in try Self.indexReturns().prefix(count) {
            try threshold.record([record])
            seen += 1
            guard let expected = after["\(seen)"] else { continue }
            #expect(close(threshold.limit, expected, relative: 1e-11), "after \(seen)")
        }
        #expect(seen == count)
    }

    @Test("Percentiles", arguments: ["percentile-known", "percentile-ties", "percentile-boundary"])
    func percentile(id: String) throws {
        let inputs = try golden.inputs(id)
        let values = try inputs.numbers("values").map(\.magnitude)
        let actual = try Statistics.percentile(values, try inputs.number("p"))
        #expect(close(actual, try golden.expected(id).number("p95_abs"), relative: 1e-12, absolute: 1e-15))
    }

    @Test("What the seeds cannot answer is refused")
    func guards() throws {
        var refused = 0
        for row in try golden.inputs("guards").rows() {
            switch try row.text("formula") {
            case "optimal_time":
                let (size, volatility) = (try row.number("size"), try row.number("vol"))
                let volume = try row.number("daily_volume")
                #expect(throws: FormulaError.self) {
                    try TradingHorizon.seconds(size: size, volatility: volatility, dailyVolume: volume)
                }
            case "predicted_slippage":
                #expect(throws: FormulaError.self) {
                    try Slippage.predictedFraction(size: 10, liquidity: 0, volatility: 0.02, spreadBps: 3)
                }
            case "slippage":
                #expect(throws: FormulaError.self) { try Slippage.fraction(.buy, expected: 0, actual: 1) }
            case "market_impact_bps":
                let shares = try row.number("shares")
                #expect(throws: FormulaError.self) { try MarketImpact.estimateBps(shares: shares, style: .moderate) }
            default: continue  // The routing table is not part of this room.
            }
            refused += 1
        }
        #expect(refused == 5)
    }

    /// Fractions of the index's returns, without the first row, which has none, and the first return.
    private static func indexReturns() throws -> [Double] {
        let text = String(decoding: try GoldenFile.data("golden/data/sp500_daily.csv"), as: UTF8.self)
        let lines = text.split(whereSeparator: \.isNewline)
        let column = try #require(lines.first?.split(separator: ",").firstIndex(of: "ret_pct"))
        return lines.dropFirst(3).compactMap { line in
            Double(line.split(separator: ",", omittingEmptySubsequences: false)[column]).map { $0 * 0.01 }
        }
    }
}
