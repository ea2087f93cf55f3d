/// Wilder's average of the true range, in price units; the first value comes with bar `period + 1`.
///
/// Source: Wilder, "New Concepts in Technical Trading Systems" (1978), as are the other two here.
public struct AverageTrueRange: Indicator {
    private var average: WilderAverage
    private var previousClose: Double?

    /// - Throws: ``FormulaError`` unless `period` is 1 … 1,000,000; 14 is usual.
    public init(period: Int = 14) throws(FormulaError) { average = try WilderAverage(period: period) }

    public var period: Int { average.period }
    public var value: Double? { average.value }

    @discardableResult
    public mutating func update(_ observation: BarRange) throws(FormulaError) -> Double? {
        if let previousClose { average.update(observation.trueRange(after: previousClose)) }
        previousClose = observation.close
        return value
    }
}

/// Wilder's relative strength index, 0 … 100: the share of gains in all moves of the close.
///
/// 50 where nothing moved. The first value comes with close `period + 1`.
public struct RelativeStrengthIndex: Indicator {
    private var gains: WilderAverage
    private var losses: WilderAverage
    private var previousClose: Double?

    /// - Throws: ``FormulaError`` unless `period` is 1 … 1,000,000; 14 is usual.
    public init(period: Int = 14) throws(FormulaError) {
        gains = try WilderAverage(period: period)
        losses = gains
    }

    public var period: Int { gains.period }

    public var value: Double? {
        guard let gain = gains.value, let loss = losses.value else { return nil }
        return gain + loss > 0 ? min(100, 100 * (gain / (gain + loss))) : 50
    }

    /// Takes the close of a bar.
    @discardableResult
    public mutating func update(_ observation: Double) throws(FormulaError) -> Double? {
        try FormulaError.requireObservation(observation, "close")
        if let previousClose {
            gains.update(max(0, observation - previousClose))
            losses.update(max(0, previousClose - observation))
        }
        previousClose = observation
        return value
    }
}

/// Wilder's directional movement: how much of the range went up, how much down, and how one-sided that is.
///
/// All three are 0 … 100. The directions come with bar `period + 1`, the index with bar `2 × period`. Where nothing moved
/// the directions are zero and the index goes on with the last one-sidedness, zero at the start.
public struct DirectionalIndex: Indicator {
    public struct Directions: Codable, Hashable, Sendable {
        /// Share of the upward movement in the range.
        public let plus: Double
        /// Share of the downward movement in the range.
        public let minus: Double
        /// Wilder's average of `100 × |plus − minus| ÷ (plus + minus)`; `nil` while there are too few.
        public let index: Double?
    }

    public let period: Int
    public private(set) var value: Directions?
    private var previous: BarRange?
    private var moves = 0
    private var plusSum = 0.0
    private var minusSum = 0.0
    private var rangeSum = 0.0
    private var oneSidedness = 0.0
    private var average: WilderAverage

    /// - Throws: ``FormulaError`` unless `period` is 1 … 1,000,000; 14 is usual.
    public init(period: Int = 14) throws(FormulaError) {
        average = try WilderAverage(period: period)
        self.period = period
    }

    @discardableResult
    public mutating func update(_ observation: BarRange) throws(FormulaError) -> Directions? {
        defer { self.previous = observation }
        guard let previous else { return nil }
        let up = observation.high - previous.high
        let down = previous.low - observation.low
        // The sums begin with the first period − 1 moves; from then on each forgets a period's share.
        moves = min(moves + 1, period)
        let isFull = moves == period
        func sum(_ old: Double, _ move: Double) -> Double {
            isFull ? old - old / Double(period) + move : old + move
        }
        plusSum = sum(plusSum, up > down && up > 0 ? up : 0)
        minusSum = sum(minusSum, down > up && down > 0 ? down : 0)
        rangeSum = sum(rangeSum, observation.trueRange(after: previous.close))
        guard isFull else { return nil }
        let plus = rangeSum > 0 ? 100 * (plusSum / rangeSum) : 0
        let minus = rangeSum > 0 ? 100 * (minusSum / rangeSum) : 0
        if plus + minus > 0 { oneSidedness = 100 * ((plus - minus).magnitude / (plus + minus)) }
        value = Directions(plus: plus, minus: minus, index: average.update(oneSidedness))
        return value
    }
}
