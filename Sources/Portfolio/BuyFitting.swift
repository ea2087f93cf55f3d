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

    func fit(_ orders: [ProposedOrder], cash: Money) -> FittedBuys {
        let total = orders.reduce(Money.zero(cash.currency)) { $0 + $1.notional }
        let spendable = config.spendable(cash)
        guard config.limitBuysToCash, total > spendable else {
            return FittedBuys(orders: orders, dropped: [], factor: FixedDecimal(1), note: nil)
        }
        var kept: [ProposedOrder] = []
        var dropped: [String] = []
        for order in orders {
            let share = Rounding.floor(Int128(order.quantity.units), times: spendable.units, over: total.units) ?? 0
            var smaller = order
            smaller.quantity = Quantity(units: Int64(share)).rounded(toLot: order.instrument.lot)
            if smaller.quantity.isZero || smaller.notional < config.minimum(for: order.instrument, nil) {
                dropped.append(order.key)
            } else {
                kept.append(smaller)
            }
        }
        let factor = FixedDecimal(units: Rounding.floor(spendable.units, times: 100_000_000, over: total.units) ?? 0)
        let note =
            "buys of \(total) were cut to \(factor) of their size: \(cash) is there, "
            + "\(config.feeReservePercent) % of each kept for fees"
            + (dropped.isEmpty ? "" : "; too small then: \(dropped.joined(separator: ", "))")
        return FittedBuys(orders: kept, dropped: dropped, factor: factor, note: note)
    }
}
