import Foundation
import QuantMath
import Testing

@Suite("Kelly criterion")
struct SizingTests {
    static let cases = [
        "kelly-discrete", "kelly-continuous", "kelly-two-assets", "kelly-three-assets", "kelly-negative-weight",
        "kelly-singular", "kelly-real-series",
    ]

    @Test("One bet")
    func discrete() throws {
        let file = try GoldenFile("risk.json")
        let rows = try file.inputs("kelly-discrete").rows()
        let edges = try rows.map { row in
            try KellyCriterion.edge(winProbability: row.number("p"), payoff: row.number("b"))
        }
        let fractions = try rows.map { row in
            try KellyCriterion.fraction(winProbability: row.number("p"), payoff: row.number("b"))
        }
        let expected = try file.expected("kelly-discrete")
        agree(edges, try expected.optionals("raw"), relative: 1e-9, absolute: 1e-12, "raw")
        agree(fractions, try expected.optionals("fraction"), relative: 1e-9, absolute: 1e-12, "fraction")
        let halves = try fractions.map { try KellyCriterion.capped($0) }
        agree(halves, try expected.optionals("half_kelly"), relative: 1e-9, absolute: 1e-12, "half_kelly")
    }

    @Test("One asset")
    func continuous() throws {
        let file = try GoldenFile("risk.json")
        let allocations = try file.inputs("kelly-continuous").rows().map { row in
            try KellyCriterion.continuous(
                drift: row.number("mu"),
                volatility: row.number("sigma"),
                riskFree: row.number("r")
            )
        }
        let expected = try file.expected("kelly-continuous")
        agree(
            allocations.map { $0.weights[0] },
            try expected.optionals("fraction"),
            relative: 1e-9,
            absolute: 1e-12,
            "fraction"
        )
        agree(
            allocations.map(\.growthRate),
            try expected.optionals("growth_rate"),
            relative: 1e-9,
            absolute: 1e-12,
            "growth_rate"
        )
    }

    @Test("Several assets", arguments: ["kelly-two-assets", "kelly-three-assets", "kelly-negative-weight"])
    func multiple(_ id: String) throws {
        let file = try GoldenFile("risk.json")
        let allocation = try Self.allocation(file.inputs(id))
        let expected = try file.expected(id)
        agree(allocation.weights, try expected.optionals("weights"), relative: 1e-9, absolute: 1e-12, "weights")
        #expect(close(allocation.gross, try expected.number("gross"), relative: 1e-9, absolute: 1e-12))
        #expect(close(allocation.growthRate, try expected.number("growth_rate"), relative: 1e-9, absolute: 1e-12))
    }

    @Test("Assets that are one and the same are refused")
    func singular() throws {
        let inputs = try GoldenFile("risk.json").inputs("kelly-singular")
        #expect(throws: FormulaError.singular(input: "covariance matrix")) { try Self.allocation(inputs) }
    }

    @Test("A real series, by its yearly moments")
    func realSeries() throws {
        let file = try GoldenFile("risk.json")
        let inputs = try file.inputs("kelly-real-series")
        let metrics = try RiskMetrics(returns: GoldenFile.returns(inputs))
        let year = try inputs.number("periods_per_year")
        let expected = try file.expected("kelly-real-series")
        let drift = metrics.mean * year
        #expect(close(drift, try expected.number("mu_annual"), relative: 1e-9, absolute: 1e-12))
        let variance = metrics.annualVolatility * metrics.annualVolatility
        #expect(close(variance, try expected.number("variance_annual"), relative: 1e-9, absolute: 1e-12))
        let allocation = try KellyCriterion.continuous(
            drift: drift,
            volatility: metrics.annualVolatility,
            riskFree: inputs.number("r")
        )
        #expect(close(allocation.weights[0], try expected.number("fraction"), relative: 1e-9, absolute: 1e-12))
    }

