import ExecutionAnalytics
import ExecutionEngine
import Orchestration
import Portfolio
import QuantMath
import Testing
import TradingDomain
import TradingTestKit

@testable import PostgresStore

@Suite("Executions compared in SQL")
struct ComparisonTests {
    private typealias Samples = JournalSamples
    private static let account = AccountID(unchecked: "paper@generated-7")
    private static let algorithms: [AlgorithmName] = [.market, .vwap, .twapStandard, .limit]

    /// Forty parents with seeded prices, fills, multipliers and ends, through the journal itself.
    private static func scene(_ fixture: StoreFixture, count: UInt8 = 40) async throws -> [ParentRecord] {
        let journal = try await fixture.postgresJournal()
        let lease = try await journal.acquire(account, opening: Samples.opening)
        var random = SeededGenerator(seed: 11)
        var positions: [Symbol: Position] = [:]
        var number: Int64 = 0
        func below(_ limit: Int64) -> Int64 { Int64.random(in: 0..<limit, using: &random) }
        for index in 1...count {
            let submission = try submission(index, &random)
            number += 1
            var batch = Samples.admitting(submission, sequence: number)
            let admission = admission(submission, index, &random)
            batch.parents[0].admission = admission
            batch.events[0] = Samples.event(submission.id, 1, .parent(.admitted(admission.verdict)))
            let fills = Int(below(4))
            let intents = (0..<fills).map { Samples.intent(submission, lease, child: $0 + 1, sequence: $0 + 3) }
            batch.intents = intents
            _ = try await journal.commit(batch, lease)
            var filled = Quantity.zero
            for (place, intent) in intents.enumerated() {
                number += 1
                var batch = EngineBatch(sequence: number, clock: Samples.start + .seconds(number))
                let price = Price(units: 4_200_000_000 + below(100_000_000))
                let quantity = Quantity(units: 1 + below(3_000_000_000))
                let fill = Fill(
                    account: account,
                    symbol: submission.order.symbol,
                    tradeID: TradeID(unchecked: "T-\(index)-\(place)"),
                    clientOrderID: intent.order.id,
                    side: submission.order.side,
                    quantity: quantity,
                    price: price,
                    notional: submission.order.instrument.notional(price, quantity),
                    commission: Money(units: Int128(below(20_000_000)) - 5_000_000, .usd),
                    tradedAt: Samples.start + .seconds(below(900))
                )
                filled += quantity
                var position = positions[fill.symbol] ?? Position(flat: fill.symbol, .usd)
                try Samples.book(fill, of: submission, event: 10 + place, position: &position, into: &batch)
                positions[fill.symbol] = position
                batch.parents = [ParentUpdate(id: submission.id, state: .working, filled: filled)]
                _ = try await journal.commit(batch, lease)
            }
            number += 1
            var end = Samples.finishing(submission, filled: filled, event: 20, batch: number)
            end.parents[0].result = ExecutionResult(
                state: .partiallyFilled,
                reason: "deadline",
                endedAt: end.clock,
                intervalVolume: below(4) == 0 ? .zero : Quantity(units: 1 + below(90_000_000_000_000)),
                intervalTurnover: FixedDecimal(units: Int128(1 + below(4_000_000_000_000_000))),
                endPrice: below(5) == 0 ? nil : Price(units: 4_200_000_000 + below(100_000_000))
            )
            _ = try await journal.commit(end, lease)
        }
        return try await journal.parents((1...count).map { Samples.parent($0) })
    }

    private static func submission(_ number: UInt8, _ random: inout SeededGenerator) throws -> ParentSubmission {
        let instrument = Instrument(
            symbol: try Samples.symbol("S\(number % 3)"),
            lot: Quantity(units: 1),
            contractMultiplier: FixedDecimal(units: Bool.random(using: &random) ? 100_000_000 : 12_345_679)
        )
        return ParentSubmission(
            id: Samples.parent(number),
            account: account,
            order: ProposedOrder(
                instrument: instrument,
                side: number.isMultiple(of: 2) ? .buy : .sell,
                quantity: Quantity(units: 5_000_000_000 + Int64.random(in: 0..<5_000_000_000, using: &random)),
                referencePrice: Price(units: 4_200_000_000 + Int64.random(in: 0..<100_000_000, using: &random)),
                urgency: [.low, .high][Int(number % 2)],
                urgencySource: "caller",
                note: "n"
            ),
            choice: .byUrgency,
            run: nil,
            stepPath: nil,
            submittedAt: Samples.start + .seconds(Int64(number) * 3600),
            seed: 1
        )
    }

