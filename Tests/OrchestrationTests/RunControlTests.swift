import ExecutionEngine
import Orchestration
import Testing
import TradingDomain
import TradingTestKit
import Workflows

@Suite("A run is stopped and cancelled from outside", .serialized)
struct RunControlTests {
    private let list = symbols("AAPL BAC JPM KO")
    private let wish = RunCancellation(by: "user")

    private var inputs: [String: Value] {
        ["tickers": .list(list.map { .ticker($0) }), "urgency": .text("HIGH"), "max_concurrent": .int(2)]
    }

    private func plan(after advances: Int, _ act: @escaping @Sendable () async throws -> Void) -> FloorPlan {
        var plan = FloorPlan()
        plan.agents["momentum"] = ScriptedAgent()
        plan.wrap = { WatchedClock($0, after: advances, act) }
        return plan
    }

    private func executor(_ floor: Floor, _ control: RunControl = RunControl()) -> SmartExecutor {
        SmartExecutor(desk: floor.desk, library: Shipped.workflow, control: control)
    }

    /// A run that somebody cancelled: every ticker has an outcome, nothing is open, and the books add up.
    private func checkCancelled(_ report: RunReport, _ ground: Ground, _ agent: Int? = nil) async throws {
        #expect(report.items.map(\.ticker) == list.map(\.text))
        #expect(report.status == .failed)
        for item in report.items {
            switch item.status {
            case .success: #expect(item.filledQuantity == item.quantity)
            case .partial, .failed: #expect(item.message.contains(wish.text), "\(item.ticker): \(item.message)")
            case .hold, .abstain, .blocked, .rejected: Issue.record("\(item.ticker) is \(item.status)")
            }
        }
        for record in try await ground.parentsThatSent() {
            #expect(record.state.isFinal)
            let children = record.events.reduce(into: Set<ClientOrderID>()) { open, event in
                switch event.event {
                case .child(let child, .intended): open.insert(child)
                case .child(let child, .cancelled), .child(let child, .rejected), .child(let child, .expired),
                    .child(let child, .notPlaced):
                    open.remove(child)
                case .child(let child, .filled(let fill)) where fill.quantity > .zero: open.remove(child)
                case .child, .parent: break
                }
            }
            #expect(children.isEmpty, "\(record.submission.order.symbol): \(children)")
        }
    }

    @Test(
        "Cancelled at any moment: open orders end, fills count, the rest is FAILED",
        arguments: [1, 3, 8, 15, 25, 35]
    )
    func cancel(advances: Int) async throws {
        let ground = Ground()
        let control = RunControl()
        let floor = try await Floor.open(plan(after: advances) { control.cancel(wish) }, on: ground)
        let report = try await executor(floor, control).run("watchlist", inputs: inputs)
        try await checkCancelled(report, ground)
        let parents = try await ground.parentsThatSent()
        #expect(parents.count < list.count)
        #expect(parents.contains { $0.state == .cancelled })
        let run = try #require(await ground.runs.ids.first)
        #expect(try await floor.desk.store.cancellation(of: run) == wish)
    }

    @Test("Nothing new is asked or sent once it is cancelled")
    func nothingNew() async throws {
        let ground = Ground()
        let control = RunControl()
        let floor = try await Floor.open(plan(after: 15) { control.cancel(wish) }, on: ground)
        let report = try await executor(floor, control).run("watchlist", inputs: inputs)
        let late = report.items.suffix(2)
        #expect(late.allSatisfy { $0.status == .failed && $0.parentOrder == nil && $0.message == wish.text })
        #expect(await ground.runs.steps.filter { $0.hasSuffix("/decide") }.count <= 4)
    }

    @Test("Stopped at any moment, another process goes on; no order twice", arguments: [1, 5, 20, 40])
    func stop(advances: Int) async throws {
        let ground = Ground()
        let control = RunControl()
        let floor = try await Floor.open(plan(after: advances) { control.stop() }, on: ground)
        let stopped = try await #require(throws: RunStopped.self) {
            _ = try await executor(floor, control).run("watchlist", inputs: inputs)
        }
        #expect(stopped.openOrders.count == 2)
        #expect(stopped.description.contains("runs resume \(stopped.run)"))
        try await floor.engine.close()
        await ground.bury("first")
        var calm = FloorPlan()
        calm.agents["momentum"] = ScriptedAgent()
        let second = try await Floor.open(calm, on: ground, worker: "second", notBefore: stopped.at)
        let report = try await second.executor.resume(stopped.run)
        #expect(report.items.map(\.status) == list.map { _ in .success }, "\(report.items.map(\.message))")
        let intents = await ground.journal.intents
        #expect(Set(intents).count == intents.count)
    }

    @Test("A run that nobody works is cancelled, and whoever resumes it only winds it down")
    func cancelWhileStopped() async throws {
        let ground = Ground()
        let control = RunControl()
        let floor = try await Floor.open(plan(after: 25) { control.stop() }, on: ground)
        let stopped = try await #require(throws: RunStopped.self) {
            _ = try await executor(floor, control).run("watchlist", inputs: inputs)
        }
        try await floor.desk.store.cancel(stopped.run, wish)
        try await floor.engine.close()
        await ground.bury("first")
        let agent = ScriptedAgent()
        var calm = FloorPlan()
        calm.agents["momentum"] = agent
        let second = try await Floor.open(calm, on: ground, worker: "second", notBefore: stopped.at)
        let report = try await second.executor.resume(stopped.run)
        try await checkCancelled(report, ground)
        #expect(agent.questions.isEmpty)
    }
}
