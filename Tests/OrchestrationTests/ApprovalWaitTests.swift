import ExecutionEngine
import MarketData
import RiskRules
import Synchronization
import Testing
import TradingDomain
import TradingTestKit
import Workflows
import YAMLNodes

@testable import Orchestration

/// Hands on what a run asks, one question after another.
final class Questions: Sendable {
    private let stream: AsyncStream<ApprovalRequest>
    private let continuation: AsyncStream<ApprovalRequest>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    var take: @Sendable (WorkflowRunner.Progress) -> Void {
        { [continuation] progress in
            if case .asking(let request) = progress { continuation.yield(request) }
        }
    }

    /// The next question; waits for it.
    func next() async throws -> ApprovalRequest {
        for await request in stream { return request }
        throw CancellationError()
    }
}

@Suite("approval.wait: a person says yes to just this, or the run ends")
struct ApprovalWaitTests {
    static let yes = ApprovalAnswer(isApproved: true, by: "ada@desk", how: "test", note: "looks right")
    static let no = ApprovalAnswer(isApproved: false, by: "bob@desk", how: "test", note: "too large")

    private static let head = """
        format: 1
        workflow: t
        steps:
          - { id: propose, uses: orders.propose, with: { ticker: KO, side: BUY, quantity: 100, urgency: HIGH } }
          - { id: check, uses: risk.check, with: { orders: "${{ steps.propose.orders }}" } }
          - id: sign_off
            uses: approval.wait
            timeout: 45m
            with: { show: "${{ steps.check.summary }}", on_timeout: TIMEOUT }

        """
    private static let trade = """
          - id: trade
            foreach: steps.check.approved
            as: order
            key: order.id
            steps:
              - { id: send, uses: execute.twap, with: { order: "${{ order }}", duration_minutes: 5 } }
        on_failure:
          - { id: failed, uses: test.failed }
        finally:
          - { id: last, uses: test.last }
        """

    private static func text(_ onTimeout: String = "reject", _ middle: String = "", _ end: String = trade) -> String {
        head.replacing("TIMEOUT", with: onTimeout) + middle + end
    }

    /// A floor with an executor that asks.
    private struct Desk {
        let ground = Ground()
        let questions = Questions()
        let control = RunControl()
        let failed = ProbeStep("test.failed")
        let last = ProbeStep("test.last")
        let floor: Floor

        init() async throws { floor = try await Floor.open(on: ground) }

        func executor(_ floor: Floor? = nil, parks: Bool = false) -> SmartExecutor {
            let names = [
                "orders.propose", "risk.check", "approval.wait", "execute.twap", "portfolio.snapshot", "flow.finish",
            ]
            return SmartExecutor(
                desk: (floor ?? self.floor).desk,
                catalog: StepCatalog(names.compactMap { StepCatalog.standard.step($0) } + [failed, last]),
                library: { _ in nil },
                control: control,
                parksForPeople: parks,
                progress: questions.take
            )
        }

        /// Runs a text, and does something once it asks.
        func run(_ text: String, _ act: @Sendable (ApprovalRequest) async throws -> Void) async throws -> RunReport {
            let executor = executor()
            async let report = executor.run(SourceFile(name: "t.yaml", text: text), inputs: [:])
            try await act(try await questions.next())
            return try await report
        }

        func answer(_ request: ApprovalRequest, _ answer: ApprovalAnswer) async throws {
            try await ground.runs.answer(request.run, digest: String(request.digest.prefix(12)), answer)
        }
    }

    @Test("Approved: the run goes on where time stood still, and the report says who approved what")
    func approved() async throws {
        let desk = try await Desk()
        let began = await desk.floor.desk.clock.now()
        let report = try await desk.run(Self.text()) { request in
            #expect(request.plan.orders.map(\.id) == ["KO-BUY"])
            #expect(request.plan.orders[0].quantity == Quantity(100))
            #expect(request.plan.show.contains("KO-BUY"))
            #expect(request.patience == .seconds(45 * 60))
            #expect(await desk.ground.journal.intents.isEmpty)
            #expect(await desk.floor.desk.clock.now() == began)
            try await desk.answer(request, Self.yes)
        }
        #expect(report.status == .success, "\(report.message ?? "") \(report.items.map(\.message))")
        let item = try #require(report.items.first)
        #expect(item.filledQuantity == Quantity(100))
        #expect("\(report)".contains("approved by ada@desk"), "\(report)")
        #expect(desk.last.seen.calls == 1 && desk.failed.seen.calls == 0)
    }

    @Test("Rejected: REJECTED, nothing is sent, `finally` runs and `on_failure` does not")
    func rejected() async throws {
        let desk = try await Desk()
        let report = try await desk.run(Self.text()) { try await desk.answer($0, Self.no) }
        #expect(report.status == .rejected)
        #expect(report.items.first?.message.contains("rejected by bob@desk: too large") == true, "\(report.items)")
        #expect(await desk.ground.journal.intents.isEmpty)
        #expect(desk.last.seen.calls == 1 && desk.failed.seen.calls == 0)
    }

