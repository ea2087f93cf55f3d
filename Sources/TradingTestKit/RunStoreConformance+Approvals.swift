import ExecutionEngine
import Orchestration
import TradingDomain
import Workflows

extension RunStoreConformance {
    static func request(
        _ step: String = "sign_off",
        show: String = "ü\n",
        patience: Duration = .seconds(3600),
        run: RunID? = nil
    ) -> ApprovalRequest {
        ApprovalRequest(
            plan: ApprovalPlan(
                account: AccountID(unchecked: "paper@generated-7"),
                environment: .paper,
                run: run ?? self.run().id,
                workflow: "watchlist",
                definitionHash: "ab12",
                stepPath: step,
                orders: [],
                expiresAt: time + .seconds(60),
                show: show
            ),
            onTimeout: .reject,
            patience: patience,
            askedAt: time
        )
    }

    static func asking(_ harness: Harness) async throws {
        let store = try await harness.store("one")
        try await store.create(run())
        let claim = try await store.claim(run().id).claim
        try expect(try await store.approvalRequests(of: run().id).isEmpty, "nothing is asked yet")
        let (first, second) = (request(show: "a"), request(show: "b"))
        try await store.ask(first, of: claim)
        try await store.ask(first, of: claim)
        try await store.ask(request("other[NVDA]/sign_off"), of: claim)
        let asked = try await store.approvalRequests(of: run().id)
        try expect(asked.map(\.plan), equals: [first.plan, request("other[NVDA]/sign_off").plan], "the plans")
        try expect(asked.map(\.digest), equals: asked.map(\.plan.digest), "the digests")
        try expect(asked.allSatisfy { $0.state == .pending && $0.decidedBy == nil }, "nobody has answered")
        try expect(asked[0].expiresAt - asked[0].askedAt > .seconds(3599), "the time to answer")
        try await store.ask(second, of: claim)
        func states() async throws -> [ApprovalStanding.State] {
            try await store.approvalRequests(of: run().id).map(\.state)
        }
        try expect(try await states(), equals: [.superseded, .pending, .pending], "after another plan")
        try await store.ask(first, of: claim)
        try expect(try await states(), equals: [.pending, .pending, .superseded], "after the first again")
        try await store.ask(request("late", patience: .zero), of: claim)
        let late = try await store.approvalRequests(of: run().id).last
        try expect(late?.state, equals: .expired, "what nobody can answer in time")
        try expect(late?.decidedBy, equals: "timeout", "who decided")
        try await store.ask(request("late", patience: .seconds(60)), of: claim)
        try expect(try await states().last, equals: .expired, "an answer stands when the same is asked again")
    }

    static func parking(_ harness: Harness) async throws {
        let (one, two) = (try await harness.store("one"), try await harness.store("two"))
        try await one.create(run())
        let claim = try await one.claim(run().id).claim
        try expect(try await one.park(claim), equals: false, "a run that asks nothing")
        try await one.ask(request("late", patience: .zero), of: claim)
        try expect(try await one.park(claim), equals: false, "a run whose answer is there")
        _ = try await one.approvalRequests(of: run().id)
        try expect(try await one.park(claim), equals: false, "a run that has not looked at its answer")
        try await one.complete(step("late"), of: claim)
        try await one.ask(request(), of: claim)
        try expect(try await one.park(claim), equals: true, "a run that waits for people alone")
        let error = try await expectError(RunStoreError.self, "a write after that") {
            try await one.complete(step("a"), of: claim)
        }
        try expect(error, equals: .fenced(run().id), "its fence")
        // Nobody holds it: a worker need not be dead for another to go on.
        let taken = try await two.claim(run().id)
        try expect(taken.done.map(\.path), equals: ["late"], "what is done")
        try expect(taken.claim.epoch > claim.epoch, "a higher epoch")
    }
}
