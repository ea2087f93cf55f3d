public import TradingDomain

/// Bounds how many parent orders are live at once.
public struct OpenParentsRule: RiskRule {
    public let name = "open_parents"

    public init() {}

    public func judge(_ order: ProposedOrder, _ snapshot: RiskSnapshot, _ limits: RiskLimits) -> RiskVerdict {
        guard let most = limits.maxOpenParents else { return pass(order) }
        let measure = Measure(FixedDecimal(snapshot.openParents + 1), limit: FixedDecimal(most), unit: "orders")
        let exposure = OrderExposure(order, snapshot)
        guard snapshot.openParents >= most, exposure.addsExposure else { return pass(order, measure) }
        return restrict(
            order,
            to: exposure.reducing,
            limits,
            "too_many_open_orders",
            measure,
            "\(snapshot.openParents) orders are live and \(most) are allowed. "
                + "Wait for one to end, or raise `limits.max_open_parents`."
        )
    }
}
