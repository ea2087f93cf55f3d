import QuantMath

/// What becomes of an order whose predicted slippage is above the limit (SL-4).
public enum SlippageAction: String, Codable, Hashable, Sendable, CaseIterable {
    /// It is refused.
    case block
    /// It is cut to the largest size that fits; when none does, it is refused.
    case shrink
    /// It gets a slower algorithm or a longer duration; when none fits, it is refused.
    case slowDown = "slow_down"
}

/// How an account's slippage is controlled (SL-2, SL-4); every value was checked when it was made.
public struct SlippageSettings: Hashable, Sendable {
    /// The limit at first, and the one that it decays back to, in basis points.
    public let limitBps: Double
    /// The lowest and the highest limit that records may lead to, in basis points.
    public let floorBps: Double
    public let ceilingBps: Double
    /// Whether the limit learns from the account's own executions (SL-2); off, it stays where it starts.
    public let adaptiveThreshold: Bool
    public let action: SlippageAction
    /// Orders that only bring a position closer to flat pass above the limit, with their numbers on record: being unable to
    /// get out costs more than slippage.
    public let exemptReductions: Bool

    /// The seeds' values: 10 basis points, between half and five times of that.
    public static let standard = SlippageSettings()

    private init() {
        (limitBps, floorBps, ceilingBps) = (10, 5, 50)
        (adaptiveThreshold, action, exemptReductions) = (true, .block, true)
    }

    /// - Throws: ``SlippageSettingsError`` unless 0 < floor ≤ limit ≤ ceiling ≤ 10,000 basis points.
    public init(
        limitBps: Double = 10,
        floorBps: Double? = nil,
        ceilingBps: Double? = nil,
        adaptiveThreshold: Bool = true,
        action: SlippageAction = .block,
        exemptReductions: Bool = true
    ) throws(SlippageSettingsError) {
        let low = floorBps ?? limitBps * 0.5
        let high = ceilingBps ?? limitBps * 5
        func require(_ value: Double, _ key: String, _ range: ClosedRange<Double>) throws(SlippageSettingsError) {
            guard value > 0, range.contains(value) else {
                throw SlippageSettingsError(key: key, value: value, range: range)
            }
        }
        try require(limitBps, "limit_bps", 0...10_000)
        try require(low, "floor_bps", 0...limitBps)
        try require(high, "ceiling_bps", limitBps...50_000)
        self.limitBps = limitBps
        self.floorBps = low
        self.ceilingBps = high
        self.adaptiveThreshold = adaptiveThreshold
        self.action = action
        self.exemptReductions = exemptReductions
    }

    /// The limit at its start; as fractions of the price, which the seeds' formulas want.
    var threshold: AdaptiveThreshold {
        do {
            return try AdaptiveThreshold(
                start: limitBps / 10_000,
                floor: floorBps / 10_000,
                ceiling: ceilingBps / 10_000
            )
        } catch {
            preconditionFailure("slippage settings were checked when they were made: \(error)")
        }
    }
}

/// A setting of the slippage control that makes no sense.
public struct SlippageSettingsError: Error, Hashable, Sendable, CustomStringConvertible {
    public let key: String
    public let value: Double
    public let range: ClosedRange<Double>

    /// Stable name for rows and metrics.
    public var code: String { "slippage_setting_out_of_range" }

    public var description: String {
        "`slippage.\(key)` is \(value); it must be above 0 and within \(range.lowerBound) to \(range.upperBound) bps, with "
            + "floor_bps ≤ limit_bps ≤ ceiling_bps. Correct it in the configuration."
    }
}
