import TradingDomain

/// Cuts several orders by one common factor, so that none is preferred.
enum CommonFactor {
    /// What is left of orders that were cut.
    struct Cut {
        var kept: [ProposedOrder] = []
        /// Keys of the orders that came to less than a lot or a minimum.
        var dropped: [String] = []
    }

    /// Orders at `room` over `total` of their size, in whole lots; what comes to less than a minimum is left out.
    ///
    /// `total` is what they are worth now, greater than zero.
    static func cut(
        _ orders: [ProposedOrder],
        to room: Money,
        of total: Money,
        minimum: (Instrument) -> Money
    ) -> Cut {
        var cut = Cut()
        for order in orders {
            let share = Rounding.floor(Int128(order.quantity.units), times: max(room.units, 0), over: total.units) ?? 0
            var smaller = order
            smaller.quantity = Quantity(units: Int64(share)).rounded(toLot: order.instrument.lot)
            if smaller.quantity.isZero || smaller.notional < minimum(order.instrument) {
                cut.dropped.append(order.key)
            } else {
                cut.kept.append(smaller)
            }
        }
        return cut
    }

    /// As ``cut(_:to:of:minimum:)``, until what the orders cost is within `bound`.
    ///
    /// Amounts are rounded to 10⁻⁸ one by one, so a cut that fits on paper may be over by some of those: then as much
    /// is left free beforehand as rounding can come to.
    static func cut(
        _ orders: [ProposedOrder],
        to room: Money,
        of total: Money,
        within bound: Money,
        minimum: (Instrument) -> Money,
        cost: ([ProposedOrder]) -> Money
    ) -> Cut {
        let first = cut(orders, to: room, of: total, minimum: minimum)
        guard cost(first.kept) > bound else { return first }
        let spare = Money(units: 2 * Int128(orders.count), room.currency)
        return cut(orders, to: room - spare, of: total, minimum: minimum)
    }
}

extension [ProposedOrder] {
    /// Value of all at their reference prices.
    func value(in currency: Currency) -> Money { reduce(.zero(currency)) { $0 + $1.notional } }
}
