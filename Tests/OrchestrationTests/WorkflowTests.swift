import ExecutionEngine
import Foundation
import MarketData
import Orchestration
import Portfolio
import RiskRules
import Testing
import TradingDomain
import Workflows
import YAMLNodes

@Suite("The workflows that ship")
struct ShippedWorkflowTests {
    private static var names: [String] {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: "\(Shipped.root)/workflows")) ?? []
        return files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
    }

    @Test("All are there")
    func all() {
        for name in ["manual-order", "process-ticker", "rebalance", "watchlist"] { #expect(Self.names.contains(name)) }
    }

    @Test("Each validates against the steps of this program, without a warning", arguments: names)
    func valid(_ name: String) throws {
        let source = try #require(Shipped.workflow(name))
        let result = WorkflowCompiler(registry: StepCatalog.standard.registry)
            .compile(source, resolver: Shipped.workflow)
        #expect(result.diagnostics.isEmpty, "\(result.diagnostics.map(\.rendered).joined(separator: "\n"))")
        #expect(result.bundle?.root.name == name)
    }

    @Test("The watchlist stays short enough to read at a glance")
    func short() throws {
        let text = try #require(Shipped.workflow("watchlist")).text
        #expect(text.split(separator: "\n").count <= 30)
    }

    @Test("A file that skips the risk check does not validate")
    func skipsRisk() throws {
        let text = """
            format: 1
            workflow: reckless
            inputs:
              ticker: { type: ticker }
            steps:
              - id: propose
                uses: orders.propose
                with: { ticker: "${{ inputs.ticker }}", side: BUY, quantity: 5 }
              - id: work
                foreach: steps.propose.orders
                as: order
                key: order.id
                steps:
                  - id: send
                    uses: execute.market
                    with: { order: "${{ order }}" }
            """
        let result = WorkflowCompiler(registry: StepCatalog.standard.registry)
            .compile(SourceFile(name: "reckless.yaml", text: text), resolver: { _ in nil })
        #expect(result.bundle == nil)
        #expect(result.diagnostics.contains { $0.rendered.contains("ApprovedOrder") })
    }
}

@Suite("Orders by hand")
struct ManualOrderTests {
    private func run(_ inputs: [String]) async throws -> (RunReport, Ground) {
        let ground = Ground()
        let floor = try await Floor.open(on: ground)
        let source = try #require(Shipped.workflow("manual-order"))
        let registry = StepCatalog.standard.registry
        let bundle = try #require(WorkflowCompiler(registry: registry).compile(source, resolver: { _ in nil }).bundle)
        let parsed = InputParser(types: registry.types).parse(inputs, against: bundle.definition)
        try #require(parsed.diagnostics.isEmpty)
        return (try await floor.executor.run(source, inputs: parsed.values), ground)
    }

    @Test(
        "An explicit algorithm wins over the urgency, with its parameters",
        arguments: [
            ("algorithm=TWAP duration_minutes=10", AlgorithmName.twap, 10),
            ("algorithm=TWAP duration_minutes=10 slice_interval_seconds=120", .twap, 5),
            ("algorithm=MARKET urgency=LOW", .market, 1),
            ("urgency=HIGH", .twapAggressive, 5),
            ("", .twapStandard, 10),
        ]
    )
    func algorithm(_ extra: String, _ algorithm: AlgorithmName, _ slices: Int) async throws {
        let inputs = ["ticker=AAPL", "side=BUY", "quantity=40"] + extra.split(separator: " ").map(String.init)
        let (report, _) = try await run(inputs)
        let item = try #require(report.items.first)
        #expect(item.status == .success, "\(item.message)")
        #expect(item.algorithm == algorithm)
        #expect(item.execution?.numSlices == slices)
        #expect(item.filledQuantity == known(try? Quantity(parsing: "40")))
    }

    @Test(
        "What makes no sense is REJECTED or BLOCKED by the same gates, and nothing is sent",
        arguments: [
            ("ticker=ZZZZ side=BUY quantity=1", ItemStatus.rejected, "ZZZZ"),
            ("ticker=AAPL side=BUY quantity=1.5", .rejected, "lot"),
            ("ticker=AAPL side=BUY quantity=0", .rejected, "lot"),
            ("ticker=AAPL side=SELL quantity=10", .blocked, "short"),
            ("ticker=AAPL side=BUY quantity=1 limit_price=-3", .rejected, "limit"),
        ]
    )
    func refused(_ inputs: String, _ status: ItemStatus, _ words: String) async throws {
        let (report, ground) = try await run(inputs.split(separator: " ").map(String.init))
        #expect(report.items.map(\.status) == [status], "\(report.items.map(\.message))")
        #expect(report.items.first?.message.contains(words) == true, "\(report.items.map(\.message))")
        #expect(await ground.journal.intents.isEmpty)
    }
}

