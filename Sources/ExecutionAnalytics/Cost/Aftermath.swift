public import TradingDomain

/// What the market did after an execution, as far as it was known when somebody looked (AN-4).
///
/// Kept with the order; a later report fills in what had not happened yet.
public struct Aftermath: Codable, Hashable, Sendable {
    /// A mark-out as it is kept: without the single fills.
    public struct Mark: Codable, Hashable, Sendable {
        public let horizonSeconds: Int
        /// Basis points, positive when the price moved our way; absent while it is not known for any fill.
        public let bps: Double?
        /// Quantity of the fills for which it is known.
        public let covered: Quantity

        public init(horizonSeconds: Int, bps: Double?, covered: Quantity) {
            self.horizonSeconds = horizonSeconds
            self.bps = bps
            self.covered = covered
        }

        private enum CodingKeys: String, CodingKey {
            case bps, covered
            case horizonSeconds = "horizon_seconds"
        }

        /// Every name is there, `null` where there is no value.
        public func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(horizonSeconds, forKey: .horizonSeconds)
            try container.encode(bps, forKey: .bps)
            try container.encode(covered, forKey: .covered)
        }
    }

    /// One per horizon of ``MarkOut/horizons``, in their order.
    public let marks: [Mark]
    /// See ``MarkOutMeter/effectiveHalfSpreadBps``.
    public let halfSpreadBps: Double?
    /// The session's last price; absent until it has closed, and where nothing traded in its last half hour.
    public let closePrice: Price?
    /// The market was looked at up to here.
    public let readUntil: Timestamp
    /// Nothing more will come: every horizon and the close lie before ``readUntil``.
    public let isComplete: Bool

    public init(
        marks: [Mark],
        halfSpreadBps: Double?,
        closePrice: Price?,
        readUntil: Timestamp,
        isComplete: Bool
    ) {
        self.marks = marks
        self.halfSpreadBps = halfSpreadBps
        self.closePrice = closePrice
        self.readUntil = readUntil
        self.isComplete = isComplete
    }

    /// What `meter` has measured.
    public init(_ meter: MarkOutMeter, closePrice: Price?, readUntil: Timestamp, isComplete: Bool) {
        self.init(
            marks: meter.markOuts.map {
                Mark(
                    horizonSeconds: Int($0.horizon.nanoseconds / 1_000_000_000),
                    bps: $0.bps,
                    covered: $0.covered
                )
            },
            halfSpreadBps: meter.effectiveHalfSpreadBps,
            closePrice: closePrice,
            readUntil: readUntil,
            isComplete: isComplete
        )
    }
}
