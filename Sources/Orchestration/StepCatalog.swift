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

    public static let standard = StepCatalog([
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
        ExecuteOrder("execute.route", nil, "the router picks the algorithm by urgency"),
        ExecuteOrder("execute.market", .market, "all at once"),
        ExecuteOrder("execute.twap", .twap, "equal slices over time"),
        ExecuteOrder("execute.vwap", .vwap, "slices that follow the volume pattern"),
        AnalyticsRecord(),
    ])
}
