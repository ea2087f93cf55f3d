import ExecutionEngine
import Foundation
import MarketData
import Orchestration
import Portfolio
import RiskRules
import Testing
import TradingDomain
import TradingTestKit
import Workflows
import YAMLNodes

/// An account that holds the model `old`, to be brought to `new`.
struct RebalanceScene {
    let ground = Ground()
    var plan = FloorPlan()

    init() throws {
        plan.limits = try RiskLimits(
            maxPositionPercent: FixedDecimal(100),
            maxDailyLossPercent: FixedDecimal(50),
            sellsFundBuys: true
        )
        plan.models = [
            "old": Self.weights([("AAPL", "40"), ("IBM", "30"), ("KO", "25")]),
            "new": Self.weights([("AAPL", "10"), ("IBM", "0"), ("KO", "25"), ("NVDA", "40"), ("MSFT", "20")]),
        ]
    }

    static func weights(_ pairs: [(String, String)]) -> TargetWeights {
        TargetWeights(
            scope: .listed,
            weights: pairs.map { .init(symbol: symbol($0.0), weightPercent: decimal($0.1)) }
        )
    }

    /// Brings the account to `old` and gives it back; business time of the end.
    func prepare() async throws -> Timestamp {
        let floor = try await Floor.open(plan, on: ground, worker: "zero")
        let report = try await floor.executor.run(
            "rebalance",
            inputs: ["model": .text("old"), "urgency": .text("CRITICAL")]
        )
        try #require(report.status == .success, "\(report.items.map(\.message))")
        #expect(report.rebalance?.state == .complete || report.rebalance?.state == .rolledForward)
        let now = await floor.desk.clock.now()
        await ground.bury("zero")
        return now
    }

    /// Runs `rebalance` to `new` on a floor of its own.
    func run(
        _ inputs: [String: Value] = [:],
        text: String? = nil,
        _ body: (Floor, RunReport) async throws -> Void
    ) async throws {
        let start = try await prepare()
        let floor = try await Floor.open(plan, on: ground, worker: "one", notBefore: start)
        let all = ["model": Value.text("new"), "urgency": .text("HIGH")].merging(inputs) { _, given in given }
        let source = try text.map { SourceFile(name: "t.yaml", text: $0) } ?? #require(Shipped.workflow("rebalance"))
        try await body(floor, try await floor.executor.run(source, inputs: all))
    }

    /// The shipped file with one line changed.
    static func changed(_ line: String, to other: String) throws -> String {
        let text = try #require(Shipped.workflow("rebalance")).text
        try #require(text.contains(line))
        return text.replacing(line, with: other)
    }
}

@Suite("A two-phase rebalance and the state that it leaves")
struct TwoPhaseRebalanceTests {
    private func sides(_ report: RunReport, _ floor: Floor) async throws -> (
        sells: [ParentRecord], buys: [ParentRecord]
    ) {
        let all = try await floor.desk.journal.parents(report.items.compactMap(\.parentOrder))
        return (all.filter { $0.submission.order.side == .sell }, all.filter { $0.submission.order.side == .buy })
    }

    @Test("All filled: each name's target beside what was reached, and the sums are the account's")
    func complete() async throws {
        try await RebalanceScene().run { floor, report in
            #expect(report.status == .success, "\(report.items.map(\.message))")
            let rebalance = try #require(report.rebalance)
            // Prices move while the sells are worked: then the buys are cut to what there is.
            #expect([.complete, .rolledForward].contains(rebalance.state), "\(rebalance.explanation)")
            #expect(rebalance.names.map(\.symbol.text) == ["AAPL", "IBM", "KO", "MSFT", "NVDA"])
            let (sells, buys) = try await sides(report, floor)
            let released = try #require(buys.map(\.submission.submittedAt).min())
            #expect(sells.compactMap(\.result?.endedAt).allSatisfy { $0 <= released })
            let portfolio = await floor.engine.portfolio
            #expect(rebalance.cash == portfolio.cash.amount && !portfolio.cash.isNegative)
            #expect(rebalance.equity == (await floor.engine.equity).amount)
            for name in rebalance.names {
                let away = try #require(name.away)
                #expect(away < FixedDecimal(2) && away > FixedDecimal(-2), "\(name.symbol) is \(away) away")
                #expect(name.held == portfolio.position(name.symbol).quantity)
                #expect(name.held == name.heldBefore + name.filled)
            }
            let ibm = try #require(rebalance.names.first { $0.symbol.text == "IBM" })
            #expect(ibm.held.isZero && ibm.weight == .zero && ibm.filled == ibm.planned && ibm.reason == nil)
            let traded = (sells + buys).flatMap(\.events).reduce(FixedDecimal.zero) { sum, event in
                if case .child(_, .filled(let fill)) = event.event { sum + fill.notional.amount } else { sum }
            }
            let percent = try #require(rebalance.turnoverPercent).approximate
            #expect(abs(percent - traded.approximate / rebalance.equityBefore.approximate * 100) < 1e-6)
            // It survives being stored.
            let stored = try JSONDecoder().decode(RunReport.self, from: JSONEncoder().encode(report))
            #expect(stored.rebalance == rebalance)
        }
    }

