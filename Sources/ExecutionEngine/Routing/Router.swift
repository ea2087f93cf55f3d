public import ExecutionAlgorithms
public import MarketData
public import TradingDomain

/// How the algorithm of an order is chosen where its author names none: the name of a router.
public struct RoutingStrategy: TextID {
    public let text: String
    public init(unchecked text: String) { self.text = text }

    /// By urgency (RO-2).
    public static let urgency = RoutingStrategy(unchecked: "urgency")
    /// By the market's conditions (RO-1).
    public static let market = RoutingStrategy(unchecked: "market")
    /// By what past executions came to (RO-3).
    public static let learned = RoutingStrategy(unchecked: "learned")

    /// The strategies that the program ships.
    public static let standard: [RoutingStrategy] = [.urgency, .market, .learned]
}

/// What a router is asked: an order and everything that is known of its market.
public struct RoutingQuestion: Sendable {
    public let order: ProposedOrder
    public let now: Timestamp
    /// When the session closes.
    public let close: Timestamp
    public let market: MarketSeen?
    public let state: MarketState
    /// What was measured, and what is missing of it.
    public let inputs: RoutingInputs
    /// Predicted costs in basis points; an algorithm without one is left out.
    public let predicted: [AlgorithmName: Double]
    /// Two random numbers in [0, 1) that belong to the order: the same however often it is asked.
    public let draws: (Double, Double)
}

/// The algorithm that a router takes, and why.
public struct RouterChoice: Hashable, Sendable {
    public var algorithm: AlgorithmName
    /// For people: `urgency HIGH (decision)`.
    public var rule: String
    public var parameters = AlgorithmParameters()
    /// What it knows of algorithms that it compared, in words.
    public var notes: [AlgorithmName: String] = [:]
    /// Something that the order's author should know.
    public var warning: String?

    public init(_ algorithm: AlgorithmName, rule: String) {
        self.algorithm = algorithm
        self.rule = rule
    }
}

/// Chooses the algorithm of an order whose author named none (RO-0).
///
/// A pure value: the same question gets the same answer. A router of a program's own is known with one line,
/// `routing.register(MyRouter())`, and serves as `routing.strategy: NAME` or by a workflow's `by:`.
public protocol Router: Sendable {
    var strategy: RoutingStrategy { get }

    /// The algorithm for an order; `nil` when what it needs has not been measured: then the default strategy serves.
    ///
    /// - Throws: ``RoutingRefusal`` when the market is such that the order must not be routed.
    func choose(_ question: RoutingQuestion) throws(RoutingRefusal) -> RouterChoice?
}

/// How orders are routed, as configuration says.
public struct RoutingPolicy: Hashable, Sendable {
    /// Who chooses where an order says nothing.
    public var strategy = RoutingStrategy.urgency
    /// Serves where the router has nothing to choose by (RO-0).
    public var fallback = AlgorithmName.vwap
    /// Share of orders with which the learned router tries an algorithm that it knows little of, 0 to 0.5.
    public var exploreShare = 0.05
    /// No algorithm is tried that is predicted to cost more than this, in basis points.
    public var exploreBoundBps = 10.0

    public init() {}
}
