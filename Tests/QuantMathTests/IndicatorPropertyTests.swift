import Foundation
import QuantMath
import Testing

@Suite("Properties of indicators")
struct IndicatorPropertyTests {
    @Test("Windows give what the batch formulas give, with jumps, ties and offsets", arguments: UInt64(0)..<60)
    func batch(seed: UInt64) throws {
        var draws = Draws(seed)
        let period = draws.integer(in: 1...30)
        let percent = [0, 5, 50, 95, 100, draws.number(in: 0...100)][draws.integer(in: 0...5)]
        let offset = [0, 1e6, -1e9][draws.integer(in: 0...2)]
        let values = (0..<200).map { _ in
            // Some outliers, and many equal values.
            offset + (draws.uniform() < 0.03 ? 1e7 : 1) * (draws.normal() * 4).rounded() / 4
        }
        let averages = try SimpleMovingAverage(period: period).values(after: values)
        let bands = try BollingerBands(period: period, width: 1).values(after: values)
        let percentiles = try RollingPercentile(window: period, percent: percent).values(after: values)
        for index in values.indices {
            guard index + 1 >= period else {
                #expect(averages[index] == nil && bands[index] == nil && percentiles[index] == nil)
                continue
            }
            let window = Array(values[(index + 1 - period)...index])
            let scale = window.reduce(1) { max($0, $1.magnitude) }
            let (average, band) = (try #require(averages[index]), try #require(bands[index]))
            #expect(close(average, try Statistics.mean(window), relative: 0, absolute: 1e-13 * scale))
            let spread = try Statistics.standardDeviation(window, degreesOfFreedom: 0)
            let allowed = 1e-13 * scale + 1e-9 * spread
            #expect((band.upper - band.middle - spread).magnitude <= allowed)
            #expect(try #require(percentiles[index]) == Statistics.percentile(window, percent))
        }
    }

    @Test("An outlier that has left the window leaves no trace")
    func noTrace() throws {
        let values = [1e15, -3e14, 0.1] + Array(repeating: 0.1, count: 10)
        let bands = try BollingerBands(period: 4).values(after: values)
        let last = try #require(bands.compactMap(\.self).last)
        #expect(last.middle == 0.1 && last.upper == 0.1 && last.lower == 0.1)
    }

    @Test("Merged moments are those of all values", arguments: UInt64(0)..<20)
    func merged(seed: UInt64) throws {
        var draws = Draws(seed)
        let values = (0..<draws.integer(in: 2...50)).map { _ in draws.normal() + 1e6 }
        let cut = draws.integer(in: 0...values.count)
        var (first, second) = (RunningMoments(), RunningMoments())
        for value in values[..<cut] { try first.update(value) }
        for value in values[cut...] { try second.update(value) }
        first.merge(second)
        #expect(first.count == values.count)
        #expect(close(first.mean, try Statistics.mean(values), relative: 1e-14, absolute: 0))
        #expect(close(first.variance, try Statistics.variance(values), relative: 1e-7, absolute: 0))
    }

    @Test("Ranges hold, and storing in between changes nothing", arguments: UInt64(0)..<40)
    func ranges(seed: UInt64) throws {
        var draws = Draws(seed)
        var level = 100.0
        let bars = try (0..<120).map { _ in
            // Flat stretches, gaps and falls.
            level = draws.uniform() < 0.3 ? level : max(0.01, level * (1 + 0.02 * draws.normal()))
            let (up, down) = (draws.uniform() < 0.3 ? 0 : draws.uniform(), draws.uniform() < 0.3 ? 0 : draws.uniform())
            return try BarRange(high: level + up, low: level - down, close: level)
        }
        let period = draws.integer(in: 1...20)
        let closes = bars.map(\.close)
        for value in try stored(RelativeStrengthIndex(period: period), closes).compactMap(\.self) {
            #expect((0...100).contains(value))
        }
        for value in try stored(AverageTrueRange(period: period), bars).compactMap(\.self) {
            #expect(value >= 0 && value.isFinite)
        }
        for value in try stored(DirectionalIndex(period: period), bars).compactMap(\.self) {
            #expect((0...100.000001).contains(value.plus) && (0...100.000001).contains(value.minus))
            if let index = value.index { #expect((0...100.000001).contains(index)) }
        }
        for value in try stored(BollingerBands(period: period), closes).compactMap(\.self) {
            #expect(value.lower <= value.middle && value.middle <= value.upper)
        }
        let (low, high) = (try #require(closes.min()), try #require(closes.max()))
        for average in try stored(ExponentialMovingAverage(period: period), closes).compactMap(\.self) {
            #expect((low - 1e-9...high + 1e-9).contains(average))
        }
        let returns = zip(closes, closes.dropFirst()).map { $1 / $0 - 1 }
        for value in try stored(EWMAVolatility(), returns) { #expect(try #require(value) >= 0) }
        _ = try stored(RollingPercentile(window: period), returns.map(\.magnitude))
        _ = try stored(SimpleMovingAverage(period: period), closes)
        _ = try stored(RunningMoments(), closes)
    }

    /// The values of a run that stores and restores the indicator after each observation, checked against one that does not.
    private func stored<I: Indicator>(_ indicator: I, _ observations: [I.Observation]) throws -> [I.Value?] {
        var (plain, restored) = (indicator, indicator)
        return try observations.map { observation in
            restored = try JSONDecoder().decode(I.self, from: JSONEncoder().encode(restored))
            try restored.update(observation)
            let value = try plain.update(observation)
            #expect(restored == plain)
            return value
        }
    }

    @Test(
        "A number that makes no sense is refused and changes nothing",
        arguments: [.nan, .infinity, -1e200] as [Double]
    )
    func refused(_ bad: Double) throws {
        func refuses<I: Indicator<Double, V>, V>(_ fresh: I) throws {
            var indicator = fresh
            for value in [0.01, 0.02, -0.01] { try indicator.update(value) }
            let before = indicator
            #expect(throws: FormulaError.self) { try indicator.update(bad) }
            #expect(indicator == before)
        }
        try refuses(RelativeStrengthIndex(period: 2))
        try refuses(SimpleMovingAverage(period: 2))
        try refuses(ExponentialMovingAverage(period: 2))
        try refuses(BollingerBands(period: 2))
        try refuses(EWMAVolatility())
        try refuses(RollingPercentile(window: 2))
        try refuses(RunningMoments())
        #expect(throws: FormulaError.self) { try BarRange(high: bad, low: bad, close: bad) }
        #expect(throws: FormulaError.self) { try BarRange(high: 1, low: 2, close: 1) }
    }

    @Test("The largest numbers that are taken overflow nowhere")
    func large() throws {
        let values = [1e100, -1e100, 1e100, -1e100, 0, 1e100]
        let bars = try values.map { try BarRange(high: $0, low: -1e100, close: $0) }
        for bands in try BollingerBands(period: 2).values(after: values).compactMap(\.self) {
            #expect(bands.upper.isFinite && bands.lower.isFinite)
        }
        for directions in try DirectionalIndex(period: 2).values(after: bars).compactMap(\.self) {
            #expect(directions.plus.isFinite && directions.minus.isFinite)
        }
        #expect(try EWMAVolatility().values(after: values).allSatisfy { try #require($0).isFinite })
    }

    @Test("Periods and shares that make no sense are refused")
    func refusedParameters() {
        for period in [0, -1, 2_000_000] {
            #expect(throws: FormulaError.self) { try SimpleMovingAverage(period: period) }
            #expect(throws: FormulaError.self) { try ExponentialMovingAverage(period: period) }
            #expect(throws: FormulaError.self) { try BollingerBands(period: period) }
            #expect(throws: FormulaError.self) { try AverageTrueRange(period: period) }
            #expect(throws: FormulaError.self) { try RelativeStrengthIndex(period: period) }
            #expect(throws: FormulaError.self) { try DirectionalIndex(period: period) }
            #expect(throws: FormulaError.self) { try RollingPercentile(window: period) }
        }
        #expect(throws: FormulaError.self) { try BollingerBands(width: -1) }
        #expect(throws: FormulaError.self) { try EWMAVolatility(decay: 1) }
        #expect(throws: FormulaError.self) { try EWMAVolatility(periodsPerYear: 0) }
        #expect(throws: FormulaError.self) { try RollingPercentile(percent: 101) }
    }
}