    @Test("The weights solve the equations and no others grow faster", arguments: UInt64(0)..<100)
    func solves(seed: UInt64) throws {
        var draws = Draws(seed)
        let order = draws.integer(in: 1...8)
        // A square of a random matrix plus a diagonal is positive definite.
        let root = (0..<order).map { _ in (0..<order).map { _ in draws.number(in: -0.2...0.2) } }
        var covariance = (0..<order).map { row in
            (0..<order).map { column in (0..<order).reduce(0) { $0 + root[row][$1] * root[column][$1] } }
        }
        for index in 0..<order { covariance[index][index] += 0.01 }
        let drifts = (0..<order).map { _ in draws.number(in: -0.1...0.2) }
        let allocation = try KellyCriterion.multiple(drifts: drifts, covariance: covariance, riskFree: 0.02)
        for row in 0..<order {
            let product = zip(covariance[row], allocation.weights).reduce(0) { $0 + $1.0 * $1.1 }
            #expect(close(product, drifts[row] - 0.02, relative: 1e-9, absolute: 1e-12))
        }
        func growth(_ weights: [Double]) -> Double {
            let gain = zip(weights, drifts).reduce(0.02) { $0 + $1.0 * ($1.1 - 0.02) }
            let spread = (0..<order).reduce(0) { sum, row in
                sum + weights[row] * zip(covariance[row], weights).reduce(0) { $0 + $1.0 * $1.1 }
            }
            return gain - spread / 2
        }
        #expect(close(growth(allocation.weights), allocation.growthRate, relative: 1e-9, absolute: 1e-12))
        for _ in 0..<10 {
            let other = allocation.weights.map { $0 + draws.number(in: -0.5...0.5) }
            #expect(growth(other) <= allocation.growthRate + 1e-12)
        }
    }

    @Test("What has no answer is refused")
    func refused() {
        #expect(throws: FormulaError.self) { try KellyCriterion.fraction(winProbability: 1.1, payoff: 1) }
        #expect(throws: FormulaError.self) { try KellyCriterion.fraction(winProbability: .nan, payoff: 1) }
        #expect(throws: FormulaError.self) { try KellyCriterion.fraction(winProbability: 0.5, payoff: 0) }
        #expect(throws: FormulaError.self) { try KellyCriterion.continuous(drift: 0.1, volatility: 0) }
        #expect(throws: FormulaError.self) { try KellyCriterion.continuous(drift: 0.1, volatility: 1e-200) }
        #expect(throws: FormulaError.self) { try KellyCriterion.multiple(drifts: [], covariance: []) }
        #expect(throws: FormulaError.self) { try KellyCriterion.multiple(drifts: [0.1], covariance: [[1, 2]]) }
        #expect(throws: FormulaError.self) {
            try KellyCriterion.multiple(drifts: [0.1, 0.1], covariance: [[1, 0.5], [0.4, 1]])
        }
        // Indefinite: a correlation above one.
        #expect(throws: FormulaError.singular(input: "covariance matrix")) {
            try KellyCriterion.multiple(drifts: [0.1, 0.1], covariance: [[1, 2], [2, 1]])
        }
        #expect(throws: FormulaError.self) { try KellyCriterion.capped(0.5, multiplier: 2) }
        #expect(throws: FormulaError.self) { try KellyCriterion.capped(0.5, cap: -1) }
    }

    @Test("The stake is capped and never negative", arguments: [(-1.0, 0.0), (0.4, 0.2), (10, 1)])
    func capped(_ fraction: Double, _ stake: Double) throws {
        #expect(try KellyCriterion.capped(fraction) == stake)
    }

    private static func allocation(_ inputs: [String: Any]) throws -> KellyCriterion.Allocation {
        try KellyCriterion.multiple(
            drifts: inputs.numbers("mu"),
            covariance: inputs.matrix("covariance"),
            riskFree: inputs.number("r")
        )
    }
}
