/// Mean and variance of everything so far, by updates that lose no digits to a large offset.
///
/// Sources: Welford, "Note on a method for calculating corrected sums of squares and products", Technometrics 4 (1962);
/// merging by Chan, Golub, LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances" (1979).
public struct RunningMoments: Indicator {
    public private(set) var count = 0
    private var center = 0.0
    private var squares = 0.0

    public init() {}

    /// The arithmetic mean; `nil` before the first value.
    public var mean: Double? { count > 0 ? center : nil }

    /// The variance with one degree of freedom taken off; `nil` before the second value.
    public var variance: Double? { count > 1 ? squares / Double(count - 1) : nil }

    /// The variance of the values as a whole population; `nil` before the first value.
    public var populationVariance: Double? { count > 0 ? squares / Double(count) : nil }

    /// As ``mean``.
    public var value: Double? { mean }

    @discardableResult
    public mutating func update(_ observation: Double) throws(FormulaError) -> Double? {
        try FormulaError.requireObservation(observation, "observation")
        add(observation)
        return mean
    }

    /// Takes all values of another at once.
    public mutating func merge(_ other: RunningMoments) {
        guard other.count > 0 else { return }
        guard count > 0 else {
            self = other
            return
        }
        let total = Double(count + other.count)
        let difference = other.center - center
        squares += other.squares + difference * difference * (Double(count) * Double(other.count) / total)
        center += difference * (Double(other.count) / total)
        count += other.count
    }

    /// Takes a value that has passed its checks.
    mutating func add(_ value: Double) {
        count += 1
        let before = value - center
        center += before / Double(count)
        squares += before * (value - center)
    }
}

/// Mean and variance of the last `period` values.
///
/// Two stacks of partial moments make a queue: newest values gather in one, and when the other runs empty they are
/// turned over into it, each entry holding the moments of all values up to the turn. Nothing is ever subtracted, so
/// neither an outlier that has left nor a long history leaves a trace. An update is O(1) on average.
struct WindowMoments: Codable, Hashable, Sendable {
    let period: Int
    /// Moments from each old value up to the turn; the oldest value is the last entry.
    private var older: [RunningMoments] = []
    private var newer: [Double] = []
    private var newerMoments = RunningMoments()

    init(period: Int) throws(FormulaError) {
        self.period = try FormulaError.checkedPeriod(period)
    }

    /// Of the whole window; `nil` until it is full.
    var moments: RunningMoments? {
        guard older.count + newer.count == period else { return nil }
        var all = older.last ?? RunningMoments()
        all.merge(newerMoments)
        return all
    }

    mutating func add(_ value: Double) throws(FormulaError) {
        try FormulaError.requireObservation(value, "observation")
        if older.count + newer.count == period { dropOldest() }
        newer.append(value)
        newerMoments.add(value)
    }

    private mutating func dropOldest() {
        if older.isEmpty {
            var moments = RunningMoments()
            for value in newer.reversed() {
                moments.add(value)
                older.append(moments)
            }
            newer.removeAll(keepingCapacity: true)
            newerMoments = RunningMoments()
        }
        older.removeLast()
    }
}
