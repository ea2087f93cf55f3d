import ExecutionEngine
import MarketData
import Orchestration
import Portfolio
import Testing
import TradingDomain
import TradingTestKit
import Workflows

@Suite("Orders without a schedule survive the death of their process", .serialized)
struct AlgorithmResumeTests {
    @Test(
        "Killed at any event: the order goes on from its snapshot, sends nothing twice and no more than was asked",
        arguments: ["ICEBERG", "POV"],
        [2, 5, 9, 16]
    )
    func resumed(algorithm: String, advances: Int) async throws {
        let ground = Ground()
        var deadly = WorkedOrder.plan
        deadly.wrap = { WatchedClock($0, after: advances) { throw WatchedClock.Crash() } }
        let first = try await Floor.open(deadly, on: ground)
        var parameters: [String: Value] = ["duration_minutes": .int(20)]
        if algorithm == "ICEBERG" {
            parameters["display_quantity"] = .decimal(FixedDecimal(100))
            parameters["limit_price"] = .decimal(try WorkedOrder.limit(102, first))
        }
        let inputs = WorkedOrder.inputs(5000, algorithm, parameters)
        await #expect(throws: InterruptedRun.self) {
            _ = try await first.executor.run("manual-order", inputs: inputs)
        }
        let died = await first.desk.clock.now()
        await ground.bury("first")

        let second = try await Floor.open(WorkedOrder.plan, on: ground, worker: "second", notBefore: died)
        let run = try #require(await ground.runs.ids.first)
        let report = try await second.executor.resume(run)
        let item = try #require(report.items.first)
        let id = try #require(item.parentOrder, "\(item.message)")
        let record = try #require(try await ground.parents([id]).first)
        let fills = await ground.journal.fills
        try WorkedOrder(item: item, record: record, fills: fills, floor: second).check()
        #expect(record.filled > .zero)
        #expect(Set(fills.map(\.tradeID)).count == fills.count)
        let intents = await ground.journal.intents
        #expect(Set(intents).count == intents.count)
        #expect(await second.engine.portfolio.position(symbol("KO")).quantity == record.filled)
        if algorithm == "POV" {
            // What the market traded while nobody worked is made up within the band's upper end.
            let admission = try #require(record.admission)
            let volume = try second.market.bars(
                symbol("KO"),
                from: admission.arrival.at,
                to: try #require(record.result).endedAt
            ).reduce(0) { $0 + $1.volume.approximate }
            let share = record.filled.approximate / volume
            #expect(share <= 0.1)
            #expect(record.state == .filled || share >= 0.05)
        }
    }
}
