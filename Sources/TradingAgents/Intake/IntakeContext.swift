public import MarketData
public import TradingDomain

/// What an agent may do, from configuration `agents.<id>`.
public struct AgentProfile: Codable, Hashable, Sendable {
    public var id: AgentID
    public var isEnabled: Bool
    /// Accounts by their configured names; `nil` allows all.
    public var allowedAccounts: Set<String>?
    /// `nil` allows all.
    public var allowedAssetClasses: Set<AssetClass>?
    /// Whether the agent's own CRITICAL may open exposure on a live account.
    public var criticalMayOpen: Bool
    /// The agent's own CRITICAL that opens exposure on a live account, at most so often a day.
    public var maximumCriticalPerDay: Int
    /// Percent points; a percentage above 0 and below this was probably meant as a fraction.
    public var minimumSizePercent: FixedDecimal
    /// Percent points of equity that one decision may add.
    public var maximumSizePercent: FixedDecimal
    /// Oldest `as_of` that is accepted.
    public var maximumStalenessSeconds: Int
    /// How often the agent decides; see ``DecisionIdentity``.
    public var cadenceSeconds: Int
    public var legacySizeBasis: LegacySizeBasis

    public init(
        id: AgentID,
        isEnabled: Bool = true,
        allowedAccounts: Set<String>? = nil,
        allowedAssetClasses: Set<AssetClass>? = nil,
        criticalMayOpen: Bool = false,
        maximumCriticalPerDay: Int = 3,
        minimumSizePercent: FixedDecimal = FixedDecimal(units: 10_000_000),
        maximumSizePercent: FixedDecimal = FixedDecimal(100),
        maximumStalenessSeconds: Int = 3600,
        cadenceSeconds: Int = 60,
        legacySizeBasis: LegacySizeBasis = .deltaPercentOfEquity
    ) {
        self.id = id
        self.isEnabled = isEnabled
        self.allowedAccounts = allowedAccounts
        self.allowedAssetClasses = allowedAssetClasses
        self.criticalMayOpen = criticalMayOpen
        self.maximumCriticalPerDay = maximumCriticalPerDay
        self.minimumSizePercent = minimumSizePercent
        self.maximumSizePercent = maximumSizePercent
        self.maximumStalenessSeconds = maximumStalenessSeconds
        self.cadenceSeconds = cadenceSeconds
        self.legacySizeBasis = legacySizeBasis
    }
}

/// Numbers of the gates that are the same for all agents of an account.
public struct IntakeLimits: Codable, Hashable, Sendable {
    /// How far another machine's clock may be ahead.
    public var clockSkewSeconds: Int
    /// Longest `valid_until − created_at`.
    public var maximumValiditySeconds: Int
    /// Oldest quote that prices may be checked against.
    public var maximumQuoteAgeSeconds: Int
    /// Largest drift from the agent's reference for trades that add exposure, in basis points by urgency.
    public var driftBpsCritical: Int
    public var driftBpsHigh: Int
    public var driftBpsMedium: Int
    public var driftBpsLow: Int
    /// Largest gross exposure, in percent of equity: Σ |weight| of target weights may not exceed it.
    public var maximumGrossPercent: FixedDecimal

    public init(
        clockSkewSeconds: Int = 5,
        maximumValiditySeconds: Int = 86_400,
        maximumQuoteAgeSeconds: Int = 90,
        driftBpsCritical: Int = 50,
        driftBpsHigh: Int = 75,
        driftBpsMedium: Int = 100,
        driftBpsLow: Int = 150,
        maximumGrossPercent: FixedDecimal = FixedDecimal(100)
    ) {
        self.clockSkewSeconds = clockSkewSeconds
        self.maximumValiditySeconds = maximumValiditySeconds
        self.maximumQuoteAgeSeconds = maximumQuoteAgeSeconds
        self.driftBpsCritical = driftBpsCritical
        self.driftBpsHigh = driftBpsHigh
        self.driftBpsMedium = driftBpsMedium
        self.driftBpsLow = driftBpsLow
        self.maximumGrossPercent = maximumGrossPercent
    }

    public func driftBps(_ urgency: Urgency) -> Int {
        switch urgency {
        case .critical: driftBpsCritical
        case .high: driftBpsHigh
        case .medium: driftBpsMedium
        case .low: driftBpsLow
        }
    }
}

