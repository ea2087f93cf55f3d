import ExecutionEngine
import MarketData
import Orchestration
import RiskRules
import Testing
import TradingAgents
import TradingDomain
import TradingTestKit
import Workflows

@Suite("processBatch is a run of watchlist (SX-2)")
struct BatchTests {
    private let list = symbols("AAPL ZZZZ BAC IBM KO JPM")

    private func floor(_ ground: Ground) async throws -> Floor {
        var plan = FloorPlan()
        plan.agents["momentum"] = ScriptedAgent(
            .buy(percent: "5"),
            [symbol("IBM"): .throwsError, symbol("KO"): .hold]
        )
        return try await Floor.open(plan, on: ground)
    }

    @Test(
        "One item per ticker in input order, however many are in flight; a bad one stops nobody",
        arguments: [1, 2, 6]
    )
    func order(maxConcurrent: Int) async throws {
        let items = try await floor(Ground()).executor.processBatch(list, urgency: .high, maxConcurrent: maxConcurrent)
        #expect(items.map(\.ticker) == list.map(\.text))
        #expect(items.map(\.status) == [.success, .rejected, .success, .abstain, .hold, .success])
    }

    @Test("Never more tickers in flight than asked")
    func concurrency() async throws {
        let ground = Ground()
        _ = try await floor(ground).executor.processBatch(symbols("AAPL BAC JPM"), urgency: .high, maxConcurrent: 1)
        let records = try await ground.parentsThatSent()
        #expect(records.count == 3)
        let spans = try records.map { ($0.submission.submittedAt, try #require($0.result).endedAt) }
        for (earlier, later) in zip(spans, spans.dropFirst()) { #expect(earlier.1 <= later.0) }
    }

    @Test("The report's sums are the sums over the fills, exactly")
    func sums() async throws {
        let ground = Ground()
        let inputs: [String: Value] = ["tickers": .list(list.map { .ticker($0) }), "urgency": .text("HIGH")]
        let report = try await floor(ground).executor.run("watchlist", inputs: inputs)
        let fills = await ground.journal.fills
        #expect(!fills.isEmpty)
        #expect(report.summary.totalExecutions == 3)
        #expect(report.summary.successful == 3)
        #expect(report.summary.totalVolume == fills.reduce(.zero) { $0 + $1.notional.amount })
        #expect(report.summary.totalCommission == fills.reduce(.zero) { $0 + $1.commission.amount })
        for item in report.items where item.parentOrder != nil {
            let own = fills.filter { $0.symbol.text == item.ticker }
            let quantity = own.reduce(Quantity.zero) { $0 + $1.quantity }
            let notional = own.reduce(FixedDecimal.zero) { $0 + $1.notional.amount }
            #expect(item.filledQuantity == quantity)
            #expect(item.commission == own.reduce(.zero) { $0 + $1.commission.amount })
            #expect(item.execution?.fills.map(\.fillPrice) == own.map(\.price))
            let average = try #require(item.averagePrice)
            let exact = notional / FixedDecimal(units: Int128(quantity.units))
            #expect(abs(FixedDecimal(units: Int128(average.units)).approximate - exact.approximate) < 1e-7)
        }
        #expect(report.status == .rejected)
        // The stored report is the same.
        let stored = try #require(await ground.runs.report(report.run))
        #expect(stored.contains(report.run.text))
    }

    @Test("Equal runs on fresh stores give equal fills")
    func deterministic() async throws {
        var all: [[Fill]] = []
        for _ in 0..<2 {
            let ground = Ground()
            _ = try await floor(ground).executor.processBatch(list, urgency: .medium, maxConcurrent: 3)
            all.append(await ground.journal.fills)
        }
        #expect(all[0] == all[1])
    }
}

@Suite("A decision executes at most once (I12)")
struct DuplicateTests {
    private func plan(_ answer: ScriptedAgent.Answer) -> FloorPlan {
        var plan = FloorPlan()
        plan.agents["momentum"] = ScriptedAgent(answer)
        return plan
    }

    @Test("The same session again returns the first outcome and orders nothing")
    func sameSession() async throws {
        let ground = Ground()
        let first = try await Floor.open(plan(.buy(percent: "5")), on: ground)
        let before = try await first.executor.processTicker(symbol("BAC"), urgency: .high)
        let intents = await ground.journal.intents
        try await first.engine.close()
        let again = try await Floor.open(plan(.buy(percent: "5")), on: ground, worker: "second")
        let report = try await again.executor.run(
            "process-ticker",
            inputs: ["ticker": .ticker(symbol("BAC")), "urgency": .text("HIGH")]
        )
        let item = try #require(report.items.first)
        #expect(item.message.contains("already executed"), "\(item.message)")
        #expect(item.status == .success)
        #expect(item.parentOrder == before.parentOrder)
        #expect(item.execution == before.execution)
        #expect(item.duplicate == true)
        #expect(report.summary.totalExecutions == 0)
        #expect(await ground.journal.intents == intents)
    }

    @Test("An agent that now holds, since its first answer traded, gets the first outcome too")
    func holdsNow() async throws {
        let ground = Ground()
        let first = try await Floor.open(plan(.buy(percent: "5")), on: ground)
        let before = try await first.executor.processTicker(symbol("BAC"), urgency: .high)
        try await first.engine.close()
        let again = try await Floor.open(plan(.hold), on: ground, worker: "second")
        let item = try await again.executor.processTicker(symbol("BAC"), urgency: .high)
        #expect(item.message.contains("already executed"), "\(item.message)")
        #expect(item.parentOrder == before.parentOrder)
        #expect(item.status == .success)
    }

    @Test("Another trade under the same key is refused; the first stands")
    func conflict() async throws {
        let ground = Ground()
        let first = try await Floor.open(plan(.buy(percent: "5")), on: ground)
        _ = try await first.executor.processTicker(symbol("BAC"), urgency: .high)
        let intents = await ground.journal.intents
        try await first.engine.close()
        let again = try await Floor.open(plan(.buy(percent: "6")), on: ground, worker: "second")
        let item = try await again.executor.processTicker(symbol("BAC"), urgency: .high)
        #expect(item.status == .rejected)
        #expect(item.message.contains("idempotency key"), "\(item.message)")
        #expect(await ground.journal.intents == intents)
    }

    @Test("A ticker that stands twice in a list is refused before anything runs, or traded once")
    func twiceInAList() async throws {
        let ground = Ground()
        let floor = try await Floor.open(plan(.buy(percent: "5")), on: ground)
        _ = try? await floor.executor.processBatch(symbols("BAC BAC"), urgency: .critical)
        let parents = Set(await ground.journal.intents.compactMap { $0.parts?.parent })
        #expect(parents.count <= 1)
    }
}
