public import ExecutionAlgorithms
public import ExecutionAnalytics
public import ExecutionEngine
public import MarketData
public import Orchestration
public import PaperTrading
import Portfolio
package import PostgresStore
import QuantMath
public import RiskRules
public import TradingDomain

/// Everything that a run on a simulated market needs, wired: worker, engine, venue, clock, desk.
///
/// The command line and programs that embed the system open the same floor. It holds its account until ``close()``.
public struct PaperFloor: Sendable {
    /// What a floor is opened with.
    public struct Plan: Sendable {
        /// The account's full name, namespace included; `@` marks a simulated market's own book.
        public var account: AccountID
        public var environment: TradingEnvironment
        /// Cash of an account that is opened for the first time.
        public var cash: Money
        public var allowShort = false
        public var limits: RiskLimits
        /// Limits that files may name, none looser than ``limits``.
        public var limitSets: [String: RiskLimits] = [:]
        /// How predicted slippage is held to a limit.
        public var slippage = SlippageSettings.standard
        public var market: any MarketSource
        public var hours: MarketHours
        public var session: TradingSession
        /// Business time begins here, or where the account's clock stands when that is later.
        public var startsAt: Timestamp
        public var pace = Pace.virtual
        public var fills: FillModel
        /// Sessions before the traded one from which the volume profile is learned.
        public var profileSessions = 5
        /// The algorithms that orders may be given by, those of a program's own among them.
        public var algorithms = AlgorithmCatalog()
        /// When an execution is bad enough for an alert.
        public var quality = QualityThresholds()
        /// How orders are routed that name no algorithm.
        public var routing = RoutingPolicy()
        /// Routers of a program's own, beside those by urgency, by market conditions and the learned one.
        public var routers: [any Router] = []
        /// The states that markets are told apart by, the one that matters most first.
        public var marketStates = MarketStateRule.standard
        /// How long a market's state lasts at least.
        public var marketStateDwell = MarketStateMonitor.standardDwell
        public var models: [String: TargetWeights] = [:]
        public var watchlists: [String: [Symbol]] = [:]
        /// The pools that workflows name.
        public var pools: [String: PoolGates.Size] = [:]
        /// Carries messages to people.
        public var notifications: any NotificationSender = NoChannels()
        /// How long a run tries again while the database is gone, before it stops to be resumed.
        public var retryFor = Duration.seconds(30)
        /// Takes and writes nothing, so that another program may work the account meanwhile.
        ///
        /// Such a floor cannot run anything.
        public var onlyLooking = false
        /// Makes the agents' desk on the floor's clock.
        public var agents: @Sendable (_ now: @escaping @Sendable () -> Timestamp) -> AgentDesk

        /// A plan whose floor begins one minute after the session's open, so that a price exists without look-ahead.
        public init(
            account: AccountID,
            environment: TradingEnvironment,
            cash: Money,
            limits: RiskLimits,
            market: any MarketSource,
            hours: MarketHours,
            session: TradingSession,
            seed: UInt64,
            agents: @escaping @Sendable (_ now: @escaping @Sendable () -> Timestamp) -> AgentDesk
        ) {
            self.account = account
            self.environment = environment
            self.cash = cash
            self.limits = limits
            self.market = market
            self.hours = hours
            self.session = session
            startsAt = session.open + .seconds(60)
            fills = FillModel(seed: seed)
            self.agents = agents
        }
    }

    public let desk: Desk
    public let engine: SmartExecutionEngine
    public let session: TradingSession
    /// Where business time began.
    public let startsAt: Timestamp
    /// `nil` on a floor that only looks.
    private let worker: PostgresWorker?
    /// Whether worker and connections belong to the floor, and end with it.
    private let isAlone: Bool
    private let database: StateDatabase
    /// Workflow steps that know the floor's algorithms.
    let steps: StepCatalog

    /// Takes the account, brings back what was open, and lets the clock stand at the floor's start.
    ///
    /// - Throws: `JournalError.accountBusy` while another process holds the account, and the errors of every part;
    ///   nothing was traded then.
    public static func open(_ plan: Plan, on database: StateDatabase) async throws -> PaperFloor {
        try await open(plan, on: database, worker: nil)
    }

    /// As ``open(_:on:)``, with the worker of a process that has several floors over one database; neither worker nor
    /// connections end with such a floor.
    package static func open(
        _ plan: Plan,
        on database: StateDatabase,
        worker shared: PostgresWorker?
    ) async throws -> PaperFloor {
        guard !plan.onlyLooking else {
            let opening = AccountOpening(cash: plan.cash, at: plan.session.open)
            let observer = AccountObserver(pool: database.pool, opening: opening)
            let stores = Stores(journal: observer, runs: observer, venue: MemoryVenueStore())
            return try await open(plan, on: database, stores, nil, isAlone: true)
        }
        let worker: PostgresWorker
        if let shared { worker = shared } else { worker = try await PostgresWorker.start(url: database.url) }
        do {
            let patience = Backoff.outage(of: plan.retryFor)
            let runs = PostgresRunStore(pool: database.pool, worker: worker, patience: patience)
            let venue = PostgresVenueStore(pool: database.pool, worker: worker, patience: patience)
            let stores = Stores(
                journal: PostgresJournal(pool: database.pool, worker: worker, patience: patience),
                runs: runs,
                venue: StoredVenue(store: venue),
                history: PostgresRoutingHistory(pool: database.pool, patience: patience),
                slots: plan.pace == .virtual ? nil : runs
            )
            return try await open(plan, on: database, stores, worker, isAlone: shared == nil)
        } catch {
            if shared == nil { await worker.stop() }
            throw error
        }
    }

