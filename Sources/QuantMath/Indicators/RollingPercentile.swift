/// A percentile of the last `window` values, by linear interpolation as ``Statistics/percentile(_:_:)``.
///
/// Two heaps share the window: one holds the values up to the percentile with the largest on top, the other the rest with
/// the smallest on top. A new value takes the oldest one's place, moves up or down, and at most swaps the two tops: an
/// update is O(log n).
public struct RollingPercentile: Indicator {
    public let window: Int
    /// 0 … 100.
    public let percent: Double
    /// In order of arrival until the window is full, then a ring.
    private var values: [Double] = []
    /// Where the oldest value is.
    private var oldest = 0
    private var lower: [Int] = []
    private var upper: [Int] = []
    /// For each value its place in `lower`, or the complement of its place in `upper`.
    private var places: [Int] = []

    /// - Parameters:
    ///   - window: 1 … 1,000,000.
    ///   - percent: 0 … 100.
    /// - Throws: ``FormulaError`` for anything else.
    public init(window: Int = 100, percent: Double = 95) throws(FormulaError) {
        try FormulaError.requireFinite(percent, "percent")
        guard (0...100).contains(percent) else {
            throw .outOfRange(input: "percent", value: percent, range: "0 … 100")
        }
        self.window = try FormulaError.checkedPeriod(window)
        self.percent = percent
    }

    private var position: Double { percent / 100 * Double(window - 1) }

    public var value: Double? {
        guard let low = lower.first.map({ values[$0] }) else { return nil }
        let high = upper.first.map { values[$0] } ?? low
        return low + (high - low) * (position - position.rounded(.down))
    }

    @discardableResult
    public mutating func update(_ observation: Double) throws(FormulaError) -> Double? {
        try FormulaError.requireObservation(observation, "observation")
        guard values.count == window else {
            values.append(observation)
            if values.count == window { fill() }
            return value
        }
        let place = places[oldest]
        values[oldest] = observation
        oldest = (oldest + 1) % window
        if place >= 0 { settle(place, inLower: true) } else { settle(~place, inLower: false) }
        if let low = lower.first, let high = upper.first, values[low] > values[high] {
            put(high, at: 0, inLower: true)
            put(low, at: 0, inLower: false)
            settle(0, inLower: true)
            settle(0, inLower: false)
        }
        return value
    }

    /// Sorts the first full window into the heaps; a sorted array is a heap.
    private mutating func fill() {
        let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
        let count = Int(position.rounded(.down)) + 1
        lower = order[..<count].reversed()
        upper = Array(order[count...])
        places = Array(repeating: 0, count: window)
        for (place, index) in lower.enumerated() { places[index] = place }
        for (place, index) in upper.enumerated() { places[index] = ~place }
    }

    private mutating func put(_ index: Int, at place: Int, inLower: Bool) {
        if inLower { lower[place] = index } else { upper[place] = index }
        places[index] = inLower ? place : ~place
    }

    /// Moves the entry at `start` up or down until its heap is in order.
    private mutating func settle(_ start: Int, inLower: Bool) {
        let count = inLower ? lower.count : upper.count
        let index = inLower ? lower[start] : upper[start]
        func entry(_ place: Int) -> Int { inLower ? lower[place] : upper[place] }
        func isAbove(_ one: Int, _ other: Int) -> Bool {
            inLower ? values[one] > values[other] : values[one] < values[other]
        }
        var place = start
        while place > 0, isAbove(index, entry((place - 1) / 2)) {
            put(entry((place - 1) / 2), at: place, inLower: inLower)
            place = (place - 1) / 2
        }
        while 2 * place + 1 < count {
            var child = 2 * place + 1
            if child + 1 < count, isAbove(entry(child + 1), entry(child)) { child += 1 }
            guard isAbove(entry(child), index) else { break }
            put(entry(child), at: place, inLower: inLower)
            place = child
        }
        put(index, at: place, inLower: inLower)
    }
}
