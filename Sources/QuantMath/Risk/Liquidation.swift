import Glibc

/// When a leveraged position is closed by the venue, and how likely that is (RM-7).
///
/// Of an isolated, linear contract. Fees and funding are left out: both bring the liquidation nearer.
///
/// Sources: the barrier-hitting probability of a Brownian motion with drift, by the reflection principle; for a price that
/// is looked at only now and then, Broadie, Glasserman, Kou, "A continuity correction for discrete barrier options",
/// Mathematical Finance 7 (1997).
public enum Liquidation {
    public enum Direction: String, Codable, Hashable, Sendable, CaseIterable {
        case long = "LONG"
        case short = "SHORT"

        fileprivate var sign: Double { self == .long ? 1 : -1 }
    }

    /// What the maintenance margin is a share of.
    public enum MarginBasis: String, Codable, Hashable, Sendable, CaseIterable {
        case markNotional = "mark_notional"
        case entryNotional = "entry_notional"
    }

    /// The mark at which the margin left is the maintenance margin, in the unit of `entry`.
    ///
    /// With `s` = +1 long, −1 short: `entry·(1 − s/L) ÷ (1 − s·m)` on the mark, `entry·(1 − s/L + s·m)` on the entry.
    ///
    /// - Parameters:
    ///   - direction: Of the position.
    ///   - entry: Price paid on average, greater than zero.
    ///   - leverage: Notional over margin, greater than zero.
    ///   - maintenanceRate: Maintenance margin as a fraction of the notional, 0 … 1, less than `1 ÷ leverage`.
    ///   - basis: Which notional that is.
    /// - Returns: Zero for a long that no price can liquidate.
    /// - Throws: ``FormulaError`` for anything else.
    public static func mark(
        _ direction: Direction,
        entry: Double,
        leverage: Double,
        maintenanceRate: Double,
        basis: MarginBasis = .markNotional
    ) throws(FormulaError) -> Double {
        try FormulaError.requirePositive(entry, "entry price")
        try FormulaError.requirePositive(leverage, "leverage")
        try FormulaError.requireNonNegative(maintenanceRate, "maintenance rate")
        let limit = min(1, 1 / leverage)
        guard maintenanceRate < limit else {
            throw .outOfRange(input: "maintenance rate", value: maintenanceRate, range: "0 ..< \(limit)")
        }
        let sign = direction.sign
        let mark =
            switch basis {
            case .markNotional: entry * (1 - sign / leverage) / (1 - sign * maintenanceRate)
            case .entryNotional: entry * (1 - sign / leverage + sign * maintenanceRate)
            }
        try FormulaError.requireFinite(mark, "liquidation price")
        return max(0, mark)
    }

    /// What the price may do, and where it must not go.
    public struct Barrier: Codable, Hashable, Sendable {
        public var direction: Direction
        /// The price now, greater than zero.
        public var spot: Double
        /// The liquidation price in the same unit.
        ///
        /// At zero or below no long gets there; a short's is greater than zero.
        public var level: Double
        /// Per year, as a fraction, greater than zero.
        public var volatility: Double
        /// Of the price per year, as a fraction; 0 is a price without drift.
        public var drift: Double

        public init(direction: Direction, spot: Double, level: Double, volatility: Double, drift: Double = 0) {
            self.direction = direction
            self.spot = spot
            self.level = level
            self.volatility = volatility
            self.drift = drift
        }

        /// Drift of the price's logarithm per year.
        public var logDrift: Double { drift - volatility * volatility / 2 }
    }

    /// The probability that the barrier is touched within a time, with the price watched all the while.
    ///
    /// - Parameters:
    ///   - barrier: The market and the barrier.
    ///   - years: Zero or more.
    /// - Returns: 0 … 1: 1 when the price is there already, else 0 for no time.
    /// - Throws: ``FormulaError`` for a number that is not finite or out of range.
    public static func hitProbability(_ barrier: Barrier, years: Double) throws(FormulaError) -> Double {
        try FormulaError.requireNonNegative(years, "years")
        if let known = try settled(barrier) { return known }
        guard years > 0 else { return 0 }
        // Mirrored for a short, so that the barrier always lies below.
        let sign = barrier.direction.sign
        let distance = sign * log(barrier.level / barrier.spot)
        let drift = sign * barrier.logDrift
        let spread = barrier.volatility * years.squareRoot()
        let direct = (distance - drift * years) / spread
        let reflected = (distance + drift * years) / spread
        // e^(2νb/σ²)·Φ(x) overflows times underflows for x far below zero; there e^(−d²/2) carries both.
        let mirror =
            reflected < 0
            ? 0.5 * NormalDistribution.scaledComplement(-reflected / 2.0.squareRoot()) * exp(-0.5 * direct * direct)
            : exp(2 * drift * distance / (barrier.volatility * barrier.volatility))
                * NormalDistribution.cumulative(reflected)
        return try share(NormalDistribution.cumulative(direct) + mirror)
    }

