public import TradingDomain

/// The router by urgency (RO-2, SE-2): each urgency has its algorithm.
public struct UrgencyRouter: Router {
    public let strategy = RoutingStrategy.urgency

    public init() {}

    public func choose(_ question: RoutingQuestion) -> RouterChoice? {
        let order = question.order
        return RouterChoice(
            UrgencyRoute.route(for: order.urgency).algorithm,
            rule: "urgency \(order.urgency) (\(order.urgencySource))"
        )
    }

    /// The algorithms that may serve an urgency: those that are done in the time that it means.
    ///
    /// The urgency's own comes first. Algorithms that rest for the whole order are not among them, since they may never
    /// fill.
    public static func allowed(for urgency: Urgency) -> [AlgorithmName] {
        switch urgency {
        case .critical: [.market, .aggressive]
        case .high: [.twapAggressive, .aggressive, .adaptive, .implementationShortfall]
        case .medium: [.twapStandard, .adaptive, .liquidityAware, .implementationShortfall]
        case .low: [.vwap, .twap, .implementationShortfall, .passive]
        }
    }
}
