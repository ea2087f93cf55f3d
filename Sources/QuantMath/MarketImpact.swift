public import TradingDomain

/// How hard an execution presses the market; it scales the impact estimate.
public enum ExecutionStyle: String, Codable, Hashable, Sendable, CaseIterable {
    case passive = "PASSIVE"
    case moderate = "MODERATE"
    case aggressive = "AGGRESSIVE"

    /// The style of that name; an unknown name counts as ``moderate`` (SE-3).
    public init(name: some StringProtocol) { self = Self(rawValue: String(name)) ?? .moderate }

    /// Factor of SE-3, without unit.
    public var multiplier: Double {
        switch self {
        case .passive: 0.5
        case .moderate: 1.0
        case .aggressive: 2.0
        }
    }
}

/// The pre-trade impact estimate SE-3.
///
/// It is linear in the share count and blind to price, volume and volatility: 10 million shares come to five times
/// the price. It reproduces the documented default and suits orders of a few hundred to a few thousand shares; plans
/// use the capped value and show the share of daily volume beside it.
public enum MarketImpact {
    /// Most that a plan reports, in basis points.
    ///
    /// Five percent is more than any order should be expected to cost: an estimate at the cap says that the formula has
    /// left its range.
    public static let capBps = 500.0

    /// An estimate with what is needed to judge it.
    public struct Estimate: Codable, Hashable, Sendable {
        /// SE-3 as it stands, in basis points, not capped.
        public let rawBps: Double
        /// At most ``MarketImpact/capBps``; what plans and reports use.
        public let bps: Double
        /// The order's size as a fraction of the average daily volume; `nil` when that is unknown.
        public let shareOfDailyVolume: Double?

        public var isCapped: Bool { bps < rawBps }
    }

    /// SE-3: `shares / 100 × 0.5 × multiplier` basis points.
    ///
    /// - Parameters:
    ///   - shares: Zero or more; contracts or coins count as shares.
    ///   - style: How hard the algorithm presses.
    /// - Returns: Basis points, zero or more, without a cap.
    /// - Throws: ``FormulaError`` when `shares` is negative or not finite.
    public static func estimateBps(shares: Double, style: ExecutionStyle) throws(FormulaError) -> Double {
        try FormulaError.requireNonNegative(shares, "shares")
        return shares / 100 * 0.5 * style.multiplier
    }

    /// SE-3 with its cap, and the size relative to the market beside it.
    ///
    /// - Parameters:
    ///   - quantity: Zero or more.
    ///   - style: How hard the algorithm presses.
    ///   - dailyVolume: Average traded per day in the same unit; `nil` or zero when it is not known.
    /// - Returns: The raw and the capped estimate.
    /// - Throws: ``FormulaError`` when `quantity` is negative.
    public static func estimate(
        _ quantity: Quantity,
        style: ExecutionStyle,
        dailyVolume: Quantity? = nil
    ) throws(FormulaError) -> Estimate {
        let raw = try estimateBps(shares: quantity.approximate, style: style)
        let share = dailyVolume.flatMap { $0.units > 0 ? quantity.approximate / $0.approximate : nil }
        return Estimate(rawBps: raw, bps: min(raw, capBps), shareOfDailyVolume: share)
    }
}
