/// The impact coefficient that own executions tell, by robust regression.
///
/// The cost model says `realised − spread = Y × u + noise`, with `u` the predicted impact for `Y = 1` and noise what the
/// market did by itself meanwhile. That noise is large and has fat tails, so `Y` is an M-estimate through the origin:
/// it starts at the least absolute deviations (the weighted median of `(realised − spread) ÷ u`, weighted by `u`) and is
/// refined by iteratively reweighted least squares with Huber's weights, 1 within `k = 1.345` robust standard deviations
/// (1.4826 × the median absolute residual) and `k ÷ |r|` beyond. The result is kept within ``bounds``.
///
/// Source: P. J. Huber, "Robust estimation of a location parameter", Annals of Mathematical Statistics 35 (1964), 73–101;
/// the model as in ``CostModel``.
public struct ImpactFit: Codable, Hashable, Sendable {
    /// One execution.
    public struct Sample: Codable, Hashable, Sendable {
        /// Predicted impact for a coefficient of 1, in basis points; greater than zero.
        public var unitImpactBps: Double
        /// Slippage against arrival less the predicted cost of the spread, in basis points.
        public var realisedBps: Double

        public init(unitImpactBps: Double, realisedBps: Double) {
            self.unitImpactBps = unitImpactBps
            self.realisedBps = realisedBps
        }
    }

    /// Executions below which nothing is fitted: fewer tell more of the market's mood than of impact.
    public static let samplesMin = 30
    /// Coefficients outside are not believed; the literature has about 0.5 to 2.
    public static let bounds = 0.05...10.0
    private static let huber = 1.345
    private static let roundsMax = 100

    /// Within ``bounds``.
    public let coefficient: Double
    /// As the regression gave it, before it was kept within the bounds.
    public let unbounded: Double
    /// Robust standard error of the coefficient; true values lie within two of it in about 19 of 20 cases.
    public let standardError: Double
    /// Executions that it was fitted to.
    public let samples: Int
    /// Robust standard deviation of what the fit leaves, in basis points.
    public let residualBps: Double

    /// Fits samples, in any order.
    ///
    /// - Throws: ``FormulaError`` for fewer than ``samplesMin`` samples, or one that is not finite or has no impact.
    public init(_ samples: [Sample]) throws(FormulaError) {
        guard samples.count >= Self.samplesMin else {
            throw .tooFewValues(formula: "the impact fit", count: samples.count, needed: Self.samplesMin)
        }
        for sample in samples {
            try FormulaError.requirePositive(sample.unitImpactBps, "predicted impact")
            try FormulaError.requireFinite(sample.realisedBps, "realised cost")
        }
        var slope = Self.leastDeviations(samples)
        var scale = 0.0
        for _ in 0..<Self.roundsMax {
            scale = Self.scale(samples, slope)
            guard scale > 0 else { break }  // More than half lie on the line exactly.
            let next = Self.leastSquares(samples, slope, scale)
            let isSettled = (next - slope).magnitude <= 1e-12 * max(1, slope.magnitude)
            slope = next
            if isSettled { break }
        }
        unbounded = slope
        coefficient = min(max(slope, Self.bounds.lowerBound), Self.bounds.upperBound)
        self.samples = samples.count
        residualBps = scale
        standardError = Self.standardError(samples, slope, scale)
    }

    /// The slope through the origin with the least sum of absolute residuals.
    private static func leastDeviations(_ samples: [Sample]) -> Double {
        let slopes = samples.map { (slope: $0.realisedBps / $0.unitImpactBps, weight: $0.unitImpactBps) }
            .sorted { ($0.slope, $0.weight) < ($1.slope, $1.weight) }
        let half = slopes.reduce(0) { $0 + $1.weight } / 2
        var sum = 0.0
        for entry in slopes {
            sum += entry.weight
            if sum >= half { return entry.slope }
        }
        return slopes.last?.slope ?? 0
    }

    private static func scale(_ samples: [Sample], _ slope: Double) -> Double {
        let residuals = samples.map { ($0.realisedBps - slope * $0.unitImpactBps).magnitude }.sorted()
        let middle = residuals.count / 2
        let median =
            residuals.count.isMultiple(of: 2) ? (residuals[middle - 1] + residuals[middle]) / 2 : residuals[middle]
        return 1.4826 * median
    }

    private static func weight(_ residual: Double, _ scale: Double) -> Double {
        residual.magnitude <= huber * scale ? 1 : huber * scale / residual.magnitude
    }

    private static func leastSquares(_ samples: [Sample], _ slope: Double, _ scale: Double) -> Double {
        var (above, below) = (0.0, 0.0)
        for sample in samples {
            let weight = weight(sample.realisedBps - slope * sample.unitImpactBps, scale)
            above += weight * sample.unitImpactBps * sample.realisedBps
            below += weight * sample.unitImpactBps * sample.unitImpactBps
        }
        return above / below
    }

    /// The sandwich estimate, which holds for noise of unequal size.
    private static func standardError(_ samples: [Sample], _ slope: Double, _ scale: Double) -> Double {
        guard scale > 0 else { return 0 }
        var (meat, bread) = (0.0, 0.0)
        for sample in samples {
            let residual = sample.realisedBps - slope * sample.unitImpactBps
            let weight = weight(residual, scale)
            let part = weight * residual * sample.unitImpactBps
            meat += part * part
            bread += residual.magnitude <= huber * scale ? sample.unitImpactBps * sample.unitImpactBps : 0
        }
        return bread > 0 ? meat.squareRoot() / bread : .infinity
    }
}
