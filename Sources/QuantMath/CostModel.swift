/// What a parent order is expected to cost against its arrival price, before it is sent.
///
/// The share of the spread that is crossed plus the square-root impact: `crossing × spread / 2 + Y × σ × √(Q / V) × 10⁴`,
/// in basis points, with `Q` the size of the order, `V` what the market trades in a day and `σ` the daily volatility as a
/// fraction. Impact is what trading at a modest share of volume costs; ``urgencyFactor`` scales it for one who takes more
/// at once. `Y` is about 1 in the literature and is refitted from own fills.
///
/// Source: Tóth et al., "Anomalous price impact and the critical nature of liquidity in financial markets", Physical
/// Review X 1, 021006 (2011).
public struct CostModel: Codable, Hashable, Sendable {
    /// What is known of an order and its market.
    public struct Inputs: Codable, Hashable, Sendable {
        /// Zero or more, in units of the instrument.
        public var size: Double
        /// Mean volume of a day, greater than zero.
        public var dailyVolume: Double
        /// As a fraction of the price, zero or more.
        public var dailyVolatility: Double
        /// Full spread in basis points of the middle, zero or more.
        public var spreadBps: Double
        /// Share of half the spread that is paid: 1 takes, 0 is neutral, -1 earns it.
        public var crossing: Double
        /// Factor on the impact, greater than zero; 1 for a schedule over the day.
        public var urgencyFactor: Double

        public init(
            size: Double,
            dailyVolume: Double,
            dailyVolatility: Double,
            spreadBps: Double,
            crossing: Double = 1,
            urgencyFactor: Double = 1
        ) {
            self.size = size
            self.dailyVolume = dailyVolume
            self.dailyVolatility = dailyVolatility
            self.spreadBps = spreadBps
            self.crossing = crossing
            self.urgencyFactor = urgencyFactor
        }
    }

    /// A cost by its parts, in basis points; the parts sum to the whole.
    public struct Prediction: Codable, Hashable, Sendable {
        public let spreadBps: Double
        public let impactBps: Double
        public var totalBps: Double { spreadBps + impactBps }
    }

    /// `Y`, without unit, zero or more.
    public var impactCoefficient: Double

    public init(impactCoefficient: Double = 1) { self.impactCoefficient = impactCoefficient }

    /// Predicts the cost of an order.
    ///
    /// - Throws: ``FormulaError`` when an input is outside its range or not finite, a daily volume of zero included.
    public func predict(_ inputs: Inputs) throws(FormulaError) -> Prediction {
        try FormulaError.requireNonNegative(inputs.size, "size")
        try FormulaError.requirePositive(inputs.dailyVolume, "daily volume")
        try FormulaError.requireNonNegative(inputs.dailyVolatility, "daily volatility")
        try FormulaError.requireNonNegative(inputs.spreadBps, "spread")
        try FormulaError.requireFinite(inputs.crossing, "crossing")
        try FormulaError.requirePositive(inputs.urgencyFactor, "urgency factor")
        try FormulaError.requireNonNegative(impactCoefficient, "impact coefficient")
        let share = inputs.size / inputs.dailyVolume
        let impact = impactCoefficient * inputs.dailyVolatility * share.squareRoot() * 10_000
        return Prediction(
            spreadBps: inputs.crossing * inputs.spreadBps / 2,
            impactBps: impact * inputs.urgencyFactor
        )
    }
}
