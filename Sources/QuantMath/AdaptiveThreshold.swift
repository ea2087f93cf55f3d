/// The slippage limit that learns from its own records (SL-2), kept within bounds.
///
/// The seed's update shrinks in calm markets until nothing trades and nothing can raise it again, and loosens without
/// end in bad ones. So the limit stays between a floor and a ceiling, and decays to its start when no records arrive.
public struct AdaptiveThreshold: Codable, Hashable, Sendable {
    /// How many of the latest records count, and how many must exist before the first update.
    public static let window = 100

    /// The value at first and the one that starvation leads back to; a fraction of the price.
    public let start: Double
    public let floor: Double
    public let ceiling: Double
    public private(set) var limit: Double
    /// The latest records' magnitudes, oldest first, at most ``window``.
    public private(set) var records: [Double] = []

    /// - Parameters:
    ///   - start: Greater than zero; the seed's is 0.001, which is 10 basis points.
    ///   - floor: Lowest limit; half the start unless given.
    ///   - ceiling: Highest limit; five times the start unless given.
    /// - Throws: ``FormulaError`` unless `0 < floor ≤ start ≤ ceiling`, all finite.
    public init(start: Double = 0.001, floor: Double? = nil, ceiling: Double? = nil) throws(FormulaError) {
        try FormulaError.requirePositive(start, "starting limit")
        let low = floor ?? start * 0.5
        let high = ceiling ?? start * 5
        try FormulaError.requirePositive(low, "floor")
        try FormulaError.requirePositive(high, "ceiling")
        guard low <= start, start <= high else {
            throw .outOfRange(input: "starting limit", value: start, range: "\(low) … \(high)")
        }
        self.start = start
        self.floor = low
        self.ceiling = high
        limit = start
    }

    /// SL-2 as it stands: `0.7 × old + 0.3 × P95(|last 100|)` once there are 100 records, else `old`.
    ///
    /// - Parameters:
    ///   - old: The limit so far.
    ///   - records: All slippages so far, oldest first, as fractions; only the last 100 count.
    /// - Returns: The new limit, without floor or ceiling.
    /// - Throws: ``FormulaError`` when a number is not finite.
    public static func updated(_ old: Double, records: [Double]) throws(FormulaError) -> Double {
        try FormulaError.requireFinite(old, "old limit")
        guard records.count >= window else { return old }
        return 0.7 * old + 0.3 * (try Statistics.percentile(records.suffix(window).map(\.magnitude), 95))
    }

    /// Takes a batch of new records and updates the limit once.
    ///
    /// - Throws: ``FormulaError`` when a record is not finite; nothing changes then.
    public mutating func record(_ slippages: [Double]) throws(FormulaError) {
        for slippage in slippages { try FormulaError.requireFinite(slippage, "slippage") }
        guard !slippages.isEmpty else { return }
        records = (records + slippages.map(\.magnitude)).suffix(Self.window)
        limit = min(max(try Self.updated(limit, records: records), floor), ceiling)
    }

    /// Brings back what was stored: the limit after the last record, and the latest records, oldest first.
    ///
    /// Only the last ``window`` records count, and the limit is kept within its bounds, which may have changed meanwhile.
    ///
    /// - Throws: ``FormulaError`` when a number is not finite; nothing changes then.
    public mutating func restore(limit stored: Double, records slippages: [Double]) throws(FormulaError) {
        try FormulaError.requireFinite(stored, "stored limit")
        for record in slippages { try FormulaError.requireFinite(record, "slippage") }
        records = slippages.suffix(Self.window).map(\.magnitude)
        limit = min(max(stored, floor), ceiling)
    }

    /// Moves the limit a tenth of the way back to its start; called once per period that brought no record.
    public mutating func decay() { limit += 0.1 * (start - limit) }
}
