import QuantMath
import Testing

@Suite("Liquidation")
struct LiquidationTests {
    static let cases = [
        "liquidation-price", "liquidation-price-refuse", "liquidation-probability",
        "liquidation-probability-discrete-checks",
    ]

    @Test("The mark that liquidates, on both notionals")
    func marks() throws {
        let file = try GoldenFile("risk.json")
        let rows = try file.inputs("liquidation-price").rows()
        for basis in Liquidation.MarginBasis.allCases {
            let marks = try rows.map { try Self.mark($0, basis) }
            let expected = try file.expected("liquidation-price").optionals(basis.rawValue)
            agree(marks, expected, relative: 1e-9, absolute: 1e-12, basis.rawValue)
        }
    }

    @Test("Margin that the maintenance eats up is refused")
    func refusedMarks() throws {
        for row in try GoldenFile("risk.json").inputs("liquidation-price-refuse").rows() {
            #expect(throws: FormulaError.self) { try Self.mark(row, .markNotional) }
        }
        #expect(throws: FormulaError.self) {
            try Liquidation.mark(.short, entry: 100, leverage: 0.5, maintenanceRate: 1.5)
        }
        #expect(throws: FormulaError.self) { try Liquidation.mark(.long, entry: .nan, leverage: 2, maintenanceRate: 0) }
    }

    @Test("The probability of getting there")
    func probabilities() throws {
        let file = try GoldenFile("risk.json")
        let rows = try file.inputs("liquidation-probability").rows()
        let expected = try file.expected("liquidation-probability")
        let within = try rows.map { try Liquidation.hitProbability(Self.barrier($0), years: $0.number("T")) }
        let ever = try rows.map { try Liquidation.hitProbabilityEver(Self.barrier($0)) }
        let drifts = try rows.map { try Self.barrier($0).logDrift }
        agree(within, try expected.optionals("probability"), relative: 1e-8, absolute: 1e-14, "probability")
        agree(ever, try expected.optionals("infinite_horizon"), relative: 1e-8, absolute: 1e-14, "infinite_horizon")
        agree(drifts, try expected.optionals("log_drift"), relative: 1e-9, absolute: 1e-12, "log_drift")
        // So small that the file's absolute tolerance would take zero for it.
        #expect(close(within[9], 3.699208519350022e-241, relative: 1e-8, absolute: 0))
    }

    @Test("A price that is looked at now and then")
    func discrete() throws {
        let file = try GoldenFile("risk.json")
        let rows = try file.inputs("liquidation-probability-discrete-checks").rows()
        let expected = try file.expected("liquidation-probability-discrete-checks")
        let levels = try rows.map { row in
            try Liquidation.shiftedLevel(
                Self.barrier(row),
                years: row.number("T"),
                checks: #require(row["checks"] as? Int)
            )
        }
        let probabilities = try rows.map { row in
            try Liquidation.hitProbability(
                Self.barrier(row),
                years: row.number("T"),
                checks: #require(row["checks"] as? Int)
            )
        }
        agree(levels, try expected.optionals("shifted_barrier"), relative: 1e-9, absolute: 1e-12, "shifted_barrier")
        agree(probabilities, try expected.optionals("probability"), relative: 1e-8, absolute: 1e-12, "probability")
    }

    @Test("Probabilities stay within 0 … 1 and grow with time", arguments: UInt64(0)..<200)
    func monotone(seed: UInt64) throws {
        var draws = Draws(seed)
        let direction: Liquidation.Direction = draws.uniform() < 0.5 ? .long : .short
        let distance = draws.number(in: 0.001...0.9)
        let barrier = Liquidation.Barrier(
            direction: direction,
            spot: 100,
            level: direction == .long ? 100 * (1 - distance) : 100 * (1 + distance),
            volatility: draws.number(in: 0.005...3),
            drift: draws.number(in: -2...2)
        )
        var last = 0.0
        for years in [0, 1e-6, 0.001, 0.01, 0.1, 1, 10, 1000] as [Double] {
            let probability = try Liquidation.hitProbability(barrier, years: years)
            #expect((0...1).contains(probability))
            #expect(probability >= last - 1e-12)
            #expect(try Liquidation.hitProbability(barrier, years: years, checks: 10) <= probability + 1e-12)
            last = probability
        }
        #expect(last <= (try Liquidation.hitProbabilityEver(barrier)) + 1e-12)
    }

    @Test("Numbers that make no sense are refused")
    func refused() {
        let barrier = Liquidation.Barrier(direction: .long, spot: 100, level: 90, volatility: 0.5)
        func refuses(_ change: (inout Liquidation.Barrier) -> Void, years: Double = 1, checks: Int = 1) -> Bool {
            var changed = barrier
            change(&changed)
            return (try? Liquidation.hitProbability(changed, years: years, checks: checks)) == nil
        }
        #expect(!refuses { _ in })
        #expect(refuses { $0.spot = 0 })
        #expect(refuses { $0.level = .nan })
        #expect(refuses { $0.volatility = 0 })
        #expect(refuses { $0.drift = .infinity })
        #expect(refuses { $0.volatility = 1e200 })
        #expect(refuses({ _ in }, years: -1))
        #expect(refuses({ _ in }, checks: 0))
        #expect(
            refuses {
                $0.direction = .short
                $0.level = 0
            }
        )
    }

    private static func direction(_ row: [String: Any]) throws -> Liquidation.Direction {
        try #require(Liquidation.Direction(rawValue: row.text("side")))
    }

    private static func mark(_ row: [String: Any], _ basis: Liquidation.MarginBasis) throws -> Double {
        try Liquidation.mark(
            direction(row),
            entry: row.number("entry"),
            leverage: row.number("leverage"),
            maintenanceRate: row.number("maintenance"),
            basis: basis
        )
    }

    private static func barrier(_ row: [String: Any]) throws -> Liquidation.Barrier {
        Liquidation.Barrier(
            direction: try direction(row),
            spot: try row.number("spot"),
            level: try row.number("barrier"),
            volatility: try row.number("sigma"),
            drift: try row.number("mu")
        )
    }
}
