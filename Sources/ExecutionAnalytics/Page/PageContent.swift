public import TradingDomain

/// Everything that a run's page shows.
public struct RunPage: Hashable, Sendable {
    public var run: String
    public var workflow: String
    public var status: String
    public var account: String
    public var environment: String
    public var market: String
    /// Prices are invented: the page says so first.
    public var isGenerated: Bool
    public var startedAt: Timestamp
    public var endedAt: Timestamp
    public var message: String?
    public var items: [Item]
    public var rebalance: RebalancePage?

    public init(
        run: String,
        workflow: String,
        status: String,
        account: String,
        environment: String,
        market: String,
        isGenerated: Bool,
        startedAt: Timestamp,
        endedAt: Timestamp,
        message: String? = nil,
        items: [Item],
        rebalance: RebalancePage? = nil
    ) {
        self.run = run
        self.workflow = workflow
        self.status = status
        self.account = account
        self.environment = environment
        self.market = market
        self.isGenerated = isGenerated
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.message = message
        self.items = items
        self.rebalance = rebalance
    }

    /// How one ticker came out.
    public struct Item: Hashable, Sendable {
        public var ticker: String
        public var status: String
        public var message: String
        public var decision: Decision?
        public var execution: ExecutionPage?
        /// The order that was refused before anything was sent.
        public var refusal: RefusalPage?
        /// An earlier run executed it; totals leave it out.
        public var isDuplicate: Bool

        public init(
            ticker: String,
            status: String,
            message: String,
            decision: Decision? = nil,
            execution: ExecutionPage? = nil,
            refusal: RefusalPage? = nil,
            isDuplicate: Bool = false
        ) {
            self.ticker = ticker
            self.status = status
            self.message = message
            self.decision = decision
            self.execution = execution
            self.refusal = refusal
            self.isDuplicate = isDuplicate
        }
    }

    /// What an agent decided.
    public struct Decision: Hashable, Sendable {
        public var id: String
        public var agent: String?
        public var action: String?
        /// In the agent's words, which are nobody's instruction.
        public var rationale: String?

        public init(id: String, agent: String? = nil, action: String? = nil, rationale: String? = nil) {
            self.id = id
            self.agent = agent
            self.action = action
            self.rationale = rationale
        }
    }
}

/// One parent order on a page.
public struct ExecutionPage: Hashable, Sendable {
    public var order: String
    public var algorithm: String
    public var urgency: String
    public var size: String
    /// The plan in words, with the rule that chose it.
    public var plan: String
    public var cost: ExecutionCost
    public var shortfall: ImplementationShortfall?
    /// Why there is no shortfall.
    public var shortfallMissing: String?
    public var targets: [QualityTarget]
    /// The interval's VWAP, in quote currency.
    public var vwap: Double?
    public var participation: Double?
    public var arrivedAt: Timestamp
    public var endedAt: Timestamp
    public var children: Int
    public var slices: Int
    /// When how much was to be sent; empty for orders from before it was kept.
    public var schedule: [Planned]
    public var scheduleEnd: Timestamp
    public var tape: MarketTape?
    /// What the market did afterwards, as far as it is known.
    public var aftermath: Aftermath?
    /// Slippage against arrival that was predicted when it was routed, in basis points.
    public var predictedCostBps: Double?
    public var marketState: String?
    public var flags: [CostFlag]
    public var risk: [RiskLine]

    /// A piece of the plan.
    public struct Planned: Hashable, Sendable {
        public var due: Timestamp
        public var quantity: Quantity

        public init(due: Timestamp, quantity: Quantity) {
            self.due = due
            self.quantity = quantity
        }
    }

    /// What a rule said.
    public struct RiskLine: Hashable, Sendable {
        public var rule: String
        public var verdict: String
        public var message: String

        public init(rule: String, verdict: String, message: String) {
            self.rule = rule
            self.verdict = verdict
            self.message = message
        }
    }

    public init(
        order: String,
        algorithm: String,
        urgency: String,
        size: String,
        plan: String,
        cost: ExecutionCost,
        shortfall: ImplementationShortfall?,
        shortfallMissing: String?,
        targets: [QualityTarget],
        vwap: Double?,
        participation: Double?,
        arrivedAt: Timestamp,
        endedAt: Timestamp,
        children: Int,
        slices: Int,
        schedule: [Planned],
        scheduleEnd: Timestamp,
        tape: MarketTape?,
        aftermath: Aftermath? = nil,
        predictedCostBps: Double? = nil,
        marketState: String? = nil,
        flags: [CostFlag] = [],
        risk: [RiskLine]
    ) {
        self.order = order
        self.algorithm = algorithm
        self.urgency = urgency
        self.size = size
        self.plan = plan
        self.cost = cost
        self.shortfall = shortfall
        self.shortfallMissing = shortfallMissing
        self.targets = targets
        self.vwap = vwap
        self.participation = participation
        self.arrivedAt = arrivedAt
        self.endedAt = endedAt
        self.children = children
        self.slices = slices
        self.schedule = schedule
        self.scheduleEnd = scheduleEnd
        self.tape = tape
        self.aftermath = aftermath
        self.predictedCostBps = predictedCostBps
        self.marketState = marketState
        self.flags = flags
        self.risk = risk
    }

    var slippage: QualityTarget? { targets.first { $0.name == .slippage } }
}
