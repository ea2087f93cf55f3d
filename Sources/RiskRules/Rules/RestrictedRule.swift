public import TradingDomain

/// Lets restricted instruments be reduced only (RM-10).
public struct RestrictedRule: RiskRule {
    public let name = "restricted"

    public init() {}

    public func judge(_ order: ProposedOrder, _ snapshot: RiskSnapshot, _ limits: RiskLimits) -> RiskVerdict {
        let exposure = OrderExposure(order, snapshot)
        guard limits.restricted.contains(order.symbol), exposure.addsExposure else { return pass(order) }
        return restrict(
            order,
            to: exposure.reducing,
            limits,
            "instrument_restricted",
            nil,
            "\(order.symbol) is on the restricted list and may only be reduced. "
                + "Trade something else, or take it off `limits.restricted`."
        )
    }
}
