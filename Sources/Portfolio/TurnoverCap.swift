public import TradingDomain

/// Orders cut to a cap on turnover.
public struct CappedOrders: Hashable, Sendable {
    public let orders: [ProposedOrder]
    /// Keys of the orders that came to less than a lot or a minimum, or for which nothing was left.
    public let dropped: [String]
    /// The share of its size that an order has which is no exit, 0 … 1; 1 when nothing was cut.
    public let factor: FixedDecimal
    /// What was cut and why; `nil` when nothing was.
    public let note: String?
}

/// Cuts orders until together they are worth no more than a cap.
///
/// Exits, which bring a name to zero, are cut last: as long as they alone fit they keep their size, and all other orders
/// are cut by one common factor, so that each name goes the same share of its way. Exits that alone are above the cap
/// are cut by one factor themselves, and nothing else is traded.
public struct TurnoverCap: Hashable, Sendable {
    /// Zero or more.
    public let most: Money

    /// A cap of `percent` percent of equity.
    public init(percent: FixedDecimal, of equity: Money) { most = equity.percent(percent) }

    /// Fits orders to the cap.
    ///
    /// - Parameters:
    ///   - orders: In the currency of the cap.
    ///   - exits: Keys of those that bring their name to zero.
    ///   - minimum: Smallest order of an instrument that is worth sending.
    /// - Returns: What is left, in the order given; together at most ``most``.
    public func fit(
        _ orders: [ProposedOrder],
        exits: Set<String>,
        minimum: (Instrument) -> Money
    ) -> CappedOrders {
        let total = orders.value(in: most.currency)
        guard total > most else {
            return CappedOrders(orders: orders, dropped: [], factor: FixedDecimal(1), note: nil)
        }
        let leaving = orders.filter { exits.contains($0.key) }
        let others = orders.filter { !exits.contains($0.key) }
        let exitValue = leaving.value(in: most.currency)
        let cutsExits = exitValue > most
        let part = cutsExits ? leaving : others
        let (room, base) = cutsExits ? (most, exitValue) : (most - exitValue, total - exitValue)
        let cut = CommonFactor.cut(part, to: room, of: base, within: room, minimum: minimum) {
            $0.value(in: most.currency)
        }
        let left = Dictionary(
            (cut.kept + (cutsExits ? [] : leaving)).map { ($0.key, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        let factor =
            cutsExits
            ? FixedDecimal.zero
            : FixedDecimal(units: Rounding.floor(room.units, times: Int128(FixedDecimal.scale), over: base.units) ?? 0)
        let dropped = orders.map(\.key).filter { left[$0] == nil }
        let what =
            cutsExits
            ? "exits of \(exitValue) alone are above it and were cut, and nothing else is traded"
            : "all but exits were cut to \(factor) of their size"
        let note =
            "trades of \(total) are above the cap on turnover of \(most): \(what)"
            + (dropped.isEmpty ? "" : "; left out: \(dropped.joined(separator: ", "))")
        return CappedOrders(orders: orders.compactMap { left[$0.key] }, dropped: dropped, factor: factor, note: note)
    }
}
