import Foundation
import PostgresStore
import SmartExecutorKit
import Testing
import YAMLNodes

/// Buys a tenth of equity whenever it is asked.
private struct EagerAgent: TradingAgent {
    let descriptor = AgentDescriptor(id: AgentID(unchecked: "eager"))

    func decide(_ request: DecisionRequest) async throws -> [AgentReply] {
        request.symbols.map { symbol in
            var draft = DecisionDraft(symbol: symbol, action: .buy, rationale: "asked, so bought")
            draft.size = .deltaPercentOfEquity(FixedDecimal(5))
            return .decision(draft)
        }
    }
}

@Suite("A floor in a program of one's own", .serialized)
struct EmbeddedFloorTests {
    @Test("One ticker, a batch, portfolio and summary")
    func day() async throws {
        let database = try await TestDatabase.make("embedding")
        let floor = try await PaperFloor.open(home: "unused", database: database.url, agents: [EagerAgent()])
        let executor = floor.executor

        let item = try await executor.processTicker("NVDA", urgency: .high, agent: "eager")
        #expect(item.status == .success)
        #expect(item.algorithm == .twapAggressive)
        let position = await floor.portfolio.position(try #require(Symbol("NVDA")))
        #expect(position.quantity == item.filledQuantity)

        let batch = try await executor.processBatch(["AAPL", "no ticker", "KO"])
        #expect(batch.map(\.ticker) == ["AAPL", "no ticker", "KO"])
        #expect(batch[1].status == .rejected)

        let summary = try await executor.getSummary()
        let bought = try #require(item.execution?.fills.reduce(FixedDecimal.zero) { $0 + $1.commission })
        #expect(summary.executions.totalExecutions >= 1)
        #expect(item.commission == bought)
        #expect(summary.cash == (await floor.portfolio.cash))
        await floor.close()

        // The account goes on in its next session, with what it holds.
        let next = try await PaperFloor.open(home: "unused", database: database.url)
        #expect(next.session.date > floor.session.date)
        #expect(await next.portfolio.position(position.symbol).quantity == position.quantity)
        await next.close()
        try await database.drop()
    }

    @Test("The kill switch blocks, and deactivated it does not")
    func killSwitch() async throws {
        let database = try await TestDatabase.make("embedding")
        let floor = try await PaperFloor.open(home: "unused", database: database.url, agents: [EagerAgent()])
        try await floor.risk.activateKillSwitch("drill")
        #expect(await floor.risk.checkAllLimits().map(\.code) == ["kill_switch_active"])
        let blocked = try await floor.executor.processTicker("KO", urgency: .critical, agent: "eager")
        #expect(blocked.status == .blocked)
        #expect(blocked.message.contains("drill"))
        let asked = try await floor.risk.activateKillSwitch("drill", flatten: true)
        #expect(asked.halt?.flattens == true && asked.halt?.reason == "drill", "of the halt that is on already")
        #expect(try await floor.risk.killSwitchState().halt?.flattens == true)
        await #expect(throws: KillSwitchError.self) { try await floor.risk.activateKillSwitch(" ") }

        try await floor.risk.deactivateKillSwitch("drill over")
        #expect(try await floor.risk.killSwitchState().halt == nil)
        let passed = try await floor.executor.processTicker("JPM", urgency: .critical, agent: "eager")
        #expect(passed.status == .success)
        await floor.close()
        try await database.drop()
    }

    @Test("TWAP and VWAP by their executors")
    func schedules() async throws {
        let database = try await TestDatabase.make("embedding")
        let floor = try await PaperFloor.open(home: "unused", database: database.url)
        let twap = TWAPExecutor(floor.executor)
        #expect(twap.getExecutionSummary() == nil)
        let ticker = try #require(Symbol("KO"))
        let hundred = try Quantity(parsing: "100")
        let item = try await twap.execute(
            ticker: ticker,
            totalQuantity: hundred,
            durationMinutes: 5,
            sliceIntervalSeconds: 60
        )
        #expect(item.status == .success)
        #expect(item.children == 5)
        #expect(twap.getExecutionSummary()?.totalQuantity == hundred)

        let sold = try await VWAPExecutor(floor.executor, volumeProfileDays: 3).execute(
            ticker: ticker,
            side: .sell,
            totalQuantity: hundred
        )
        #expect(sold.status == .success)
        #expect(await floor.portfolio.position(ticker).quantity == .zero)
        await floor.close()
        try await database.drop()
    }

    @Test("What cannot be opened is explained")
    func refused() async throws {
        let database = try await TestDatabase.make("embedding")
        let holiday = try #require(CalendarDate("2026-01-01"))
        let failure = await #expect(throws: MarketDataError.self) {
            _ = try await PaperFloor.open(home: "unused", database: database.url, session: holiday)
        }
        #expect(failure?.description.contains("2026-01-02") == true)
        try await database.drop()
    }
}

@Suite("Shipped workflows")
struct ShippedWorkflowsTests {
    @Test("What is built in is what stands in workflows/")
    func equal() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let folder = root.appendingPathComponent("workflows")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".yaml") }
        #expect(files.map { String($0.dropLast(5)) }.sorted() == ShippedWorkflows.names)
        for name in ShippedWorkflows.names {
            let text = try String(contentsOf: folder.appendingPathComponent("\(name).yaml"), encoding: .utf8)
            #expect(ShippedWorkflows.named(name)?.text == text)
        }
    }
}
