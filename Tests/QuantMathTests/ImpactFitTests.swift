import Testing
import TradingDomain

@testable import QuantMath

@Suite("Refit of the impact coefficient")
struct ImpactFitTests {
    /// A world whose impact is known: orders of 0.01 % to 10 % of a day's volume, noise as the market makes it, and now and
    /// then a day that nobody expected.
    private static func world(_ coefficient: Double, seed: UInt64, count: Int = 400) throws -> [ImpactFit.Sample] {
        var draws = Draws(seed)
        let model = CostModel(impactCoefficient: 1)
        return try (0..<count).map { _ in
            let share = 0.0001 * Double.pow10(3 * draws.uniform())
            let inputs = CostModel.Inputs(
                size: share * 1_000_000,
                dailyVolume: 1_000_000,
                dailyVolatility: 0.01 + 0.02 * draws.uniform(),
                spreadBps: 2,
                urgencyFactor: [1, 2, 4][Int(draws.uniform() * 3)]
            )
            let cost = try model.predicted(inputs)
            let noise = draws.normal() * (draws.uniform() < 0.05 ? 300 : 12)
            return ImpactFit.Sample(unitImpactBps: cost.impactBps, realisedBps: coefficient * cost.impactBps + noise)
        }
    }

    @Test("A known coefficient is found within 10 %, for any seed", arguments: UInt64(0)..<40)
    func recovery(seed: UInt64) throws {
        let truth = [0.3, 0.8, 1.0, 2.5][Int(seed % 4)]
        let fit = try ImpactFit(Self.world(truth, seed: seed))
        #expect((fit.coefficient - truth).magnitude < 0.1 * truth + 0.03, "\(fit)")
        #expect((fit.coefficient - truth).magnitude < 5 * fit.standardError + 1e-9, "\(fit)")
        #expect((8.0...25).contains(fit.residualBps), "the noise is 12 bps, a few days of 300 aside: \(fit)")
    }

    @Test("It does not depend on the order of the samples, and exact data give the exact answer")
    func exact() throws {
        let samples = try Self.world(1, seed: 3)
        let fit = try ImpactFit(samples)
        let turned = try ImpactFit(samples.reversed())
        #expect((fit.coefficient - turned.coefficient).magnitude < 1e-9)
        let line = (1...30).map { ImpactFit.Sample(unitImpactBps: Double($0), realisedBps: 0.75 * Double($0)) }
        let straight = try ImpactFit(line)
        #expect(straight.coefficient == 0.75 && straight.residualBps == 0 && straight.standardError == 0)
    }

    @Test("One wild day in ten moves the fit little; least squares would be far off")
    func outliers() throws {
        var samples = (1...100).map { ImpactFit.Sample(unitImpactBps: Double($0), realisedBps: Double($0)) }
        var draws = Draws(1)
        for index in samples.indices { samples[index].realisedBps += draws.normal() }
        for index in stride(from: 9, to: 100, by: 10) { samples[index].realisedBps += 5000 }
        let fit = try ImpactFit(samples)
        #expect((fit.coefficient - 1).magnitude < 0.02, "\(fit)")
    }

    @Test("A slope that cannot be is kept within the bounds, and says so")
    func bounds() throws {
        let gain = (1...40).map { ImpactFit.Sample(unitImpactBps: Double($0), realisedBps: -2 * Double($0)) }
        let fit = try ImpactFit(gain)
        #expect(fit.coefficient == ImpactFit.bounds.lowerBound && fit.unbounded == -2)
        let huge = (1...40).map { ImpactFit.Sample(unitImpactBps: Double($0), realisedBps: 50 * Double($0)) }
        #expect(try ImpactFit(huge).coefficient == ImpactFit.bounds.upperBound)
    }

    @Test("Too few samples, no impact and numbers that are none are refused")
    func refusals() throws {
        let sample = ImpactFit.Sample(unitImpactBps: 1, realisedBps: 1)
        let few = Array(repeating: sample, count: ImpactFit.samplesMin - 1)
        #expect(throws: FormulaError.tooFewValues(formula: "the impact fit", count: 29, needed: 30)) {
            try ImpactFit(few)
        }
        for bad in [(0.0, 1.0), (-1, 1), (.nan, 1), (1, .infinity)] {
            let samples = few + [ImpactFit.Sample(unitImpactBps: bad.0, realisedBps: bad.1)]
            #expect(throws: FormulaError.self) { try ImpactFit(samples) }
        }
    }

    @Test(
        "Correlations of known pairs",
        arguments: [
            ([(1.0, 2.0), (2, 4), (3, 6)], 1.0, 1.0), ([(1, 3), (2, 2), (3, 1)], -1, -1),
            ([(1, 1), (2, 8), (3, 27), (4, 64)], 0.9513698557924044, 1), ([(1, 1), (2, 3), (3, 2), (4, 4)], 0.8, 0.8),
        ] as [([(Double, Double)], Double, Double)]
    )
    func correlations(_ pairs: [(Double, Double)], _ linear: Double, _ rank: Double) throws {
        #expect((try #require(Correlation.linear(pairs)) - linear).magnitude < 1e-6)
        #expect((try #require(Correlation.rank(pairs)) - rank).magnitude < 1e-9)
    }

    @Test("Samples that do not vary have no correlation; equal values share their ranks")
    func ties() throws {
        #expect(Correlation.linear([(1, 2), (1, 3)]) == nil && Correlation.rank([(1, 2)]) == nil)
        // Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4.
        let tied = try #require(Correlation.rank([(1, 1), (2, 2), (2, 3), (3, 4)]))
        #expect((tied - 0.9486832980505138).magnitude < 1e-12)
    }
}

extension Double {
    /// Ten to a power, by halves of it: the test needs no logarithm.
    fileprivate static func pow10(_ exponent: Double) -> Double {
        var (result, base, rest) = (1.0, 10.0, exponent)
        while rest >= 1 {
            result *= 10
            rest -= 1
        }
        for _ in 0..<40 {
            base = base.squareRoot()
            rest *= 2
            if rest >= 1 {
                result *= base
                rest -= 1
            }
        }
        return result
    }
}
