public import TradingDomain

/// Keeps sells within what is held and not being sold already, unless short selling is enabled.
public struct NoShortRule: RiskRule {
    public let name = "no_short"

    public init() {}

    public func judge(_ order: ProposedOrder, _ snapshot: RiskSnapshot, _ limits: RiskLimits) -> RiskVerdict {
        let exposure = OrderExposure(order, snapshot)
        guard order.side == .sell, !limits.allowShort, exposure.addsExposure else { return pass(order) }
        let free = max(-exposure.before, .zero)
        return restrict(
            order,
            to: exposure.reducing,
            limits,
            "short_not_allowed",
            Measure(order.quantity, limit: free),
            "SELL \(order.quantity) \(order.symbol) is more than the \(free) held and free, and short selling is off. "
                + "Sell less, or set `allow_short`."
        )
    }
}
