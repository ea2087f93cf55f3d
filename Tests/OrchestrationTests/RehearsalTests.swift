import ExecutionAlgorithms
import ExecutionEngine
import MarketData
import Orchestration
import Portfolio
import RiskRules
import Testing
import TradingAgents
import TradingDomain
import Workflows
import YAMLNodes

@Suite("Dry runs")
struct RehearsalTests {
    private static let rate = FixedDecimal(units: 15_000)

    /// Goes through a workflow on a floor of its own.
    private func rehearse(
        _ source: SourceFile,
        _ inputs: [String: Value],
        _ plan: FloorPlan,
        on ground: Ground = Ground(),
        notBefore: Timestamp? = nil,
        catalog: StepCatalog = .standard
    ) async throws -> RehearsalReport {
        let floor = try await Floor.open(plan, on: ground, worker: "looking", notBefore: notBefore)
        let compiler = WorkflowCompiler(registry: catalog.registry)
        let result = compiler.compile(source, resolver: Shipped.workflow)
        let bundle = try #require(result.bundle, "\(result.diagnostics.map(\.rendered))")
        return try await WorkflowRehearsal(desk: floor.desk, catalog: catalog, commissionRate: Self.rate)
            .run(bundle, inputs: inputs)
    }

    @Test("A rebalance: sells, then buys with the predicted proceeds; nothing is sent, and asking again gives the same")
    func rebalance() async throws {
        let scene = try RebalanceScene()
        let start = try await scene.prepare()
        let sent = await scene.ground.journal.intents
        let source = try #require(Shipped.workflow("rebalance"))
        let inputs: [String: Value] = ["model": .text("new"), "urgency": .text("HIGH")]
        let report = try await rehearse(source, inputs, scene.plan, on: scene.ground, notBefore: start)
        #expect(report.status == .success && report.at == start, "\(report.message ?? "")")
        #expect(report.orders.map { "\($0.side) \($0.ticker)" } == ["SELL AAPL", "SELL IBM", "BUY MSFT", "BUY NVDA"])
        for order in report.orders {
            let value = try #require(order.notional)
            let (spread, impact) = (try #require(order.spreadBps), try #require(order.impactBps))
            #expect(order.algorithm == .twapAggressive && order.slices == 5 && order.quantity == order.asked)
            #expect(order.fees.map { abs($0.approximate / value.approximate - 0.00015) < 1e-6 } == true)
            // Cost is the prediction, in money, and the fees.
            let cost = try #require(order.predictedCost).approximate - (order.fees?.approximate ?? 0)
            #expect(abs(cost / value.approximate * 10_000 - spread - impact) < 0.01, "\(order.ticker): \(cost)")
            #expect((order.candidates ?? []).contains { $0.algorithm == .twapAggressive })
            #expect(order.end.map { $0 - start == .seconds(300) } == true)
        }
        let total = report.orders.compactMap(\.predictedCost).reduce(Money.zero(.usd)) { $0 + $1 }
        #expect(report.predictedCost == total)
        let rebalance = try #require(report.rebalance)
        #expect([.complete, .rolledForward].contains(rebalance.state), "\(rebalance.explanation)")
        #expect(!Money(units: rebalance.cash.units, .usd).isNegative)
        #expect(report.steps.map(\.step).contains("check_buys"))
        #expect(report.steps.first { $0.step == "plan" }?.isPredicted == false)
        #expect(report.steps.first { $0.step == "settle" }?.isPredicted == true)
        #expect(await scene.ground.journal.intents == sent)
        await scene.ground.bury("looking")
        #expect(try await rehearse(source, inputs, scene.plan, on: scene.ground, notBefore: start) == report)
    }

    @Test("The orders are those that the run then sends: algorithm, quantity, schedule and arrival price")
    func agreesWithTheRun() async throws {
        var plan = FloorPlan()
        plan.agents["momentum"] = ScriptedAgent(.buy(percent: "5"), [symbol("KO"): .hold, symbol("IBM"): .noView])
        let inputs: [String: Value] = [
            "tickers": .list(symbols("AAPL KO NVDA IBM").map { .ticker($0) }), "max_concurrent": .int(4),
        ]
        let source = try #require(Shipped.workflow("watchlist"))
        let report = try await rehearse(source, inputs, plan)
        #expect(report.orders.map(\.ticker.text) == ["AAPL", "NVDA"])
        #expect(report.outcomes.map(\.ticker) == ["KO", "IBM"])
        #expect(report.outcomes.map(\.status) == [.hold, .abstain])
        #expect(report.status == .abstain)
        let floor = try await Floor.open(plan, on: Ground())
        let run = try await floor.executor.run(source, inputs: inputs)
        #expect(run.status == report.status)
        let parents = try await floor.desk.journal.parents(run.items.compactMap(\.parentOrder))
        for (order, record) in zip(report.orders, parents) {
            let admission = try #require(record.admission)
            #expect(order.ticker == record.submission.order.symbol && order.quantity == admission.parent.quantity)
            #expect(order.algorithm == admission.verdict.algorithm && order.plan == admission.verdict.plan)
            #expect(
                order.candidates?.map(\.costBps) == admission.verdict.candidates?.map(\.costBps)
                    && order.start == admission.verdict.start
            )
        }
        #expect(parents.count == report.orders.count)
    }

