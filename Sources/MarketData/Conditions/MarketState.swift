public import TradingDomain

/// What kind of market an instrument is in (RO-4), such as `volatile`; users add their own by adding a rule.
public struct MarketState: TextID {
    public let text: String
    public init(unchecked text: String) { self.text = text }

    public static let normal = MarketState(unchecked: "normal")
    public static let volatile = MarketState(unchecked: "volatile")
    public static let trending = MarketState(unchecked: "trending")
    public static let illiquid = MarketState(unchecked: "illiquid")
    public static let ranging = MarketState(unchecked: "ranging")
}

/// What states are judged by, sampled every ten seconds; absent where the feed does not tell it.
public struct MarketMeasures: Hashable, Sendable {
    /// Mean spread of about the last minute in basis points.
    public var spreadBps: Double?
    /// Volatility of one minute in basis points; see `MarketConditions`.
    public var volatilityBps: Double?
    /// How straight the last half hour went, 0 to 1, in either direction; see `MarketConditions`.
    public var trend: Double?
    /// 0 to 1; see `MarketConditions`.
    public var liquidityScore: Double?
    /// Mean volume of a minute in units of the instrument.
    public var minuteVolume: Double?

    public init(
        spreadBps: Double? = nil,
        volatilityBps: Double? = nil,
        trend: Double? = nil,
        liquidityScore: Double? = nil,
        minuteVolume: Double? = nil
    ) {
        self.spreadBps = spreadBps
        self.volatilityBps = volatilityBps
        self.trend = trend
        self.liquidityScore = liquidityScore
        self.minuteVolume = minuteVolume
    }
}

/// When a market is in a state: all bounds of a rule have to hold.
///
/// A bound has two thresholds. The state is entered at the one and left at the other, so that a measure at the edge does
/// not make it flicker.
public struct MarketStateRule: Codable, Hashable, Sendable {
    /// Which measure a bound reads.
    public enum Measure: String, Codable, Hashable, Sendable, CaseIterable {
        case spreadBps = "spread_bps"
        case volatilityBps = "volatility_bps"
        case trend
        case liquidityScore = "liquidity_score"
        case minuteVolume = "minute_volume"
    }

    /// A measure with the threshold that enters the state and the one that leaves it.
    ///
    /// Entering at a larger value than leaving means: high values are in the state.
    public struct Bound: Codable, Hashable, Sendable {
        public let measure: Measure
        public let enter: Double
        public let leave: Double

        public init(_ measure: Measure, enter: Double, leave: Double) {
            self.measure = measure
            self.enter = enter
            self.leave = leave
        }

        /// An absent measure holds nothing.
        func holds(_ measures: MarketMeasures, isCurrent: Bool) -> Bool {
            let value: Double? =
                switch measure {
                case .spreadBps: measures.spreadBps
                case .volatilityBps: measures.volatilityBps
                case .trend: measures.trend
                case .liquidityScore: measures.liquidityScore
                case .minuteVolume: measures.minuteVolume
                }
            guard let value else { return false }
            let threshold = isCurrent ? leave : enter
            return enter >= leave ? value >= threshold : value <= threshold
        }
    }

    public let state: MarketState
    public let bounds: [Bound]

    public init(_ state: MarketState, _ bounds: Bound...) {
        self.state = state
        self.bounds = bounds
    }

    public init(_ state: MarketState, bounds: [Bound]) {
        self.state = state
        self.bounds = bounds
    }

    /// The built-in states, the one that matters most first; where none holds the market is `normal`.
    ///
    /// 15 bps a minute is 3 % in a session of 390 minutes. A random walk of thirty steps goes straighter than 0.5 once in
    /// two hundred times, and straighter than 0.05 in four of five.
    public static let standard: [MarketStateRule] = [
        MarketStateRule(.illiquid, Bound(.spreadBps, enter: 25, leave: 15)),
        MarketStateRule(.illiquid, Bound(.liquidityScore, enter: 0.25, leave: 0.35)),
        MarketStateRule(.volatile, Bound(.volatilityBps, enter: 15, leave: 10)),
        MarketStateRule(.trending, Bound(.trend, enter: 0.5, leave: 0.35), Bound(.volatilityBps, enter: 1, leave: 0.5)),
        MarketStateRule(.ranging, Bound(.trend, enter: 0.05, leave: 0.15), Bound(.volatilityBps, enter: 1, leave: 0.5)),
    ]

    func holds(_ measures: MarketMeasures, current: MarketState) -> Bool {
        !bounds.isEmpty && bounds.allSatisfy { $0.holds(measures, isCurrent: state == current) }
    }
}
