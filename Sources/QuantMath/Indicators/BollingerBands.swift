/// The mean of the last `period` values, and bands a number of their standard deviations above and below.
///
/// The standard deviation is the population's. Source: Bollinger, "Bollinger on Bollinger Bands" (2001).
public struct BollingerBands: Indicator {
    public struct Bands: Codable, Hashable, Sendable {
        public let middle: Double
        public let upper: Double
        public let lower: Double
    }

    /// Standard deviations from the middle to a band.
    public let width: Double
    private var window: WindowMoments

    /// - Parameters:
    ///   - period: 1 … 1,000,000; 20 is usual.
    ///   - width: Zero or more; 2 is usual.
    /// - Throws: ``FormulaError`` for anything else.
    public init(period: Int = 20, width: Double = 2) throws(FormulaError) {
        try FormulaError.requireNonNegative(width, "width of the bands")
        try FormulaError.requireObservation(width, "width of the bands")
        self.width = width
        window = try WindowMoments(period: period)
    }

    public var period: Int { window.period }

    public var value: Bands? {
        guard let moments = window.moments, let middle = moments.mean, let variance = moments.populationVariance else {
            return nil
        }
        let distance = width * variance.squareRoot()
        return Bands(middle: middle, upper: middle + distance, lower: middle - distance)
    }

    @discardableResult
    public mutating func update(_ observation: Double) throws(FormulaError) -> Bands? {
        try window.add(observation)
        return value
    }
}
