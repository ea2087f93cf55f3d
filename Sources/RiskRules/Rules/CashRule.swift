public import TradingDomain

/// Buys that add exposure must be paid, with their fees, from cash that no other live order needs.
public struct CashRule: RiskRule {
    public let name = "cash"

    public init() {}

    public func judge(_ order: ProposedOrder, _ snapshot: RiskSnapshot, _ limits: RiskLimits) -> RiskVerdict {
        guard order.side == .buy, limits.requireCash else { return pass(order) }
        let exposure = OrderExposure(order, snapshot)
        let free = snapshot.freeCash
        let need = Reservation(for: order, snapshot, limits).cash
        let measure = Measure(need, limit: free)
        guard need > free, exposure.addsExposure else { return pass(order, measure) }
        let hundred = FixedDecimal(100).units
        let spendable = Rounding.floor(
            max(free.units, 0),
            times: hundred,
            over: hundred + limits.cashReservePercent.units
        )
        let price = snapshot.payPrice(for: order)
        let most = OrderExposure.quantity(
            for: Money(units: spendable ?? 0, free.currency),
            at: price,
            order.instrument
        )
        return restrict(
            order,
            to: max(exposure.reducing, most),
            limits,
            "cash_insufficient",
            measure,
            "\(order.key) of \(order.quantity) needs \(need) at \(price) with \(limits.cashReservePercent) % kept for "
                + "fees; \(free) is free of \(snapshot.cash), the rest is reserved. Sell something first, or ask for less."
        )
    }
}
