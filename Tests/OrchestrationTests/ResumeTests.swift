import ExecutionEngine
import MarketData
import Orchestration
import Portfolio
import RiskRules
import Testing
import TradingDomain
import TradingTestKit
import Workflows

@Suite("A run survives the death of its process (SX-5)", .serialized)
struct ResumeTests {
    private let list = symbols("AAPL BAC JPM")

    @Test(
        "Killed at any event of the market: no step repeated, no order twice, none lost, the books add up",
        arguments: [1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 120]
    )
    func betweenEvents(advances: Int) async throws {
        try await resume { $0.wrap = { WatchedClock($0, after: advances) { throw WatchedClock.Crash() } } }
    }

    @Test("Killed at any write of the run, before and after it is durable", arguments: 1...20, [false, true])
    func atWrites(write: Int, isDurable: Bool) async throws {
        // An answer that was not durable when the store died is asked for again.
        try await resume(questions: 2) { $0.wrapStore = { DyingStore($0, at: write, isDurable: isDurable) } }
    }

    /// Runs until the plan's crash, and goes on with another worker on the same stores.
    private func resume(questions most: Int = 1, _ crash: (inout FloorPlan) -> Void) async throws {
        let ground = Ground()
        let agent = ScriptedAgent()
        var plan = FloorPlan()
        plan.agents["momentum"] = agent
        var deadly = plan
        crash(&deadly)
        let first = try await Floor.open(deadly, on: ground)
        let inputs: [String: Value] = [
            "tickers": .list(list.map { .ticker($0) }), "urgency": .text("HIGH"), "max_concurrent": .int(2),
        ]
        let interrupted = await #expect(throws: InterruptedRun.self) {
            _ = try await first.executor.run("watchlist", inputs: inputs)
        }
        #expect(interrupted?.cause is WatchedClock.Crash)
        let stepsBefore = await ground.runs.steps
        let died = await first.desk.clock.now()
        await ground.bury("first")

        let second = try await Floor.open(plan, on: ground, worker: "second", notBefore: died)
        let id = try #require(await ground.runs.ids.first)
        #expect(interrupted?.run == id)
        if await ground.runs.report(id) == nil {
            let report = try await second.executor.resume(id)
            #expect(report.items.map(\.ticker) == list.map(\.text))
            #expect(report.items.allSatisfy { $0.status == .success }, "\(report.items.map(\.message))")
        }
        #expect(agent.questions.values.allSatisfy { (1...most).contains($0) })
        let steps = await ground.runs.steps
        #expect(Array(steps.prefix(stepsBefore.count)) == stepsBefore)
        #expect(Set(steps).count == steps.count)
        try await checkBooks(ground, second)
        await #expect(throws: RunStoreError.self) { _ = try await second.executor.resume(id) }
    }

    /// I1, I3, I4 over everything that the stores hold.
    private func checkBooks(_ ground: Ground, _ floor: Floor) async throws {
        let intents = await ground.journal.intents
        #expect(Set(intents).count == intents.count)
        let fills = await ground.journal.fills
        #expect(Set(fills.map(\.tradeID)).count == fills.count)
        let parents = try await ground.parentsThatSent()
        #expect(parents.count == list.count)
        for record in parents {
            #expect(record.state == .filled)
            let filled = fills.filter { $0.clientOrderID.parts?.parent == record.submission.id }
                .reduce(Quantity.zero) { $0 + $1.quantity }
            #expect(filled == record.admission?.parent.quantity)
            #expect(filled == record.filled)
        }
        let portfolio = await floor.engine.portfolio
        for symbol in list {
            let held = fills.filter { $0.symbol == symbol }.reduce(Quantity.zero) { $0 + $1.quantity }
            #expect(portfolio.position(symbol).quantity == held)
        }
        let spent = fills.reduce(FixedDecimal.zero) { $0 + $1.notional.amount + $1.commission.amount }
        #expect(portfolio.cash.amount == FixedDecimal(100_000) - spent)
    }
}
