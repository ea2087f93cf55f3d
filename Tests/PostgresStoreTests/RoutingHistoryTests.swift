import ExecutionEngine
import Testing
import TradingDomain
import TradingTestKit

@testable import PostgresStore

@Suite("Routing history in PostgreSQL (RO-3)")
struct RoutingHistoryTests {
    private static let account = AccountID(unchecked: "paper@learning")

    private static func result(_ state: ParentState, at time: Timestamp) -> ExecutionResult {
        ExecutionResult(state: state, reason: "test", endedAt: time, endPrice: Price(units: 4_292_624_690))
    }

    @Test("Finished parents are samples: slippage and fees of their fills, the market's move for the rest")
    func samples() async throws {
        let fixture = try await StoreFixture("samples")
        let journal = try await fixture.postgresJournal()
        let lease = try await journal.acquire(Self.account, opening: JournalSamples.opening)
        let start = JournalSamples.start
        // Filled, half filled, cancelled, and one that ends later than is asked for.
        let ends: [(ParentState, Int, Int)] = [
            (.filled, 100, 10), (.partiallyFilled, 50, 20), (.cancelled, 0, 30), (.filled, 100, 90),
        ]
        for (index, (state, filled, second)) in ends.enumerated() {
            let number = UInt8(index + 1)
            let submission = try JournalSamples.submission(number, account: Self.account)
            var batch = EngineBatch(sequence: Int64(index + 1), clock: start + .seconds(second))
            batch.submissions = [submission]
            var update = ParentUpdate(id: submission.id, state: state, filled: Quantity(filled))
            update.admission = JournalSamples.admission(submission)
            update.result = Self.result(state, at: start + .seconds(second))
            batch.parents = [update]
            if filled > 0 { batch.fills = [Self.fill(submission, lease, filled, at: start + .seconds(second))] }
            _ = try await journal.commit(batch, lease)
        }
        let history = PostgresRoutingHistory(pool: fixture.pool)
        let found = try await history.samples(of: Self.account, until: start + .seconds(60))
        #expect(found.map(\.endedAt) == [start + .seconds(10), start + .seconds(20)])
        #expect(found.map(\.algorithm) == [.twapAggressive, .twapAggressive])
        #expect(found.map(\.marketState) == ["trending", "trending"])
        #expect(found.map(\.bucket) == [.medium, .medium])
        #expect(found.map(\.fillRate) == [1, 0.5])
        let arrival = JournalSamples.arrival.price.approximate
        let slippage = (42.6 - arrival) / arrival * 10_000
        let move = (42.9262469 - arrival) / arrival * 10_000
        for sample in found { #expect((sample.slippageBps - slippage).magnitude < 1e-6) }
        // A commission of a thousandth is 10 bps.
        #expect((found[0].costBps - (slippage + 10)).magnitude < 1e-6)
        #expect((found[1].costBps - (0.5 * (slippage + 10) + 0.5 * move)).magnitude < 1e-6)
        #expect(try await history.samples(of: AccountID(unchecked: "other"), until: start + .seconds(60)).isEmpty)
        try await fixture.close()
    }

    @Test("What was learned is kept with its time, read back the same, and shown; a lost lease stores nothing")
    func learned() async throws {
        let fixture = try await StoreFixture("learned")
        let history = PostgresRoutingHistory(pool: fixture.pool)
        let lease = try await fixture.postgresJournal().acquire(Self.account, opening: JournalSamples.opening)
        #expect(try await history.learned(of: Self.account) == nil)
        let start = JournalSamples.start
        let empty = LearnedRoutes(learnedAt: start, cells: [])
        try await history.save(empty, lease)
        #expect(try await history.learned(of: Self.account) == empty)
        let samples = [AlgorithmName.adaptive, .twapStandard, .adaptive].enumerated().map { index, name in
            ExecutionSample(
                algorithm: name,
                marketState: "volatile",
                bucket: .large,
                fillRate: 1,
                slippageBps: 0.1 + Double(index),
                costBps: 0.2 + Double(index),
                endedAt: start
            )
        }
        let routes = LearnedRoutes(from: samples, at: start + .seconds(86_400))
        try await history.save(routes, lease)
        try await history.save(routes, lease)
        #expect(try await history.learned(of: Self.account) == routes)
        let shown = try await PostgresQueries(pool: fixture.pool).learnedRoutes()
        #expect(shown.map(\.account) == [Self.account] && shown.map(\.routes) == [routes])
        let lost = EngineLease(
            account: Self.account,
            epoch: lease.epoch - 1,
            worker: lease.worker,
            incarnation: lease.incarnation
        )
        let later = LearnedRoutes(learnedAt: start + .seconds(200_000), cells: routes.cells)
        await #expect(throws: JournalError.fenced(Self.account)) { try await history.save(later, lost) }
        #expect(try await history.learned(of: Self.account) == routes)
        try await fixture.close()
    }

    private static func fill(
        _ submission: ParentSubmission,
        _ lease: EngineLease,
        _ quantity: Int,
        at time: Timestamp
    ) -> Fill {
        let price = Price(units: 4_260_000_000)
        let notional = submission.order.instrument.notional(price, Quantity(quantity))
        return Fill(
            account: submission.account,
            symbol: submission.order.symbol,
            tradeID: TradeID(unchecked: "t-\(submission.id)"),
            clientOrderID: ClientOrderID(parent: submission.id, incarnation: lease.incarnation, sequence: 1),
            side: .buy,
            quantity: Quantity(quantity),
            price: price,
            notional: notional,
            commission: Money(units: notional.units / 1000, .usd),
            tradedAt: time
        )
    }
}
