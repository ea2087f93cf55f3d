import Glibc

/// What a series of returns tells of risk and reward (RM-6).
///
/// Returns are simple returns per period, as fractions: 0.01 is one per cent. What a series cannot tell is `nil`, never an
/// infinity: a constant one has no Sharpe ratio, one without a loss no Sortino ratio.
public struct RiskMetrics: Codable, Hashable, Sendable {
    /// Number of returns.
    public let observations: Int
    /// Mean return per period.
    public let mean: Double
    /// Standard deviation per period, with one degree of freedom taken off.
    public let standardDeviation: Double
    /// `standardDeviation × √periodsPerYear`.
    public let annualVolatility: Double
    /// Mean excess return over standard deviation, times `√periodsPerYear`; `nil` for a series that does not vary.
    public let sharpe: Double?
    /// Mean excess return over the root mean square of the losses, times `√periodsPerYear`.
    ///
    /// The mean square runs over all returns, gains counting as zero. `nil` when no return is below the risk-free one.
    public let sortino: Double?
    /// Of the wealth path, which starts with wealth 1 at index 0: a loss on the first day counts.
    public let drawdown: Drawdown
    /// Growth over the whole series, as a fraction.
    public let totalReturn: Double
    /// `(1 + totalReturn)^(periodsPerYear ÷ observations) − 1`; `nil` where that is beyond any number.
    public let annualGrowth: Double?
    /// `annualGrowth ÷ |drawdown.deepest|`; `nil` without a drawdown.
    public let calmar: Double?
    /// Third standardised moment of the population; `nil` for a series that does not vary.
    public let skewness: Double?
    /// Fourth standardised moment of the population less 3; `nil` for a series that does not vary.
    public let excessKurtosis: Double?
    /// One entry for each confidence asked for, in that order.
    public let valuesAtRisk: [ValueAtRisk]

    /// - Parameters:
    ///   - returns: Simple returns per period, oldest first: two or more, each −1 or more.
    ///   - periodsPerYear: 252 for trading days.
    ///   - riskFreeAnnual: Compounded yearly, as a fraction, greater than −1; Sharpe and Sortino are over it.
    ///   - confidences: Levels for value at risk, each greater than 0 and less than 1.
    /// - Throws: ``FormulaError`` for anything else.
    public init(
        returns: [Double],
        periodsPerYear: Double = 252,
        riskFreeAnnual: Double = 0,
        confidences: [Double] = [0.95, 0.99]
    ) throws(FormulaError) {
        try FormulaError.requireSeries(returns, atLeast: 2, "the risk metrics")
        try FormulaError.requirePositive(periodsPerYear, "periods per year")
        try FormulaError.requireFinite(riskFreeAnnual, "risk-free rate")
        guard riskFreeAnnual > -1 else {
            throw .outOfRange(input: "risk-free rate", value: riskFreeAnnual, range: "above -1")
        }
        var wealth = [1.0]
        wealth.reserveCapacity(returns.count + 1)
        for value in returns {
            guard value >= -1 else { throw .outOfRange(input: "return", value: value, range: "-1 or more") }
            let next = wealth[wealth.count - 1] * (1 + value)
            try FormulaError.requireFinite(next, "wealth after all returns")
            wealth.append(next)
        }
        let sorted = returns.sorted()
        let moments = SampleMoments(sorted: sorted)
        let drawdown = try Drawdown(equity: wealth)
        let terminal = wealth[wealth.count - 1]
        let growth = Self.finite(pow(terminal, periodsPerYear / Double(returns.count)) - 1)
        let riskFree = pow(1 + riskFreeAnnual, 1 / periodsPerYear) - 1
        let losses = returns.reduce(0) { sum, value in
            let loss = min(value - riskFree, 0)
            return sum + loss * loss
        }
        let downside = (losses / Double(returns.count)).squareRoot()
        let year = periodsPerYear.squareRoot()
        let excess = moments.mean - riskFree

        observations = returns.count
        mean = moments.mean
        standardDeviation = moments.standardDeviation
        annualVolatility = moments.standardDeviation * year
        sharpe = moments.standardDeviation > 0 ? Self.finite(excess / moments.standardDeviation * year) : nil
        sortino = downside > 0 ? Self.finite(excess / downside * year) : nil
        self.drawdown = drawdown
        totalReturn = terminal - 1
        annualGrowth = growth
        calmar = drawdown.deepest < 0 ? growth.flatMap { Self.finite($0 / drawdown.deepest.magnitude) } : nil
        skewness = moments.skewness
        excessKurtosis = moments.excessKurtosis
        var levels: [ValueAtRisk] = []
        for confidence in confidences {
            levels.append(try ValueAtRisk(confidence: confidence, sorted: sorted, moments: moments))
        }
        valuesAtRisk = levels
    }

    private static func finite(_ value: Double) -> Double? { value.isFinite ? value : nil }
}
