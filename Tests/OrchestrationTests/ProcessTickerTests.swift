import ExecutionEngine
import MarketData
import Orchestration
import RiskRules
import Testing
import TradingAgents
import TradingDomain
import Workflows

@Suite("processTicker is a run of process-ticker (SX-1)")
struct ProcessTickerTests {
    private let nvda = symbol("NVDA")
    private let bac = symbol("BAC")

    private func executor(_ answer: ScriptedAgent.Answer, _ change: (inout FloorPlan) -> Void = { _ in }) async throws
        -> (floor: Floor, ground: Ground, agent: ScriptedAgent)
    {
        let agent = ScriptedAgent(answer)
        var plan = FloorPlan()
        plan.agents["momentum"] = agent
        change(&plan)
        let ground = Ground()
        return (try await Floor.open(plan, on: ground), ground, agent)
    }

    @Test(
        "The caller's urgency picks algorithm and slices (SE-2)",
        arguments: [
            (Urgency.critical, AlgorithmName.market, 1, 60.0),
            (.high, .twapAggressive, 5, 300),
            (.medium, .twapStandard, 10, 1800),
            (.low, .vwap, 78, 23_400),
        ]
    )
    func urgency(_ urgency: Urgency, _ algorithm: AlgorithmName, _ slices: Int, _ secondsMax: Double) async throws {
        let (floor, _, _) = try await executor(.buy(percent: "5"))
        let item = try await floor.executor.processTicker(bac, urgency: urgency)
        #expect(item.status == .success, "\(item.message)")
        #expect(item.algorithm == algorithm)
        #expect(item.urgency == urgency)
        let execution = try #require(item.execution)
        if algorithm == .vwap {
            #expect((20...slices).contains(execution.numSlices))
            #expect(try #require(item.durationSeconds) > 3600)
        } else {
            #expect(execution.numSlices == slices)
        }
        #expect(try #require(item.durationSeconds) <= secondsMax)
        #expect(item.filledQuantity == item.quantity)
        #expect(try #require(item.children) >= execution.fills.count - execution.numSlices)
    }

    @Test("The size is SE-1's, in whole lots of the price at that moment")
    func size() async throws {
        let (floor, ground, _) = try await executor(.buy(percent: "5", .critical))
        let item = try await floor.executor.processTicker(nvda)
        let id = try #require(item.parentOrder)
        let record = try #require(await floor.desk.journal.parents([id]).first)
        let price = record.submission.order.referencePrice
        // 5 % of 100,000 is 5,000; both in units of 10⁻⁸.
        #expect(item.quantity?.units == 500_000_000_000 / price.units * FixedDecimal.scale)
        #expect(await ground.journal.fills.map(\.quantity).reduce(.zero, +) == item.quantity)
    }

    @Test("A thousandth of equity is less than one share of NVDA: REJECTED, and nothing is ordered")
    func belowOneLot() async throws {
        let (floor, ground, _) = try await executor(.buy(percent: "0.1"))
        let item = try await floor.executor.processTicker(nvda)
        #expect(item.status == .rejected)
        #expect(item.parentOrder == nil)
        #expect(item.message.contains("lot"), "\(item.message)")
        #expect(await ground.journal.intents.isEmpty)
    }

