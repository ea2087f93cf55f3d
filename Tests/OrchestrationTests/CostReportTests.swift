import ExecutionAnalytics
import ExecutionEngine
import Foundation
import Orchestration
import Testing
import TradingDomain
import Workflows

@Suite("Costs in reports")
struct CostReportTests {
    @Test("A run reports exact costs and targets, and keeps a tape that ends with the order")
    func costs() async throws {
        let ground = Ground()
        var plan = FloorPlan()
        plan.agents["momentum"] = ScriptedAgent(.buy(percent: "5"), [symbol("KO"): .hold])
        let floor = try await Floor.open(plan, on: ground)
        let items = try await floor.executor.processBatch(symbols("NVDA KO AMZN JPM"), urgency: .high)
        let executed = items.filter { $0.algorithm != nil }
        #expect(executed.map(\.ticker) == ["NVDA", "AMZN", "JPM"])
        for item in executed {
            let cost = try #require(item.shortfall)
            let parts = [cost.delay, cost.trading, cost.opportunity, cost.fees].map(\.amount)
            #expect(parts.reduce(.zero, +) == cost.total.amount)
            #expect(item.targets?.count == 4)
            #expect(item.slippageTwapBps != nil)
            let id = try #require(item.parentOrder)
            let record = try #require(try await ground.parents([id]).first)
            let tape = try #require(try await floor.desk.store.tapes([id]).first?.tape)
            #expect(tape.buckets.last?.end == record.result?.endedAt)
            #expect(tape.buckets.count <= TapeRecorder.bucketsMax)
            #expect(tape.interval.volume == record.result?.intervalVolume, "the engine saw the same market")
            #expect(record.admission?.schedule?.isEmpty == false)
        }
        let summary = RunSummary(items)
        let verdicts = executed.flatMap { $0.targets ?? [] }.compactMap(\.verdict).count
        #expect(
            (summary.targetsMet ?? 0) + (summary.targetsAsExpected ?? 0) + (summary.targetsMissed ?? 0) == verdicts
        )
    }

    @Test("Reports and parents from before costs were kept can still be read")
    func older() async throws {
        let ground = Ground()
        var plan = FloorPlan()
        plan.agents["momentum"] = ScriptedAgent(.buy(percent: "5"))
        let floor = try await Floor.open(plan, on: ground)
        let report = try await floor.executor.run(
            "watchlist",
            inputs: ["tickers": .list([.ticker(symbol("NVDA")), .ticker(symbol("KO"))])]
        )
        let added: Set<String> = [
            "duplicate", "decision_price", "end_price", "slippage_twap_bps", "implementation_shortfall", "targets",
            "total_shortfall", "shortfall_bps", "targets_met", "targets_as_expected", "targets_missed",
        ]
        let old = try JSONDecoder().decode(RunReport.self, from: without(added, report))
        #expect(old.items.map(\.averagePrice) == report.items.map(\.averagePrice))
        #expect(old.items.allSatisfy { $0.targets == nil })
        let ids = report.items.compactMap(\.parentOrder)
        #expect(ids.count == 2)
        for record in try await ground.parents(ids) {
            let admission = try #require(record.admission)
            let earlier = try JSONDecoder().decode(ParentAdmission.self, from: without(["schedule"], admission))
            #expect(earlier.schedule == nil && earlier.parent == admission.parent)
            let result = try #require(record.result)
            let ended = try JSONDecoder().decode(ExecutionResult.self, from: without(["endPrice"], result))
            #expect(ended.endPrice == nil && ended.state == result.state)
        }
        let page = RunPage(
            old,
            environment: .backtest,
            parents: try await ground.parents(ids),
            tapes: [],
            decisions: []
        )
        #expect(page.html().contains("tape was not kept"))
    }

    /// The JSON of a value as an older program wrote it.
    private func without(_ keys: Set<String>, _ value: some Encodable) throws -> Data {
        func strip(_ value: Any) -> Any {
            if let object = value as? [String: Any] {
                return object.filter { !keys.contains($0.key) }.mapValues(strip)
            }
            if let list = value as? [Any] { return list.map(strip) }
            return value
        }
        let json = try JSONSerialization.jsonObject(with: JSONEncoder().encode(value))
        return try JSONSerialization.data(withJSONObject: strip(json))
    }
}