    private static func admission(
        _ submission: ParentSubmission,
        _ number: UInt8,
        _ random: inout SeededGenerator
    ) -> ParentAdmission {
        let base = Samples.admission(submission)
        var verdict = base.verdict
        verdict.algorithm = algorithms[Int(number) % algorithms.count]
        verdict.expectedBps = number.isMultiple(of: 3) ? [-40, 60] : []
        verdict.marketState = number.isMultiple(of: 5) ? "volatile" : nil
        verdict.predicted = PredictedCost(
            spreadBps: 1,
            impactBps: Double(number),
            coefficient: 1,
            sizeToDailyVolume: 0.001
        )
        verdict.predictedCostBps = verdict.predicted?.totalBps
        let arrival = ArrivalSnapshot(
            price: Price(units: 4_200_000_000 + Int64.random(in: 0..<100_000_000, using: &random)),
            at: submission.submittedAt,
            cumulativeVolume: .zero,
            cumulativeTurnover: .zero
        )
        return ParentAdmission(
            parent: base.parent,
            verdict: verdict,
            collar: nil,
            arrival: arrival,
            reservation: base.reservation,
            checks: []
        )
    }

    @Test("Every figure of every group equals the program's own, sums to the last digit")
    func figures() async throws {
        let fixture = try await StoreFixture("compare")
        let records = try await Self.scene(fixture)
        let items = records.map { (record: $0, item: ItemReport(of: $0)) }
        let queries = PostgresQueries(pool: fixture.pool)
        let groups: [(ExecutionDimension, (ParentRecord) -> String)] = [
            (.algorithm, { $0.admission?.verdict.algorithm.text ?? "" }),
            (.urgency, { $0.submission.order.urgency.rawValue }), (.symbol, { $0.submission.order.symbol.text }),
            (.marketState, { $0.admission?.verdict.marketState ?? "not known" }), (.agent, { _ in "by hand" }),
            (.strategy, { _ in "none" }), (.venue, { _ in "XNYS" }),
            (.day, { $0.submission.submittedAt.utcDate.description }),
        ]
        for (dimension, value) in groups {
            let rows = try await queries.comparison(by: dimension)
            let expected = Dictionary(grouping: items) { value($0.record) }
            #expect(rows.map(\.value) == expected.keys.sorted(), "\(dimension)")
            for row in rows { try check(row, (expected[row.value] ?? []).map(\.item), dimension) }
        }
        try await fixture.close()
    }

    private func check(_ row: ComparisonRow, _ items: [ItemReport], _ dimension: ExecutionDimension) throws {
        let name = "\(dimension) \(row.value)"
        let slippage = items.compactMap(\.slippageArrivalBps)
        func close(_ actual: Double?, _ expected: Double?, _ what: String) {
            guard let actual, let expected else {
                #expect(actual == nil && expected == nil, "\(name): \(what) \(String(describing: actual))")
                return
            }
            #expect((actual - expected).magnitude <= 1e-9 * max(1, expected.magnitude), "\(name): \(what)")
        }
        func mean(_ values: [Double]) -> Double? {
            values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
        }
        #expect(row.executions == items.count && row.currency == .usd)
        #expect(row.notional == items.reduce(.zero) { $0 + ($1.notional ?? .zero) }, "\(name)")
        #expect(row.fees == items.reduce(.zero) { $0 + ($1.commission ?? .zero) }, "\(name)")
        let costs = items.compactMap(\.shortfall)
        #expect(row.shortfall == (costs.isEmpty ? nil : costs.reduce(.zero) { $0 + $1.total.amount }), "\(name)")
        close(row.meanSlippageBps, mean(slippage), "mean")
        close(row.medianSlippageBps, try? Statistics.percentile(slippage, 50), "median")
        close(row.p95SlippageBps, try? Statistics.percentile(slippage, 95), "p95")
        close(row.weightedSlippageBps, RunSummary(items).weightedSlippageBps, "weighted")
        close(row.meanSlippageVwapBps, mean(items.compactMap(\.slippageVwapBps)), "vwap")
        close(row.shortfallBps, RunSummary(items).shortfallBps, "shortfall")
        close(row.meanFillRate, mean(items.compactMap(\.fillRate)), "fill rate")
        let verdicts = items.compactMap { $0.targets?.first { $0.name == .slippage }?.verdict }
        func count(_ verdict: TargetVerdict) -> Int { verdicts.count { $0 == verdict } }
        #expect([row.met, row.asExpected, row.missed] == [count(.met), count(.asExpected), count(.missed)], "\(name)")
    }

