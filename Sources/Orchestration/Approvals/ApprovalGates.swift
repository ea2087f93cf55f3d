import ExecutionEngine
import MarketData
import RiskRules
import TradingAgents
import TradingDomain

/// What is looked at again when an approval arrives: time has passed since the plan was made.
///
/// The order's own admission follows when it starts: it judges by the live account again and reserves. Here the plan is
/// judged as the whole that a person saw, so that no half of it goes out.
struct ApprovalGates {
    /// Why an approved plan does not go out.
    struct Objection: Hashable {
        let code: String
        let message: String
    }

    let desk: Desk
    let limits: RiskLimits
    let now: Timestamp

    /// The first thing that speaks against the plan now; `nil` lets it go on.
    ///
    /// What cannot be read speaks against it.
    func objection(to orders: [ProposedOrder], expiresAt: Timestamp?) async throws -> Objection? {
        guard !orders.isEmpty else { return nil }
        if let expiresAt, now > expiresAt {
            return Objection(code: "approval_expired", message: "the risk check's approval ended at \(expiresAt)")
        }
        try await desk.clock.watch(orders.map(\.symbol))
        // Where time stood still nobody has looked at the kill switch since.
        try await desk.engine.checkControls(at: now)
        let snapshot = await desk.engine.riskSnapshot(at: now, naming: orders.map(\.instrument))
        for order in orders {
            guard case .open = desk.hours.phase(of: order.instrument, at: now) else {
                return Objection(code: "NOT_TRADABLE", message: "the session of \(order.symbol) is closed at \(now)")
            }
            // Getting out must work in a crash; the collar still holds.
            if let objection = await priceProblem(order, mayDrift: snapshot.onlyReduces(order)) { return objection }
        }
        for judged in RiskGate.evaluate(orders, snapshot, limits).orders {
            if let block = judged.block { return Objection(code: block.code, message: block.message) }
            guard judged.isShrunk, let fitting = judged.approved else { continue }
            let words = judged.violations.map(\.message).joined(separator: "; ")
            return Objection(
                code: "plan_changed",
                message: "\(judged.asked.symbol) fits with \(fitting.quantity) instead of "
                    + "\(judged.asked.quantity) now: \(words)"
            )
        }
        return nil
    }

    private func priceProblem(_ order: ProposedOrder, mayDrift: Bool) async -> Objection? {
        guard let view = await desk.engine.view(order.symbol), let price = view.mid, let at = view.pricedAt else {
            return Objection(code: "NO_PRICE", message: "there is no price of \(order.symbol) at \(now)")
        }
        guard now - at <= desk.priceAgeMax else {
            return Objection(code: "NO_PRICE", message: "the price of \(order.symbol) is from \(at), too old at \(now)")
        }
        // Towards the worse: a better price is no reason to ask again.
        let worse = order.side == .buy ? price - order.referencePrice : order.referencePrice - price
        guard !mayDrift, worse > .zero, order.referencePrice > .zero else { return nil }
        let limit = IntakeLimits().driftBps(order.urgency)
        let hundredths = Int128(worse.units) * 1_000_000 / Int128(order.referencePrice.units)
        guard hundredths > Int128(limit) * 100 else { return nil }
        let drift = FixedDecimal(units: hundredths * 1_000_000)
        return Objection(
            code: "PRICE_DRIFT",
            message: "\(order.symbol) is at \(price), \(drift) bps worse than the \(order.referencePrice) that was "
                + "planned with; \(limit) bps are allowed"
        )
    }
}
