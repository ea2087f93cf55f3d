/// The mean of the last `period` values.
public struct SimpleMovingAverage: Indicator {
    private var window: WindowMoments

    /// - Throws: ``FormulaError`` unless `period` is 1 … 1,000,000.
    public init(period: Int) throws(FormulaError) { window = try WindowMoments(period: period) }

    public var period: Int { window.period }
    public var value: Double? { window.moments?.mean }

    @discardableResult
    public mutating func update(_ observation: Double) throws(FormulaError) -> Double? {
        try window.add(observation)
        return value
    }
}

/// An average that forgets by the factor `1 − 2 ÷ (period + 1)`, and starts at the mean of the first `period` values.
public struct ExponentialMovingAverage: Indicator {
    public let period: Int
    public private(set) var value: Double?
    private var first = RunningMoments()

    /// - Throws: ``FormulaError`` unless `period` is 1 … 1,000,000.
    public init(period: Int) throws(FormulaError) {
        self.period = try FormulaError.checkedPeriod(period)
    }

    @discardableResult
    public mutating func update(_ observation: Double) throws(FormulaError) -> Double? {
        try FormulaError.requireObservation(observation, "observation")
        if let previous = value {
            value = previous + 2 / Double(period + 1) * (observation - previous)
        } else {
            first.add(observation)
            if first.count == period { value = first.mean }
        }
        return value
    }
}

/// Volatility whose memory fades by a constant factor, the past's weight.
///
/// `v₁ = r₁²`, then `v = λ·v + (1 − λ)·r²`. It includes the latest return: use it for the next period.
///
/// Source: J.P. Morgan, RiskMetrics Technical Document, fourth edition (1996).
public struct EWMAVolatility: Indicator {
    /// Weight of the past, 0 … 1.
    public let decay: Double
    /// 252 for trading days.
    public let periodsPerYear: Double
    /// Variance of one period; `nil` before the first return.
    public private(set) var variance: Double?

    /// - Throws: ``FormulaError`` unless `0 ≤ decay < 1` and `periodsPerYear > 0`.
    public init(decay: Double = 0.94, periodsPerYear: Double = 252) throws(FormulaError) {
        try FormulaError.requireFinite(decay, "decay")
        guard (0..<1).contains(decay) else {
            throw .outOfRange(input: "decay", value: decay, range: "0 ..< 1")
        }
        try FormulaError.requirePositive(periodsPerYear, "periods per year")
        try FormulaError.requireObservation(periodsPerYear, "periods per year")
        self.decay = decay
        self.periodsPerYear = periodsPerYear
    }

    /// Standard deviation per year, as a fraction; `nil` before the first return.
    public var value: Double? { variance.map { ($0 * periodsPerYear).squareRoot() } }

    /// Takes the return of one period, as a fraction.
    @discardableResult
    public mutating func update(_ observation: Double) throws(FormulaError) -> Double? {
        try FormulaError.requireObservation(observation, "return")
        let square = observation * observation
        variance = variance.map { decay * $0 + (1 - decay) * square } ?? square
        return value
    }
}
