public import ExecutionAlgorithms
import Foundation
public import MarketData
public import Orchestration
import PaperTrading
import PostgresStore
public import RiskRules
public import TradingAgents
public import TradingDomain

extension PaperFloor {
    /// Opens a floor for a program that embeds the system: a simulated account in virtual time.
    ///
    /// The market is generated unless another is given, and the session is the one after the account's last. State is in a
    /// private PostgreSQL whose home is `home`; it stays up for the next program, until `smartexec db stop`.
    ///
    /// - Parameters:
    ///   - home: The state folder of the private PostgreSQL, made when it is not there.
    ///   - url: A libpq connection URI of a database of yours instead; then nothing is in `home`.
    ///   - market: What is traded; `GeneratedMarket(seed: 7)` when `nil`.
    ///   - session: The day to trade; `nil` for the one after the account's last.
    ///   - cash: What a new account begins with.
    ///   - limits: The account's risk limits.
    ///   - algorithms: What orders may be worked by; register an algorithm of your own with `AlgorithmCatalog.register(_:)`.
    ///   - agents: Agents besides the built-in `momentum`, by the name of their descriptor.
    /// - Returns: The open floor; ``close()`` gives its account back.
    /// - Throws: The errors of database, market and calendar, each saying what to do.
    public static func open(
        home: String,
        database url: String? = nil,
        market: (any MarketSource)? = nil,
        session: CalendarDate? = nil,
        cash: Money = Money(units: 100_000 * Int128(FixedDecimal.scale), .usd),
        limits: RiskLimits? = nil,
        algorithms: AlgorithmCatalog = AlgorithmCatalog(),
        agents: [any TradingAgent] = []
    ) async throws -> PaperFloor {
        let folder = URL(fileURLWithPath: home).path  // absolute: the cluster is named by its home
        let database = try await StateDatabase.open(url.map { .url($0) } ?? .embedded(.init(home: folder)))
        let market = market ?? GeneratedMarket(seed: generatedSeed)
        let hours = try MarketHours()
        let account = AccountID(unchecked: "embedded@\(market.fingerprint)")
        let last = try await PostgresQueries(pool: database.pool).runs(account, limit: 1).first?.startedAt
        let day: TradingSession =
            if let session {
                try hours.session(on: session)
            } else {
                try hours.nextSession(after: last.map(hours.date) ?? firstDay)
            }
        var plan = Plan(
            account: account,
            environment: .backtest,
            cash: cash,
            limits: try limits ?? RiskLimits(),
            market: market,
            hours: hours,
            session: day,
            seed: generatedSeed,
            agents: { AgentDesk(agents + [MomentumAgent()], now: $0) }
        )
        plan.algorithms = algorithms
        return try await open(plan, on: database)
    }

    /// Runs the shipped workflows on this floor.
    public var executor: SmartExecutor { SmartExecutor(desk: desk, catalog: steps, library: ShippedWorkflows.named) }

    public var portfolio: PortfolioManager { PortfolioManager(desk: desk) }

    public var risk: RiskManager { RiskManager(desk: desk, killSwitch: killSwitch) }

    static let generatedSeed: UInt64 = 7
    /// The day before the first session of an account without history; any fixed day would do.
    static let firstDay = CalendarDate(daysSinceEpoch: 20_454)
}
