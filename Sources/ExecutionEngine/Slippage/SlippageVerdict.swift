public import TradingDomain

/// What the slippage of an order is predicted from (SL-3); what is not known is absent and does not count.
public struct SlippageInputs: Codable, Hashable, Sendable {
    /// Most that meets the market at once: the largest slice, or the order's share of a minute where nothing is planned; in
    /// units of the instrument.
    public var size: Double
    /// What is there to trade against, in units of the instrument.
    public var liquidity: Double?
    /// How far the price moves when all of ``liquidity`` is taken, as a fraction of it.
    public var reach: Double?
    /// Where ``liquidity`` comes from: `top 5 levels`, `5 × the touch` or `a minute's volume`.
    public var liquiditySource: String?
    /// How long a slice is at work before the market is read again, in seconds.
    public var horizonSeconds: Double
    /// Volatility of the price over ``horizonSeconds``, as a fraction of it.
    public var volatility: Double?
    /// Of the middle, in basis points.
    public var spreadBps: Double?

    public init(
        size: Double,
        liquidity: Double? = nil,
        reach: Double? = nil,
        liquiditySource: String? = nil,
        horizonSeconds: Double = 0,
        volatility: Double? = nil,
        spreadBps: Double? = nil
    ) {
        self.size = size
        self.liquidity = liquidity
        self.reach = reach
        self.liquiditySource = liquiditySource
        self.horizonSeconds = horizonSeconds
        self.volatility = volatility
        self.spreadBps = spreadBps
    }
}

/// Predicted slippage by its parts, in basis points; the parts sum to the whole.
public struct SlippagePrediction: Codable, Hashable, Sendable {
    public let sizeBps: Double
    public let volatilityBps: Double
    public let spreadBps: Double
    public var totalBps: Double { sizeBps + volatilityBps + spreadBps }
}

/// What the slippage control said about an order, with its numbers; part of the order's record.
public struct SlippageVerdict: Codable, Hashable, Sendable {
    public enum Outcome: String, Codable, Hashable, Sendable {
        case pass
        /// Above the limit, and let through since it only reduces a position.
        case exempt
        case shrunk
        case slowed
        case blocked
    }

    public var outcome: Outcome
    /// Absent when nobody is there to trade with.
    public var predicted: SlippagePrediction?
    public var predictedBps: Double?
    /// The limit in force.
    public var limitBps: Double
    public var inputs: SlippageInputs
    /// Finished orders that the limit has learned from, at most the last 100.
    public var records: Int
    /// `SLIPPAGE_ABOVE_LIMIT` or `NO_LIQUIDITY` when it is blocked.
    public var code: String?
    /// The values in words, and what to do where something was done.
    public var message: String

    public var isBlocked: Bool { outcome == .blocked }
}

/// The realised slippage of a finished parent order, which the limit learns from.
public struct SlippageRecord: Codable, Hashable, Sendable {
    public let parent: ParentOrderID
    /// Business time of its end.
    public let at: Timestamp
    /// SL-1 against the price that was expected, as a fraction; positive is worse.
    public let slippage: Double
    /// The limit after it, as a fraction.
    public let limit: Double

    public init(parent: ParentOrderID, at: Timestamp, slippage: Double, limit: Double) {
        self.parent = parent
        self.at = at
        self.slippage = slippage
        self.limit = limit
    }
}
