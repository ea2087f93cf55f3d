public import TradingDomain

/// Buys cut to the cash that is there.
public struct FittedBuys: Codable, Hashable, Sendable {
    public let orders: [ProposedOrder]
    /// Keys of the orders that came to less than a lot or a minimum and were dropped.
    public let dropped: [String]
    /// The share of each order that the cash pays for, 0 … 1; 1 when nothing was cut.
    public let factor: FixedDecimal
    /// What was cut and why; `nil` when nothing was.
    public let note: String?
}

/// Cuts buys by one common factor until they and their fee reserve fit.
struct BuyFitting {
    let config: RebalanceConfig

    func fit(_ asked: [ProposedOrder], cash: Money) -> FittedBuys {
        // A price that has risen beyond the money of one lot leaves nothing.
        let orders = asked.filter { !$0.quantity.isZero }
        let gone = asked.filter(\.quantity.isZero).map(\.key)
        let total = orders.value(in: cash.currency)
        guard config.limitBuysToCash, cost(orders, cash.currency) > max(cash, .zero(cash.currency)) else {
            return FittedBuys(orders: orders, dropped: gone, factor: FixedDecimal(1), note: nil)
        }
        let spendable = config.spendable(cash)
        let cut = CommonFactor.cut(
            orders,
            to: spendable,
            of: total,
            within: max(cash, .zero(cash.currency)),
            minimum: { config.minimum(for: $0, nil) },
            cost: { cost($0, cash.currency) }
        )
        let factor = FixedDecimal(units: Rounding.floor(spendable.units, times: 100_000_000, over: total.units) ?? 0)
        let note =
            "buys of \(total) were cut to \(factor) of their size: \(cash) is there, "
            + "\(config.feeReservePercent) % of each kept for fees"
            + (cut.dropped.isEmpty ? "" : "; too small then: \(cut.dropped.joined(separator: ", "))")
        return FittedBuys(orders: cut.kept, dropped: gone + cut.dropped, factor: factor, note: note)
    }

    /// Orders at the prices of now: each keeps the money that was planned for it, and never grows.
    ///
    /// Where the price has fallen the quantity stays: risk and people have seen no larger one.
    func repriced(_ orders: [ProposedOrder], at prices: [Symbol: Price]) -> [ProposedOrder] {
        orders.map { order in
            guard let price = prices[order.symbol], price > .zero, price != order.referencePrice else { return order }
            var repriced = ProposedOrder(
                instrument: order.instrument,
                side: order.side,
                quantity: order.quantity,
                referencePrice: price,
                urgency: order.urgency,
                urgencySource: order.urgencySource,
                decision: order.decision,
                limitPrice: order.limitPrice,
                note: "\(order.note); planned at \(order.referencePrice), now \(price)"
            )
            repriced.decisionKey = order.decisionKey
            if price > order.referencePrice {
                repriced.quantity = min(order.quantity, order.instrument.quantity(for: order.notional, at: price))
            }
            return repriced
        }
    }

    /// What buys cost with the reserve for their fees.
    private func cost(_ orders: [ProposedOrder], _ currency: Currency) -> Money {
        orders.reduce(.zero(currency)) { $0 + $1.notional + $1.notional.percent(config.feeReservePercent) }
    }
}
