/// How long to work an order when nobody said (AL-12).
///
/// The seed's formula rises with volatility and falls with temporary impact, which is the opposite of Almgren and
/// Chriss, and its pure number is read as hours. Only the clip makes it usable; show the Almgren–Chriss time beside it.
public enum TradingHorizon {
    /// Shortest and longest time, in seconds.
    public static let rangeSeconds = 30.0...1800.0

    /// AL-12 before the clip: `√(size × volatility ÷ (riskAversion × dailyVolume × temporaryImpact)) × 3600` seconds.
    ///
    /// - Parameters:
    ///   - size: Of the order, zero or more.
    ///   - volatility: Daily, as a fraction, zero or more.
    ///   - dailyVolume: In the unit of `size`, greater than zero.
    ///   - riskAversion: Greater than zero.
    ///   - temporaryImpact: Greater than zero.
    /// - Returns: Seconds, zero or more.
    /// - Throws: ``FormulaError`` for anything else, since the seed would divide by zero or take a negative's root.
    public static func unclippedSeconds(
        size: Double,
        volatility: Double,
        dailyVolume: Double,
        riskAversion: Double = 1.0,
        temporaryImpact: Double = 0.1
    ) throws(FormulaError) -> Double {
        try FormulaError.requireNonNegative(size, "size")
        try FormulaError.requireNonNegative(volatility, "volatility")
        try FormulaError.requirePositive(dailyVolume, "daily volume")
        try FormulaError.requirePositive(riskAversion, "risk aversion")
        try FormulaError.requirePositive(temporaryImpact, "temporary impact")
        let seconds = (size * volatility / (riskAversion * dailyVolume * temporaryImpact)).squareRoot() * 3600
        try FormulaError.requireFinite(seconds, "optimal time")
        return seconds
    }

    /// AL-12, clipped to ``rangeSeconds``.
    ///
    /// - Throws: ``FormulaError`` as ``unclippedSeconds(size:volatility:dailyVolume:riskAversion:temporaryImpact:)``.
    public static func seconds(
        size: Double,
        volatility: Double,
        dailyVolume: Double,
        riskAversion: Double = 1.0,
        temporaryImpact: Double = 0.1
    ) throws(FormulaError) -> Double {
        let free = try unclippedSeconds(
            size: size,
            volatility: volatility,
            dailyVolume: dailyVolume,
            riskAversion: riskAversion,
            temporaryImpact: temporaryImpact
        )
        return min(max(free, rangeSeconds.lowerBound), rangeSeconds.upperBound)
    }

    /// AL-12's slice count: one a minute, at least five, whatever the order's size.
    ///
    /// - Throws: ``FormulaError`` for a duration that is not finite or beyond ±10¹² seconds.
    public static func slices(durationSeconds: Double) throws(FormulaError) -> Int {
        try FormulaError.requireFinite(durationSeconds, "duration")
        guard durationSeconds.magnitude <= 1e12 else {
            throw .outOfRange(input: "duration", value: durationSeconds, range: "±10¹² s")
        }
        return max(5, Int(durationSeconds / 60))
    }

    /// The slice count for an order of `lots` lots: never more slices than lots, so none is empty.
    ///
    /// - Throws: ``FormulaError`` as ``slices(durationSeconds:)``, and when there is not a single lot.
    public static func slices(durationSeconds: Double, lots: Int64) throws(FormulaError) -> Int {
        guard lots > 0 else { throw .notPositive(input: "lots", value: Double(lots)) }
        return Int(min(Int64(try slices(durationSeconds: durationSeconds)), lots))
    }
}
