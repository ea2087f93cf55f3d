import Glibc

/// Volatility that clusters: GARCH(1,1) with a constant mean.
///
/// `e = y − μ`, and the variance of the next period is `ω + α·e² + β·σ²`. Returns may be in any unit, the parameters
/// follow: those of returns in per cent have `ω` in per cent squared.
///
/// Sources: Bollerslev, "Generalized autoregressive conditional heteroskedasticity", Journal of Econometrics 31 (1986), and
/// for Student's t "A conditionally heteroskedastic time series model for speculative prices and rates of return", Review of
/// Economics and Statistics 69 (1987).
public struct GARCH: Codable, Hashable, Sendable {
    /// The distribution of a return given its variance.
    public enum Distribution: Codable, Hashable, Sendable {
        case normal
        /// Scaled to unit variance, with more than 2 degrees of freedom.
        case studentT(degreesOfFreedom: Double)
    }

    /// The variance `h₀` that stands for the time before the first return: `σ₀² = ω + (α + β)·h₀`.
    public enum Start: Codable, Hashable, Sendable {
        /// The first 75 squared deviations from the sample's mean, each weighing 0.94 of the one before.
        case backcast
        /// The population variance of the returns.
        case sampleVariance
        case variance(Double)
    }

    /// Mean return `μ`.
    public let mean: Double
    /// `ω`, greater than zero.
    public let constant: Double
    /// `α`, zero or more.
    public let shock: Double
    /// `β`, zero or more.
    public let memory: Double
    public let distribution: Distribution

    /// - Parameters:
    ///   - mean: `μ`.
    ///   - constant: `ω`, greater than zero.
    ///   - shock: `α`, zero or more.
    ///   - memory: `β`, zero or more, with `α + β < 1`.
    ///   - distribution: Student's t needs more than 2 degrees of freedom.
    /// - Throws: ``FormulaError`` for anything else: the variance would be negative, or grow without end.
    public init(
        mean: Double,
        constant: Double,
        shock: Double,
        memory: Double,
        distribution: Distribution = .normal
    ) throws(FormulaError) {
        try FormulaError.requireObservation(mean, "GARCH mean")
        try FormulaError.requirePositive(constant, "GARCH constant ω")
        try FormulaError.requireObservation(constant, "GARCH constant ω")
        try FormulaError.requireNonNegative(shock, "GARCH coefficient α")
        try FormulaError.requireNonNegative(memory, "GARCH coefficient β")
        guard shock + memory < 1 else {
            throw .outOfRange(input: "GARCH persistence α + β", value: shock + memory, range: "0 ..< 1")
        }
        if case .studentT(let degrees) = distribution {
            try FormulaError.requireFinite(degrees, "degrees of freedom")
            guard degrees > 2 else {
                throw .outOfRange(input: "degrees of freedom", value: degrees, range: "above 2")
            }
        }
        self.mean = mean
        self.constant = constant
        self.shock = shock
        self.memory = memory
        self.distribution = distribution
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            mean: values.decode(Double.self, forKey: .mean),
            constant: values.decode(Double.self, forKey: .constant),
            shock: values.decode(Double.self, forKey: .shock),
            memory: values.decode(Double.self, forKey: .memory),
            distribution: values.decode(Distribution.self, forKey: .distribution)
        )
    }

    private enum CodingKeys: String, CodingKey { case mean, constant, shock, memory, distribution }

    /// `α + β`, the share of a surprise that is left after a period.
    public var persistence: Double { shock + memory }

    /// Variance in the long run, `ω ÷ (1 − α − β)`; ill-determined where the persistence is close to 1.
    public var unconditionalVariance: Double { constant / (1 - persistence) }

    /// Periods after which half of a surprise is gone; zero without persistence.
    public var halfLife: Double { log(0.5) / log(persistence) }

    /// A series seen through the model.
    public struct Evaluation: Codable, Hashable, Sendable {
        /// `h₀`.
        public let initialVariance: Double
        /// The variance of each return, from the ones before it.
        public let variances: [Double]
        public let logLikelihood: Double
        /// The variance of the period after the last return.
        public let nextVariance: Double
    }

    /// Runs through a series, oldest return first.
    ///
    /// - Throws: ``FormulaError`` for no return, one that is not finite, or a likelihood beyond any number.
    public func evaluate(_ returns: [Double], start: Start = .backcast) throws(FormulaError) -> Evaluation {
        try FormulaError.requireSeries(returns, atLeast: 1, "GARCH")
        let initial = try Self.initialVariance(of: returns, start)
        var variances = Array(repeating: 0.0, count: returns.count)
        let (likelihood, next) = run(returns, from: initial, into: &variances)
        try FormulaError.requireFinite(likelihood, "log-likelihood")
        return Evaluation(
            initialVariance: initial,
            variances: variances,
            logLikelihood: likelihood,
            nextVariance: next
        )
    }

    /// The variance expected for each of the next periods, the first from the last return.
    ///
    /// - Parameters:
    ///   - evaluation: Of this model.
    ///   - horizon: Periods, zero or more.
    /// - Returns: Variances in the unit of the returns squared; they go to ``unconditionalVariance``.
    /// - Throws: ``FormulaError`` for a negative horizon.
    public func forecast(after evaluation: Evaluation, horizon: Int) throws(FormulaError) -> [Double] {
        guard horizon >= 0 else { throw .negative(input: "horizon", value: Double(horizon)) }
        var variance = evaluation.nextVariance
        return (0..<horizon).map { step in
            if step > 0 { variance = constant + persistence * variance }
            return variance
        }
    }

    static func initialVariance(of returns: [Double], _ start: Start) throws(FormulaError) -> Double {
        switch start {
        case .variance(let variance):
            try FormulaError.requireNonNegative(variance, "initial variance")
            try FormulaError.requireObservation(variance, "initial variance")
            return variance
        case .sampleVariance:
            return try Statistics.variance(returns, degreesOfFreedom: 0)
        case .backcast:
            let center = try Statistics.mean(returns)
            var (weight, weights, sum) = (1.0, 0.0, 0.0)
            for value in returns.prefix(75) {
                sum += weight * (value - center) * (value - center)
                weights += weight
                weight *= 0.94
            }
            return sum / weights
        }
    }

    /// Fills in the variances; returns the log-likelihood, which may be infinite, and the variance to come.
    func run(
        _ returns: [Double],
        from initial: Double,
        into variances: inout [Double]
    ) -> (logLikelihood: Double, next: Double) {
        var variance = constant + persistence * initial
        // Sums of ln σ², and of what the distribution makes of e²/σ².
        var (logs, shares) = (0.0, 0.0)
        let degrees: Double? = if case .studentT(let degrees) = distribution { degrees } else { nil }
        var index = 0
        while index < returns.count {  // Half the time of `for … in` where the optimiser is off, as in tests.
            variances[index] = variance
            let residual = returns[index] - mean
            let square = residual * residual
            logs += log(variance)
            if let degrees {
                shares += log1p(square / (variance * (degrees - 2)))
            } else {
                shares += square / variance
            }
            variance = constant + shock * square + memory * variance
            index += 1
        }
        let count = Double(returns.count)
        guard let degrees else { return (-0.5 * (count * log(2 * Double.pi) + logs + shares), variance) }
        var sign: Int32 = 0
        let scale = lgamma_r((degrees + 1) / 2, &sign) - lgamma_r(degrees / 2, &sign)
        let each = scale - 0.5 * log(Double.pi * (degrees - 2))
        return (count * each - 0.5 * logs - (degrees + 1) / 2 * shares, variance)
    }
}
