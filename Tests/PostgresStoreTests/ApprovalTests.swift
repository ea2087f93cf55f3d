import Orchestration
import Testing
import TradingDomain
import TradingTestKit
import Workflows

@testable import PostgresStore

@Suite("Approvals in PostgreSQL")
struct ApprovalTests {
    private static let run = RunID(unchecked: "0198c0de-0000-7000-8000-000000000001")

    private func record() -> RunRecord {
        RunRecord(
            id: Self.run,
            workflow: "w",
            definitionHash: "ab",
            sources: ["w": "format: 1\n"],
            inputs: "{}",
            account: AccountID(unchecked: "paper@x"),
            environment: .paper,
            launch: "{}",
            startedAt: Timestamp(nanoseconds: 1),
            seed: 1
        )
    }

    private func request(_ step: String = "sign_off", _ show: String = "", patience: Duration = .seconds(60))
        -> ApprovalRequest
    {
        ApprovalRequest(
            plan: ApprovalPlan(
                account: AccountID(unchecked: "paper@x"),
                environment: .paper,
                run: Self.run,
                workflow: "w",
                definitionHash: "ab",
                stepPath: step,
                orders: [],
                expiresAt: nil,
                show: show
            ),
            onTimeout: .reject,
            patience: patience,
            askedAt: Timestamp(nanoseconds: 1)
        )
    }

    private func answer(_ number: Int, yes: Bool = true) -> ApprovalAnswer {
        ApprovalAnswer(isApproved: yes, by: "person \(number)", how: "test", note: yes ? nil : "no\0")
    }

    private func with(_ body: (StoreFixture, any RunStore, RunClaim) async throws -> Void) async throws {
        let fixture = try await StoreFixture("approvals")
        let store = try await fixture.store("one")
        try await store.create(record())
        try await body(fixture, store, try await store.claim(Self.run).claim)
        try await fixture.close()
    }

    @Test("Of many who answer at once one is first, and the others are told who")
    func race() async throws {
        try await with { fixture, store, claim in
            let request = request()
            try await store.ask(request, of: claim)
            let approvals = PostgresApprovals(pool: fixture.pool)
            let outcomes = await withTaskGroup(of: Result<ApprovalStanding, any Error>.self) { group in
                for number in 0..<8 {
                    let answer = answer(number, yes: number.isMultiple(of: 2))
                    group.addTask {
                        do {
                            return .success(
                                try await approvals.answer(Self.run, step: nil, digest: request.digest, answer)
                            )
                        } catch { return .failure(error) }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            let winners = outcomes.compactMap { try? $0.get() }
            #expect(winners.count == 1)
            for case .failure(let error) in outcomes {
                let refusal = try #require(error as? ApprovalRefusal)
                guard case .decided(let standing) = refusal else {
                    Issue.record("\(refusal)")
                    continue
                }
                #expect(standing.decidedBy == winners.first?.decidedBy)
            }
            let kept = try await store.approvalRequests(of: Self.run)
            #expect(kept == winners)
            #expect(try await fixture.count("SELECT count(*) FROM alerts WHERE code = 'approval_wanted'") == 1)
        }
    }

    @Test("A run that was let go of is ready with the answer, whichever of the two is first", arguments: 0..<20)
    func wakes(round: Int) async throws {
        try await with { fixture, store, claim in
            let request = request()
            try await store.ask(request, of: claim)
            async let parked = store.park(claim)
            async let answered = PostgresApprovals(pool: fixture.pool).answer(
                Self.run,
                step: "sign_off",
                digest: request.digest,
                answer(round)
            )
            let (isParked, standing) = try await (parked, answered)
            #expect(standing.state == .approved)
            let state = try await fixture.sql("SELECT state FROM runs").single().text(at: 0)
            #expect(state == (isParked ? "ready" : "running"))
        }
    }

    @Test("What nobody answers wakes its run too, once, with an alert")
    func overdue() async throws {
        try await with { fixture, store, claim in
            try await store.ask(request(), of: claim)
            let isParked = try await store.park(claim)
            #expect(isParked)
            let approvals = PostgresApprovals(pool: fixture.pool)
            #expect(try await approvals.endOverdue() == 0)
            try await fixture.sql("UPDATE approval_requests SET expires_at = clock_timestamp()")
            #expect(try await approvals.list().isEmpty)
            #expect(try await approvals.endOverdue() == 1)
            #expect(try await approvals.endOverdue() == 0)
            #expect(try await fixture.sql("SELECT state FROM runs").single().text(at: 0) == "ready")
            #expect(try await fixture.count("SELECT count(*) FROM alerts WHERE code = 'approval_expired'") == 1)
            let refusal = await #expect(throws: ApprovalRefusal.self) {
                _ = try await approvals.answer(Self.run, step: nil, digest: request().digest, answer(1))
            }
            #expect(refusal?.code == "approval_decided")
            #expect(try await approvals.list(openOnly: false).map(\.state) == [.expired])
        }
    }

    @Test("A plan that changed is not approved by the old digest, and the answer says what changed")
    func changed() async throws {
        try await with { fixture, store, claim in
            let approvals = PostgresApprovals(pool: fixture.pool)
            try await store.ask(request("sign_off", "a"), of: claim)
            try await store.ask(request("sign_off", "b"), of: claim)
            let refusal = await #expect(throws: ApprovalRefusal.self) {
                _ = try await approvals.answer(
                    Self.run,
                    step: nil,
                    digest: request("sign_off", "a").digest,
                    answer(1)
                )
            }
            #expect(refusal?.code == "approval_other_plan")
            #expect(try await approvals.list(account: AccountID(unchecked: "paper")).map(\.plan.show) == ["b"])
            let standing = try await approvals.answer(
                Self.run,
                step: nil,
                digest: request("sign_off", "b").digest,
                answer(2, yes: false)
            )
            #expect(standing.state == .rejected && standing.note == "no\u{2400}")
            try await store.finish(claim, status: .rejected, report: "{}", at: Timestamp(nanoseconds: 2))
            let late = await #expect(throws: ApprovalRefusal.self) {
                _ = try await approvals.answer(Self.run, step: nil, digest: standing.digest, answer(3))
            }
            #expect(late?.code == "approval_run_ended")
        }
    }
}
