/// The share of wealth that makes it grow fastest in the long run (RM-8).
///
/// The full fraction trusts its inputs entirely; estimates are never that good, so stake ``capped(_:multiplier:cap:)``
/// of it.
///
/// Sources: Kelly, "A new interpretation of information rate", Bell System Technical Journal 35 (1956); Thorp, "The Kelly
/// criterion in blackjack, sports betting and the stock market", Handbook of Asset and Liability Management 1 (2006).
public enum KellyCriterion {
    /// The edge of a bet that pays `payoff` for one staked: `p − (1 − p) ÷ b`, negative for a bet not to take.
    ///
    /// - Parameters:
    ///   - winProbability: 0 … 1.
    ///   - payoff: Won per unit staked, greater than zero.
    /// - Returns: At most 1.
    /// - Throws: ``FormulaError`` for anything else.
    public static func edge(winProbability: Double, payoff: Double) throws(FormulaError) -> Double {
        try FormulaError.requireFinite(winProbability, "probability of winning")
        guard (0...1).contains(winProbability) else {
            throw .outOfRange(input: "probability of winning", value: winProbability, range: "0 … 1")
        }
        try FormulaError.requirePositive(payoff, "payoff")
        let edge = winProbability - (1 - winProbability) / payoff
        try FormulaError.requireFinite(edge, "Kelly fraction")
        return edge
    }

    /// The share to stake on one bet: ``edge(winProbability:payoff:)``, or nothing where that is negative.
    ///
    /// - Returns: 0 … 1.
    /// - Throws: ``FormulaError`` as the edge does.
    public static func fraction(winProbability: Double, payoff: Double) throws(FormulaError) -> Double {
        max(0, try edge(winProbability: winProbability, payoff: payoff))
    }

    /// A position in one asset, or several.
    public struct Allocation: Codable, Hashable, Sendable {
        /// Share of wealth in each asset; negative is short, above 1 is borrowed.
        public let weights: [Double]
        /// Growth of wealth per year at those weights, of its logarithm.
        public let growthRate: Double
        /// Sum of the weights' magnitudes.
        public var gross: Double { weights.reduce(0) { $0 + $1.magnitude } }
    }

    /// The weight of one asset whose price follows a geometric Brownian motion: `(μ − r) ÷ σ²`.
    ///
    /// - Parameters:
    ///   - drift: Expected return per year, as a fraction.
    ///   - volatility: Per year, as a fraction, greater than zero.
    ///   - riskFree: Rate per year, as a fraction.
    /// - Returns: One weight.
    /// - Throws: ``FormulaError`` for anything else.
    public static func continuous(
        drift: Double,
        volatility: Double,
        riskFree: Double = 0
    ) throws(FormulaError) -> Allocation {
        try FormulaError.requirePositive(volatility, "volatility")
        return try multiple(drifts: [drift], covariance: [[volatility * volatility]], riskFree: riskFree)
    }

    /// The weights of several assets: `Σ⁻¹(μ − r)`, growing wealth by `r + (μ − r)ᵀf ÷ 2`.
    ///
    /// - Parameters:
    ///   - drifts: Expected returns per year, as fractions, one or more.
    ///   - covariance: Of the yearly returns: square, symmetric, positive definite.
    ///   - riskFree: Rate per year, as a fraction.
    /// - Returns: One weight for each asset.
    /// - Throws: ``FormulaError/singular(input:)`` when one asset is a mixture of others, or another case for numbers that
    ///   are not finite or sizes that do not fit.
    public static func multiple(
        drifts: [Double],
        covariance: [[Double]],
        riskFree: Double = 0
    ) throws(FormulaError) -> Allocation {
        try FormulaError.requireSeries(drifts, atLeast: 1, "the Kelly criterion")
        try FormulaError.requireObservation(riskFree, "risk-free rate")
        let excess = drifts.map { $0 - riskFree }
        let weights = try CholeskyFactor(covariance, order: drifts.count, "covariance matrix").solve(excess)
        let growth = riskFree + zip(weights, excess).reduce(0) { $0 + $1.0 * $1.1 } / 2
        for value in weights + [growth] { try FormulaError.requireFinite(value, "Kelly fraction") }
        return Allocation(weights: weights, growthRate: growth)
    }

    /// The part of a full fraction that is worth staking.
    ///
    /// - Parameters:
    ///   - fraction: Full Kelly; negative counts as nothing to stake.
    ///   - multiplier: 0 … 1; one half keeps three quarters of the growth at half the swings.
    ///   - cap: Most to stake, zero or more.
    /// - Returns: 0 … `cap`.
    /// - Throws: ``FormulaError`` for a number that is not finite or out of range.
    public static func capped(
        _ fraction: Double,
        multiplier: Double = 0.5,
        cap: Double = 1
    ) throws(FormulaError) -> Double {
        try FormulaError.requireFinite(fraction, "Kelly fraction")
        try FormulaError.requireFinite(multiplier, "multiplier")
        guard (0...1).contains(multiplier) else {
            throw .outOfRange(input: "multiplier", value: multiplier, range: "0 … 1")
        }
        try FormulaError.requireNonNegative(cap, "cap")
        return min(max(0, fraction * multiplier), cap)
    }
}
