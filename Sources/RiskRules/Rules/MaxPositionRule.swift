public import TradingDomain

/// Bounds one position, with all that is on its way, to a share of equity (RM-1).
public struct MaxPositionRule: RiskRule {
    public let name = "max_position"

    public init() {}

    public func judge(_ order: ProposedOrder, _ snapshot: RiskSnapshot, _ limits: RiskLimits) -> RiskVerdict {
        let exposure = OrderExposure(order, snapshot)
        let mark = snapshot.mark(for: order)
        let limit = snapshot.equity.percent(limits.maxPositionPercent)
        let value = order.instrument.notional(mark, exposure.after)
        let measure = Measure(value, limit: limit)
        guard exposure.addsExposure, value > limit else { return pass(order, measure) }
        let most = OrderExposure.quantity(for: limit, at: mark, order.instrument)
        return restrict(
            order,
            to: exposure.allowed(upTo: most),
            limits,
            "position_above_limit",
            measure,
            "\(order.side) \(order.quantity) \(order.symbol) could bring the position to \(exposure.after), worth "
                + "\(value) at \(mark); the limit is \(limits.maxPositionPercent) % of equity (\(limit)). "
                + "Ask for less, or raise `limits.max_position_percent`."
        )
    }
}
