public import TradingDomain

/// What an author may say about how an order is worked; absent means the algorithm's own default.
///
/// Each algorithm names what it reads, and is not asked to plan with anything else.
public struct AlgorithmParameters: Codable, Hashable, Sendable {
    /// How long it works, 1 to 1440.
    public var durationMinutes: Int?
    /// Time between two slices, 1 or more.
    public var sliceIntervalSeconds: Int?
    /// A maximum: never more slices than lots.
    public var slices: Int?
    /// When it ends at the latest.
    public var endTime: Timestamp?
    /// Sessions that a volume profile or a statistic is learned from, 1 to 60.
    public var volumeProfileDays: Int?
    public var catchUp: CatchUpPolicy?
    /// What an iceberg shows, in units of the instrument.
    public var displayQuantity: Quantity?
    /// Share of the market's volume that POV aims at, in percent.
    public var participationPercent: FixedDecimal?
    /// The band around it, in percent.
    public var minParticipationPercent: FixedDecimal?
    public var maxParticipationPercent: FixedDecimal?
    /// The smallest child that POV sends, in units of the instrument.
    public var minChildQuantity: Quantity?
    /// Sends what is left just before the end.
    public var mustComplete: Bool?
    /// Almgren–Chriss risk aversion per unit of the quote currency, such as `1e-6`.
    public var riskAversion: Double?

    public init() {}

    /// The names of what is set, as workflows and the command line write them.
    public var names: [String] {
        let fields: [(String, Bool)] = [
            ("duration_minutes", durationMinutes != nil), ("slice_interval_seconds", sliceIntervalSeconds != nil),
            ("slices", slices != nil), ("end_time", endTime != nil),
            ("volume_profile_days", volumeProfileDays != nil), ("catch_up", catchUp != nil),
            ("display_quantity", displayQuantity != nil), ("participation_percent", participationPercent != nil),
            ("min_participation_percent", minParticipationPercent != nil),
            ("max_participation_percent", maxParticipationPercent != nil),
            ("min_child_quantity", minChildQuantity != nil), ("must_complete", mustComplete != nil),
            ("risk_aversion", riskAversion != nil),
        ]
        return fields.filter(\.1).map(\.0)
    }
}
