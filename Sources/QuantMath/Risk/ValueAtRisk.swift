/// What a period may lose at one level of confidence, by three methods; positive numbers are losses.
///
/// Value at risk is the loss that is exceeded with probability `1 − confidence`; expected shortfall is the mean loss in
/// those cases. The historical method asks the sample alone, the normal one its first two moments, Cornish and Fisher's
/// the first four.
///
/// Source: Cornish, Fisher, "Moments and cumulants in the specification of distributions", Revue de l'Institut International
/// de Statistique 5 (1938); expected shortfall by averaging the expansion over the tail, in closed form.
public struct ValueAtRisk: Codable, Hashable, Sendable {
    /// Greater than 0 and less than 1; 0.95 is usual.
    public let confidence: Double
    /// Minus the sample's quantile at `1 − confidence`, interpolated linearly; a fraction.
    public let historical: Double
    /// Minus the mean of the returns at or below that quantile; a fraction.
    public let historicalShortfall: Double
    /// How many returns that mean is taken over.
    public let historicalTailCount: Int
    /// From mean and sample standard deviation.
    public let normal: Double
    public let normalShortfall: Double
    /// From mean, standard deviation, skewness and kurtosis; `nil` for a series that does not vary.
    public let cornishFisher: Double?
    public let cornishFisherShortfall: Double?
    /// False where the expansion turns back within the tail, so that its two numbers mean nothing; `nil` as those.
    public let isCornishFisherMonotone: Bool?

    /// - Parameters:
    ///   - confidence: Greater than 0 and less than 1.
    ///   - sorted: The returns as fractions, ascending.
    ///   - moments: Of the same returns.
    /// - Throws: ``FormulaError`` for a confidence out of range.
    init(confidence: Double, sorted: [Double], moments: SampleMoments) throws(FormulaError) {
        try FormulaError.requireFinite(confidence, "confidence")
        guard confidence > 0, confidence < 1 else {
            throw .outOfRange(input: "confidence", value: confidence, range: "0 … 1, both excluded")
        }
        let tail = 1 - confidence
        let position = tail * Double(sorted.count - 1)
        let below = Int(position.rounded(.down))
        let above = min(below + 1, sorted.count - 1)
        let quantile = sorted[below] + (sorted[above] - sorted[below]) * (position - Double(below))
        let losses = sorted.prefix { $0 <= quantile }
        self.confidence = confidence
        historical = -quantile
        historicalShortfall = -(losses.reduce(0, +) / Double(losses.count))
        historicalTailCount = losses.count

        let z = try NormalDistribution.quantile(tail)
        let mills = NormalDistribution.density(z) / tail
        normal = -(moments.mean + moments.standardDeviation * z)
        normalShortfall = -(moments.mean - moments.standardDeviation * mills)
        guard let skew = moments.skewness, let excess = moments.excessKurtosis else {
            (cornishFisher, cornishFisherShortfall, isCornishFisherMonotone) = (nil, nil, nil)
            return
        }
        let square = z * z
        let expanded =
            z + (square - 1) * skew / 6 + z * (square - 3) * excess / 24 - z * (2 * square - 5) * skew * skew / 36
        // The means of Z, Z² − 1, Z³ − 3Z and 2Z³ − 5Z below z, each over φ(z) ÷ tail.
        let averaged =
            mills * (-1 - z * skew / 6 + (1 - square) * excess / 24 - (1 - 2 * square) * skew * skew / 36)
        cornishFisher = -(moments.mean + moments.standardDeviation * expanded)
        cornishFisherShortfall = -(moments.mean + moments.standardDeviation * averaged)
        isCornishFisherMonotone = Self.rises(below: z, skew: skew, excess: excess)
    }

    /// True when the expansion's slope, a parabola in `z`, is positive from −∞ to `end`.
    private static func rises(below end: Double, skew: Double, excess: Double) -> Bool {
        let square = excess / 8 - skew * skew / 6
        let linear = skew / 3
        let constant = 1 - excess / 8 + 5 * skew * skew / 36
        func slope(_ z: Double) -> Double { (square * z + linear) * z + constant }
        guard slope(end) > 0 else { return false }
        if square == 0 { return linear <= 0 }
        guard square > 0 else { return false }
        let lowest = -linear / (2 * square)
        return lowest >= end || slope(lowest) > 0
    }
}

/// The first four moments of a series that has passed its checks.
struct SampleMoments {
    let mean: Double
    /// With one degree of freedom taken off; exactly zero for a series that does not vary.
    let standardDeviation: Double
    /// Of the population; `nil` for a series that does not vary.
    let skewness: Double?
    /// Of the population, zero for a normal distribution; `nil` for a series that does not vary.
    let excessKurtosis: Double?

    /// - Parameter sorted: Two or more values of bounded size, ascending.
    init(sorted: [Double]) {
        let count = Double(sorted.count)
        let mean = sorted.reduce(0, +) / count
        self.mean = mean
        let (low, high) = (sorted[0], sorted[sorted.count - 1])
        // A spread of a few last digits is rounding: its ratios would be noise as large as 10¹⁶.
        let squares = sorted.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        guard high - low > 4 * max(low.magnitude, high.magnitude).ulp, squares > .leastNormalMagnitude else {
            (standardDeviation, skewness, excessKurtosis) = (0, nil, nil)
            return
        }
        standardDeviation = (squares / (count - 1)).squareRoot()
        let scale = (squares / count).squareRoot()
        var (third, fourth) = (0.0, 0.0)
        for value in sorted {
            let score = (value - mean) / scale
            third += score * score * score
            fourth += score * score * score * score
        }
        skewness = third / count
        excessKurtosis = fourth / count - 3
    }
}
