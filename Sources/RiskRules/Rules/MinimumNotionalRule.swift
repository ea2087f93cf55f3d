public import TradingDomain

/// Blocks orders that the venue would reject as too small, also after they were shrunk; it is judged last.
public struct MinimumNotionalRule: RiskRule {
    public let name = "minimum_notional"

    public init() {}

    public func judge(_ order: ProposedOrder, _ snapshot: RiskSnapshot, _ limits: RiskLimits) -> RiskVerdict {
        let minimum = order.instrument.minimumNotional
        guard minimum.units > 0, order.notional < minimum else { return pass(order) }
        return block(
            order,
            "notional_below_minimum",
            Measure(order.notional, limit: minimum),
            "\(order.side) \(order.quantity) \(order.symbol) is worth \(order.notional); "
                + "\(order.instrument.venue) takes \(minimum) or more. Ask for more."
        )
    }
}
