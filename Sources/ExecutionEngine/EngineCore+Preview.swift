import MarketData
public import TradingDomain

extension EngineCore {
    /// What the account's router would make of an order now; nothing is kept.
    ///
    /// - Returns: `nil` where it would refuse the order, or there is no price.
    func preview(_ order: ProposedOrder, at now: Timestamp) -> RoutingVerdict? {
        guard let view = board.view(order.symbol) else { return nil }
        let situation = RoutingSituation(
            market: seen(view),
            conditions: board.conditions(order.symbol),
            state: board.state(order.symbol)
        )
        // A refusal is told when the order is asked for; here it is only that nothing can be said.
        return (try? router.route(order, .byRouter(nil), at: now, in: situation))?.verdict
    }
}

extension SmartExecutionEngine {
    /// What the account's router would make of an order now, with the cost that it predicts; nothing is kept.
    public func preview(_ order: ProposedOrder, at now: Timestamp) -> RoutingVerdict? { core.preview(order, at: now) }
}