    /// Where a floor's state lives.
    private struct Stores {
        let journal: any Journal
        let runs: any RunStore
        let venue: any VenueStore
        /// `nil` on a floor that only looks, which learns nothing.
        var history: (any RoutingHistory)?
        /// Pools over all workers; `nil` in virtual time, where a run depends on its own process alone.
        var slots: (any SlotStore)?
    }

    private static func open(
        _ plan: Plan,
        on database: StateDatabase,
        _ stores: Stores,
        _ worker: PostgresWorker?,
        isAlone: Bool
    ) async throws -> PaperFloor {
        let clock = try await PostgresQueries(pool: database.pool).clock(of: plan.account)
        var startsAt = max(plan.startsAt, clock ?? plan.startsAt)
        let broker = try await SimulatedBroker(
            account: plan.account,
            model: plan.fills,
            store: stores.venue,
            at: startsAt,
            closeOf: { [hours = plan.hours] in hours.close(of: $0, at: $1) }
        )
        // The venue may have traded after the engine's last batch: what it traded on is not shown to it again.
        if let traded = await broker.lastTradeAt { startsAt = max(startsAt, traded) }
        let costs = try await PostgresQueries(pool: database.pool).costModel(of: plan.account)
        let engine = try await makeEngine(plan, stores, broker, costs)
        let driver = PaperDriver(
            engine: engine,
            broker: broker,
            source: plan.market,
            dayOpen: plan.session.open - .nanoseconds(1),
            start: startsAt,
            end: plan.session.close + .seconds(60),
            pace: plan.pace
        )
        let working = await engine.workingSymbols
        try await driver.watch(await engine.portfolio.openPositions.map(\.symbol) + working)
        try await driver.settle()
        let reserve = plan.limits.cashReservePercent
        let desk = Desk(
            account: plan.account,
            environment: plan.environment,
            currency: plan.cash.currency,
            engine: engine,
            store: stores.runs,
            journal: stores.journal,
            clock: driver,
            market: plan.market,
            hours: plan.hours,
            agents: plan.agents { driver.instant },
            sizing: try SizingConfig(allowShort: plan.allowShort, feeReservePercent: reserve),
            rebalancing: try RebalanceConfig(allowShort: plan.allowShort, feeReservePercent: reserve),
            limits: plan.limits,
            limitSets: plan.limitSets,
            models: plan.models,
            watchlists: plan.watchlists,
            pools: PoolGates(plan.pools, shared: stores.slots),
            notifications: plan.notifications
        )
        return PaperFloor(
            desk: desk,
            engine: engine,
            session: plan.session,
            startsAt: startsAt,
            worker: worker,
            isAlone: isAlone,
            database: database,
            steps: StepCatalog(algorithms: plan.algorithms)
        )
    }

    private static func makeEngine(
        _ plan: Plan,
        _ stores: Stores,
        _ broker: SimulatedBroker,
        _ costs: CostModel
    ) async throws -> SmartExecutionEngine {
        let instruments = Dictionary(
            plan.market.instruments.map { ($0.symbol, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        let forecast = VolumeForecasts(source: plan.market, hours: plan.hours)
        var routing = OrderRouting(
            hours: plan.hours,
            forecast: forecast,
            profileDays: plan.profileSessions,
            catalog: plan.algorithms,
            policy: plan.routing,
            costs: costs
        )
        for router in plan.routers { routing.register(router) }
        var configuration = EngineConfiguration(
            environment: plan.environment,
            currency: plan.cash.currency,
            dayOpen: plan.session.open,
            instrument: { instruments[$0] },
            limits: plan.limits,
            inputsPerBatch: plan.pace == .virtual ? nil : EngineConfiguration.liveInputsPerBatch
        )
        configuration.marketStates = plan.marketStates
        configuration.marketStateDwell = plan.marketStateDwell
        configuration.quality = plan.quality
        configuration.slippage = plan.slippage
        // A market without earlier sessions is traded too; what is not known of it does not count.
        configuration.history = { [days = plan.profileSessions] instrument, time in
            try? forecast.statistics(of: instrument, at: time, days: days)
        }
        return try await SmartExecutionEngine(
            account: plan.account,
            opening: AccountOpening(cash: plan.cash, at: plan.session.open),
            configuration: configuration,
            router: routing,
            catalog: plan.algorithms,
            journal: stores.journal,
            broker: broker,
            history: stores.history
        )
    }

    var killSwitch: PostgresKillSwitch { PostgresKillSwitch(pool: database.pool) }

    /// The error that stopped a run, with what the private PostgreSQL can tell of its cause; ask before ``close()``.
    public func explained(_ error: any Error) async -> any Error { await database.explained(error) }

    /// Gives the account back, and with it the worker's lease and the database's connections when they are the floor's own.
    public func close() async {
        engine.notifier.finish()
        do {
            try await engine.close()
        } catch {
            // The lease expires by itself within seconds; what was committed stays.
        }
        guard isAlone else { return }
        await worker?.stop()
        await database.pool.close()
    }
}
