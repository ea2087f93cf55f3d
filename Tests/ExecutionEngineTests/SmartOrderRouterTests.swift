import ExecutionAlgorithms
import ExecutionEngine
import Foundation
import MarketData
import QuantMath
import Testing
import TradingDomain

@Suite("Routing by market conditions (RO-1)")
struct SmartOrderRouterTests {
    /// The reference file `seed_formulas.json`, read with a parser that rounds correctly: some rows are one unit in the last
    /// place away from a threshold.
    private struct Golden: Decodable {
        struct Row: Decodable {
            let urgency: Urgency
            let size: Double
            let spread: Double
            let liquidity: Double

            init(from decoder: any Decoder) throws {
                var row = try decoder.unkeyedContainer()
                urgency = try row.decode(Urgency.self)
                (size, spread) = (try row.decode(Double.self), try row.decode(Double.self))
                liquidity = try row.decode(Double.self)
            }
        }
        struct Volumes: Decodable {
            let size: Double
            let avg_volume_1min: Double
        }
        struct Inputs<Row: Decodable>: Decodable { let rows: [Row] }
        struct Expected: Decodable {
            let strategy: [String]
            let size_pct: [Double]?
        }
        struct Case<Row: Decodable>: Decodable {
            let inputs: Inputs<Row>
            let expected: Expected
        }
        private struct Named: Decodable { let id: String }

        let table: Case<Row>
        let fromVolume: Case<Volumes>

        private enum Keys: String, CodingKey { case cases }

        init(from decoder: any Decoder) throws {
            let root = try decoder.container(keyedBy: Keys.self)
            var named = try root.nestedUnkeyedContainer(forKey: .cases)
            var cases = try root.nestedUnkeyedContainer(forKey: .cases)
            var table: Case<Row>?
            var fromVolume: Case<Volumes>?
            while !named.isAtEnd {
                switch try named.decode(Named.self).id {
                case "strategy-selection": table = try cases.decode(Case<Row>.self)
                case "strategy-from-volume": fromVolume = try cases.decode(Case<Volumes>.self)
                default: _ = try cases.decode(Named.self)
                }
            }
            self.table = try #require(table)
            self.fromVolume = try #require(fromVolume)
        }

        static func read() throws -> Golden {
            let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent()
            let shared = ProcessInfo.processInfo.environment["SMARTEXEC_SHARED"]
            let folder =
                shared.map { URL(filePath: $0) } ?? package.deletingLastPathComponent().appending(path: "shared")
            let data = try Data(contentsOf: folder.appending(path: "golden/seed_formulas.json"))
            return try JSONDecoder().decode(Golden.self, from: data)
        }
    }

    @Test("The seeds' table, all 768 rows")
    func table() throws {
        let golden = try Golden.read().table
        #expect(golden.inputs.rows.count == 768 && golden.expected.strategy.count == 768)
        for (row, name) in zip(golden.inputs.rows, golden.expected.strategy) {
            let algorithm = try SmartOrderRouter.strategy(
                urgency: row.urgency,
                sizeToMinuteVolume: row.size,
                spreadBps: row.spread,
                liquidityScore: row.liquidity
            )
            #expect(algorithm.text == name, "\(row)")
        }
        #expect(Set(golden.expected.strategy) == ["AGGRESSIVE", "PASSIVE", "TWAP", "ADAPTIVE"])
    }

    @Test("From size and volume")
    func fromVolume() throws {
        let golden = try Golden.read().fromVolume
        let sizes = try #require(golden.expected.size_pct)
        for (index, row) in golden.inputs.rows.enumerated() {
            let size = try SmartOrderRouter.sizeToMinuteVolume(row.size, minuteVolume: row.avg_volume_1min)
            #expect((size - sizes[index]).magnitude <= 1e-14 * sizes[index])
            let algorithm = try SmartOrderRouter.strategy(
                urgency: .low,
                sizeToMinuteVolume: size,
                spreadBps: 6,
                liquidityScore: 0.8
            )
            #expect(algorithm.text == golden.expected.strategy[index])
        }
        #expect(golden.inputs.rows.count == 10)
    }

