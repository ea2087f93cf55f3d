public import TradingDomain

/// One live order per symbol and side, where the limits ask for it (RM-10).
public struct DuplicateRule: RiskRule {
    public let name = "duplicate"

    public init() {}

    public func judge(_ order: ProposedOrder, _ snapshot: RiskSnapshot, _ limits: RiskLimits) -> RiskVerdict {
        let open = snapshot.openOrders(order.symbol)
        let live = order.side == .buy ? open.buys : open.sells
        guard limits.refuseDuplicates, live > .zero else { return pass(order) }
        return block(
            order,
            "duplicate_order",
            nil,
            "Another \(order.side) of \(order.symbol) is working with \(live) unfilled. "
                + "Wait for its end, cancel it, or turn off `limits.refuse_duplicates`."
        )
    }
}
