import Assembly
import ExecutionEngine
import MarketData
import Orchestration
import PaperTrading
import Portfolio
import PostgresStore
import TradingAgents
import TradingDomain

/// The worker of a process and its connections, which several floors share.
struct FloorHost: Sendable {
    let database: Database
    let worker: PostgresWorker
    /// What the floors ask of agents at the moment.
    let agentLoad = AgentLoad()
}

/// The floor that a command runs on: what configuration, command line and stored run choose, on the shared assembly.
struct TradingFloor: Sendable {
    let paper: PaperFloor
    let launch: Launch
    let market: MarketFloor
    let logLevel: String

    var desk: Desk { paper.desk }
    var engine: SmartExecutionEngine { paper.engine }
    var startsAt: Timestamp { paper.startsAt }

    /// Opens the floor for a new run (`resuming` is `nil`), or for one that was interrupted.
    ///
    /// With `book` it is opened for that account's full name alone, and not for another that the configured market makes of
    /// it. With `onlyLooking` nothing is taken or written: the account may be worked by another program meanwhile. A floor on a
    /// `host` has its worker and leaves it open.
    ///
    /// - Throws: The errors of every part; nothing has been traded then.
    static func open(
        _ loaded: LoadedConfiguration,
        _ request: LaunchRequest,
        resuming: RunDetail? = nil,
        book: AccountID? = nil,
        onlyLooking: Bool = false,
        host: FloorHost? = nil,
        _ console: Console
    ) async throws -> TradingFloor {
        let database: Database
        if let host { database = host.database } else { database = try await Database.open(loaded, console) }
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
        let settings = try configuration.settings(of: launch)
        var market = try request.floor(launch, configuration)
        let account = resuming?.run.account ?? launch.namespace(market.source)
        if let book, book != account {
            throw CommandFailure(
                .usage,
                "\(book) is a book on another market than the configured one, whose book is \(account). Configure that market."
            )
        }
        let clock = try await reader.clock(of: account)
        if resuming != nil, launch.isGenerated, let clock, clock > market.session.close + .seconds(3600) {
            // Other runs have taken the book to a later session; this one goes on there, since time does not go back.
            launch.session = market.hours.date(at: clock)
            market = try request.floor(launch, configuration)
        }
        if let clock, clock > market.session.close + .seconds(3600) {
            throw CommandFailure(
                .usage,
                "Account \(account) has traded until \(clock), and its time does not go back to session "
                    + "\(market.session.date). Choose a later --session, or another --seed for a book of its own."
            )
        }
        var venue: (any LiveVenue)?
        if let place = settings.venue, !onlyLooking {
            let opened = try await VenueConnection.open(place, account, settings.currency, loaded)
            market.source = VenueHistory(opened)
            venue = opened
        }
        let agents = AgentFactory(loaded, load: host?.agentLoad ?? AgentLoad())
        let agentsAtOnce = configuration.workflows.maxConcurrentAgents
        var plan = PaperFloor.Plan(
            account: account,
            environment: resuming?.run.environment ?? launch.environment(settings),
            cash: try await venue?.balance(settings.currency) ?? settings.cash,
            limits: try settings.riskLimits(),
            market: market.source,
            hours: market.hours,
            session: market.session,
            seed: launch.seed,
            agents: { agents.desk(maximumConcurrent: agentsAtOnce, now: $0) }
        )
        plan.venue = venue
        plan.deadMan = settings.venue?.deadMan
        plan.slippage = settings.slippage
        plan.limitSets = try settings.riskLimitSets()
        plan.startsAt = resuming?.run.startedAt ?? market.begins(configuration)
        plan.pace = launch.mode.pace
        plan.fills = configuration.simulation.fillModel(seed: launch.seed)
        plan.profileSessions = configuration.market.profileSessions
        plan.routing = configuration.routing.policy
        plan.quality = configuration.quality
        plan.marketStates = configuration.routing.states + MarketStateRule.standard
        plan.marketStateDwell = configuration.routing.stateDwell
        plan.allowShort = settings.allowShort
        plan.models = configuration.models.mapValues { weights in
            TargetWeights(
                scope: .listed,
                weights: weights.map { .init(symbol: $0.symbol, weightPercent: $0.percent) }
            )
        }
        plan.watchlists = Watchlists.all()
        plan.pools = configuration.pools
        plan.notifications = ChannelFactory(loaded).channels
        plan.retryFor = configuration.database.retryFor
        plan.onlyLooking = onlyLooking
        return TradingFloor(
            paper: try await PaperFloor.open(plan, on: database.state, worker: host?.worker),
            launch: launch,
            market: market,
            logLevel: configuration.log.level.rawValue
        )
    }

    /// The first line of a run: account, market and clock.
    var headline: String {
        "Account \(desk.account) (\(desk.environment.rawValue)) · \(market.source.title) · session \(market.session.date) · "
            + "clock \(launch.clock) from \(startsAt)"
    }

    /// Gives the account and the worker's lease back.
    func close() async { await paper.close() }
}
