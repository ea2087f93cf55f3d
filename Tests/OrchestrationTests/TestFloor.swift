import ExecutionAlgorithms
import ExecutionEngine
import Foundation
import MarketData
import Orchestration
import PaperTrading
import Portfolio
import RiskRules
import TradingAgents
import TradingDomain
import TradingTestKit
import Workflows
import YAMLNodes

/// What outlives a process: the stores of engine, runs and venue, all in memory.
struct Ground {
    let journal = MemoryJournal.Ground()
    let runs = MemoryRunStore.Ground()
    let venue = MemoryVenueStore()

    func parents(_ ids: [ParentOrderID]) async throws -> [ParentRecord] {
        try await MemoryJournal(journal).parents(ids)
    }

    /// Every parent that sent something, in the order of its first child.
    func parentsThatSent() async throws -> [ParentRecord] {
        var ids: [ParentOrderID] = []
        for intent in await journal.intents {
            if let parent = intent.parts?.parent, !ids.contains(parent) { ids.append(parent) }
        }
        return try await parents(ids)
    }

    /// Declares a worker dead, so that another may take over.
    func bury(_ worker: String) async {
        await journal.bury(worker)
        await runs.bury(worker)
    }
}

/// How a floor is set up.
struct FloorPlan {
    var seed: UInt64 = 7
    var date = known(CalendarDate("2026-03-03"))
    /// After the session's open; may lie behind its close.
    var startsAfterOpen = Duration.seconds(60)
    var cash = "100000"
    var limits = known(try? RiskLimits(maxPositionPercent: FixedDecimal(25), sellsFundBuys: true))
    var agents: [String: any TradingAgent] = [:]
    var agentTimeout = Duration.seconds(20)
    var models: [String: TargetWeights] = [:]
    var pools = PoolGates()
    var limitSets: [String: RiskLimits] = [:]
    var notifications: any NotificationSender = NoChannels()
    /// Stands between the runner and the clock, to interrupt or to interfere.
    var wrap: @Sendable (PaperDriver) -> any TradingClock = { $0 }
    /// Stands between the runner and what it reads of orders.
    var wrapJournal: @Sendable (MemoryJournal) -> any Journal = { $0 }
    /// Stands between the runner and its store.
    var wrapStore: @Sendable (MemoryRunStore) -> any RunStore = { $0 }
}

/// One process's view: an engine that holds the account, a clock, and the executor on them.
struct Floor {
    let executor: SmartExecutor
    let desk: Desk
    let engine: SmartExecutionEngine
    let market: GeneratedMarket

    /// Opens the account on `ground` as `worker`, at the plan's start or at `notBefore` when that is later.
    static func open(
        _ plan: FloorPlan = FloorPlan(),
        on ground: Ground,
        worker: String = "first",
        notBefore: Timestamp? = nil
    ) async throws -> Floor {
        let market = GeneratedMarket(seed: plan.seed)
        let account = AccountID(unchecked: "paper@\(market.fingerprint)")
        let session = try known(market.calendar.session(on: plan.date))
        let start = max(session.open + plan.startsAfterOpen, notBefore ?? session.open)
        let journal = MemoryJournal(ground.journal, worker: worker)
        let broker = try await SimulatedBroker(
            account: account,
            model: FillModel(seed: plan.seed),
            store: ground.venue,
            at: start,
            closeOf: { _, time in (try? market.calendar.session(containing: time))?.close }
        )
        let hours = NewYorkHours(calendar: market.calendar)
        let engine = try await SmartExecutionEngine(
            account: account,
            opening: AccountOpening(cash: try Money(parsing: plan.cash, .usd), at: session.open),
            configuration: EngineConfiguration(
                environment: .backtest,
                currency: .usd,
                dayOpen: session.open,
                instrument: { symbol in market.instruments.first { $0.symbol == symbol } },
                limits: plan.limits
            ),
            router: OrderRouting(hours: hours, forecast: LearnedVolume(market: market)),
            journal: journal,
            broker: broker
        )
        let driver = PaperDriver(
            engine: engine,
            broker: broker,
            source: market,
            dayOpen: session.open - .nanoseconds(1),
            start: start,
            end: session.close + .seconds(60),
            pace: .virtual
        )
        try await driver.watch(await engine.portfolio.openPositions.map(\.symbol) + engine.workingSymbols)
        try await driver.settle()
        let timeout = plan.agentTimeout
        let agents = plan.agents
        let desk = Desk(
            account: account,
            environment: .backtest,
            currency: .usd,
            engine: engine,
            store: plan.wrapStore(MemoryRunStore(ground.runs, worker: worker)),
            journal: plan.wrapJournal(journal),
            clock: plan.wrap(driver),
            market: market,
            hours: hours,
            agents: AgentDesk(
                runtime: AgentRuntime(now: { driver.instant }),
                make: { name, _ in
                    guard let agent = agents[name] else { throw StepFailure("unknown_agent", "no agent \(name)") }
                    return AgentDesk.Entry(agent: agent, timeout: timeout)
                },
                profile: { AgentProfile(id: $0) }
            ),
            sizing: SizingConfig(),
            rebalancing: RebalanceConfig(),
            limits: plan.limits,
            limitSets: plan.limitSets,
            models: plan.models,
            pools: plan.pools,
            notifications: plan.notifications
        )
        let executor = SmartExecutor(desk: desk, library: Shipped.workflow)
        return Floor(executor: executor, desk: desk, engine: engine, market: market)
    }
}

/// The workflows that ship.
enum Shipped {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    static func workflow(_ name: String) -> SourceFile? {
        let path = "\(root)/workflows/\(name).yaml"
        return FileManager.default.contents(atPath: path).map {
            SourceFile(name: path, text: String(decoding: $0, as: UTF8.self))
        }
    }
}

private struct NewYorkHours: TradingHours {
    let calendar: TradingCalendar

    func phase(of instrument: Instrument, at time: Timestamp) -> MarketPhase {
        if let session = try? calendar.session(containing: time) {
            return .open(since: session.open, until: session.close)
        }
        return .closed(nextOpen: try? calendar.nextOpen(after: time))
    }

    func zone(of instrument: Instrument) -> String? { calendar.zone }
}

private struct LearnedVolume: VolumeForecast {
    func statistics(of instrument: Instrument, at time: Timestamp, days: Int) throws -> HistoryStatistics {
        HistoryStatistics(dailyVolume: 1_000_000, minuteVolume: 2_500, dailyVolatility: 0.02, dates: [])
    }

    let market: GeneratedMarket

    func weights(
        of instrument: Instrument,
        from start: Timestamp,
        to end: Timestamp,
        bucket: Duration,
        days: Int
    ) throws -> [Double] {
        guard let session = try market.calendar.session(containing: start) else { return [] }
        return try VolumeProfile.learn(
            source: market,
            symbol: instrument.symbol,
            calendar: market.calendar,
            before: session.date,
            sessions: days
        ).weights(from: start - session.open, to: end - session.open, bucket: bucket)
    }
}

/// A value that the test's author wrote down, so that a wrong one is a bug of the test.
func known<Value>(_ value: Value?) -> Value {
    guard let value else { preconditionFailure("a \(Value.self) in a test makes no sense") }
    return value
}

func symbol(_ text: String) -> Symbol { known(Symbol(text)) }
func symbols(_ text: String) -> [Symbol] { text.split(separator: " ").map { symbol(String($0)) } }
func decimal(_ text: String) -> FixedDecimal { known(try? FixedDecimal(parsing: text)) }