    @Test("A cap on turnover: exits whole, all else the same share of its way, and the report says CAPPED")
    func capped() async throws {
        try await RebalanceScene().run(["max_turnover": .percent(FixedDecimal(50)), "urgency": .text("CRITICAL")]) {
            _,
            report in
            let rebalance = try #require(report.rebalance)
            #expect([.capped, .rolledForward].contains(rebalance.state), "\(rebalance.explanation)")
            #expect(rebalance.plannedTurnoverPercent <= FixedDecimal(50))
            let names = Dictionary(uniqueKeysWithValues: rebalance.names.map { ($0.symbol.text, $0) })
            #expect(names["IBM"]?.held == .zero)
            let nvidia = try #require(names["NVDA"]?.weight?.approximate)
            #expect(nvidia > 2 && nvidia < 20, "\(nvidia)")
            #expect(rebalance.notes.contains { $0.contains("cap on turnover") })
            #expect(names["NVDA"]?.reason?.contains("cap on turnover") == true || rebalance.state == .rolledForward)
        }
    }

    @Test("Sells that end half way: the buys get what came, cash stays above zero, and the state is DEGRADED")
    func degraded() async throws {
        let text = try RebalanceScene.changed(
            "        uses: execute.route\n        with: { order: \"${{ order }}\", urgency: \"${{ inputs.urgency }}\" }\n    collect: steps.work.fills\n\n  - id: settle",
            to:
                "        uses: execute.route\n        timeout: 90s\n        with: { order: \"${{ order }}\", urgency: \"${{ inputs.urgency }}\" }\n    collect: steps.work.fills\n\n  - id: settle"
        )
        try await RebalanceScene().run(text: text) { floor, report in
            #expect(report.status == .partial, "\(report.items.map(\.message))")
            let rebalance = try #require(report.rebalance)
            #expect(rebalance.state == .degraded, "\(rebalance.explanation)")
            let (sells, buys) = try await sides(report, floor)
            #expect(sells.allSatisfy { $0.state == .cancelled && $0.filled > .zero })
            #expect(!buys.isEmpty && buys.allSatisfy { $0.state == .filled })
            let portfolio = await floor.engine.portfolio
            #expect(!portfolio.cash.isNegative)
            let proceeds = sells.flatMap(\.events).reduce(FixedDecimal.zero) { sum, event in
                if case .child(_, .filled(let fill)) = event.event { sum + fill.notional.amount } else { sum }
            }
            let asked = buys.reduce(FixedDecimal.zero) { $0 + $1.submission.order.notional.amount }
            #expect(asked <= rebalance.cashBefore + proceeds)
            let aapl = try #require(rebalance.names.first { $0.symbol.text == "AAPL" })
            #expect(aapl.reason?.contains("timed out") == true, "\(aapl.reason ?? "")")
            let nvidia = try #require(rebalance.names.first { $0.symbol.text == "NVDA" })
            #expect(nvidia.reason?.contains("were planned") == true, "\(nvidia.reason ?? "")")
        }
    }

    @Test("A sell that fails where the file stops then: no buy is released, proceeds stay in cash, SELLS_ONLY")
    func sellsOnly() async throws {
        var text = try RebalanceScene.changed(
            "    max_concurrent: 20\n    on_item_failure: continue #",
            to: "    max_concurrent: 1\n    on_item_failure: stop #"
        )
        text = text.replacing(
            "      orders: ${{ steps.plan.orders }}\n",
            with: "      orders: ${{ steps.plan.orders }}\n      valid_for: 1m\n"
        )
        try await RebalanceScene().run(text: text) { floor, report in
            #expect(report.status == .failed)
            let rebalance = try #require(report.rebalance)
            #expect(rebalance.state == .sellsOnly, "\(rebalance.explanation)")
            let (sells, buys) = try await sides(report, floor)
            #expect(sells.map(\.state) == [.filled] && buys.isEmpty)
            #expect(rebalance.cash > rebalance.cashBefore)
            let msft = try #require(rebalance.names.first { $0.symbol.text == "MSFT" })
            #expect(msft.reason == "not sent: the run ended before its turn")
        }
    }

