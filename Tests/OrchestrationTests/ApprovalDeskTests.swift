import Testing
import TradingDomain
import Workflows

@testable import Orchestration

@Suite("Which request an answer is for")
struct ApprovalDeskTests {
    private static let run = RunID(unchecked: "0198c0de-0000-7000-8000-000000000001")

    private static func plan(_ step: String, show: String = "", account: String = "paper") -> ApprovalPlan {
        ApprovalPlan(
            account: AccountID(unchecked: account),
            environment: .paper,
            run: run,
            workflow: "w",
            definitionHash: "ab",
            stepPath: step,
            orders: [],
            expiresAt: nil,
            show: show
        )
    }

    private static func standing(_ plan: ApprovalPlan, _ state: ApprovalStanding.State) -> ApprovalStanding {
        let time = Timestamp(nanoseconds: 1)
        return ApprovalStanding(
            plan: plan,
            digest: plan.digest,
            state: state,
            onTimeout: .reject,
            askedAt: time,
            expiresAt: time,
            decidedBy: state == .pending || state == .superseded ? nil : "ada"
        )
    }

    private func code(_ requests: [ApprovalStanding], _ digest: String, step: String? = nil) -> String {
        do throws(ApprovalRefusal) {
            return try ApprovalDesk.target(among: requests, of: Self.run, step: step, digest: digest).stepPath
        } catch {
            return error.code
        }
    }

    @Test("By digest, its beginning, and step; anything else is told what waits")
    func target() {
        let (a, b) = (Self.plan("a"), Self.plan("b"))
        let asked = [Self.standing(a, .pending), Self.standing(b, .pending)]
        #expect(code(asked, a.digest) == "a")
        #expect(code(asked, String(b.digest.prefix(8)).uppercased()) == "b")
        #expect(code(asked, String(b.digest.prefix(7))) == "approval_bad_digest")
        #expect(code(asked, "not hexadecimal") == "approval_bad_digest")
        #expect(code(asked, "") == "approval_bad_digest")
        #expect(code(asked, a.digest + "0") == "approval_bad_digest")
        #expect(code(asked, b.digest, step: "a") == "approval_other_plan")
        #expect(code(asked, b.digest, step: "c") == "approval_not_asked")
        #expect(code([], a.digest) == "approval_not_asked")
        #expect(code([Self.standing(a, .approved)], a.digest) == "approval_decided")
        #expect(code([Self.standing(a, .expired)], b.digest) == "approval_decided")
        let changed = Self.plan("a", show: "other")
        #expect(
            code([Self.standing(a, .superseded), Self.standing(changed, .pending)], a.digest) == "approval_other_plan"
        )
        #expect(code([Self.standing(a, .superseded)], a.digest) == "approval_decided")
    }

    @Test("Whatever is approved is in the digest, and free text cannot pass for a line")
    func digests() {
        let plans = [
            Self.plan("a"), Self.plan("b"), Self.plan("a", show: "x"), Self.plan("a", account: "live"),
            Self.plan("a", show: "\norder KO-BUY BUY 1 KO"), Self.plan("a\nexpires 1"),
        ]
        #expect(Set(plans.map(\.digest)).count == plans.count)
        #expect(plans.allSatisfy { $0.digest.utf8.count == 64 })
        #expect(Self.plan("a").digest == plans[0].digest)
        #expect(
            plans[4].canonicalText.split(separator: "\n").count == plans[0].canonicalText.split(separator: "\n").count
        )
    }

    @Test("An approval binds its scope, and nothing beside it")
    func scopes() {
        var approvals = RunApprovals()
        func order(_ document: String) -> Value.Record {
            Value.Record("ApprovedOrder", [("document", .text(document))])
        }
        func record(_ document: String) -> Value { .record(order(document)) }
        #expect(!approvals.forbid(order("1"), at: StepPath("trade/x")))
        approvals.take(
            "approval.wait",
            at: StepPath("each[A/B]/sign_off"),
            .success(output: Value.Record("o", [("orders", .list([record("1")]))]))
        )
        #expect(!approvals.forbid(order("1"), at: StepPath("each[A/B]/trade[k]/send")))
        #expect(approvals.forbid(order("2"), at: StepPath("each[A/B]/trade[k]/send")))
        #expect(!approvals.forbid(order("2"), at: StepPath("each[A/C]/trade[k]/send")))
        #expect(!approvals.forbid(order("2"), at: StepPath("trade[k]/send")))
        approvals.take("approval.wait", at: StepPath("late"), .ended(.rejected, note: ""))
        #expect(!approvals.forbid(order("2"), at: StepPath("trade[k]/send")))
        approvals.take(
            "risk.check",
            at: StepPath("check"),
            .success(output: Value.Record("c", [("approved", .list([record("3")]))]))
        )
        approvals.take(
            "risk.check",
            at: StepPath("each[A/B]/check"),
            .success(output: Value.Record("c", [("approved", .list([record("1")]))]))
        )
        #expect(approvals.lastCheck(for: StepPath("each[A/B]/sign_off")) == [record("1")])
        #expect(approvals.lastCheck(for: StepPath("each[C]/sign_off")) == [record("3")])
        #expect(approvals.lastCheck(for: StepPath("sign_off")) == [record("3")])
    }
}
