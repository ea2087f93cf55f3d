public import ExecutionAnalytics
public import MarketData
public import OrderManagement
public import RiskRules
public import TradingDomain

/// What an account's engine is told by configuration.
public struct EngineConfiguration: Sendable {
    public var environment: TradingEnvironment
    public var currency: Currency
    /// When the trading day began; the daily loss counts from there.
    public var dayOpen: Timestamp
    /// The instrument of a symbol, or `nil` when the market does not have it.
    public var instrument: @Sendable (Symbol) -> Instrument?
    public var limits: RiskLimits
    /// How long the venue accepts a command after its request time; at most 5 s.
    public var intentValidity: Duration
    /// How long to wait before asking an unreachable broker again.
    public var questionInterval: Duration

    /// How long a cancel may stay unanswered before the broker is asked; each further question waits twice as long.
    public var cancelPatience = Duration.seconds(5)
    /// How long a child may be open before it is cancelled as stale, unless its algorithm gave it an age (OM-4).
    public var childAgeMax = Duration.seconds(300)
    /// When children that were surely not placed are tried again (OM-5).
    public var retries = RetryPolicy()

    /// When an execution is bad enough for an alert (AN-5).
    public var quality = QualityThresholds()
    /// The states that markets are told apart by, the one that matters most first (RO-4).
    public var marketStates = MarketStateRule.standard
    /// How long a market's state lasts at least.
    public var marketStateDwell = MarketStateMonitor.standardDwell

    /// Beside a wall clock: so many that a commit's fixed costs are small, so few that making the next batch overlaps.
    public static let liveInputsPerBatch = 256

    /// The most inputs of a batch while another is being committed; `nil` takes everything at once, batch after batch, as
    /// virtual time needs it.
    public var inputsPerBatch: Int?

    /// How old a request may be when it is admitted; older ones were left behind by a crash.
    public var submissionValidity = Duration.seconds(900)

    /// How the account is compared with its venue; `nil` where the venue keeps no books of its own.
    public var reconciliation: ReconciliationSettings?

    /// How the venue's dead-man timer is kept; `nil` arms none.
    public var deadMan: DeadManSettings?

    /// How predicted slippage is held to a limit.
    public var slippage = SlippageSettings.standard
    /// What earlier sessions say of an instrument's size and restlessness; `nil` where nothing is known of them.
    public var history: @Sendable (Instrument, Timestamp) -> HistoryStatistics? = { _, _ in nil }

    public init(
        environment: TradingEnvironment,
        currency: Currency,
        dayOpen: Timestamp,
        instrument: @escaping @Sendable (Symbol) -> Instrument?,
        limits: RiskLimits,
        intentValidity: Duration = .seconds(5),
        questionInterval: Duration = .seconds(1),
        inputsPerBatch: Int? = nil
    ) {
        precondition(intentValidity <= .seconds(5), "an intent may be valid for 5 s at most, was \(intentValidity)")
        self.environment = environment
        self.currency = currency
        self.dayOpen = dayOpen
        self.instrument = instrument
        self.limits = limits
        self.intentValidity = intentValidity
        self.questionInterval = questionInterval
        self.inputsPerBatch = inputsPerBatch
    }
}
