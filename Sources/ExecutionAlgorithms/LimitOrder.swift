public import QuantMath
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

extension LimitOrder: PlannableAlgorithm {
    public static var names: [AlgorithmName] { [.limit] }
    public static var parameters: [String] {
        ["duration_minutes"]
    }
    public static var conditions: [String] { ["start_time", "end_time", "must_complete", "auction"] }
    public static var style: ExecutionStyle { .passive }
    public static var expectedBps: [Double] { [-5, 0] }

    public static func plan(_ name: AlgorithmName, _ context: PlanningContext) throws(PlanRefusal) -> AlgorithmPlan {
        let price = try context.limitPrice(for: name)
        let end = try context.end()
        return AlgorithmPlan(
            LimitOrder(price: price, until: end),
            words: "\(context.order.quantity) at \(price) or better until \(end)",
            end: end,
            deadline: end
        )
    }
}

extension PlanningContext {
    /// The order's limit price, which some algorithms cannot do without.
    func limitPrice(for name: AlgorithmName) throws(PlanRefusal) -> Price {
        guard let price = order.limitPrice else {
            throw PlanRefusal("BAD_PARAMETERS", "\(name) needs a limit price: give --limit-price, or `limit_price`.")
        }
        return price
    }
}
