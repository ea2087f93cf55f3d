import Glibc

extension GARCH {
    /// The kinds of distribution that a model can be fitted with.
    public enum Family: String, Codable, Hashable, Sendable, CaseIterable {
        case normal
        case studentT = "t"
    }

    /// The model that makes a series most likely.
    public struct Fit: Codable, Hashable, Sendable {
        public let model: GARCH
        /// Of the model over the series: its log-likelihood is the largest found.
        public let evaluation: Evaluation
        /// How often the likelihood was computed.
        public let likelihoods: Int
    }

    /// Fewest returns that a model is fitted to; from fewer the persistence is a guess.
    public static let returnsMin = 100

    /// Fits by maximum likelihood.
    ///
    /// The search is Nelder and Mead's on parameters that know no bounds (logarithms and logits), over returns scaled to
    /// unit variance, so the unit does not matter. It starts from the likeliest of a grid of persistences and shocks, and
    /// again from where it ended until that gains nothing. Nothing is drawn at random: the same series gives the same model.
    ///
    /// - Parameters:
    ///   - returns: Oldest first, at least ``returnsMin``.
    ///   - family: The distribution of a return given its variance.
    ///   - start: The variance before the first return.
    /// - Returns: The likeliest model found.
    /// - Throws: ``FormulaError`` for too few returns, one that is not finite, or a series that does not vary.
    public static func fit(
        _ returns: [Double],
        family: Family = .normal,
        start: Start = .backcast
    ) throws(FormulaError) -> Fit {
        try FormulaError.requireSeries(returns, atLeast: returnsMin, "the GARCH fit")
        let scale = try Statistics.standardDeviation(returns, degreesOfFreedom: 0)
        let largest = returns.reduce(0) { max($0, $1.magnitude) }
        guard scale > 1e-12 * largest, scale > 1e-100 else {
            throw .notPositive(input: "standard deviation of the returns", value: scale)
        }
        var search = try LikelihoodSearch(
            returns: returns.map { $0 / scale },
            initial: initialVariance(of: returns, start) / (scale * scale),
            family: family
        )
        let model = try search.best().rescaled(by: scale)
        return Fit(
            model: model,
            evaluation: try model.evaluate(returns, start: start),
            likelihoods: search.likelihoods
        )
    }

    /// The same model of returns that are `factor` times as large.
    private func rescaled(by factor: Double) throws(FormulaError) -> GARCH {
        try GARCH(
            mean: mean * factor,
            constant: constant * factor * factor,
            shock: shock,
            memory: memory,
            distribution: distribution
        )
    }
}

/// The search for the likeliest model of one series of unit variance.
private struct LikelihoodSearch {
    private let returns: [Double]
    private let initial: Double
    private let family: GARCH.Family
    private let center: Double
    private var variances: [Double]
    private(set) var likelihoods = 0

    /// Degrees of freedom are searched up to here; beyond a few hundred Student's t is the normal distribution.
    private static let degreesMax = 1000.0
    /// Log-likelihood by which a restart has to gain.
    private static let gainMin = 1e-6
    private static let restartsMax = 6
    private static let stepsMax = 600

    init(returns: [Double], initial: Double, family: GARCH.Family) throws(FormulaError) {
        self.returns = returns
        self.initial = initial
        self.family = family
        center = try Statistics.mean(returns)
        variances = Array(repeating: 0, count: returns.count)
    }

    mutating func best() throws(FormulaError) -> GARCH {
        var (point, value) = ([Double](), Double.infinity)
        for persistence in [0.8, 0.95, 0.99] {
            for shock in [0.05, 0.15] {
                let candidate = Self.point(center, persistence, shock, family)
                let cost = cost(candidate)
                if point.isEmpty || cost < value { (point, value) = (candidate, cost) }
            }
        }
        for _ in 0..<Self.restartsMax {
            let found = NelderMead.minimum(
                from: point,
                step: 0.25,
                tolerance: Self.gainMin / 10,
                stepsMax: Self.stepsMax
            ) { cost($0) }
            let gain = value - found.value
            (point, value) = (found.point, found.value)
            // Infinity less infinity is no number, and no gain.
            guard gain > Self.gainMin else { break }
        }
        return try model(point)
    }

    /// Minus the log-likelihood; infinite where there is no model.
    private mutating func cost(_ point: [Double]) -> Double {
        likelihoods += 1
        guard let model = try? model(point) else { return .infinity }  // Only says that the point is out of bounds.
        let likelihood = model.run(returns, from: initial, into: &variances).logLikelihood
        return likelihood.isFinite ? -likelihood : .infinity
    }

    /// From parameters without bounds: `μ`, `ln ω`, the logits of `α + β` and of `α`'s share in it, `ln(ν − 2)`.
    private func model(_ point: [Double]) throws(FormulaError) -> GARCH {
        let persistence = Self.logistic(point[2])
        let shock = persistence * Self.logistic(point[3])
        return try GARCH(
            mean: point[0],
            constant: exp(point[1]),
            shock: shock,
            memory: persistence - shock,
            distribution: family == .normal
                ? .normal : .studentT(degreesOfFreedom: min(2 + exp(point[4]), Self.degreesMax))
        )
    }

    private static func point(
        _ center: Double,
        _ persistence: Double,
        _ shock: Double,
        _ family: GARCH.Family
    ) -> [Double] {
        let share = shock / persistence
        let common = [
            center, log(1 - persistence), log(persistence / (1 - persistence)), log(share / (1 - share)),
        ]
        return family == .normal ? common : common + [log(6)]
    }

    private static func logistic(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
}
