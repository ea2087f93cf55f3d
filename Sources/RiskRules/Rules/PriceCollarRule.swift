public import TradingDomain

/// Refuses orders that add exposure without a live price, or that were sized at one far from it (RM-10).
public struct PriceCollarRule: RiskRule {
    public let name = "price_collar"

    public init() {}

    public func judge(_ order: ProposedOrder, _ snapshot: RiskSnapshot, _ limits: RiskLimits) -> RiskVerdict {
        let exposure = OrderExposure(order, snapshot)
        guard exposure.addsExposure else { return pass(order) }
        guard let mark = snapshot.holdings[order.symbol]?.mark, mark > .zero else {
            return restrict(
                order,
                to: exposure.reducing,
                limits,
                "no_mark",
                nil,
                "\(order.symbol) has no live price to judge \(order.key) by. Wait for a quote."
            )
        }
        guard let collar = limits.priceCollarBps else { return pass(order) }
        let distance = Int128((order.referencePrice - mark).units.magnitude)
        let bps = FixedDecimal(units: distance * 10_000 * Int128(FixedDecimal.scale) / Int128(mark.units))
        let measure = Measure(bps, limit: collar, unit: "bps")
        guard bps > collar else { return pass(order, measure) }
        return restrict(
            order,
            to: exposure.reducing,
            limits,
            "price_outside_collar",
            measure,
            "\(order.key) was sized at \(order.referencePrice), \(bps) bps from the live \(mark); the collar is "
                + "\(collar) bps. Size it again, or widen `limits.price_collar_bps`."
        )
    }
}
