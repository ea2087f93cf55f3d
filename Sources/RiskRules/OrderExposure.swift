public import TradingDomain

/// What an order does to the position in its symbol, counted in its own direction and in the worst way: as if every
/// live order of the same side filled, and none of the other side.
///
/// What closes an existing position is *reducing* and passes every rule about exposure; only what is beyond it, the
/// *opening* part, is held against the limits.
struct OrderExposure {
    /// The position before, positive in the order's direction.
    let before: Quantity
    let reducing: Quantity
    let opening: Quantity

    init(_ order: ProposedOrder, _ snapshot: RiskSnapshot) {
        let held = snapshot.holdings[order.symbol]?.quantity ?? .zero
        let open = snapshot.openOrders(order.symbol)
        before = order.side == .buy ? held + open.buys : open.sells - held
        reducing = min(max(-before, .zero), order.quantity)
        opening = order.quantity - reducing
    }

    var addsExposure: Bool { opening > .zero }

    /// The position in the order's direction afterwards, zero when the order does not reach beyond flat.
    var after: Quantity { max((before + reducing).addingClamped(opening), .zero) }

    /// The most of the order that brings the position to at most `most`, and never less than what reduces.
    func allowed(upTo most: Quantity) -> Quantity { max(reducing, most - before) }

    /// The largest quantity, not only in whole lots, whose value at `price` does not exceed `money`.
    static func quantity(for money: Money, at price: Price, _ instrument: Instrument) -> Quantity {
        guard money.units > 0, price > .zero else { return .zero }
        let scale = Int128(FixedDecimal.scale)
        let perUnit = Int128(price.units) * instrument.contractMultiplier.units
        let units = Rounding.floor(money.units, times: scale * scale, over: perUnit) ?? Int128(Int64.max)
        // Half of the range, so that adding a position to it cannot overflow.
        return Quantity(units: Int64(min(units, Int128(Int64.max / 2))))
    }
}

extension RiskSnapshot {
    /// Whether `order` can only bring its position closer to flat, whatever of the live orders fills.
    public func onlyReduces(_ order: ProposedOrder) -> Bool { !OrderExposure(order, self).addsExposure }
}