    @Test("What ends without an order says so and why")
    func noOrder() async throws {
        let cases: [(ScriptedAgent.Answer, ItemStatus, String)] = [
            (.hold, .hold, "keeps"),
            (.noView, .abstain, "nothing to say"),
            (.throwsError, .abstain, "the model broke"),
            (.document("I would buy some, I guess"), .abstain, ""),
            (.document(#"{"action":"BUY","position_size":"lots"}"#), .abstain, "position_size"),
            (.document(#"{"action":"BUY","position_size":0.05}"#), .rejected, "0.05"),
            (.sellAll, .rejected, "NVDA"),
        ]
        for (answer, status, words) in cases {
            let (floor, ground, _) = try await executor(answer)
            let item = try await floor.executor.processTicker(nvda)
            #expect(item.status == status, "\(answer): \(item.message)")
            #expect(item.message.contains(words), "\(answer): \(item.message)")
            #expect(item.ticker == "NVDA")
            #expect(await ground.journal.intents.isEmpty)
        }
    }

    @Test("An agent that never answers is an ABSTAIN after its timeout")
    func timeout() async throws {
        let (floor, _, _) = try await executor(.never) { $0.agentTimeout = .milliseconds(30) }
        let item = try await floor.executor.processTicker(nvda)
        #expect(item.status == .abstain)
        #expect(item.message.contains("No answer within"), "\(item.message)")
    }

    @Test("An unknown symbol is REJECTED without asking the agent")
    func unknownSymbol() async throws {
        let (floor, _, agent) = try await executor(.throwsError)
        let item = try await floor.executor.processTicker(symbol("ZZZZ"))
        #expect(item.status == .rejected)
        #expect(item.message.contains("ZZZZ"))
        #expect(agent.questions.isEmpty)
    }

    @Test("A closed market is REJECTED naming the next open")
    func closed() async throws {
        let (floor, ground, _) = try await executor(.buy(percent: "5")) {
            $0.startsAfterOpen = .seconds(6 * 3600 + 1800)
        }
        let item = try await floor.executor.processTicker(nvda)
        #expect(item.status == .rejected)
        #expect(item.message.contains("2026-03-04T14:30:00Z"), "\(item.message)")
        #expect(await ground.journal.intents.isEmpty)
    }

    @Test("A restricted name is BLOCKED with the rule's reason")
    func blockedByRisk() async throws {
        let limits = try RiskLimits(restricted: [nvda])
        let (floor, ground, _) = try await executor(.buy(percent: "5")) { $0.limits = limits }
        let item = try await floor.executor.processTicker(nvda)
        #expect(item.status == .blocked)
        #expect(item.message.contains("restricted"), "\(item.message)")
        #expect(await ground.journal.intents.isEmpty)
    }

    @Test("What a limit cuts is executed smaller and says so")
    func shrunk() async throws {
        let limits = try RiskLimits(maxPositionPercent: FixedDecimal(3))
        let (floor, _, _) = try await executor(.buy(percent: "5", .critical)) { $0.limits = limits }
        let item = try await floor.executor.processTicker(bac)
        #expect(item.status == .success)
        #expect(try #require(item.notional) <= FixedDecimal(3030))
        #expect(!item.message.isEmpty)
    }

    @Test("A halt before the run blocks with its reason, and the run says BLOCKED")
    func haltedBefore() async throws {
        let (floor, ground, _) = try await executor(.buy(percent: "5"))
        await ground.journal.move(.activated(Self.halt))
        try await floor.engine.checkControls(at: floor.desk.clock.now())
        let report = try await floor.executor.run("process-ticker", inputs: ["ticker": .ticker(nvda)])
        #expect(report.status == .blocked)
        #expect(report.items.map(\.status) == [.blocked])
        #expect(report.items[0].message.contains("drill"), "\(report.items[0].message)")
        #expect(await ground.journal.intents.isEmpty)
    }

    @Test("A halt in the middle stops the order at once; what had filled counts", arguments: [3, 20, 60])
    func haltedDuring(after advances: Int) async throws {
        let sentBefore = Counter()
        let ground = Ground()
        var plan = FloorPlan()
        plan.agents["momentum"] = ScriptedAgent()
        plan.wrap = { driver in
            WatchedClock(driver, after: advances) {
                await ground.journal.move(.activated(Self.halt))
                sentBefore.set(await ground.journal.intents.count)
            }
        }
        let floor = try await Floor.open(plan, on: ground)
        let item = try await floor.executor.processTicker(bac, urgency: .medium)
        #expect(item.status == .blocked, "\(item.message)")
        #expect(item.message.contains("drill"), "\(item.message)")
        #expect(await ground.journal.intents.count == sentBefore.value)
        let filled = await ground.journal.fills.map(\.quantity).reduce(.zero, +)
        #expect(item.filledQuantity == filled)
        #expect(filled < (try #require(item.quantity)))
    }

    static let halt = Halt(
        id: HaltID(unchecked: "halt-1"),
        reason: "drill",
        by: "test",
        since: known(Timestamp("2026-03-03T14:31:00Z"))
    )
}

@Suite("Who sets the urgency (DI-6)")
struct UrgencySourceTests {
    @Test(
        "The caller's, else the regime's, else the decision's, else MEDIUM",
        arguments: [
            (Urgency.low, "CRASH", Urgency.high, Urgency.low, "caller"),
            (nil, "CRASH", .low, .critical, "regime"),
            (nil, "RISK_OFF", .low, .high, "regime"),
            (nil, "BULL", .high, .medium, "regime"),
            (nil, nil, .high, .high, "decision"),
            (nil, nil, nil, .medium, "default"),
        ] as [(Urgency?, String?, Urgency?, Urgency, String)]
    )
    func source(
        _ caller: Urgency?,
        _ regime: String?,
        _ decided: Urgency?,
        _ urgency: Urgency,
        _ source: String
    ) async throws {
        var plan = FloorPlan()
        plan.agents["momentum"] = ScriptedAgent(.buy(percent: "5", decided))
        let floor = try await Floor.open(plan, on: Ground())
        let context = regime.map { ["regime": $0] } ?? [:]
        let item = try await floor.executor.processTicker(symbol("BAC"), context: context, urgency: caller)
        let id = try #require(item.parentOrder, "\(item.message)")
        let order = try #require(await floor.desk.journal.parents([id]).first).submission.order
        #expect(order.urgency == urgency)
        #expect(order.urgencySource == source)
        #expect(item.algorithm == UrgencyRoute.route(for: urgency).algorithm)
    }
}
