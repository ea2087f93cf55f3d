import ExecutionEngine
import MarketData
import Orchestration
import PaperTrading
import Portfolio
import PostgresStore
import RiskRules
import TradingAgents
import TradingDomain
import Workflows
import YAMLNodes

/// Everything a run needs, wired: database, market, engine, clock, agents.
struct TradingFloor: Sendable {
    let desk: Desk
    let launch: Launch
    let market: MarketFloor
    let database: Database
    /// `nil` on a floor that only looks.
    let worker: PostgresWorker?
    let engine: SmartExecutionEngine
    let startsAt: Timestamp
    let logLevel: String

    /// Opens the floor for a new run (`resuming` is `nil`), or for one that was interrupted.
    ///
    /// With `onlyLooking` nothing is taken or written: the account may be worked by another program meanwhile.
    ///
    /// - Throws: The errors of every part; nothing has been traded then.
    static func open(
        _ loaded: LoadedConfiguration,
        _ request: LaunchRequest,
        resuming: RunDetail? = nil,
        onlyLooking: Bool = false,
        _ console: Console
    ) async throws -> TradingFloor {
        let database = try await Database.open(loaded, console)
        let reader = PostgresQueries(pool: database.pool)
        var launch: Launch
        if let resuming {
            launch = try request.again(resuming.launch)
        } else {
            launch = try await request.launch(loaded.configuration) { account in
                try await reader.runs(account, limit: 1).first?.startedAt
            }
        }
        let configuration = loaded.configuration
        guard let settings = configuration.accounts[launch.account] else {
            throw CommandFailure(.usage, "There is no account '\(launch.account)'. Add it under `accounts:`.")
        }
        var market = try request.floor(launch, configuration)
        let account = resuming?.run.account ?? launch.namespace(market.source)
        let clock = try await reader.clock(of: account)
        if resuming != nil, launch.isGenerated, let clock, clock > market.session.close + .seconds(3600) {
            // Other runs have taken the book to a later session; this one goes on there, since time does not go back.
            launch.session = market.calendars.date(at: clock)
            market = try request.floor(launch, configuration)
        }
        let fresh = launch.mode == .virtual ? TradingEnvironment.backtest : min(settings.environment, .paper)
        let environment = resuming?.run.environment ?? fresh
        let opens = market.session.open
        let begins = min(opens + configuration.market.startAfterOpen, market.session.close)
        if let clock, clock > market.session.close + .seconds(3600) {
            throw CommandFailure(
                .usage,
                "Account \(account) has traded until \(clock), and its time does not go back to session "
                    + "\(market.session.date). Choose a later --session, or another --seed for a book of its own."
            )
        }
        var startsAt = max(resuming?.run.startedAt ?? begins, clock ?? begins)
        let opening = AccountOpening(cash: settings.cash, at: opens)
        var worker: PostgresWorker?
        let (journal, store): (any Journal, any RunStore)
        var venue: any VenueStore = MemoryVenueStore()
        if onlyLooking {
            let observer = AccountObserver(pool: database.pool, opening: opening)
            (journal, store) = (observer, observer)
        } else {
            let started = try await PostgresWorker.start(url: database.url)
            let patience = Backoff.outage(of: configuration.database.retryFor)
            worker = started
            journal = PostgresJournal(pool: database.pool, worker: started, patience: patience)
            store = PostgresRunStore(pool: database.pool, worker: started, patience: patience)
            venue = StoredVenue(store: PostgresVenueStore(pool: database.pool, patience: patience))
        }
        let limits = try settings.riskLimits()
        let bySymbol = Dictionary(
            market.source.instruments.map { ($0.symbol, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        let hours = market.calendars
        let broker = try await SimulatedBroker(
            account: account,
            model: configuration.simulation.fillModel(seed: launch.seed),
            store: venue,
            at: startsAt,
            closeOf: { hours.close(of: $0, at: $1) }
        )
        // The venue may have traded after the engine's last batch: what it traded on is not shown to it again.
        if let traded = await broker.lastTradeAt { startsAt = max(startsAt, traded) }
        let engine = try await SmartExecutionEngine(
            account: account,
            opening: opening,
            configuration: EngineConfiguration(
                environment: environment,
                currency: settings.currency,
                dayOpen: opens,
                instrument: { bySymbol[$0] },
                limits: limits
            ),
            router: UrgencyRouter(
                hours: hours,
                forecast: VolumeForecasts(source: market.source, calendars: hours),
                profileDays: configuration.market.profileSessions
            ),
            journal: journal,
            broker: broker
        )
        let driver = PaperDriver(
            engine: engine,
            broker: broker,
            source: market.source,
            dayOpen: opens - .nanoseconds(1),
            start: startsAt,
            end: market.session.close + .seconds(60),
            pace: launch.mode.pace
        )
        let working = await engine.workingSymbols
        try await driver.watch(await engine.portfolio.openPositions.map(\.symbol) + working)
        try await driver.settle()
        let desk = Desk(
            account: account,
            environment: environment,
            currency: settings.currency,
            engine: engine,
            store: store,
            journal: journal,
            clock: driver,
            market: market.source,
            hours: hours,
            agents: AgentFactory(loaded).desk(
                maximumConcurrent: configuration.workflows.maxConcurrentAgents,
                now: { driver.instant }
            ),
            sizing: try SizingConfig(
                allowShort: settings.allowShort,
                feeReservePercent: settings.limits.cashReservePercent
            ),
            rebalancing: try RebalanceConfig(
                allowShort: settings.allowShort,
                feeReservePercent: settings.limits.cashReservePercent
            ),
            limits: limits,
            models: configuration.models.mapValues { weights in
                TargetWeights(
                    scope: .listed,
                    weights: weights.map { .init(symbol: $0.symbol, weightPercent: $0.percent) }
                )
            },
            watchlists: Watchlists.all()
        )
        return TradingFloor(
            desk: desk,
            launch: launch,
            market: market,
            database: database,
            worker: worker,
            engine: engine,
            startsAt: startsAt,
            logLevel: configuration.log.level.rawValue
        )
    }

    /// The first line of a run: account, market and clock.
    var headline: String {
        "Account \(desk.account) (\(desk.environment.rawValue)) · \(market.source.title) · session \(market.session.date) · "
            + "clock \(launch.clock) from \(startsAt)"
    }

    /// Gives the account and the worker's lease back.
    func close() async {
        do {
            try await engine.close()
        } catch {
            // The lease expires by itself within seconds; what was committed stays.
        }
        await worker?.stop()
        await database.pool.close()
    }
}
