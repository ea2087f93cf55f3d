public import ExecutionAlgorithms
import TradingDomain
public import Workflows

/// Every step type of this program: one line each.
public struct StepCatalog: Sendable {
    private let steps: [String: any WorkflowStep]
    public let registry: StepRegistry

    public init(_ steps: [any WorkflowStep]) {
        self.steps = Dictionary(steps.map { ($0.signature.name, $0) }, uniquingKeysWith: { _, last in last })
        registry = StepRegistry(steps.map(\.signature))
    }

    public func step(_ name: String) -> (any WorkflowStep)? { steps[name] }

    public static let standard = StepCatalog(algorithms: AlgorithmCatalog())

    /// The standard steps, with orders by the algorithms of a catalogue, a user's own among them.
    public init(algorithms: AlgorithmCatalog) {
        self.init(Self.steps(algorithms))
    }

    private static func steps(_ algorithms: AlgorithmCatalog) -> [any WorkflowStep] {
        [
            WatchlistLoad(),
            PortfolioSnapshot(),
            AgentDecide(),
            ModelTargets(),
            OrdersPropose(),
            PortfolioSize(),
            PortfolioRebalance(),
            PortfolioAwaitCash(),
            PortfolioResize(),
            RiskCheck(),
            ExecuteOrder(
                "execute.route",
                nil,
                "a router picks the algorithm, by urgency unless told otherwise",
                known: algorithms
            ),
            ExecuteOrder("execute.market", .market, "all at once"),
            ExecuteOrder("execute.twap", .twap, "equal slices over time"),
            ExecuteOrder("execute.vwap", .vwap, "slices that follow the volume pattern"),
            AnalyticsRecord(),
        ]
    }
}