    /// The probability that the barrier is ever touched.
    ///
    /// - Returns: 0 … 1: less than 1 only when the price drifts away from the barrier.
    /// - Throws: ``FormulaError`` for a number that is not finite or out of range.
    public static func hitProbabilityEver(_ barrier: Barrier) throws(FormulaError) -> Double {
        if let known = try settled(barrier) { return known }
        let sign = barrier.direction.sign
        let drift = sign * barrier.logDrift
        guard drift > 0 else { return 1 }
        let distance = sign * log(barrier.level / barrier.spot)
        return try share(exp(2 * drift * distance / (barrier.volatility * barrier.volatility)))
    }

    /// The probability with the price looked at a number of times only, at equal distances; an approximation.
    ///
    /// - Parameters:
    ///   - barrier: The market and the barrier.
    ///   - years: Zero or more.
    ///   - checks: 1 or more.
    /// - Returns: 0 … 1, a little less than with the price watched all the while.
    /// - Throws: ``FormulaError`` for a number that is not finite or out of range.
    public static func hitProbability(
        _ barrier: Barrier,
        years: Double,
        checks: Int
    ) throws(FormulaError) -> Double {
        var shifted = barrier
        shifted.level = try shiftedLevel(barrier, years: years, checks: checks)
        if let known = try settled(barrier) { return known }
        return try hitProbability(shifted, years: years)
    }

    /// The level at which watching all the while is as watching `n` times here.
    ///
    /// - Parameters:
    ///   - barrier: The market and the barrier.
    ///   - years: Zero or more.
    ///   - checks: 1 or more.
    /// - Returns: The barrier's level, farther away by the factor `e^(0.5826·σ·√(T/n))`.
    /// - Throws: ``FormulaError`` for a number that is not finite or out of range.
    public static func shiftedLevel(_ barrier: Barrier, years: Double, checks: Int) throws(FormulaError) -> Double {
        try FormulaError.requireNonNegative(years, "years")
        try FormulaError.requirePositive(Double(checks), "number of checks")
        _ = try settled(barrier)
        let shift = continuityCorrection * barrier.volatility * (years / Double(checks)).squareRoot()
        let level = barrier.level * exp(-barrier.direction.sign * shift)
        try FormulaError.requireFinite(level, "shifted barrier")
        // A level that fell below the smallest number would count as one that nobody reaches.
        if barrier.level > 0 { try FormulaError.requirePositive(level, "shifted barrier") }
        return level
    }

    /// `−ζ(½) ÷ √(2π)`.
    private static let continuityCorrection = 0.582_597_157_939_010_7

    /// The answer where no formula is needed, after the checks.
    private static func settled(_ barrier: Barrier) throws(FormulaError) -> Double? {
        try FormulaError.requirePositive(barrier.spot, "spot price")
        try FormulaError.requireFinite(barrier.level, "barrier")
        try FormulaError.requirePositive(barrier.volatility, "volatility")
        try FormulaError.requireFinite(barrier.drift, "drift")
        switch barrier.direction {
        case .long:
            if barrier.level <= 0 { return 0 }
            return barrier.level >= barrier.spot ? 1 : nil
        case .short:
            try FormulaError.requirePositive(barrier.level, "barrier of a short")
            return barrier.level <= barrier.spot ? 1 : nil
        }
    }

    /// Within 0 … 1, where rounding may have left it.
    private static func share(_ value: Double) throws(FormulaError) -> Double {
        try FormulaError.requireFinite(value, "probability")
        return min(1, max(0, value))
    }
}
