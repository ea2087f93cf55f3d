import Foundation
import Orchestration
import TradingDomain

/// A plan that waits for a person's approval, as people read it.
enum ApprovalText {
    /// What a run says that begins to wait: the plan, and how to answer.
    static func question(_ request: ApprovalRequest) -> [String] {
        let minutes = max(1, Int((request.patience.seconds / 60).rounded(.up)))
        return question(request.plan, request.digest, request.onTimeout, "\(minutes) min from when it was first asked")
    }

    /// The same of a request that another process made.
    static func question(_ standing: ApprovalStanding) -> [String] {
        question(standing.plan, standing.digest, standing.onTimeout, "at \(standing.expiresAt)")
    }

    private static func question(
        _ plan: ApprovalPlan,
        _ digest: String,
        _ onTimeout: ApprovalRequest.Timeout,
        _ end: String
    ) -> [String] {
        let answer = "\(plan.run)\(step(plan.stepPath)) --digest \(digest.prefix(12))"
        return ["Run \(plan.run) waits for approval at step \(plan.stepPath):"] + self.plan(plan) + [
            "Approve it:  smartexec approve \(answer)",
            "Reject it:   smartexec reject \(answer) --reason WHY",
            "Silence \(onTimeout == .approve ? "approves" : "rejects") it, \(end).",
        ]
    }

    /// The orders of a plan with their totals, and what its author shows.
    static func plan(_ plan: ApprovalPlan) -> [String] {
        var lines = plan.orders.flatMap { order in
            ["  \(order.line)\(cost(order))"] + (order.reason.isEmpty ? [] : ["      \(VisibleText.of(order.reason))"])
        }
        if lines.isEmpty { lines = ["  It is about no order: the run goes on, or it does not."] }
        for side in [Side.buy, .sell] {
            let values = plan.orders.filter { $0.side == side }.map(\.notional)
            guard let first = values.first else { continue }
            let sum = values.dropFirst().reduce(first) { $0.currency == $1.currency ? $0 + $1 : $0 }
            lines.append("  \(side == .buy ? "Buys" : "Sells") together: \(sum)")
        }
        let shown = VisibleText.lines(Array(plan.show.utf8), limit: 8192)
        if !shown.isEmpty { lines += ["  The workflow adds:"] + shown.map { "    \($0)" } }
        return lines
    }

    private static func cost(_ order: ApprovalPlan.Order) -> String {
        guard let bps = order.expectedCostBps, bps.isFinite else { return "" }
        return ", expected cost \(ReportPrinter.bps(bps)) bps"
    }

    /// A step inside an item is named, since other items ask too.
    private static func step(_ path: String) -> String { path.contains("[") ? " --step '\(path)'" : "" }
}
