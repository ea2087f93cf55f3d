/// Basic statistics of a sample; each refuses values that are not finite.
public enum Statistics {
    /// The arithmetic mean.
    ///
    /// - Throws: ``FormulaError`` for no values, or one that is not finite.
    public static func mean(_ values: [Double]) throws(FormulaError) -> Double {
        try require(values, atLeast: 1, "mean")
        return values.reduce(0, +) / Double(values.count)
    }

    /// The mean squared distance from the mean, by the two-pass formula.
    ///
    /// - Parameters:
    ///   - values: The sample.
    ///   - degreesOfFreedom: What is taken off the count: 1 for a sample (the default), 0 for a population.
    /// - Returns: The variance, zero or more.
    /// - Throws: ``FormulaError`` for fewer than `degreesOfFreedom + 1` values, or one that is not finite.
    public static func variance(_ values: [Double], degreesOfFreedom: Int = 1) throws(FormulaError) -> Double {
        guard degreesOfFreedom >= 0 else {
            throw .negative(input: "degrees of freedom", value: Double(degreesOfFreedom))
        }
        try require(values, atLeast: degreesOfFreedom + 1, "variance")
        let center = try mean(values)
        let squares = values.reduce(0) { $0 + ($1 - center) * ($1 - center) }
        return squares / Double(values.count - degreesOfFreedom)
    }

    /// The square root of ``variance(_:degreesOfFreedom:)``.
    ///
    /// - Throws: ``FormulaError`` as the variance does.
    public static func standardDeviation(_ values: [Double], degreesOfFreedom: Int = 1) throws(FormulaError) -> Double {
        try variance(values, degreesOfFreedom: degreesOfFreedom).squareRoot()
    }

    /// The percentile by linear interpolation at position `percent / 100 × (count − 1)` of the sorted values.
    ///
    /// - Parameters:
    ///   - values: In any order.
    ///   - percent: 0 … 100.
    /// - Returns: A value within the range of `values`.
    /// - Throws: ``FormulaError`` for no values, one that is not finite, or a percent out of range.
    public static func percentile(_ values: [Double], _ percent: Double) throws(FormulaError) -> Double {
        try FormulaError.requireFinite(percent, "percent")
        guard (0...100).contains(percent) else {
            throw .outOfRange(input: "percent", value: percent, range: "0 … 100")
        }
        try require(values, atLeast: 1, "percentile")
        let sorted = values.sorted()
        let position = percent / 100 * Double(sorted.count - 1)
        let below = Int(position.rounded(.down))
        let above = min(below + 1, sorted.count - 1)
        return sorted[below] + (sorted[above] - sorted[below]) * (position - Double(below))
    }

    private static func require(_ values: [Double], atLeast count: Int, _ formula: String) throws(FormulaError) {
        guard values.count >= count else {
            throw .tooFewValues(formula: formula, count: values.count, needed: count)
        }
        guard values.allSatisfy(\.isFinite) else { throw .notFinite(input: "a value of the \(formula)") }
    }
}
