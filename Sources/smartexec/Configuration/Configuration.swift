import ExecutionAnalytics
import Orchestration
import TradingDomain

/// Everything that the program is told by files and the environment, decoded and checked.
///
/// ``ConfigurationLoader`` makes it; ``BuiltInConfiguration`` holds the defaults. Relative paths are relative to the
/// working directory.
struct Configuration: Hashable, Sendable {
    var database: DatabaseConfiguration
    /// The account that serves when none is named; a key of ``accounts``.
    var account: String
    var accounts: [String: AccountConfiguration]
    var market: MarketConfiguration
    /// `nil`: virtual on generated or replayed data, real otherwise.
    var clock: ClockMode?
    var simulation: SimulationConfiguration
    /// When an execution is bad enough for an alert.
    var quality: QualityThresholds
    var routing: RoutingConfiguration
    /// The agent that serves when none is named; a key of ``agents``.
    var agent: String
    var agents: [String: AgentConfiguration]
    /// Target weights by model name, in percent points of equity, in the order written.
    var models: [String: [ModelWeight]]
    var workflows: WorkflowConfiguration
    /// Slots that steps name with `pool:`.
    var pools: [String: PoolGates.Size]
    /// Who is told of what, and how.
    var notifications: NotificationConfiguration
    var log: LogConfiguration

    /// The account that serves when none is named.
    var defaultAccount: AccountConfiguration? { accounts[account] }
}

struct DatabaseConfiguration: Hashable, Sendable {
    /// A libpq connection URI; `nil` means the embedded cluster.
    ///
    /// May hold a password: never print it, see ``Secrets``.
    var url: String?
    /// Connections of the pool.
    var poolSize: Int
    /// How long a run tries again while the database is gone, before it stops to be resumed.
    var retryFor: Duration
}

struct MarketConfiguration: Hashable, Sendable {
    enum Source: String, CaseIterable, Hashable, Sendable {
        /// The seeded market of our own making.
        case generated
        /// Replay of the files in `data`.
        case files
    }

    var source: Source
    /// Seed of the generated market and of the simulated fills.
    var seed: UInt64
    /// Folders or files to replay.
    var data: [String]
    /// The session to trade; `nil`: the source's own choice.
    var session: CalendarDate?
    /// Sessions before the traded one from which the volume profile is learned.
    var profileSessions: Int
    /// Calendar id of instruments that name none.
    var calendar: String
    /// A file with the user's own calendar rules beyond the built-in years.
    var calendarFile: String?
    /// How long after the session's open a run in virtual time starts.
    var startAfterOpen: Duration
}

/// The simulated broker's fill model.
struct SimulationConfiguration: Hashable, Sendable {
    /// How the time that a message takes varies.
    enum LatencyShape: String, CaseIterable, Hashable, Sendable {
        case fixed, uniform, lognormal
    }

    /// Largest share of shown size or bar volume that is taken, in percent.
    var participationPercent: FixedDecimal
    /// Fraction of the notional: 0.00015 is 0.015 %.
    var commissionRate: FixedDecimal
    /// One way to the venue; the median where it varies.
    var latency: Duration
    /// Of reports; absent means ``latency``.
    var reportLatency: Duration?
    var latencyShape = LatencyShape.fixed
    /// Bounds where the time varies; absent means a fifth, and twenty times, of the median.
    var latencyMin: Duration?
    var latencyMax: Duration?
    /// Standard deviation of the logarithm of a log-normal time.
    var latencySpread: FixedDecimal?
    /// Assumed spread where there are no quotes.
    var spreadBps: FixedDecimal
}

struct ModelWeight: Hashable, Sendable {
    var symbol: Symbol
    /// Percent points of equity; negative for a short.
    var percent: FixedDecimal
}

struct WorkflowConfiguration: Hashable, Sendable {
    /// Where workflows are looked up by name.
    var directory: String
    /// Agent calls in flight, over all runs of this process.
    var maxConcurrentAgents: Int
}

struct LogConfiguration: Hashable, Sendable {
    enum Level: String, CaseIterable, Hashable, Sendable {
        case trace, debug, info, notice, warning, error, critical
    }

    var level: Level
}