    @Test("Half a unit is rounded to the even one, as money is", arguments: [0, 1, 2, 3, 7, -1, -2, -3])
    func rounding(units: Int) async throws {
        let fixture = try await StoreFixture("booked")
        let half = "\(units < 0 ? "-" : "")0.0000000\(units.magnitude)5"
        let booked = try await fixture.sql("SELECT booked(\(half))::text AS text").single().text("text")
        let tenths = Int128(units) * 10 + (units < 0 ? -5 : 5)
        // Money's own rounding of the same amount.
        let expected = Money(units: tenths, .usd).times(FixedDecimal(units: 10_000_000))
        #expect(try FixedDecimal(parsing: booked) == expected.amount, "\(half) became \(booked)")
        try await fixture.close()
    }

    @Test("Account and period restrict; calibration reads what was predicted; a coefficient is put into force")
    func filtersAndCalibration() async throws {
        let fixture = try await StoreFixture("calibrate")
        let records = try await Self.scene(fixture)
        let queries = PostgresQueries(pool: fixture.pool)
        func count(_ filter: ExecutionFilter) async throws -> Int {
            try await queries.comparison(by: .agent, filter).reduce(0) { $0 + $1.executions }
        }
        #expect(try await count(ExecutionFilter(account: AccountID(unchecked: "paper"))) == 40)
        #expect(try await count(ExecutionFilter(account: Self.account)) == 40)
        #expect(try await count(ExecutionFilter(account: AccountID(unchecked: "live"))) == 0)
        let tenth = records[9].submission.submittedAt
        #expect(try await count(ExecutionFilter(since: tenth)) == 31)
        #expect(try await count(ExecutionFilter(until: tenth)) == 9)

        let samples = try await queries.calibrationSamples()
        #expect(samples.count == records.count { $0.filled > .zero })
        #expect(samples.allSatisfy { $0.parts?.totalBps == $0.predictedBps })
        #expect(try await queries.impactCoefficient(of: Self.account) == nil)
        #expect(try await queries.costModel(of: Self.account) == CostModel())
        let line = (1...40).map { index in
            CalibrationSample(
                algorithm: .vwap,
                predictedBps: Double(index),
                realisedBps: 0.7 * Double(index),
                parts: PredictedCost(
                    spreadBps: 0,
                    impactBps: Double(index),
                    coefficient: 1,
                    sizeToDailyVolume: 0.01
                )
            )
        }
        for expected in [0.7, 1.4] {
            let scaled = line.map { sample in
                var sample = sample
                sample.realisedBps *= expected / 0.7
                return sample
            }
            let proposal = try CoefficientProposal(scaled, current: 1)
            try await queries.apply(proposal, to: AccountID(unchecked: "paper"), by: "test")
            let model = try await queries.costModel(of: Self.account)
            #expect((model.impactCoefficient - expected).magnitude < 1e-12, "the newest holds, for simulated books too")
        }
        #expect(try await queries.costModel(of: AccountID(unchecked: "live")) == CostModel())
        #expect(try await fixture.count("SELECT count(*) FROM impact_coefficients WHERE evidence ? 'fit'") == 2)
        try await fixture.close()
    }

    @Test("An execution's thresholds are alerted once per parent and kind; other alerts as often as they come")
    func alertsOnce() async throws {
        let fixture = try await StoreFixture("alerts")
        let journal = try await fixture.postgresJournal()
        let lease = try await journal.acquire(Self.account, opening: Samples.opening)
        let submission = try Samples.submission(account: Self.account)
        _ = try await journal.commit(Samples.admitting(submission), lease)
        for sequence in Int64(2)...3 {
            var batch = EngineBatch(sequence: sequence, clock: Samples.start)
            batch.alerts = ["execution_slippage", "execution_time", "overfill"].map {
                EngineAlert(code: $0, message: "m", parent: submission.id, at: Samples.start)
            }
            _ = try await journal.commit(batch, lease)
        }
        let codes = try await PostgresQueries(pool: fixture.pool).alerts().map(\.code).sorted()
        #expect(codes == ["execution_slippage", "execution_time", "overfill", "overfill"])
        try await fixture.close()
    }
}
