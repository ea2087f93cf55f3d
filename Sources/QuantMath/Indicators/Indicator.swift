/// A statistic that takes one observation at a time and never looks back.
///
/// An update costs the same however long the history is, and a stored value goes on where it stopped: fed bar by bar,
/// stored and restored in between, or recomputed from the start, the numbers are the same.
public protocol Indicator<Observation, Value>: Codable, Hashable, Sendable {
    associatedtype Observation: Sendable
    associatedtype Value: Sendable

    /// What the observations so far tell; `nil` while there are too few.
    var value: Value? { get }

    /// Takes the next observation.
    ///
    /// - Returns: The new ``value``.
    /// - Throws: ``FormulaError`` for a number that is not finite or makes no sense; nothing changes then.
    @discardableResult
    mutating func update(_ observation: Observation) throws(FormulaError) -> Value?
}

extension Indicator {
    /// The values after each of a series, as if they were fed to a copy one by one.
    ///
    /// - Throws: ``FormulaError`` for the first observation that is refused.
    public func values(after observations: some Sequence<Observation>) throws(FormulaError) -> [Value?] {
        var copy = self
        var values: [Value?] = []
        for observation in observations { values.append(try copy.update(observation)) }
        return values
    }
}

/// The range of a bar and where it ended, in price units.
public struct BarRange: Codable, Hashable, Sendable {
    public let high: Double
    public let low: Double
    public let close: Double

    /// - Throws: ``FormulaError`` for a number that is not finite, or a high below the low.
    public init(high: Double, low: Double, close: Double) throws(FormulaError) {
        try FormulaError.requireObservation(high, "high of a bar")
        try FormulaError.requireObservation(low, "low of a bar")
        try FormulaError.requireObservation(close, "close of a bar")
        guard high >= low else { throw .outOfRange(input: "high of a bar", value: high, range: "\(low) or more") }
        self.high = high
        self.low = low
        self.close = close
    }

    /// The largest move of the price since `previousClose`, zero or more.
    func trueRange(after previousClose: Double) -> Double {
        max(high - low, (high - previousClose).magnitude, (low - previousClose).magnitude)
    }
}

/// Wilder's average: the mean of the first `n` values, then `(previous × (n − 1) + value) ÷ n`.
struct WilderAverage: Codable, Hashable, Sendable {
    let period: Int
    private var count = 0
    private var sum = 0.0
    private(set) var value: Double?

    init(period: Int) throws(FormulaError) {
        self.period = try FormulaError.checkedPeriod(period)
    }

    @discardableResult
    mutating func update(_ next: Double) -> Double? {
        if let previous = value {
            value = (previous * Double(period - 1) + next) / Double(period)
        } else {
            count += 1
            sum += next
            if count == period { value = sum / Double(period) }
        }
        return value
    }
}

extension FormulaError {
    /// Longest window of an indicator, which bounds its memory.
    static let periodMax = 1_000_000

    static func checkedPeriod(_ period: Int) throws(FormulaError) -> Int {
        guard (1...periodMax).contains(period) else {
            throw .outOfRange(input: "period", value: Double(period), range: "1 … \(periodMax)")
        }
        return period
    }
}