/// Everything the gates read, collected beforehand.
///
/// `nil` means "could not be read", and a gate that cannot read what it
/// needs refuses.
public struct IntakeContext: Sendable {
    public enum Halt: Hashable, Sendable {
        case clear
        case halted(reason: String)
    }

    /// What is stored under the decision's key.
    public enum Prior: Hashable, Sendable {
        case none
        /// The same decision came before.
        case same(PriorOutcome)
        /// Another decision holds the key.
        case other(PriorOutcome)
    }

    /// What became of the first decision with this key.
    public struct PriorOutcome: Codable, Hashable, Sendable {
        public let decision: DecisionID
        /// An SX-1 status.
        public let status: String
        public let message: String

        public init(decision: DecisionID, status: String, message: String) {
            self.decision = decision
            self.status = status
            self.message = message
        }
    }

    public enum Availability: Hashable, Sendable {
        case open
        case closed(nextOpen: Timestamp?)
        /// Halted or delisted, with the venue's or our reason.
        case suspended(String)
    }

    public enum InstrumentLookup: Hashable, Sendable {
        case found(Instrument, inUniverse: Bool, Availability)
        case unknown
        /// Several instruments have the symbol; the texts tell them apart.
        case ambiguous([String])
    }

    public struct Holding: Hashable, Sendable {
        /// Negative is short.
        public var held: Quantity
        /// What orders at work may still take off the position, as a magnitude.
        public var working: Quantity

        public init(held: Quantity, working: Quantity = .zero) {
            self.held = held
            self.working = working
        }
    }

    /// The live price of one instrument; a feed of bars has only `last`.
    public struct Price: Hashable, Sendable {
        public var bid: TradingDomain.Price?
        public var ask: TradingDomain.Price?
        public var last: TradingDomain.Price?
        public var at: Timestamp

        public init(
            bid: TradingDomain.Price? = nil,
            ask: TradingDomain.Price? = nil,
            last: TradingDomain.Price? = nil,
            at: Timestamp
        ) {
            self.bid = bid
            self.ask = ask
            self.last = last
            self.at = at
        }

        public init(_ quote: Quote) { self.init(bid: quote.bid, ask: quote.ask, at: quote.at) }
    }

    /// The run's clock.
    public var now: Timestamp
    /// Who the channel says is speaking.
    public var authenticatedAgent: AgentID
    /// That agent's configuration; `nil` when there is none.
    public var profile: AgentProfile?
    /// Too many failures in a row, see ``AgentExchange/breakerIsOpen``.
    public var breakerIsOpen: Bool
    /// The executing account, with its namespace.
    public var account: AccountID
    /// The account's configured name, which decisions and profiles use.
    public var accountName: String
    public var accountCurrency: Currency
    public var environment: TradingEnvironment
    public var halt: Halt?
    public var prior: Prior?
    public var instruments: [Symbol: InstrumentLookup]?
    /// Every position of the account; a symbol without an entry is flat.
    public var holdings: [Symbol: Holding]?
    public var shortingIsEnabled: Bool
    /// In the account's currency.
    public var equity: FixedDecimal?
    public var prices: [Symbol: Price]
    public var urgency: ResolvedUrgency
    /// How often today this agent's own CRITICAL opened exposure.
    public var criticalToday: Int
    public var limits: IntakeLimits

    public init(
        now: Timestamp,
        authenticatedAgent: AgentID,
        profile: AgentProfile?,
        account: AccountID,
        accountName: String,
        accountCurrency: Currency = .usd,
        environment: TradingEnvironment,
        halt: Halt?,
        prior: Prior?,
        instruments: [Symbol: InstrumentLookup]?,
        holdings: [Symbol: Holding]?,
        equity: FixedDecimal?,
        prices: [Symbol: Price],
        urgency: ResolvedUrgency,
        shortingIsEnabled: Bool = false,
        breakerIsOpen: Bool = false,
        criticalToday: Int = 0,
        limits: IntakeLimits = IntakeLimits()
    ) {
        self.now = now
        self.authenticatedAgent = authenticatedAgent
        self.profile = profile
        self.breakerIsOpen = breakerIsOpen
        self.account = account
        self.accountName = accountName
        self.accountCurrency = accountCurrency
        self.environment = environment
        self.halt = halt
        self.prior = prior
        self.instruments = instruments
        self.holdings = holdings
        self.shortingIsEnabled = shortingIsEnabled
        self.equity = equity
        self.prices = prices
        self.urgency = urgency
        self.criticalToday = criticalToday
        self.limits = limits
    }
}
