public import TradingDomain

/// Why an answer does not count.
public enum ApprovalRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// The run asks nobody anything, or nothing at that step.
    case nothingAsked(RunID, step: String?)
    /// The run has ended; what it asked no longer matters.
    case runEnded(RunID)
    /// Several steps ask; the digest is of none of them.
    case badDigest(RunID)
    /// Somebody answered first, or the time ran out.
    case decided(ApprovalStanding)
    /// What waits for an answer is another plan than the one whose digest was given.
    case otherPlan(pending: ApprovalStanding, meant: ApprovalPlan?)

    public var code: String {
        switch self {
        case .nothingAsked: "approval_not_asked"
        case .runEnded: "approval_run_ended"
        case .badDigest: "approval_bad_digest"
        case .decided: "approval_decided"
        case .otherPlan: "approval_other_plan"
        }
    }

    public var description: String {
        switch self {
        case .nothingAsked(let run, let step):
            "Run \(run) waits for nobody's approval\(step.map { " at step \($0)" } ?? ""). "
                + "`smartexec approvals list` shows what waits."
        case .runEnded(let run):
            "Run \(run) has ended; there is nothing left to approve or reject. `smartexec report \(run)` shows it."
        case .badDigest(let run):
            "A digest is at least \(ApprovalDesk.shortestDigest) digits of 0-9 and a-f, as "
                + "`smartexec approvals list --run \(run)` shows it."
        case .decided(let standing): Self.decided(standing)
        case .otherPlan(let pending, let meant): Self.other(pending, meant)
        }
    }

    private static func decided(_ standing: ApprovalStanding) -> String {
        let by = standing.decidedBy ?? "somebody"
        let at = standing.decidedAt.map { " at \($0)" } ?? ""
        let what = "Plan \(standing.shortDigest) of run \(standing.run), step \(standing.stepPath),"
        return switch standing.state {
        case .approved: "\(what) was approved by \(by)\(at). One approval counts once; there is nothing left to do."
        case .rejected:
            "\(what) was rejected by \(by)\(at)\(standing.note.map { ": \($0)" } ?? ""). Run it anew to ask again."
        case .expired:
            "\(what) expired at \(standing.expiresAt): nobody had answered by then. Run it anew to ask again."
        case .superseded, .pending: "\(what) is no longer asked for: the run asks about another plan now."
        }
    }

    private static func other(_ pending: ApprovalStanding, _ meant: ApprovalPlan?) -> String {
        let now = pending.plan.orders.map(\.line)
        var lines = [
            "That is not the plan that waits. Step \(pending.stepPath) of run \(pending.run) asks about "
                + "\(pending.shortDigest) now:"
        ]
        if let meant {
            let difference = meant.difference(to: pending.plan)
            lines +=
                difference.isEmpty ? ["  the same trades, with another expiry or text"] : difference.map { "  \($0)" }
        } else {
            lines += now.isEmpty ? ["  a plan without orders"] : now.map { "  \($0)" }
        }
        lines.append("Look at it, and answer with --digest \(pending.shortDigest) if you mean it.")
        return lines.joined(separator: "\n")
    }
}

/// Matches answers with what was asked: the whole decision, without a database.
public enum ApprovalDesk {
    /// Digits of a digest that an answer gives at least.
    public static let shortestDigest = 8

    /// The request that an answer is for.
    ///
    /// - Parameters:
    ///   - requests: Everything that the run has asked, the oldest first.
    ///   - run: The run.
    ///   - step: The path of the step, where the answer names it.
    ///   - digest: The digest, or its beginning.
    /// - Returns: A request that is pending.
    /// - Throws: ``ApprovalRefusal``.
    public static func target(
        among requests: [ApprovalStanding],
        of run: RunID,
        step: String?,
        digest: String
    ) throws(ApprovalRefusal) -> ApprovalStanding {
        let digest = digest.lowercased()
        let isHexadecimal = digest.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
        guard isHexadecimal, (shortestDigest...64).contains(digest.utf8.count) else { throw .badDigest(run) }
        let there = requests.filter { step == nil || $0.stepPath == step }
        let meant = there.filter { $0.digest.hasPrefix(digest) }
        if let pending = meant.last(where: { $0.state == .pending }) { return pending }
        let asked = there.filter { $0.state == .pending }
        if let old = meant.last {
            // The step of the plan that was meant may ask about another one by now.
            if old.state == .superseded, let now = asked.first(where: { $0.stepPath == old.stepPath }) {
                throw .otherPlan(pending: now, meant: old.plan)
            }
            throw .decided(old)
        }
        if let only = asked.first { throw .otherPlan(pending: only, meant: nil) }
        if let last = there.last { throw .decided(last) }
        throw .nothingAsked(run, step: step)
    }
}
