public import TradingDomain

/// Bounds how many units one order may add: a fat finger's rule (RM-10).
///
/// The part of an order that closes a position is bounded by the position itself and passes.
public struct OrderQuantityRule: RiskRule {
    public let name = "order_quantity"

    public init() {}

    public func judge(_ order: ProposedOrder, _ snapshot: RiskSnapshot, _ limits: RiskLimits) -> RiskVerdict {
        guard let most = limits.maxOrderQuantity else { return pass(order) }
        let exposure = OrderExposure(order, snapshot)
        let measure = Measure(exposure.opening, limit: most)
        guard exposure.opening > most else { return pass(order, measure) }
        return restrict(
            order,
            to: exposure.reducing.addingClamped(most),
            limits,
            "quantity_above_limit",
            measure,
            "\(order.key) adds \(exposure.opening), above the \(most) that one order may add. "
                + "Split it, or raise `limits.max_order_quantity`."
        )
    }
}
