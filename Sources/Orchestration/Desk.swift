public import ExecutionEngine
public import MarketData
public import Portfolio
public import RiskRules
public import TradingAgents
public import TradingDomain
import Workflows

/// Everything that the steps of a run may use: one account with its engine, market, agents and stores.
public struct Desk: Sendable {
    public let account: AccountID
    public let environment: TradingEnvironment
    public let currency: Currency
    public let engine: SmartExecutionEngine
    public internal(set) var store: any RunStore
    public internal(set) var journal: any Journal
    public let clock: any TradingClock
    public let market: any MarketSource
    public let hours: any TradingHours
    public let agents: AgentDesk
    public let sizing: SizingConfig
    public let rebalancing: RebalanceConfig
    public let limits: RiskLimits
    /// Limits that a file may name to be judged by, each at least as strict as ``limits``.
    public let limitSets: [String: RiskLimits]
    /// Target weights by model name, in percent points.
    public let models: [String: TargetWeights]
    /// Watchlists by name.
    public let watchlists: [String: [Symbol]]
    /// Slots that steps name with `pool:`.
    public let pools: PoolGates
    /// Carries messages to people.
    public let notifications: any NotificationSender
    /// How old a price may be and still be traded on.
    public let priceAgeMax: Duration
    private let instruments: [Symbol: Instrument]

    public init(
        account: AccountID,
        environment: TradingEnvironment,
        currency: Currency,
        engine: SmartExecutionEngine,
        store: any RunStore,
        journal: any Journal,
        clock: any TradingClock,
        market: any MarketSource,
        hours: any TradingHours,
        agents: AgentDesk,
        sizing: SizingConfig,
        rebalancing: RebalanceConfig,
        limits: RiskLimits,
        limitSets: [String: RiskLimits] = [:],
        models: [String: TargetWeights],
        watchlists: [String: [Symbol]] = [:],
        pools: PoolGates = PoolGates(),
        notifications: any NotificationSender = NoChannels(),
        priceAgeMax: Duration = .seconds(300)
    ) {
        self.account = account
        self.environment = environment
        self.currency = currency
        self.engine = engine
        self.store = store
        self.journal = journal
        self.clock = clock
        self.market = market
        self.hours = hours
        self.agents = agents
        self.sizing = sizing
        self.rebalancing = rebalancing
        self.limits = limits
        self.limitSets = limitSets
        self.models = models
        self.watchlists = watchlists
        self.pools = pools
        self.notifications = notifications
        self.priceAgeMax = priceAgeMax
        instruments = Dictionary(market.instruments.map { ($0.symbol, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The instrument of a symbol, or `nil` when the market does not have it.
    public func instrument(_ symbol: Symbol) -> Instrument? { instruments[symbol] }

    /// The limits that a file names: `default` is the account's own.
    ///
    /// - Throws: ``StepFailure`` for a name that is not configured.
    func limits(named name: String?, _ call: StepCall) throws -> RiskLimits {
        guard let name, name != "default" else { return limits }
        guard let set = limitSets[name] else {
            let known = (["default"] + limitSets.keys.sorted()).joined(separator: ", ")
            throw StepFailure(
                "unknown_limits",
                "\(call.place): account \(account) has no limits called '\(name)'; known: \(known). Add them under its "
                    + "`limit_sets`."
            )
        }
        return set
    }

    /// What names the trading day in idempotency keys: the UTC date of the running session.
    public func slot(at now: Timestamp) -> String { now.utcDate.description }
}

extension Desk {
    /// Waits until the account is known to equal its venue, for no longer than an order waits for that at its admission.
    ///
    /// - Returns: Whether it is known now.
    /// - Throws: What `check` throws, which is asked every second, and what ended the engine or the feed.
    func waitForReconciliation(_ check: () async throws -> Void) async throws -> Bool {
        guard let patience = await engine.reconciliationPatience else { return await engine.isReconciled }
        let end = await clock.now() + patience
        while await !engine.isReconciled {
            try await check()
            let now = await clock.now()
            guard now < end, try await clock.advance(to: min(now + .seconds(1), end)) else { return false }
        }
        return true
    }
}

/// The agents of an account, by configured name.
public struct AgentDesk: Sendable {
    /// An agent ready to be asked.
    public struct Entry: Sendable {
        public let agent: any TradingAgent
        /// Wall-clock time to answer in.
        public let timeout: Duration
        public let options: AgentRuntime.Options
        /// Of everything that the agent is made of, so that a worker whose agent has the same may ask it for this one; `nil`
        /// for an agent that only this process can ask.
        public let fingerprint: String?

        public init(
            agent: any TradingAgent,
            timeout: Duration,
            options: AgentRuntime.Options = .init(),
            fingerprint: String? = nil
        ) {
            self.agent = agent
            self.timeout = timeout
            self.options = options
            self.fingerprint = fingerprint
        }
    }

    public let runtime: AgentRuntime
    /// Makes the agent of a name; `decisions` is the file that a `file` agent reads.
    public let make: @Sendable (_ name: String, _ decisions: String?) throws -> Entry
    public let profile: @Sendable (AgentID) -> AgentProfile?

    public init(
        runtime: AgentRuntime,
        make: @escaping @Sendable (_ name: String, _ decisions: String?) throws -> Entry,
        profile: @escaping @Sendable (AgentID) -> AgentProfile?
    ) {
        self.runtime = runtime
        self.make = make
        self.profile = profile
    }
}

extension AgentDesk {
    /// A desk of agents in this process, each under the name of its descriptor; of two with one name the first serves.
    public init(
        _ agents: [any TradingAgent],
        timeout: Duration = .seconds(60),
        now: @escaping @Sendable () -> Timestamp
    ) {
        let byName = Dictionary(agents.map { ($0.descriptor.id.text, $0) }, uniquingKeysWith: { first, _ in first })
        self.init(
            runtime: AgentRuntime(now: now),
            make: { name, _ in
                guard let agent = byName[name] else {
                    let known = byName.keys.sorted().joined(separator: ", ")
                    throw StepFailure("unknown_agent", "There is no agent '\(name)'. Known: \(known).")
                }
                return Entry(agent: agent, timeout: timeout)
            },
            profile: { id in byName[id.text].map { _ in AgentProfile(id: id) } }
        )
    }
}