    @Test(
        "A halt in the middle of the sells: they stop, no buy is sent, and the book is told as it stands",
        arguments: [2, 30]
    )
    func halted(after advances: Int) async throws {
        var scene = try RebalanceScene()
        let start = try await scene.prepare()
        let ground = scene.ground
        scene.plan.wrap = { driver in
            WatchedClock(driver, after: advances) { await ground.journal.move(.activated(ProcessTickerTests.halt)) }
        }
        let floor = try await Floor.open(scene.plan, on: ground, worker: "one", notBefore: start)
        let report = try await floor.executor.run(
            "rebalance",
            inputs: ["model": .text("new"), "urgency": .text("HIGH")]
        )
        #expect(report.status == .blocked, "\(report.status) \(report.items.map(\.message))")
        let rebalance = try #require(report.rebalance)
        #expect([.sellsOnly, .untouched].contains(rebalance.state), "\(rebalance.explanation)")
        let (sells, buys) = try await sides(report, floor)
        #expect(!sells.isEmpty && buys.isEmpty)
        let portfolio = await floor.engine.portfolio
        for name in rebalance.names { #expect(name.held == portfolio.position(name.symbol).quantity) }
    }

    @Test("At its targets: IN_BAND, with each name's reason")
    func inBand() async throws {
        try await RebalanceScene().run(["model": .text("old"), "drift": .percent(FixedDecimal(5))]) { _, report in
            let rebalance = try #require(report.rebalance)
            #expect(report.status == .hold && rebalance.state == .inBand, "\(rebalance.explanation)")
            #expect(rebalance.names.allSatisfy { $0.reason == "inside the drift band" })
        }
    }

    @Test("Weekly and month-end run the same two phases as a child")
    func scheduled() async throws {
        for name in ["weekly-rebalance", "month-end-rebalance"] {
            var scene = try RebalanceScene()
            scene.plan.models["full"] = RebalanceScene.weights([("AAPL", "50"), ("IBM", "30"), ("KO", "20")])
            let floor = try await Floor.open(scene.plan, on: scene.ground)
            let inputs: [String: Value] = ["model": .text("full"), "urgency": .text("CRITICAL")]
            let report = try await floor.executor.run(name, inputs: inputs)
            #expect(report.items.map(\.ticker) == ["AAPL", "IBM", "KO"] && report.status == .success, "\(name)")
            let rebalance = try #require(report.rebalance)
            #expect(rebalance.turnoverPercent ?? .zero > .zero, "\(name): \(rebalance.explanation)")
            #expect(name == "weekly-rebalance" ? rebalance.plannedTurnoverPercent <= FixedDecimal(40) : true)
            // The month's end leaves a percent of cash.
            #expect(
                name == "weekly-rebalance" || (950...1_500).contains(rebalance.cash.approximate),
                "\(rebalance.cash)"
            )
        }
    }
}

@Suite("A rebalance killed at any write goes on without selling again", .serialized)
struct RebalanceResumeTests {
    @Test("Steps, orders, fills and books are each there once", arguments: 1...20, [false, true])
    func atWrites(write: Int, isDurable: Bool) async throws {
        let scene = try RebalanceScene()
        let start = try await scene.prepare()
        let before = await scene.ground.journal.intents.count
        var deadly = scene.plan
        deadly.wrapStore = { DyingStore($0, at: write, isDurable: isDurable) }
        let first = try await Floor.open(deadly, on: scene.ground, worker: "one", notBefore: start)
        let inputs: [String: Value] = ["model": .text("new"), "urgency": .text("HIGH")]
        var report: RunReport?
        do {
            report = try await first.executor.run("rebalance", inputs: inputs)
        } catch let interrupted as InterruptedRun {
            #expect(interrupted.cause is WatchedClock.Crash)
            let died = await first.desk.clock.now()
            await scene.ground.bury("one")
            let second = try await Floor.open(scene.plan, on: scene.ground, worker: "two", notBefore: died)
            if await scene.ground.runs.report(interrupted.run) == nil {
                report = try await second.executor.resume(interrupted.run)
            }
        }
        let parents = try await scene.ground.parentsThatSent().dropFirst(3)
        let sells = parents.filter { $0.submission.order.side == .sell }
        let buys = parents.filter { $0.submission.order.side == .buy }
        #expect(sells.map(\.submission.order.symbol.text).sorted() == ["AAPL", "IBM"])
        #expect(buys.map(\.submission.order.symbol.text).sorted() == ["MSFT", "NVDA"])
        #expect(parents.allSatisfy { $0.state == .filled })
        let released = try #require(buys.map(\.submission.submittedAt).min())
        #expect(sells.compactMap(\.result?.endedAt).allSatisfy { $0 <= released })
        let intents = await scene.ground.journal.intents
        #expect(intents.count > before && Set(intents).count == intents.count)
        let fills = await scene.ground.journal.fills
        #expect(Set(fills.map(\.tradeID)).count == fills.count)
        let cash = fills.reduce(decimal("100000")) { $0 + $1.cashChange.amount }
        #expect(cash > .zero)
        if let rebalance = report?.rebalance {
            #expect([.complete, .rolledForward].contains(rebalance.state), "\(rebalance.explanation)")
            #expect(rebalance.cash == cash)
        }
    }
}
