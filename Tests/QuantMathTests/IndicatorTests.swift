import Foundation
import QuantMath
import Testing

@Suite("Incremental indicators")
struct IndicatorTests {
    private static let edges = ["edge-flat", "edge-only-up", "edge-only-down", "edge-too-short"]

    /// A case's rows of the index, and what it expects of them.
    private struct Case {
        let inputs: [String: Any]
        let expected: [String: Any]
        let bars: [BarRange]
        var closes: [Double] { bars.map(\.close) }
        var returns: [Double] { zip(closes, closes.dropFirst()).map { $1 / $0 - 1 } }

        init(_ id: String) throws {
            let file = try GoldenFile("incremental.json")
            inputs = try file.inputs(id)
            expected = try file.expected(id)
            let name = try inputs.text("file")
            let first = try #require(inputs["first_row_index"] as? Int)
            let range = first..<(first + (try #require(inputs["count"] as? Int)))
            let (high, low) = (try GoldenFile.column("high", of: name), try GoldenFile.column("low", of: name))
            let close = try GoldenFile.column("close", of: name)
            bars = try range.map { try BarRange(high: high[$0], low: low[$0], close: close[$0]) }
        }

        func period(_ name: String = "period") throws -> Int { try #require(inputs[name] as? Int) }

        func expect(_ actual: [Double?], _ name: String = "values", tolerance: Double = 1e-8) throws {
            agree(actual, try expected.optionals(name), relative: tolerance, absolute: tolerance, name)
        }
    }

    @Test("Average true range")
    func averageTrueRange() throws {
        let test = try Case("atr")
        try test.expect(AverageTrueRange(period: test.period()).values(after: test.bars))
    }

    @Test("Relative strength")
    func relativeStrength() throws {
        let test = try Case("rsi")
        try test.expect(RelativeStrengthIndex(period: test.period()).values(after: test.closes))
    }

    @Test("Bollinger bands")
    func bollinger() throws {
        let test = try Case("bollinger")
        let bands = try BollingerBands(period: test.period(), width: test.inputs.number("k"))
            .values(after: test.closes)
        try test.expect(bands.map { $0?.middle }, "middle")
        try test.expect(bands.map { $0?.upper }, "upper")
        try test.expect(bands.map { $0?.lower }, "lower")
    }

    @Test("Directional index")
    func directionalIndex() throws {
        let test = try Case("adx")
        let values = try DirectionalIndex(period: test.period()).values(after: test.bars)
        try test.expect(values.map { $0?.plus }, "plus_di")
        try test.expect(values.map { $0?.minus }, "minus_di")
        try test.expect(values.map { $0?.index }, "adx")
    }

    @Test("Exponentially weighted volatility")
    func volatility() throws {
        let test = try Case("ewma-volatility")
        var indicator = try EWMAVolatility(
            decay: test.inputs.number("lambda"),
            periodsPerYear: test.inputs.number("periods_per_year")
        )
        try test.expect(indicator.values(after: test.returns), "volatility_annual")
        var variances: [Double?] = []
        for value in test.returns {
            try indicator.update(value)
            variances.append(indicator.variance)
        }
        try test.expect(variances, "variance")
    }

    @Test("Moving averages")
    func averages() throws {
        let test = try Case("moving-averages")
        try test.expect(SimpleMovingAverage(period: test.period("sma_period")).values(after: test.closes), "sma")
        try test.expect(ExponentialMovingAverage(period: test.period("ema_period")).values(after: test.closes), "ema")
    }

    @Test("Running moments, also far from zero")
    func moments() throws {
        func variances(_ values: [Double]) throws -> [Double?] {
            var moments = RunningMoments()
            return try values.map { value in
                try moments.update(value)
                return moments.variance
            }
        }
        let test = try Case("welford")
        try test.expect(RunningMoments().values(after: test.closes), "mean", tolerance: 1e-10)
        try test.expect(variances(test.closes), "variance", tolerance: 1e-10)
        let file = try GoldenFile("incremental.json")
        let expected = try file.expected("welford-large-offset")
        let values = try file.inputs("welford-large-offset").numbers("values")
        let means = try RunningMoments().values(after: values)
        agree(means, try expected.optionals("mean"), relative: 1e-9, absolute: 0, "mean")
        agree(try variances(values), try expected.optionals("variance"), relative: 1e-9, absolute: 0, "variance")
    }

    @Test("Rolling percentile of the returns' size")
    func percentile() throws {
        let test = try Case("rolling-p95")
        let indicator = try RollingPercentile(window: test.period("window"), percent: 95)
        try test.expect(indicator.values(after: test.returns.map(\.magnitude)))
    }

    @Test("Series at the edge", arguments: edges)
    func edge(_ id: String) throws {
        let file = try GoldenFile("incremental.json")
        let (inputs, expected) = (try file.inputs(id), try file.expected(id))
        let closes = try inputs.numbers("closes")
        let period = try #require(inputs["other_periods"] as? Int)
        let bars = try closes.map { try BarRange(high: $0, low: $0, close: $0) }
        let strength = try RelativeStrengthIndex(period: #require(inputs["rsi_period"] as? Int)).values(after: closes)
        let bands = try BollingerBands(period: period, width: inputs.number("bollinger_k")).values(after: closes)
        let directions = try DirectionalIndex(period: period).values(after: bars)
        let actual: [String: [Double?]] = [
            "rsi": strength, "bollinger_middle": bands.map { $0?.middle }, "bollinger_upper": bands.map { $0?.upper },
            "bollinger_lower": bands.map { $0?.lower }, "plus_di": directions.map { $0?.plus },
            "minus_di": directions.map { $0?.minus }, "adx": directions.map { $0?.index },
            "atr": try AverageTrueRange(period: period).values(after: bars),
        ]
        #expect(actual.keys.sorted() == expected.keys.sorted())
        for (name, values) in actual {
            agree(values, try expected.optionals(name), relative: 1e-8, absolute: 1e-8, name)
        }
    }

    @Test("Every case of the file has its test")
    func complete() throws {
        let tested =
            Self.edges + [
                "atr", "rsi", "bollinger", "adx", "ewma-volatility", "moving-averages", "welford",
                "welford-large-offset", "rolling-p95",
            ]
        #expect(tested.sorted() == (try GoldenFile("incremental.json").ids))
    }
}