    @Test("Nobody answers: what silence means is the file's to say", arguments: [("reject", false), ("approve", true)])
    func timeout(_ policy: String, _ goesOn: Bool) async throws {
        let desk = try await Desk()
        let report = try await desk.run(Self.text(policy)) { request in
            await desk.ground.runs.letPeopleWait(.seconds(45 * 60))
            let late = await #expect(throws: ApprovalRefusal.self) { try await desk.answer(request, Self.yes) }
            #expect(late?.code == "approval_decided")
        }
        #expect(report.status == (goesOn ? .success : .rejected))
        #expect(await desk.ground.journal.intents.isEmpty != goesOn)
        #expect(desk.last.seen.calls == 1 && desk.failed.seen.calls == 0)
    }

    @Test("An approval counts once, and only for the plan of its digest")
    func once() async throws {
        let desk = try await Desk()
        _ = try await desk.run(Self.text()) { request in
            let other = await #expect(throws: ApprovalRefusal.self) {
                try await desk.ground.runs.answer(request.run, digest: "0123456789ab", Self.yes)
            }
            #expect(other?.code == "approval_other_plan")
            #expect(other?.description.contains("BUY 100 KO") == true, "\(other?.description ?? "")")
            try await desk.answer(request, Self.yes)
            let again = await #expect(throws: ApprovalRefusal.self) { try await desk.answer(request, Self.no) }
            #expect(again?.description.contains("approved by ada@desk") == true, "\(again?.description ?? "")")
        }
    }

    @Test("Let go of and answered: any worker goes on, and the same is not asked twice")
    func parked() async throws {
        let desk = try await Desk()
        let parked = await #expect(throws: RunParked.self) {
            _ = try await desk.executor(parks: true).run(SourceFile(name: "t.yaml", text: Self.text()), inputs: [:])
        }
        let run = try #require(parked?.run)
        let request = try #require(parked?.requests.first)
        try await desk.answer(request, Self.yes)
        await desk.ground.bury("first")
        let second = try await Floor.open(on: desk.ground, worker: "second", notBefore: desk.floor.desk.clock.now())
        let report = try await desk.executor(second, parks: true).resume(run)
        #expect(report.status == .success)
        #expect(await desk.ground.runs.asked(run).map(\.state) == [.approved])
    }

    @Test("A process that dies while people think changes nothing: the next asks the same")
    func crash() async throws {
        let desk = try await Desk()
        let stopped = await #expect(throws: RunStopped.self) {
            _ = try await desk.run(Self.text()) { _ in desk.control.stop() }
        }
        let run = try #require(stopped?.run)
        let first = await desk.ground.runs.asked(run)
        await desk.ground.bury("first")
        let second = try await Floor.open(on: desk.ground, worker: "second", notBefore: desk.floor.desk.clock.now())
        let questions = Questions()
        let executor = SmartExecutor(
            desk: second.desk,
            catalog: StepCatalog(
                ["orders.propose", "risk.check", "approval.wait", "execute.twap"].compactMap {
                    StepCatalog.standard.step($0)
                } + [desk.failed, desk.last]
            ),
            library: { _ in nil },
            progress: questions.take
        )
        async let report = executor.resume(run)
        let request = try await questions.next()
        #expect(await desk.ground.runs.asked(run) == first)
        #expect(request.digest == first.first?.digest)
        try await desk.answer(request, Self.no)
        #expect(try await report.status == .rejected)
    }

    @Test("Orders of another check than the approved one need another approval; the same orders do not")
    func changed() async throws {
        for (quantity, status) in [("90", ItemStatus.failed), ("100", .success)] {
            let more = """
                  - { id: propose_again, uses: orders.propose, with: { ticker: KO, side: BUY, quantity: \(quantity), urgency: HIGH } }
                  - { id: check_again, uses: risk.check, with: { orders: "${{ steps.propose_again.orders }}" } }

                """
            let desk = try await Desk()
            let end = Self.trade.replacing("steps.check.approved", with: "steps.check_again.approved")
            let report = try await desk.run(Self.text("reject", more, end)) { try await desk.answer($0, Self.yes) }
            #expect(report.status == status, "\(report.items.map(\.message)) \(report.message ?? "")")
            #expect(await desk.ground.journal.intents.isEmpty == (status == .failed))
            if status == .failed {
                #expect(report.items.contains { $0.message.contains("not about KO-BUY") }, "\(report.items)")
            }
        }
    }

    @Test("Each item asks for itself: one is approved, the other ends REJECTED")
    func items() async throws {
        let text = """
            format: 1
            workflow: t
            inputs: { names: { type: list<ticker> } }
            steps:
              - id: each
                foreach: inputs.names
                as: name
                key: name
                steps:
                  - id: propose
                    uses: orders.propose
                    with: { ticker: "${{ name }}", side: BUY, quantity: 10, urgency: HIGH }
                  - { id: check, uses: risk.check, with: { orders: "${{ steps.propose.orders }}" } }
                  - { id: sign_off, uses: approval.wait, timeout: 45m, with: { orders: "${{ steps.check.approved }}" } }
                  - id: trade
                    foreach: steps.sign_off.orders
                    as: order
                    key: order.id
                    steps:
                      - { id: send, uses: execute.twap, with: { order: "${{ order }}", duration_minutes: 5 } }
            """
        let desk = try await Desk()
        let executor = desk.executor()
        let inputs: [String: Value] = ["names": .list(symbols("KO JPM").map { .ticker($0) })]
        async let report = executor.run(SourceFile(name: "t.yaml", text: text), inputs: inputs)
        for _ in 0..<2 {
            let request = try await desk.questions.next()
            #expect(request.plan.orders.count == 1)
            try await desk.answer(request, request.stepPath == "each[KO]/sign_off" ? Self.yes : Self.no)
        }
        let items = try await report.items
        #expect(items.map(\.status) == [.success, .rejected], "\(items.map(\.message))")
        #expect(items.map(\.ticker) == ["KO", "JPM"])
    }

    @Test("The kill switch, pulled while people think, stops an approved plan before anything is sent")
    func halted() async throws {
        let desk = try await Desk()
        let report = try await desk.run(Self.text()) { request in
            await desk.ground.journal.move(
                .activated(
                    Halt(id: HaltID(unchecked: "h1"), reason: "drill", by: "test", since: request.askedAt)
                )
            )
            try await desk.answer(request, Self.yes)
        }
        #expect(report.status == .blocked, "\(report)")
        #expect(await desk.ground.journal.intents.isEmpty)
        #expect(report.items.first?.message.contains("no longer as it was approved") == true, "\(report.items)")
    }

    @Test("Cancelled while people think: nothing is sent, and the answer comes too late")
    func cancelled() async throws {
        let desk = try await Desk()
        let report = try await desk.run(Self.text()) { _ in desk.control.cancel(RunCancellation(by: "user")) }
        #expect(report.status == .failed)
        #expect(await desk.ground.journal.intents.isEmpty)
    }

    @Test("A plan is looked at again when its approval arrives: price, drift, size, and the end of the risk check")
    func gates() async throws {
        let floor = try await Floor.open(on: Ground())
        try await floor.desk.clock.watch([symbol("KO")])
        let now = await floor.desk.clock.now()
        let price = try #require(await floor.engine.view(symbol("KO"))?.mid)
        let instrument = try #require(floor.desk.instrument(symbol("KO")))
        func order(_ quantity: Int, at reference: Price, _ side: Side = .buy) -> ProposedOrder {
            ProposedOrder(
                instrument: instrument,
                side: side,
                quantity: Quantity(quantity),
                referencePrice: reference,
                urgency: .medium,
                urgencySource: "default",
                note: ""
            )
        }
        func objection(_ order: ProposedOrder, expires: Timestamp? = nil, at time: Timestamp? = nil) async throws
            -> String?
        {
            let gates = ApprovalGates(desk: floor.desk, limits: floor.desk.limits, now: time ?? now)
            return try await gates.objection(to: [order], expiresAt: expires)?.code
        }
        let lower = Price(units: price.units * 98 / 100)
        #expect(try await objection(order(10, at: price)) == nil)
        #expect(try await objection(order(10, at: lower)) == "PRICE_DRIFT")
        // A better price is none.
        #expect(try await objection(order(10, at: Price(units: price.units * 102 / 100))) == nil)
        #expect(try await objection(order(10, at: price), expires: now - .seconds(1)) == "approval_expired")
        #expect(try await objection(order(10, at: price), at: now + .seconds(3600)) == "NO_PRICE")
        #expect(try await objection(order(1_000_000, at: price)) == "plan_changed")
    }

    @Test("Silence is never an approval on a live account")
    func live() async throws {
        let desk = try await Desk()
        let catalog = StepCatalog(
            ["orders.propose", "risk.check", "approval.wait", "execute.twap"].compactMap {
                StepCatalog.standard.step($0)
            } + [desk.failed, desk.last]
        )
        let source = SourceFile(name: "t.yaml", text: Self.text("approve"))
        let bundle = try #require(WorkflowCompiler(registry: catalog.registry).compile(source) { _ in nil }.bundle)
        let record = RunRecord(
            id: RunID(unchecked: "live"),
            workflow: "t",
            definitionHash: bundle.hash,
            sources: ["t": source.text],
            inputs: "{}",
            account: desk.floor.desk.account,
            environment: .live,
            launch: "{}",
            startedAt: await desk.floor.desk.clock.now(),
            seed: 1
        )
        try await desk.floor.desk.store.create(record)
        let claimed = try await desk.floor.desk.store.claim(record.id)
        let report = try await WorkflowRunner(desk: desk.floor.desk, catalog: catalog).run(claimed, bundle, inputs: [:])
        #expect(report.status == .failed)
        #expect(report.message?.contains("approval_by_timeout") == true, "\(report)")
        #expect(await desk.ground.runs.asked(record.id).isEmpty)
    }
}
