public import TradingDomain

/// What a session needs from its engine besides the order.
public struct SessionEnvironment: Sendable {
    /// Number of the last event already journalled for the parent.
    public let sequence: Int
    public let incarnation: Incarnation
    /// Seed of the run; derives from inputs, not from ids.
    public let seed: UInt64
    /// The venue's receive window, at most 5 s.
    public let validFor: Duration

    public init(sequence: Int, incarnation: Incarnation, seed: UInt64, validFor: Duration = .seconds(5)) {
        self.sequence = sequence
        self.incarnation = incarnation
        self.seed = seed
        self.validFor = validFor
    }
}
