public import TradingDomain

/// Whether an order takes part in the auction that closes a session.
public enum AuctionBehaviour: String, Codable, Hashable, Sendable, CaseIterable {
    /// Nothing of it is sent or working in the session's last minute, in which the book gathers for the auction.
    case skip
    /// What is left goes into the auction; refused where the venue holds none.
    case close
}

/// What an author may say about how an order is worked; absent means the algorithm's own default.
///
/// Each algorithm names what it reads, and is not asked to plan with anything else. ``AlgorithmParameter`` lists them with their
/// ranges.
public struct AlgorithmParameters: Codable, Hashable, Sendable {
    public var durationMinutes: Int?
    /// Time between two slices.
    public var sliceIntervalSeconds: Int?
    /// A maximum: never more slices than lots.
    public var slices: Int?
    /// When it begins; in the future it waits.
    public var startTime: Timestamp?
    /// When it ends at the latest.
    public var endTime: Timestamp?
    /// Sessions that a volume profile or a statistic is learned from.
    public var volumeProfileDays: Int?
    public var catchUp: CatchUpPolicy?
    /// What an iceberg shows, in units of the instrument.
    public var displayQuantity: Quantity?
    /// Share of the market's volume that POV aims at, in percent.
    public var participationPercent: FixedDecimal?
    /// Lower end of POV's band, in percent.
    public var minParticipationPercent: FixedDecimal?
    /// Most of the market's volume that the order may be, in percent.
    public var maxParticipationPercent: FixedDecimal?
    /// Everything that is left is taken at once at this price or better.
    public var wouldPrice: Price?
    /// The smallest child, in units of the instrument.
    public var minChildQuantity: Quantity?
    /// Sends what is left just before the end.
    public var mustComplete: Bool?
    /// How far a child's size differs by chance, in percent.
    public var randomizeSizePercent: FixedDecimal?
    /// How late a slice is by chance, in percent of its interval.
    public var randomizeTimePercent: FixedDecimal?
    public var auction: AuctionBehaviour?
    /// Almgren–Chriss risk aversion per unit of the quote currency, such as `1e-6`.
    public var riskAversion: Double?

    public init() {}

    /// The names of what is set, as workflows and the command line write them.
    public var names: [String] { AlgorithmParameter.all.filter { $0.isSet(self) }.map(\.name) }
}
