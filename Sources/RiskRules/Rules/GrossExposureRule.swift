public import TradingDomain

/// Bounds all positions together, with all that is on its way, to a share of equity.
public struct GrossExposureRule: RiskRule {
    public let name = "gross_exposure"

    public init() {}

    public func judge(_ order: ProposedOrder, _ snapshot: RiskSnapshot, _ limits: RiskLimits) -> RiskVerdict {
        let exposure = OrderExposure(order, snapshot)
        let mark = snapshot.mark(for: order)
        let limit = snapshot.equity.percent(limits.maxGrossExposurePercent)
        let others = snapshot.worstExposure(without: order.symbol)
        let ownBefore = snapshot.worstExposure(order.symbol)
        let ownAfter = max(ownBefore, order.instrument.notional(mark, exposure.after))
        let measure = Measure(others + ownAfter, limit: limit)
        guard exposure.addsExposure, ownAfter > ownBefore, others + ownAfter > limit else {
            return pass(order, measure)
        }
        let room = max(limit - others, ownBefore)
        return restrict(
            order,
            to: exposure.allowed(upTo: OrderExposure.quantity(for: room, at: mark, order.instrument)),
            limits,
            "gross_exposure_above_limit",
            measure,
            "\(order.side) \(order.quantity) \(order.symbol) could bring all positions to \(others + ownAfter); the "
                + "limit is \(limits.maxGrossExposurePercent) % of equity (\(limit)). "
                + "Sell something first, or raise `limits.max_gross_exposure_percent`."
        )
    }
}