@Suite("Approvals end")
struct ApprovalTests {
    @Test("An order whose approval ended before its turn came FAILS by name, and the one before it stands")
    func expired() async throws {
        let text = """
            format: 1
            workflow: one-after-another
            steps:
              - id: first
                uses: orders.propose
                with: { ticker: KO, side: BUY, quantity: 10 }
              - id: second
                uses: orders.propose
                with: { ticker: BAC, side: BUY, quantity: 10 }
              - id: check
                uses: risk.check
                with: { orders: "${{ steps.first.orders + steps.second.orders }}", valid_for: 15m }
              - id: work
                foreach: steps.check.approved
                as: order
                key: order.id
                max_concurrent: 1
                on_item_failure: continue
                steps:
                  - id: send
                    uses: execute.route
                    with: { order: "${{ order }}", urgency: MEDIUM }
                collect: steps.send.fills
            """
        let ground = Ground()
        let floor = try await Floor.open(on: ground)
        let report = try await floor.executor.run(SourceFile(name: "serial.yaml", text: text), inputs: [:])
        #expect(report.items.map(\.ticker) == ["KO", "BAC"])
        #expect(report.items.map(\.status) == [.success, .failed])
        #expect(report.items.last?.message.contains("risk.check") == true)
        #expect(try await ground.parentsThatSent().count == 1)
    }
}

@Suite("Rebalancing")
struct RebalanceTests {
    private func weights(_ pairs: [(String, String)]) -> TargetWeights {
        TargetWeights(
            scope: .listed,
            weights: pairs.map { .init(symbol: symbol($0.0), weightPercent: decimal($0.1)) }
        )
    }

    @Test("Sells end before buys begin, and the weights come out within the band")
    func sellsThenBuys() async throws {
        let ground = Ground()
        var plan = FloorPlan()
        plan.limits = try RiskLimits(
            maxPositionPercent: FixedDecimal(100),
            maxDailyLossPercent: FixedDecimal(50),
            sellsFundBuys: true
        )
        plan.models = [
            "old": weights([("AAPL", "50"), ("IBM", "45")]),
            "new": weights([("AAPL", "20"), ("IBM", "0"), ("NVDA", "70")]),
        ]
        let floor = try await Floor.open(plan, on: ground)
        let first = try await floor.executor.run(
            "rebalance",
            inputs: ["model": .text("old"), "urgency": .text("CRITICAL")]
        )
        #expect(first.items.map(\.status) == [.success, .success], "\(first.items.map(\.message))")
        let report = try await floor.executor.run(
            "rebalance",
            inputs: ["model": .text("new"), "urgency": .text("HIGH")]
        )
        let orders = try await floor.desk.journal.parents(report.items.compactMap(\.parentOrder))
        let sells = orders.filter { $0.submission.order.side == .sell }
        let buys = orders.filter { $0.submission.order.side == .buy }
        #expect(Set(sells.map(\.submission.order.symbol.text)) == ["AAPL", "IBM"])
        #expect(buys.map(\.submission.order.symbol.text) == ["NVDA"])
        let lastSell = try #require(sells.compactMap(\.result?.endedAt).max())
        #expect(buys.allSatisfy { $0.submission.submittedAt >= lastSell })
        let portfolio = await floor.engine.portfolio
        #expect(portfolio.position(symbol("IBM")).isFlat)
        #expect(!portfolio.cash.isNegative)
        let equity = await floor.engine.equity.approximate
        let marks = await floor.engine.marks
        for (name, target) in [("AAPL", 20.0), ("NVDA", 70)] {
            let held = portfolio.position(symbol(name)).quantity.approximate
            let price = try #require(await floor.engine.view(symbol(name))?.mid).approximate
            #expect(abs(held * price / equity * 100 - target) < 2, "\(name) \(held) of \(marks.count)")
        }
    }

    @Test("At its targets a book holds, and the run says HOLD")
    func atTarget() async throws {
        let ground = Ground()
        var plan = FloorPlan()
        plan.models = ["old": weights([("AAPL", "20"), ("IBM", "15")])]
        let floor = try await Floor.open(plan, on: ground)
        _ = try await floor.executor.run("rebalance", inputs: ["model": .text("old"), "urgency": .text("CRITICAL")])
        let intents = await ground.journal.intents
        let report = try await floor.executor.run("rebalance", inputs: ["model": .text("old")])
        #expect(report.status == .hold)
        #expect(await ground.journal.intents == intents)
    }

    @Test("An unknown model fails with the names there are")
    func unknownModel() async throws {
        var plan = FloorPlan()
        plan.models = ["old": weights([("AAPL", "20")])]
        let floor = try await Floor.open(plan, on: Ground())
        let report = try await floor.executor.run("rebalance", inputs: ["model": .text("odl")])
        #expect(report.status == .failed)
        #expect(report.message?.contains("old") == true, "\(report.message ?? "")")
    }
}
