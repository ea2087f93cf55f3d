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
import TradingAgents
public import TradingDomain

/// Everything that a run needs, wired: worker, engine, venue, clock, desk.
///
/// The venue is simulated unless the plan names a living one. The command line and programs that embed the system open the same floor. It holds its account until ``close()``.
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
        /// The living venue that orders go to; `nil` simulates one on ``market``, and then the clock keeps ``pace``.
        public var venue: (any LiveVenue)?
        /// How that venue's dead-man timer is kept while orders rest there; `nil` arms none.
        public var deadMan: DeadManSettings?
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

        var isVirtual: Bool { venue == nil && pace == .virtual }

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
    /// Beside a living venue, which ends with the floor.
    private let live: LiveDriver?
    private let venue: (any LiveVenue)?
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
                slots: plan.isVirtual ? nil : runs,
                errands: PostgresErrandBoard(pool: database.pool, worker: worker)
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
        /// Where other workers find questions to agents; `nil` on a floor that only looks.
        var errands: (any ErrandBoard)?
    }

    private static func open(
        _ plan: Plan,
        on database: StateDatabase,
        _ stores: Stores,
        _ worker: PostgresWorker?,
        isAlone: Bool
    ) async throws -> PaperFloor {
        let costs = try await PostgresQueries(pool: database.pool).costModel(of: plan.account)
        let engine: SmartExecutionEngine
        let clock: any TradingClock
        let instant: @Sendable () -> Timestamp
        var startsAt = plan.startsAt
        var live: LiveDriver?
        if let venue = plan.venue {
            engine = try await makeEngine(plan, stores, venue, costs)
            let driver = LiveDriver(
                engine: engine,
                venue: venue,
                market: plan.market,
                profileSessions: plan.profileSessions,
                hours: plan.hours
            )
            await driver.start()
            (clock, instant, live) = (driver, { driver.instant }, driver)
        } else {
            startsAt = max(startsAt, try await PostgresQueries(pool: database.pool).clock(of: plan.account) ?? startsAt)
            let broker = try await SimulatedBroker(
                account: plan.account,
                model: plan.fills,
                store: stores.venue,
                at: startsAt,
                closeOf: { [hours = plan.hours] in hours.close(of: $0, at: $1) }
            )
            // The venue may have traded after the engine's last batch: what it traded on is not shown to it again.
            if let traded = await broker.lastTradeAt { startsAt = max(startsAt, traded) }
            engine = try await makeEngine(plan, stores, broker, costs)
            let driver = PaperDriver(
                engine: engine,
                broker: broker,
                source: plan.market,
                dayOpen: plan.session.open - .nanoseconds(1),
                start: startsAt,
                end: plan.session.close + .seconds(60),
                pace: plan.pace
            )
            (clock, instant) = (driver, { driver.instant })
        }
        let floor = PaperFloor(
            desk: try makeDesk(plan, stores, engine, clock, instant),
            engine: engine,
            session: plan.session,
            startsAt: startsAt,
            worker: worker,
            live: live,
            venue: plan.venue,
            isAlone: isAlone,
            database: database,
            steps: StepCatalog(algorithms: plan.algorithms)
        )
        if let errands = stores.errands { await floor.desk.agents.runtime.share(on: errands) }
        do {
            let working = await engine.workingSymbols
            try await clock.watch(await engine.portfolio.openPositions.map(\.symbol) + working)
            try await clock.settle()
            // What the first comparison with a living venue found to be held as well. Somebody else's position must not keep
            // the account from opening: where it cannot be followed, the driver tries again.
            if live != nil { try? await clock.watch(await engine.unpricedSymbols) }
        } catch {
            await live?.close()
            throw error
        }
        return floor
    }

    private static func makeDesk(
        _ plan: Plan,
        _ stores: Stores,
        _ engine: SmartExecutionEngine,
        _ clock: any TradingClock,
        _ instant: @escaping @Sendable () -> Timestamp
    ) throws -> Desk {
        let reserve = plan.limits.cashReservePercent
        return Desk(
            account: plan.account,
            environment: plan.environment,
            currency: plan.cash.currency,
            engine: engine,
            store: stores.runs,
            journal: stores.journal,
            clock: clock,
            market: plan.market,
            hours: plan.hours,
            agents: plan.agents(instant),
            sizing: try SizingConfig(allowShort: plan.allowShort, feeReservePercent: reserve),
            rebalancing: try RebalanceConfig(allowShort: plan.allowShort, feeReservePercent: reserve),
            limits: plan.limits,
            limitSets: plan.limitSets,
            models: plan.models,
            watchlists: plan.watchlists,
            pools: PoolGates(plan.pools, shared: stores.slots),
            notifications: plan.notifications
        )
    }

    private static func makeEngine(
        _ plan: Plan,
        _ stores: Stores,
        _ broker: any Broker,
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
            inputsPerBatch: plan.isVirtual ? nil : EngineConfiguration.liveInputsPerBatch
        )
        configuration.marketStates = plan.marketStates
        configuration.marketStateDwell = plan.marketStateDwell
        configuration.quality = plan.quality
        configuration.slippage = plan.slippage
        configuration.deadMan = plan.venue == nil ? nil : plan.deadMan
        // Who only looks has a venue without orders, and nothing to store.
        configuration.reconciliation = plan.onlyLooking ? nil : reconciliation(plan.pace)
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

    /// At every start, and beside a wall clock once a minute of it: in virtual time nothing is lost on the way.
    private static func reconciliation(_ pace: Pace) -> ReconciliationSettings {
        switch pace {
        case .virtual: ReconciliationSettings(interval: .seconds(86_400))
        case .paced(let speed): ReconciliationSettings(interval: .seconds(60) * speed)
        }
    }

    var killSwitch: PostgresKillSwitch { PostgresKillSwitch(pool: database.pool) }

    /// The error that stopped a run, with what the private PostgreSQL can tell of its cause; ask before ``close()``.
    public func explained(_ error: any Error) async -> any Error { await database.explained(error) }

    /// Gives the account back, and the worker's lease when it is the floor's own.
    func closeKeepingConnections() async {
        engine.notifier.finish()
        // The lease expires by itself within seconds; what was committed stays.
        _ = try? await engine.close()
        if isAlone { await worker?.stop() }
    }

    /// So long a floor stays open for the proof of a halt: a venue that answers gives it in ten seconds, and what a flatten
    /// can close is closed within half a minute more.
    private static let haltPatience = Duration.seconds(60)

    /// Waits for the proof of a halt that is under way, and for its flatten; a cancelled task waits no longer.
    private func finishHalt() async {
        // A simulated market stands still once its floor is closed.
        let flattens = await engine.halt.halt?.flattens == true
        guard live != nil || flattens else { return }
        let end = ContinuousClock.now + Self.haltPatience
        while await engine.isProvingHalt, ContinuousClock.now < end {
            // An engine that ended proves nothing, nor does a market that is over.
            guard (try? await desk.clock.advance()) == true else { return }
        }
    }

    /// Gives the account back, and with it the worker's lease and the database's connections when they are the floor's own.
    ///
    /// A halt that came while orders were worked at a living venue is brought to its proof first, and one that closes
    /// positions to its end on every market.
    public func close() async {
        await finishHalt()
        engine.notifier.finish()
        await live?.close()
        do {
            try await engine.close()
        } catch {
            // The lease expires by itself within seconds; what was committed stays.
        }
        await venue?.close()
        guard isAlone else { return }
        await worker?.stop()
        await database.pool.close()
    }
}