    @Test("What the seed falls through on is refused: NaN, infinity, negatives, no volume")
    func guards() {
        for bad in [Double.nan, .infinity, -1] {
            for place in 0..<3 {
                var numbers = [0.3, 3, 0.5]
                numbers[place] = bad
                #expect(throws: FormulaError.self) {
                    try SmartOrderRouter.strategy(
                        urgency: .low,
                        sizeToMinuteVolume: numbers[0],
                        spreadBps: numbers[1],
                        liquidityScore: numbers[2]
                    )
                }
            }
        }
        for volume in [0, -1, Double.nan, .infinity] {
            #expect(throws: FormulaError.self) { try SmartOrderRouter.sizeToMinuteVolume(100, minuteVolume: volume) }
        }
    }

    private let routing: OrderRouting = {
        var policy = RoutingPolicy()
        policy.strategy = .market
        return OrderRouting(hours: Hours(), forecast: FlatForecast(), policy: policy)
    }()

    /// A market of 1000 a minute with the given book.
    private func situation(
        bid: Int = 9_999,
        ask: Int = 10_001,
        minuteVolume: Int? = 1000,
        score: Double? = 0.9
    ) -> RoutingSituation {
        var conditions = MarketConditions(at: Sample.open)
        let isUsable = bid > 0 && ask >= bid
        let spread = Double(ask - bid) / (Double(ask + bid) / 2) * 10_000
        conditions.spreadBps = isUsable ? spread : nil
        conditions.liquidityScore = isUsable ? score : nil
        conditions.minuteVolume = minuteVolume.map { Quantity($0) }
        let market = MarketSeen(bid: Sample.price(bid), ask: Sample.price(ask), last: nil, at: Sample.open)
        return RoutingSituation(market: market, conditions: conditions, state: .volatile)
    }

    private func route(
        _ quantity: Int,
        _ urgency: Urgency = .medium,
        _ situation: RoutingSituation,
        _ choice: AlgorithmChoice = .byRouter(nil)
    ) throws -> RoutingVerdict {
        try routing.route(
            Sample.submission(quantity: quantity, urgency: urgency).order,
            choice,
            at: Sample.open,
            in: situation
        ).verdict
    }

    @Test(
        "The table decides in the engine's routing, in the urgency's time",
        arguments: [
            (50, Urgency.critical, 10_001, "AGGRESSIVE"), (50, .low, 10_010, "PASSIVE"),
            (50, .low, 10_001, "AGGRESSIVE"), (50, .medium, 10_010, "AGGRESSIVE"), (300, .medium, 10_001, "ADAPTIVE"),
            (800, .medium, 10_001, "TWAP"),
        ]
    )
    func verdicts(quantity: Int, urgency: Urgency, ask: Int, name: String) throws {
        let verdict = try route(quantity, urgency, situation(ask: ask))
        #expect(verdict.algorithm.text == name)
        #expect(verdict.rule.hasPrefix("market: "))
        #expect(verdict.marketState == "volatile")
        #expect(verdict.inputs?.router == "market")
        let minutes = UrgencyRoute.route(for: urgency).minutes
        if let minutes { #expect(verdict.end == Sample.at(minutes * 60)) }
        #expect(verdict.inputs?.sizeToMinuteVolume == Double(quantity) / 1000)
    }

    @Test("A huge order in a poor market goes to a schedule; the table alone would say ADAPTIVE")
    func huge() throws {
        #expect(try route(9_000, .medium, situation(score: 0.2)).algorithm == .adaptive)
        let verdict = try route(11_000, .medium, situation(score: 0.2))
        #expect(verdict.algorithm == .twap)
        #expect(verdict.rule.contains("go to a schedule"))
    }

    @Test("Books that nobody can trade on, and markets without volume, are refused with a remedy")
    func refusals() throws {
        for (place, code) in [
            (situation(bid: 10_002), "CROSSED_BOOK"), (situation(bid: 0), "EMPTY_BOOK"),
            (situation(minuteVolume: 0), "NO_VOLUME"),
        ] {
            let refusal = try #require(throws: RoutingRefusal.self) { try route(100, .medium, place) }
            #expect(refusal.code == code)
            #expect(refusal.message.contains("or name an algorithm"), "\(refusal.message)")
        }
        // A crossed book is refused whoever names the algorithm.
        let explicit = AlgorithmChoice.explicit(.twap, AlgorithmParameters())
        let crossed = try #require(throws: RoutingRefusal.self) {
            try route(100, .medium, situation(bid: 10_002), explicit)
        }
        #expect(crossed.code == "BAD_BOOK")
    }

    @Test("What has not been measured leaves the choice to the default strategy, and the verdict says so")
    func unmeasured() throws {
        for place in [situation(minuteVolume: nil), situation(score: nil), RoutingSituation()] {
            let verdict = try route(100, .medium, place)
            #expect(verdict.algorithm == .vwap)
            #expect(verdict.inputs?.router == "default")
            #expect(verdict.warning?.contains("nothing to choose by") == true)
        }
        #expect(try route(100, .critical, situation(minuteVolume: nil)).algorithm == .aggressive)
    }
}
