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
            MarketBars(),
            ReadMarketState(),
            AgentDecide(),
            ModelTargets(),
            OrdersPropose(),
            PortfolioSize(),
            PortfolioRebalance(),
            PortfolioAwaitCash(),
            PortfolioResize(),
            RiskCheck(),
            ApprovalWait(),
            ExecuteOrder(
                "execute.route",
                nil,
                "a router picks the algorithm, by urgency unless told otherwise",
                known: algorithms
            ),
            ExecuteOrder("execute.market", .market, "all at once"),
            ExecuteOrder("execute.twap", .twap, "equal slices over time"),
            ExecuteOrder("execute.vwap", .vwap, "slices that follow the volume pattern"),
            ExecuteOrder("execute.limit", .limit, "one order at its limit"),
            ExecuteOrder("execute.pov", .pov, "a share of what the market trades"),
            ExecuteOrder("execute.iceberg", .iceberg, "one small piece shown at a time"),
            ExecuteOrder("execute.passive", .passive, "rests first, and takes what is left"),
            ExecuteOrder("execute.aggressive", .aggressive, "takes at once"),
            ExecuteOrder("execute.adaptive", .adaptive, "by the market's state"),
            ExecuteOrder("execute.liquidity_aware", .liquidityAware, "no more than the book bears"),
            ExecuteOrder("execute.shortfall", .implementationShortfall, "cost against risk, after Almgren and Chriss"),
            OrdersCancelOpen(),
            WaitUntil(),
            AnalyticsRecord(),
            NotifySend(),
        ]
    }
}
