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

@Suite("portfolio.size with a method and a cap on turnover")
struct BasketSizingTests {
    /// The orders that three decisions to buy 9, 3 and 3 % of 100000 USD become.
    private func orders(_ size: String) async throws -> RehearsalReport {
        let text = """
            format: 1
            workflow: t
            inputs: { tickers: { type: list<ticker> } }
            steps:
              - { id: book, uses: portfolio.snapshot }
              - id: ask
                foreach: inputs.tickers
                as: ticker
                key: ticker
                on_item_failure: continue
                steps:
                  - { id: decide, uses: agent.decide, with: { ticker: "${{ ticker }}" } }
                collect: steps.decide.decision
              - id: size
                uses: portfolio.size
                with:
                  decisions: ${{ steps.ask.collected }}
                  book: ${{ steps.book }}
            \(size)
              - { id: check, uses: risk.check, with: { orders: "${{ steps.size.orders }}" } }
              - id: work
                foreach: steps.check.approved
                as: order
                key: order.id
                steps:
                  - { id: send, uses: execute.market, with: { order: "${{ order }}" } }
            """
        var plan = FloorPlan()
        plan.agents["momentum"] = ScriptedAgent(.buy(percent: "3"), [symbol("KO"): .buy(percent: "9")])
        let floor = try await Floor.open(plan, on: Ground())
        let result = WorkflowCompiler(registry: StepCatalog.standard.registry)
            .compile(SourceFile(name: "t.yaml", text: text), resolver: { _ in nil })
        let bundle = try #require(result.bundle, "\(result.diagnostics.map(\.rendered))")
        return try await WorkflowRehearsal(desk: floor.desk, commissionRate: .zero)
            .run(bundle, inputs: ["tickers": .list(symbols("KO BAC XOM").map { .ticker($0) })])
    }

    private func values(_ report: RehearsalReport) -> [Double] {
        report.orders.compactMap(\.notional).map { $0.approximate }
    }

    @Test("Without a method each has its own size")
    func own() async throws {
        let sizes = values(try await orders(""))
        #expect(sizes.count == 3 && sizes[0] > 8_800 && sizes[1] < 3_000 && sizes[2] < 3_000, "\(sizes)")
    }

    @Test("equal and inverse_volatility divide what was asked for together", arguments: BasketMethod.allCases)
    func methods(_ method: BasketMethod) async throws {
        let report = try await orders("      method: \(method.rawValue)")
        // All names of this floor are equally restless, so both methods give 5 % to each.
        #expect(
            values(report).allSatisfy { $0 > 4_700 && $0 <= 5_000 } && report.orders.count == 3,
            "\(values(report))"
        )
        #expect(values(report).reduce(0, +) <= 15_000)
    }

    @Test("A cap on turnover cuts all by one factor, and what is cut to nothing holds with its reason")
    func cap() async throws {
        let report = try await orders("      max_turnover: 5%")
        let sizes = values(report)
        #expect(sizes.reduce(0, +) <= 5_000 && sizes.reduce(0, +) > 4_500, "\(sizes)")
        #expect(sizes[0] > 2.5 * sizes[1], "\(sizes)")
        let none = try await orders("      max_turnover: 0%")
        #expect(none.orders.isEmpty)
        #expect(none.outcomes.map(\.status) == [.hold, .hold, .hold])
        #expect(none.outcomes.allSatisfy { $0.message.contains("cap on turnover") })
    }
}
