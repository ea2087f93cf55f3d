public import TradingDomain

/// Bounds what one order may add in money: a fat finger's rule (RM-10).
///
/// The part of an order that closes a position is bounded by the position itself and passes.
public struct OrderNotionalRule: RiskRule {
    public let name = "order_notional"

    public init() {}

    public func judge(_ order: ProposedOrder, _ snapshot: RiskSnapshot, _ limits: RiskLimits) -> RiskVerdict {
        guard let most = limits.maxOrderNotional else { return pass(order) }
        let exposure = OrderExposure(order, snapshot)
        let limit = Money(units: most.units, order.instrument.currency)
        let price = snapshot.payPrice(for: order)
        let value = order.instrument.notional(price, exposure.opening)
        let measure = Measure(value, limit: limit)
        guard value > limit else { return pass(order, measure) }
        return restrict(
            order,
            to: exposure.reducing + OrderExposure.quantity(for: limit, at: price, order.instrument),
            limits,
            "notional_above_limit",
            measure,
            "\(order.key) adds \(value) at \(price), above the \(limit) that one order may add. "
                + "Split it, or raise `limits.max_order_notional`."
        )
    }
}
