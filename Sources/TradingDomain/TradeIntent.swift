/// The body of a `TRADE` decision: one instrument, one action.
public struct TradeIntent: Codable, Hashable, Sendable {
    /// What to do: `sell` only reduces a long and `cover` only a short, and neither crosses zero.
    public enum Action: String, Codable, Hashable, Sendable, CaseIterable {
        case buy = "BUY"
        case sell = "SELL"
        case short = "SHORT"
        case cover = "COVER"
        case close = "CLOSE"
        case hold = "HOLD"
    }

    /// The price that the agent reasoned on: used to detect drift, never to size or price an order.
    public struct Reference: Codable, Hashable, Sendable {
        public var price: Price
        public var currency: Currency?
        public var observedAt: Timestamp
        public var source: String?

        public init(price: Price, observedAt: Timestamp) {
            self.price = price
            self.observedAt = observedAt
        }

        private enum CodingKeys: String, CodingKey {
            case price, currency, source
            case observedAt = "observed_at"
        }
    }

    /// Levels that may only tighten the system's own.
    public struct Limits: Codable, Hashable, Sendable {
        public var limitPrice: Price?
        /// Basis points, 0–5000.
        public var maxDriftBps: Int?
        /// Basis points, 0–5000.
        public var maxSlippageBps: Int?
        public var stopLoss: Price?
        public var takeProfit: Price?

        public init() {}

        private enum CodingKeys: String, CodingKey {
            case limitPrice = "limit_price"
            case maxDriftBps = "max_drift_bps"
            case maxSlippageBps = "max_slippage_bps"
            case stopLoss = "stop_loss"
            case takeProfit = "take_profit"
        }
    }

    public var symbol: Symbol
    public var venue: String?
    public var assetClass: AssetClass?
    public var action: Action
    /// Required for buy, sell, short and cover; absent for close and hold.
    public var size: SizeBasis?
    public var reference: Reference?
    public var limits: Limits?
    public var horizonDays: Int?

    public init(symbol: Symbol, action: Action, size: SizeBasis? = nil, reference: Reference? = nil) {
        self.symbol = symbol
        self.action = action
        self.size = size
        self.reference = reference
    }

    private enum CodingKeys: String, CodingKey {
        case symbol, venue, action, size, reference, limits
        case assetClass = "asset_class"
        case horizonDays = "horizon_days"
    }
}

/// How much: one basis with its number.
///
/// Percents are percent points: `5` is five percent.
public enum SizeBasis: Hashable, Sendable {
    /// Percent of equity to trade; the seeds' `position_size` (SE-1).
    case deltaPercentOfEquity(FixedDecimal)
    /// Percent of equity to hold afterwards.
    case targetPercentOfEquity(FixedDecimal)
    /// Percent of the held position; sell and cover only.
    case percentOfPosition(FixedDecimal)
    /// Money in the instrument's currency.
    case notional(FixedDecimal)
    case shares(Quantity)
    /// The whole position; sell and cover only.
    case all

    /// The contract's word for the basis.
    public var name: String {
        switch self {
        case .deltaPercentOfEquity: "DELTA_PCT_EQUITY"
        case .targetPercentOfEquity: "TARGET_PCT_EQUITY"
        case .percentOfPosition: "PCT_OF_POSITION"
        case .notional: "NOTIONAL"
        case .shares: "SHARES"
        case .all: "ALL"
        }
    }
}

extension SizeBasis: Codable {
    private enum CodingKeys: String, CodingKey { case basis, pct, value }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let basis = try container.decode(String.self, forKey: .basis)
        switch basis {
        case "DELTA_PCT_EQUITY": self = .deltaPercentOfEquity(try container.decode(FixedDecimal.self, forKey: .pct))
        case "TARGET_PCT_EQUITY": self = .targetPercentOfEquity(try container.decode(FixedDecimal.self, forKey: .pct))
        case "PCT_OF_POSITION": self = .percentOfPosition(try container.decode(FixedDecimal.self, forKey: .pct))
        case "NOTIONAL": self = .notional(try container.decode(FixedDecimal.self, forKey: .value))
        case "SHARES": self = .shares(try container.decode(Quantity.self, forKey: .value))
        case "ALL": self = .all
        default:
            throw DecodingError.dataCorruptedError(
                forKey: .basis,
                in: container,
                debugDescription: "'\(basis)' is no size basis"
            )
        }
    }

    /// Percents are written as decimal text in our own rows; the wire's JSON numbers are the adapters' business.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .basis)
        switch self {
        case .deltaPercentOfEquity(let percent), .targetPercentOfEquity(let percent), .percentOfPosition(let percent):
            try container.encode(percent, forKey: .pct)
        case .notional(let value): try container.encode(value, forKey: .value)
        case .shares(let quantity): try container.encode(quantity, forKey: .value)
        case .all: break
        }
    }
}

/// The body of a `TARGETS` decision: weights to bring the book to.
public struct TargetWeights: Codable, Hashable, Sendable {
    public enum Scope: String, Codable, Hashable, Sendable {
        /// Only the listed symbols are touched.
        case listed = "LISTED"
        /// The whole book: what is held and not listed gets weight 0, and must be named in `closes`.
        case full = "FULL"
    }

    public struct Weight: Codable, Hashable, Sendable {
        public var symbol: Symbol
        /// Percent of equity; negative is short.
        public var weightPercent: FixedDecimal
        public var confidence: Double?
        public var reference: TradeIntent.Reference?

        public init(symbol: Symbol, weightPercent: FixedDecimal) {
            self.symbol = symbol
            self.weightPercent = weightPercent
        }

        private enum CodingKeys: String, CodingKey {
            case symbol, confidence, reference
            case weightPercent = "weight_pct"
        }
    }

    public var scope: Scope
    public var weights: [Weight]
    public var cashPercent: FixedDecimal?
    public var closes: [Symbol]?
    /// Names within this many percent points of their target are left alone.
    public var driftBandPercent: FixedDecimal?
    public var minTradeNotional: FixedDecimal?
    public var maxTurnoverPercent: FixedDecimal?

    public init(scope: Scope, weights: [Weight]) {
        self.scope = scope
        self.weights = weights
    }

    private enum CodingKeys: String, CodingKey {
        case scope, weights, closes
        case cashPercent = "cash_pct"
        case driftBandPercent = "drift_band_pct"
        case minTradeNotional = "min_trade_notional"
        case maxTurnoverPercent = "max_turnover_pct"
    }
}
