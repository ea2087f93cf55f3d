import ExecutionEngine
import Portfolio
import RiskRules
public import TradingDomain
import Workflows

/// A step that waits for a person; it holds nothing.
struct AskedStep: Sendable {
    let call: StepCall
    let question: ApprovalQuestion
    let startedAt: Timestamp
    /// Since when the plan, approved, waits for its account to be known to equal its venue, and what was held then.
    var wait: (since: Timestamp, held: [Symbol: Quantity])?
}

/// What `approval.wait` hands to its run: what to ask, and the orders it is about.
public struct ApprovalQuestion: Sendable {
    let request: ApprovalRequest
    /// The `ApprovedOrder` records of the plan, as later steps read them.
    let records: [Value]
    /// The same orders in full.
    let orders: [ProposedOrder]
}

/// The steps of a run that wait for people, and the answers that have come.
struct AskedSteps {
    /// An answer with what it makes of its step.
    struct Answered {
        let step: AskedStep
        let outcome: StepOutcome
        let notes: [ItemNote]
    }

    /// How often the store is asked for answers; wall clock.
    private static let interval = Duration.milliseconds(500)

    private(set) var steps: [AskedStep] = []
    private var lookedAt: ContinuousClock.Instant?

    var isEmpty: Bool { steps.isEmpty }

    mutating func add(_ step: AskedStep) {
        steps.append(step)
        lookedAt = nil
    }

    /// Takes out the steps that are over: answered, timed out, or their run ends early.
    ///
    /// - Throws: The store's errors.
    mutating func collect(_ desk: Desk, run: RunID, at now: Timestamp, _ cancellation: RunCancellation?) async throws
        -> [Answered]
    {
        guard !steps.isEmpty else { return [] }
        var standings: [ApprovalStanding] = []
        if lookedAt.map({ ContinuousClock.now - $0 >= Self.interval }) ?? true {
            standings = try await desk.store.approvalRequests(of: run)
            lookedAt = .now
        }
        var over: [Answered] = []
        var open: [AskedStep] = []
        for var step in steps {
            let request = step.question.request
            let standing = standings.last { $0.stepPath == request.stepPath && $0.digest == request.digest }
            if let answered = try await answered(&step, standing, desk, now, cancellation) {
                over.append(answered)
            } else {
                open.append(step)
            }
        }
        steps = open
        return over
    }

    private func answered(
        _ step: inout AskedStep,
        _ standing: ApprovalStanding?,
        _ desk: Desk,
        _ now: Timestamp,
        _ cancellation: RunCancellation?
    ) async throws -> Answered? {
        if let cancellation {
            return Answered(step: step, outcome: .ended(.failed, note: cancellation.text), notes: [])
        }
        if let deadline = step.call.workflowDeadline, deadline.time <= now {
            let why = step.wait == nil ? "nobody had answered" : "its account was not reconciled"
            let message = "\(step.call.place): \(deadline.text), and \(why) by \(deadline.time)."
            return Answered(step: step, outcome: .failed(code: CallDeadline.code, message: message), notes: [])
        }
        guard let standing else { return nil }
        switch standing.state {
        case .pending: return nil
        case .approved: return try await approved(&step, standing, desk, now)
        case .rejected:
            let why = standing.note.map { ": \($0)" } ?? ""
            return refused(
                step,
                .rejected,
                "approval_rejected",
                "rejected by \(standing.decidedBy ?? "somebody")\(why)"
            )
        case .expired:
            return refused(step, .rejected, "approval_expired", "nobody approved it by \(standing.expiresAt)")
        case .superseded:
            return refused(step, .rejected, "approval_superseded", "the run asked about another plan since")
        }
    }

    /// What an approval makes of its step; `nil` while the plan waits for the account to be known to equal its venue, as
    /// an order does at its admission.
    private func approved(
        _ step: inout AskedStep,
        _ standing: ApprovalStanding,
        _ desk: Desk,
        _ now: Timestamp
    ) async throws -> Answered? {
        let by = standing.decidedBy ?? "somebody"
        let question = step.question
        if try await mustWait(&step, desk, now) { return nil }
        if let wait = step.wait, await Self.held(of: question.orders, desk) != wait.held {
            let message =
                "approved by \(by), and the comparison with the venue changed the positions that it was planned by. "
                + "Look at `smartexec reconcile`, and run it anew to ask again"
            return refused(step, .blocked, "plan_changed", message)
        }
        let gates = ApprovalGates(desk: desk, limits: desk.limits, now: now)
        if let objection = try await gates.objection(to: question.orders, expiresAt: question.request.plan.expiresAt) {
            let message =
                "approved by \(by), and no longer as it was approved: \(objection.message). Run it anew to ask again"
            return refused(step, .blocked, objection.code, message)
        }
        let output = Value.Record(
            "\(ApprovalWait.name) output",
            [
                ("by", .text(by)), ("at", .timestamp(now)), ("digest", .text(standing.digest)),
                ("note", standing.note.map { .text($0) } ?? .null), ("orders", .list(question.records)),
            ]
        )
        let words = "approved by \(by) as plan \(standing.shortDigest)"
        return Answered(
            step: step,
            outcome: .success(output: output),
            notes: question.orders.map { .remark($0.symbol, words) }
        )
    }

    /// Whether the plan has to wait for its account to be known to equal its venue, as its orders would at admission.
    private func mustWait(_ step: inout AskedStep, _ desk: Desk, _ now: Timestamp) async throws -> Bool {
        let orders = step.question.orders
        // Where time stands still nothing would change.
        guard desk.clock.speed != nil, await !desk.engine.isReconciled,
            let patience = await desk.engine.reconciliationPatience
        else { return false }
        let snapshot = await desk.engine.riskSnapshot(at: now, naming: orders.map(\.instrument))
        guard !orders.allSatisfy(snapshot.onlyReduces) else { return false }
        let wait = if let begun = step.wait { begun } else { (since: now, held: await Self.held(of: orders, desk)) }
        step.wait = wait
        return now < wait.since + patience
    }

    private static func held(of orders: [ProposedOrder], _ desk: Desk) async -> [Symbol: Quantity] {
        let portfolio = await desk.engine.portfolio
        return Dictionary(orders.map { ($0.symbol, portfolio.position($0.symbol).quantity) }) { first, _ in first }
    }

    private func refused(_ step: AskedStep, _ status: ItemStatus, _ code: String, _ message: String) -> Answered {
        Answered(
            step: step,
            outcome: .ended(status, note: message),
            notes: step.question.orders.map { .ended($0.symbol, status: status, code: code, message: message) }
        )
    }
}

/// Thrown by a run that nothing but people's answers keeps: nobody holds it until one answers.
public struct RunParked: Error, Hashable, Sendable, CustomStringConvertible {
    public let run: RunID
    /// What it asks.
    public let requests: [ApprovalRequest]

    public var code: String { "run_parked" }

    public var description: String {
        let steps = requests.map { "\($0.stepPath) (plan \($0.digest.prefix(12)))" }.joined(separator: ", ")
        return "Run \(run) waits for approval of \(steps). `smartexec approvals list --run \(run)` shows what it asks; "
            + "once that is answered, `smartexec runs resume \(run)` goes on with it."
    }
}
