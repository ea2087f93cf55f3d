import ExecutionAnalytics
import QuantMath
import Testing
import TradingDomain

@Suite("Predicted against realised cost")
struct CalibrationTests {
    private static func sample(
        _ predicted: Double,
        _ realised: Double,
        _ algorithm: AlgorithmName = .vwap,
        size: Double? = 0.001,
        coefficient: Double = 1
    ) -> CalibrationSample {
        CalibrationSample(
            algorithm: algorithm,
            predictedBps: predicted,
            realisedBps: realised,
            parts: size.map {
                PredictedCost(spreadBps: 1, impactBps: predicted - 1, coefficient: coefficient, sizeToDailyVolume: $0)
            }
        )
    }

    @Test("Bias, error and correlation of known figures")
    func figures() throws {
        let samples = (1...10).map { Self.sample(Double($0), Double($0) * 2 + ($0.isMultiple(of: 2) ? 1 : -1)) }
        let figures = CalibrationFigures(samples)
        #expect(figures.count == 10 && !figures.isTooFew)
        #expect(figures.biasBps == 5.5 && figures.meanPredictedBps == 5.5 && figures.meanRealisedBps == 11)
        #expect(figures.meanAbsoluteErrorBps == 5.5, "only the first is below what was predicted: by nothing")
        #expect(try #require(figures.correlation) > 0.97)
        #expect(figures.rankCorrelation.map { $0 > 0.9 } == true)
    }

    @Test("Below ten executions there are counts and no figures")
    func tooFew() {
        let figures = CalibrationFigures((1...9).map { Self.sample(Double($0), 1) })
        #expect(figures.isTooFew && figures.count == 9)
        #expect(figures.biasBps == nil && figures.correlation == nil && figures.meanAbsoluteErrorBps == nil)
        #expect(CalibrationReport([]).all.count == 0)
    }

    @Test("Groups are by algorithm and by share of the daily volume, and count everything once")
    func groups() {
        let sizes: [Double?] = [0.00005, 0.0001, 0.0009, 0.001, 0.02, 0.05, 3, nil]
        let samples = sizes.flatMap { size in
            [Self.sample(2, 1, .vwap, size: size), Self.sample(2, 3, .market, size: size)]
        }
        let report = CalibrationReport(samples)
        #expect(report.all.count == 16)
        #expect(report.algorithms.map(\.name) == ["MARKET", "VWAP"])
        #expect(report.algorithms.map(\.figures.count) == [8, 8])
        let bySize = report.sizesOfDailyVolume
        #expect(
            bySize.map(\.name)
                == ["below 0.01 %", "0.01 to 0.1 %", "0.1 to 1 %", "1 to 5 %", "5 % and more", "not known"]
        )
        #expect(bySize.map(\.figures.count) == [2, 4, 2, 2, 4, 2])
    }

    @Test("A proposal says what the fitted coefficient would have predicted, whichever was in force then")
    func proposal() throws {
        // The world's coefficient is 0.5; half of the orders were predicted with 1, half with 2.
        let samples = (1...40).map { index in
            let coefficient = index.isMultiple(of: 2) ? 1.0 : 2.0
            let unit = Double(index)
            return CalibrationSample(
                algorithm: .vwap,
                predictedBps: 1 + coefficient * unit,
                realisedBps: 1 + 0.5 * unit,
                parts: PredictedCost(
                    spreadBps: 1,
                    impactBps: coefficient * unit,
                    coefficient: coefficient,
                    sizeToDailyVolume: 0.01
                )
            )
        }
        let blind = CalibrationSample(algorithm: .vwap, predictedBps: 400, realisedBps: 0)
        let proposal = try CoefficientProposal(samples + [blind], current: 1)
        #expect(proposal.fit.coefficient == 0.5 && proposal.fit.samples == 40)
        #expect(proposal.before.biasBps.map { ($0 + 10.25).magnitude < 1e-9 } == true)
        #expect(proposal.after.meanAbsoluteErrorBps.map { $0 < 1e-9 } == true)
        #expect(throws: FormulaError.self) { try CoefficientProposal(Array(samples.prefix(29)) + [blind], current: 1) }
    }
}
