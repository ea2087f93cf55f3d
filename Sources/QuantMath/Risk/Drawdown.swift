/// The deepest fall of an equity curve from its highest point so far.
public struct Drawdown: Codable, Hashable, Sendable {
    /// The fall as a fraction of the peak, zero or negative: −0.25 is a quarter lost.
    public let deepest: Double
    /// Index of the peak before the deepest fall; the first of equal ones, and 0 when nothing fell.
    public let peakIndex: Int
    /// Index of the deepest point; the first of equal ones, and 0 when nothing fell.
    public let troughIndex: Int
    /// Most points in a row below an earlier peak.
    public let longestPeriodsUnderWater: Int

    /// - Parameter equity: Values of the account at equal distances, the starting wealth first: greater than zero, then
    ///   zero or more.
    /// - Throws: ``FormulaError`` for no value, a start that is not positive, or one that is negative or not finite.
    public init(equity: [Double]) throws(FormulaError) {
        let depths = try Self.depths(equity: equity)
        var (deepest, trough, longest, current) = (0.0, 0, 0, 0)
        for (index, depth) in depths.enumerated() {
            if depth < deepest { (deepest, trough) = (depth, index) }
            current = depth < 0 ? current + 1 : 0
            longest = max(longest, current)
        }
        var peak = 0
        for index in 0...trough where equity[index] > equity[peak] { peak = index }
        self.deepest = deepest
        peakIndex = peak
        troughIndex = trough
        longestPeriodsUnderWater = longest
    }

    /// The fall from the highest value so far.
    ///
    /// - Parameter equity: As ``init(equity:)``.
    /// - Returns: One fraction for each point, zero or negative.
    /// - Throws: ``FormulaError`` as ``init(equity:)``.
    public static func depths(equity: [Double]) throws(FormulaError) -> [Double] {
        guard let first = equity.first else { throw .tooFewValues(formula: "drawdown", count: 0, needed: 1) }
        try FormulaError.requirePositive(first, "starting equity")
        var peak = first
        var depths: [Double] = []
        depths.reserveCapacity(equity.count)
        for value in equity {
            try FormulaError.requireNonNegative(value, "equity")
            peak = max(peak, value)
            depths.append(value / peak - 1)
        }
        return depths
    }
}
