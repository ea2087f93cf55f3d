import Foundation
import QuantMath
import Testing

@Suite("Almgren–Chriss")
struct AlmgrenChrissTests {
    private static let paths = [
        "paper-lambda-1e-7", "paper-lambda-1e-6", "paper-lambda-2e-6-point-A", "paper-lambda-1e-5",
        "paper-lambda-0-point-B", "paper-lambda-minus-2e-7-point-C", "drop-library-sigma-0.9487", "single-period",
        "two-periods", "intraday-26-slices", "tiny-lambda-1e-18", "huge-kappaT-overflow", "odd-lot-total",
    ]

    @Test("Paths, costs and variances of paper and library", arguments: paths)
    func path(_ id: String) throws {
        let file = try GoldenFile("almgren_chriss.json")
        let path = try AlmgrenChriss(try Self.parameters(file.inputs(id)))
        let expected = try file.expected(id)
        #expect(path.regime.rawValue == (try expected.text("regime")))
        #expect(close(path.urgency, try expected.number("kappa"), relative: 1e-9, absolute: 1e-15))
        // Far out on a steep path only rounding is left.
        let absolute = id == "huge-kappaT-overflow" ? 1e-6 : 1e-9
        for (actual, reference) in zip(path.holdings, try expected.numbers("x")) {
            #expect(close(actual, reference, relative: 1e-9, absolute: absolute))
        }
        for (actual, reference) in zip(path.trades, try expected.numbers("n")) {
            #expect(close(actual, reference, relative: 1e-9, absolute: absolute))
        }
        let cost = path.cost
        #expect(close(cost.permanent, try expected.number("cost_permanent"), relative: 1e-9))
        #expect(close(cost.fixed, try expected.number("cost_fixed"), relative: 1e-9))
        #expect(close(cost.temporary, try expected.number("cost_temporary_tilde"), relative: 1e-9))
        #expect(close(cost.expected, try expected.number("E"), relative: 1e-9))
        #expect(close(cost.variance, try expected.number("V"), relative: 1e-9, absolute: 1e-9))
    }

    @Test(
        "What has no minimum is refused",
        arguments: ["eta-tilde-not-positive", "lambda-below-existence-bound", "zero-periods", "negative-horizon"]
    )
    func refused(_ id: String) throws {
        let inputs = try GoldenFile("almgren_chriss.json").inputs(id)
        #expect(throws: FormulaError.self) { try AlmgrenChriss(try Self.parameters(inputs)) }
    }

    @Test("More risk aversion trades earlier and costs more", arguments: [1e-8, 1e-7, 1e-6, 1e-5])
    func monotone(_ aversion: Double) throws {
        var parameters = AlmgrenChriss.Parameters(
            size: 1e6,
            horizon: 5,
            periods: 50,
            volatility: 0.95,
            temporaryImpact: 2.5e-6,
            permanentImpact: 2.5e-7,
            riskAversion: aversion
        )
        let calm = try AlmgrenChriss(parameters)
        parameters.riskAversion = aversion * 2
        let averse = try AlmgrenChriss(parameters)
        #expect(averse.holdings[25] < calm.holdings[25])
        #expect(averse.cost.expected > calm.cost.expected)
        #expect(averse.cost.variance < calm.cost.variance)
        #expect(close(calm.trades.reduce(0, +), 1e6, relative: 1e-12))
    }

    private static func parameters(_ inputs: [String: Any]) throws -> AlmgrenChriss.Parameters {
        AlmgrenChriss.Parameters(
            size: try inputs.number("X"),
            horizon: try inputs.number("T"),
            periods: try #require(inputs["N"] as? Int),
            volatility: try inputs.number("sigma"),
            fixedCost: try inputs.number("epsilon"),
            temporaryImpact: try inputs.number("eta"),
            permanentImpact: try inputs.number("gamma"),
            riskAversion: try inputs.number("lambda")
        )
    }
}
