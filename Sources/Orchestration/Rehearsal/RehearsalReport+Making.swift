import ExecutionEngine
import RiskRules
import TradingDomain
import Workflows

extension RehearsalReport.Order {
    /// What a rehearsed order came to.
    init(_ rehearsed: RehearsedOrder, at path: StepPath) {
        let record = rehearsed.record
        let order = record.submission.order
        let item = ReportBuilder.item(record)
        self.init(
            step: "\(path)",
            ticker: order.symbol,
            side: order.side,
            asked: order.quantity,
            urgency: order.urgency,
            status: item.status,
            message: item.message.isEmpty ? nil : item.message
        )
        guard let admission = record.admission else { return }
        let verdict = admission.verdict
        let parent = admission.parent
        let value = parent.instrument.notional(admission.arrival.price, parent.quantity)
        quantity = parent.quantity
        algorithm = verdict.algorithm
        rule = verdict.rule
        plan = verdict.plan
        slices = verdict.slices
        (start, end) = (verdict.start, verdict.end)
        arrivalPrice = admission.arrival.price
        notional = value
        spreadBps = verdict.predicted?.spreadBps
        impactBps = verdict.predicted?.impactBps
        fees = rehearsed.fees
        candidates = verdict.candidates?.map { Candidate(algorithm: $0.algorithm, costBps: $0.costBps, note: $0.note) }
        missing = verdict.inputs.map(\.missing).flatMap { $0.isEmpty ? nil : $0 }
        let paid = record.fills.reduce(Money.zero(value.currency)) { $0 + $1.notional }
        let worse = parent.side == .buy ? paid - value : value - paid
        if verdict.predicted != nil { predictedCost = worse + (rehearsed.fees ?? .zero(value.currency)) }
        let shrunk = parent.quantity < order.quantity ? "shrunk from \(order.quantity) to \(parent.quantity)" : nil
        let slippage = admission.slippage.flatMap { $0.isBlocked || $0.outcome == .pass ? nil : $0.message }
        let words = [message, shrunk, slippage].compactMap(\.self)
        message = words.isEmpty ? nil : words.joined(separator: "; ")
    }
}

extension RehearsalReport {
    /// What is to be known of any dry run, and of this one.
    static func notes(_ orders: [Order], _ steps: [Step]) -> [String] {
        var notes = ["Nothing was written and nothing was sent."]
        if steps.contains(where: { $0.uses == "agent.decide" }) {
            notes[0] += " Agents were asked: what asking costs was spent."
        }
        guard !orders.isEmpty else { return notes }
        notes.append(
            "Prices stand still at the moment shown. Orders count as filled whole at the arrival price worsened by the "
                + "predicted cost; what really fills, and everything behind an order, is known only after it."
        )
        if orders.contains(where: { $0.quantity != nil && $0.spreadBps == nil }) {
            notes.append("Orders without a predicted cost count as filled at the arrival price.")
        }
        return notes
    }
}