    @Test("What risk or the router would refuse is told, with its reason, and what follows goes on")
    func refused() async throws {
        var plan = FloorPlan()
        plan.limits = try RiskLimits(maxPositionPercent: FixedDecimal(25), restricted: [symbol("KO")])
        plan.agents["momentum"] = ScriptedAgent(.buy(percent: "5"))
        let inputs: [String: Value] = ["tickers": .list(symbols("KO BAC").map { .ticker($0) })]
        let report = try await rehearse(try #require(Shipped.workflow("watchlist")), inputs, plan)
        #expect(report.status == .blocked)
        #expect(report.outcomes.map(\.ticker) == ["KO"] && report.outcomes[0].status == .blocked)
        #expect(report.orders.map(\.ticker.text) == ["BAC"])
        plan.startsAfterOpen = .seconds(7 * 3600)
        let late = try await rehearse(
            try #require(Shipped.workflow("manual-order")),
            ["ticker": .ticker(symbol("BAC")), "side": .text("BUY"), "quantity": .decimal(FixedDecimal(5))],
            plan
        )
        #expect(late.orders.map(\.status) == [.rejected], "\(late.orders)")
        #expect(late.orders.first?.message?.contains("closed") == true && late.notional == .zero(.usd))
    }

    @Test("Conditions, branches, ends and waits behave; messages and cancels are told and not done")
    func grammar() async throws {
        let text = """
            format: 1
            workflow: t
            steps:
              - id: fork
                parallel:
                  left:
                    - { id: first, uses: orders.propose, with: { ticker: KO, side: BUY, quantity: 10 } }
                  right:
                    - { id: second, uses: orders.propose, with: { ticker: BAC, side: BUY, quantity: 10 } }
              - { id: check, uses: risk.check, with: { orders: "${{ steps.first.orders + steps.second.orders }}" } }
              - { id: sign_off, uses: approval.wait, timeout: 30m }
              - id: work
                foreach: steps.check.approved
                as: order
                key: order.id
                max_concurrent: 1
                steps:
                  - id: big
                    if: order.quantity > 100.0
                    uses: execute.market
                    with: { order: "${{ order }}" }
                  - { id: send, uses: execute.twap, with: { order: "${{ order }}", duration_minutes: 10 } }
                collect: steps.send.fills
              - { id: rest, uses: wait.until, with: { at: "${{ run.started_at + duration(\\"1h\\") }}" } }
              - { id: cancel, uses: orders.cancel_open }
              - { id: tell, uses: test.tell, with: { text: "done" } }
              - id: enough
                uses: flow.finish
                if: size(steps.work.collected) == 2
                with: { note: both would be sent }
              - { id: never, uses: test.tell, with: { text: "never" } }
            """
        let tell = ProbeStep("test.tell", .notify)
        let standard = [
            "orders.propose", "risk.check", "execute.market", "execute.twap", "wait.until", "orders.cancel_open",
            "approval.wait",
        ]
        let catalog = StepCatalog(standard.compactMap { StepCatalog.standard.step($0) } + [tell])
        let ground = Ground()
        let report = try await rehearse(
            SourceFile(name: "t.yaml", text: text),
            [:],
            FloorPlan(),
            on: ground,
            catalog: catalog
        )
        #expect(report.status == .success && report.message == "both would be sent", "\(report.message ?? "")")
        #expect(
            report.orders.map(\.algorithm) == [.twap, .twap] && report.orders.map(\.slices).allSatisfy { $0 ?? 0 > 1 }
        )
        #expect(tell.seen.calls == 0)
        #expect(await ground.journal.intents.isEmpty)
        let words = Dictionary(uniqueKeysWithValues: report.steps.map { ($0.step, $0.words) })
        #expect(words["rest"]?.hasPrefix("would wait until") == true)
        #expect(words["sign_off"]?.hasPrefix("would ask people to approve 2 orders") == true)
        #expect(words["cancel"]?.contains("would cancel") == true)
        #expect(
            words["tell"]?.contains("would tell") == true && words["never"] == nil && words["work[KO-BUY]/big"] == nil
        )
        #expect(words["work[KO-BUY]/send"] == "would buy 10 KO by TWAP")
    }
}
