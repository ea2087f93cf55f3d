import Glibc

/// The liquidation path that trades expected cost against its variance, under linear impact.
///
/// A quantity `X` is traded over a horizon `T` in `N` equal periods of `τ = T/N`. A trade of `n` shares in one period
/// moves the price for good by `γ·n` and costs `ε + η·n/τ` a share while it lasts. The path minimises
/// `E + λ·V`: with risk aversion `λ > 0` it is a hyperbolic sine that front-loads, with `λ = 0` the straight line, with
/// a little less than zero a sine that waits.
///
/// Source: Almgren, Chriss, "Optimal execution of portfolio transactions", Journal of Risk 3 (2001), 5–39. Two choices are
/// numerical: `κ` by `asinh`, since `acosh(1 + tiny)` loses all digits for small `λ`; and exponentials of negative
/// arguments, since `sinh` overflows for `κT > 700`.
public struct AlmgrenChriss: Hashable, Sendable {
    /// What the market and the trader are like; any consistent units of time and quantity.
    public struct Parameters: Codable, Hashable, Sendable {
        /// Shares to trade, greater than zero.
        public var size: Double
        /// Length of the horizon, greater than zero.
        public var horizon: Double
        /// Number of periods, 1 or more.
        public var periods: Int
        /// Standard deviation of the price over one unit of time, in price units, zero or more.
        public var volatility: Double
        /// Fixed cost per share, such as half the spread, in price units, zero or more.
        public var fixedCost: Double
        /// Temporary impact `η`: price units × time per share, greater than zero.
        public var temporaryImpact: Double
        /// Permanent impact `γ`: price units per share, zero or more.
        public var permanentImpact: Double
        /// Risk aversion `λ`, per price unit and share.
        public var riskAversion: Double

        public init(
            size: Double,
            horizon: Double,
            periods: Int,
            volatility: Double,
            fixedCost: Double = 0,
            temporaryImpact: Double,
            permanentImpact: Double = 0,
            riskAversion: Double
        ) {
            self.size = size
            self.horizon = horizon
            self.periods = periods
            self.volatility = volatility
            self.fixedCost = fixedCost
            self.temporaryImpact = temporaryImpact
            self.permanentImpact = permanentImpact
            self.riskAversion = riskAversion
        }
    }

    /// The shape of the path, by the sign of the risk aversion.
    public enum Regime: String, Codable, Hashable, Sendable { case hyperbolic, linear, trigonometric }

    public let parameters: Parameters
    public let regime: Regime
    /// `η − γτ/2`, the temporary impact that is left when the permanent one is taken out.
    public let adjustedTemporaryImpact: Double
    /// Urgency of the path per unit of time; its inverse is the time in which the holding falls to 1/e.
    public let urgency: Double
    /// Shares still held after 0, 1, … N periods.
    public let holdings: [Double]

    /// Computes the path.
    ///
    /// - Throws: ``FormulaError`` for input without a minimum: no period, no time, temporary impact not above `γτ/2`, or
    ///   a risk aversion so negative that waiting for ever would be best.
    public init(_ parameters: Parameters) throws(FormulaError) {
        let p = parameters
        try FormulaError.requirePositive(p.size, "size")
        try FormulaError.requirePositive(p.horizon, "horizon")
        try FormulaError.requireNonNegative(p.volatility, "volatility")
        try FormulaError.requireNonNegative(p.fixedCost, "fixed cost")
        try FormulaError.requirePositive(p.temporaryImpact, "temporary impact")
        try FormulaError.requireNonNegative(p.permanentImpact, "permanent impact")
        try FormulaError.requireFinite(p.riskAversion, "risk aversion")
        guard (1...Self.periodsMax).contains(p.periods) else {
            throw .outOfRange(input: "periods", value: Double(p.periods), range: "1...\(Self.periodsMax)")
        }
        let period = p.horizon / Double(p.periods)
        let adjusted = p.temporaryImpact - p.permanentImpact * period / 2
        guard adjusted > 0 else { throw .notPositive(input: "temporary impact less γτ/2", value: adjusted) }
        // κ̃²τ²: the only number that the shape depends on.
        let strength = p.riskAversion * p.volatility * p.volatility / adjusted * period * period
        let steps = Double(p.periods)
        self.parameters = p
        adjustedTemporaryImpact = adjusted
        if strength > 0 {
            regime = .hyperbolic
            let step = 2 * asinh(strength.squareRoot() / 2)
            urgency = step / period
            holdings = (0...p.periods).map { p.size * Self.sinhRatio(step * (steps - Double($0)), step * steps) }
        } else if strength == 0 {
            regime = .linear
            urgency = 0
            holdings = (0...p.periods).map { p.size * (1 - Double($0) / steps) }
        } else {
            let bound = -(2 - 2 * cos(Double.pi / steps))
            guard strength > bound else {
                let range = "above \(bound / (p.volatility * p.volatility * period * period) * adjusted)"
                throw .outOfRange(input: "risk aversion", value: p.riskAversion, range: range)
            }
            regime = .trigonometric
            let step = 2 * asin((-strength).squareRoot() / 2)
            urgency = step / period
            holdings = (0...p.periods).map { p.size * sin(step * (steps - Double($0))) / sin(step * steps) }
        }
    }

    /// Shares traded in each period; they sum to the quantity.
    public var trades: [Double] { zip(holdings, holdings.dropFirst()).map { $0 - $1 } }

    /// Time in which the holding falls to 1/e, what the paper calls the half-life; infinite for a straight line.
    public var foldTime: Double { 1 / urgency }

    /// The parts of the expected cost, in price units × shares.
    public struct Cost: Codable, Hashable, Sendable {
        public let permanent: Double
        public let fixed: Double
        /// Of the adjusted temporary impact.
        public let temporary: Double
        /// Variance of the cost.
        public let variance: Double

        public var expected: Double { permanent + fixed + temporary }
        public var standardDeviation: Double { variance.squareRoot() }
    }

    /// Expected cost and variance of the path.
    public var cost: Cost {
        let p = parameters
        let period = p.horizon / Double(p.periods)
        return Cost(
            permanent: p.permanentImpact * p.size * p.size / 2,
            fixed: p.fixedCost * trades.map(\.magnitude).reduce(0, +),
            temporary: adjustedTemporaryImpact / period * trades.map { $0 * $0 }.reduce(0, +),
            variance: p.volatility * p.volatility * period * holdings.dropFirst().map { $0 * $0 }.reduce(0, +)
        )
    }

    /// More periods than any session has slices.
    private static let periodsMax = 100_000

    /// `sinh(a) ÷ sinh(b)` for 0 ≤ a ≤ b, without overflow.
    private static func sinhRatio(_ a: Double, _ b: Double) -> Double {
        exp(a - b) * -expm1(-2 * a) / -expm1(-2 * b)
    }
}
