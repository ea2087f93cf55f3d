public import TradingDomain

/// LIMIT: the whole quantity at one price, resting until it fills or time is up (AL-2).
///
/// Parameters: the worst price, and until when. Use it when the price matters more than the fill. Not when the order has to
/// be done: what the market does not come to stays unfilled.
public struct LimitOrder: ExecutionAlgorithm {
    public private(set) var order: RestingOrder

    /// Rests at `price` until `until`.
    public init(price: Price, until: Timestamp) {
        order = RestingOrder(price: price, display: nil, variance: 0, until: until)
    }

    public mutating func handle(_ event: AlgorithmEvent, _ context: AlgorithmContext, into actions: inout ActionBuffer)
    {
        order.handle(event, context, into: &actions)
    }
}
