public import MarketData
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

    /// How old a request may be when it is admitted; older ones were left behind by a crash.
    public var submissionValidity = Duration.seconds(900)

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
        questionInterval: Duration = .seconds(1)
    ) {
        precondition(intentValidity <= .seconds(5), "an intent may be valid for 5 s at most, was \(intentValidity)")
        self.environment = environment
        self.currency = currency
        self.dayOpen = dayOpen
        self.instrument = instrument
        self.limits = limits
        self.intentValidity = intentValidity
        self.questionInterval = questionInterval
    }
}
