/// What an instrument's market was like at one moment, measured from its feed (RO-5).
///
/// What a source does not tell is absent and never a constant.
public struct MarketConditions: Codable, Hashable, Sendable {
    /// Where ``bidLiquidity`` and ``askLiquidity`` come from.
    public enum LiquidityBasis: String, Codable, Hashable, Sendable {
        /// The best five levels of the book.
        case depth
        /// The best level alone: the source shows no depth.
        case touch
    }

    /// When the feed last told something; older than now by as much as the feed was silent.
    public var at: Timestamp
    public var bid: Price?
    public var ask: Price?
    /// Spread in basis points of the middle; absent without a book that can be traded on.
    public var spreadBps: Double?
    public var bidLiquidity: Quantity?
    public var askLiquidity: Quantity?
    public var liquidityBasis: LiquidityBasis?
    /// What traded in the last minute, to ten seconds.
    public var lastMinuteVolume: Quantity?
    /// Mean volume of a minute, over the last ten minutes or as long as the feed has been followed, at least one.
    public var minuteVolume: Quantity?
    /// What traded in the session so far.
    public var dailyVolume: Quantity?
    /// Volatility of *one minute* as a fraction of the price.
    ///
    /// The root mean square of the log returns from minute to minute over the last thirty minutes; multiply by the root of a
    /// horizon's minutes. Absent before five returns.
    public var volatility: Double?
    /// Net move over the last thirty minutes as a share of the way that was gone, −1 (straight down) to 1 (straight up).
    public var trend: Double?
    /// `(bids − asks) / (bids + asks)` of the liquidity, −1 to 1; positive where buyers show more.
    public var imbalance: Double?
    /// How easily one trades, 0 (not at all) to 1.
    ///
    /// The geometric mean of three shares. Tightness: `1 / (1 + spread / 10 bps)`. Depth: `L / (L + V / 60)` with `L` the mean of
    /// both sides' liquidity and `V` the minute volume, so that a book that shows a second of the market's flow has half.
    /// Activity: the share of the last ten minutes in which anything traded. Absent where one of the three is.
    public var liquidityScore: Double?

    public init(at: Timestamp) { self.at = at }

    /// What the book offers to an order on `side`: the asks' liquidity to a buy.
    public func liquidity(for side: Side) -> Quantity? { side == .buy ? askLiquidity : bidLiquidity }

    /// Expected volatility over a horizon, as a fraction of the price.
    public func volatility(over horizon: Duration) -> Double? {
        volatility.map { $0 * (max(0, horizon.seconds) / 60).squareRoot() }
    }
}

/// What a routing verdict was made from.
public struct RoutingInputs: Codable, Hashable, Sendable {
    /// Who chose: `author`, `urgency`, `market`, `learned` or `default`.
    public var router: String
    public var conditions: MarketConditions?
    /// The order's quantity as a multiple of the minute volume.
    public var sizeToMinuteVolume: Double?
    /// The order's quantity as a fraction of the mean daily volume of earlier sessions.
    public var sizeToDailyVolume: Double?
    /// Mean volume of a session, from earlier ones.
    public var dailyVolume: Double?
    /// Volatility over one session as a fraction of the price, from earlier ones.
    public var dailyVolatility: Double?
    /// What could not be had, each with what follows from it; empty when all was there.
    public var missing: [String]

    public init(router: String, missing: [String] = []) {
        self.router = router
        self.missing = missing
    }
}
