public import MarketData
public import TradingDomain

/// What an agent is given: the contract's `smartexec.request/1`, and for agents in this process also ``tools``.
public struct DecisionRequest: Sendable {
    public static let schema = "smartexec.request/1"

    public enum Kind: String, Codable, Hashable, Sendable {
        case single = "SINGLE"
        /// Answer each symbol.
        case batch = "BATCH"
        /// Answer with target weights.
        case rebalance = "REBALANCE"
    }

    /// The market as a whole (DI-1).
    public struct Context: Codable, Hashable, Sendable {
        /// An ensemble's word, such as `RISK_ON`, `RISK_OFF` or `CRASH`; counts for urgency only when given.
        public var regime: String?
        public var vix: Double?
        public var extra: [String: String]

        public init(regime: String? = nil, vix: Double? = nil, extra: [String: String] = [:]) {
            self.regime = regime
            self.vix = vix
            self.extra = extra
        }
    }

    public struct Position: Codable, Hashable, Sendable {
        public var symbol: Symbol
        /// Negative is short.
        public var quantity: Quantity
        public var averageCost: Price?
        public var weightPercent: Double?
        /// Quantity that orders still at work may add or remove, as a magnitude.
        public var working: Quantity

        public init(
            symbol: Symbol,
            quantity: Quantity,
            averageCost: Price? = nil,
            weightPercent: Double? = nil,
            working: Quantity = .zero
        ) {
            self.symbol = symbol
            self.quantity = quantity
            self.averageCost = averageCost
            self.weightPercent = weightPercent
            self.working = working
        }

        private enum CodingKeys: String, CodingKey {
            case symbol, quantity, working
            case averageCost = "average_cost"
            case weightPercent = "weight_pct"
        }
    }

    public struct Portfolio: Codable, Hashable, Sendable {
        public var snapshotID: String
        public var asOf: Timestamp
        public var equity: FixedDecimal
        public var cash: FixedDecimal
        public var positions: [Position]
        /// Positions that are held and not listed, because there are very many; `nil` when all are.
        public var omitted: Int?

        public init(
            snapshotID: String,
            asOf: Timestamp,
            equity: FixedDecimal,
            cash: FixedDecimal,
            positions: [Position],
            omitted: Int? = nil
        ) {
            self.snapshotID = snapshotID
            self.asOf = asOf
            self.equity = equity
            self.cash = cash
            self.positions = positions
            self.omitted = omitted
        }

        private enum CodingKeys: String, CodingKey {
            case equity, cash, positions
            case omitted = "positions_omitted"
            case snapshotID = "snapshot_id"
            case asOf = "as_of"
        }
    }

    /// What is known of one instrument's market; sizes are the source's own and may be missing.
    public struct Market: Codable, Hashable, Sendable {
        public var last: Price?
        public var bid: Price?
        public var ask: Price?
        public var at: Timestamp
        /// The instrument's name for language models, which invent one for a bare ticker.
        public var name: String?

        public init(last: Price?, bid: Price? = nil, ask: Price? = nil, at: Timestamp, name: String? = nil) {
            self.last = last
            self.bid = bid
            self.ask = ask
            self.at = at
            self.name = name
        }
    }

    /// How much of an allowed action would pass now; without limits it is simply allowed.
    public struct Allowance: Codable, Hashable, Sendable {
        public var maxQuantity: Quantity?
        public var maxNotional: FixedDecimal?

        public init(maxQuantity: Quantity? = nil, maxNotional: FixedDecimal? = nil) {
            self.maxQuantity = maxQuantity
            self.maxNotional = maxNotional
        }

        private enum CodingKeys: String, CodingKey {
            case maxQuantity = "max_quantity"
            case maxNotional = "max_notional"
        }
    }

    public struct Budget: Codable, Hashable, Sendable {
        public var usd: FixedDecimal
        public var tokens: Int

        public init(usd: FixedDecimal, tokens: Int) {
            self.usd = usd
            self.tokens = tokens
        }
    }

    /// Unique per question; the runtime drops answers by it.
    public var requestID: String
    public var kind: Kind
    public var symbols: [Symbol]
    /// Cut-off of all data in the request and in ``tools``.
    public var asOf: Timestamp
    /// When the answer must be there, for the agent to plan with; the runtime's own timeout is what counts.
    public var deadline: Timestamp
    public var environment: TradingEnvironment
    /// What is being decided, the same at each attempt, such as `watchlist-am:2026-11-20`.
    public var slot: String?
    public var context: Context
    /// `nil` means "not available", which is not an empty portfolio.
    public var portfolio: Portfolio?
    public var market: [Symbol: Market]
    public var allowed: [Symbol: [TradeIntent.Action: Allowance]]
    public var budget: Budget?
    /// For agents in this process; never written.
    public var tools: AgentTools

    public init(
        requestID: String,
        kind: Kind = .single,
        symbols: [Symbol],
        asOf: Timestamp,
        deadline: Timestamp,
        environment: TradingEnvironment,
        slot: String? = nil,
        context: Context = Context(),
        portfolio: Portfolio? = nil,
        market: [Symbol: Market] = [:],
        allowed: [Symbol: [TradeIntent.Action: Allowance]] = [:],
        budget: Budget? = nil,
        tools: AgentTools = AgentTools()
    ) {
        self.requestID = requestID
        self.kind = kind
        self.symbols = symbols
        self.asOf = asOf
        self.deadline = deadline
        self.environment = environment
        self.slot = slot
        self.context = context
        self.portfolio = portfolio
        self.market = market
        self.allowed = allowed
        self.budget = budget
        self.tools = tools
    }

    /// The position in `symbol`: zero when the portfolio has none, `nil` when there is no portfolio.
    public func held(_ symbol: Symbol) -> Quantity? {
        portfolio.map { $0.positions.first { $0.symbol == symbol }?.quantity ?? .zero }
    }
}

/// What an agent in this process may use besides the request: history, and a place for the raw exchange.
///
/// An agent that takes time and data from here alone answers the same when replayed.
public struct AgentTools: Sendable {
    /// Bars that ended at or before the request's `asOf`, oldest first.
    ///
    /// The function throws when the source cannot be read.
    public var history: @Sendable (Symbol) throws -> [Bar]
    /// Where an adapter puts the bytes that it exchanged, to be stored with the decision.
    public internal(set) var transcript = AgentTranscript()
    /// Wall-clock time that is left for the answer when the agent is asked; set by the runtime.
    public internal(set) var timeout: Duration = .seconds(60)

    public init(history: @escaping @Sendable (Symbol) throws -> [Bar] = { _ in [] }) {
        self.history = history
    }
}
