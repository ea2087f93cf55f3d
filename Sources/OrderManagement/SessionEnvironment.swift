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
    /// How long a child may be open before it is cancelled as stale, unless its algorithm gave it an age (OM-4).
    public let childAgeMax: Duration
    public let retries: RetryPolicy
    /// Whether its children may only make the position smaller.
    public let reduceOnly: Bool

    public init(
        sequence: Int,
        incarnation: Incarnation,
        seed: UInt64,
        validFor: Duration = .seconds(5),
        childAgeMax: Duration = .seconds(300),
        retries: RetryPolicy = RetryPolicy(),
        reduceOnly: Bool = false
    ) {
        self.sequence = sequence
        self.incarnation = incarnation
        self.seed = seed
        self.validFor = validFor
        self.childAgeMax = childAgeMax
        self.retries = retries
        self.reduceOnly = reduceOnly
    }
}

/// When a child that was surely not placed is tried again: as a new intent under a new id, never by resending (OM-5).
public struct RetryPolicy: Hashable, Sendable {
    /// New tries of one child; 0 turns them off.
    public var retriesMax: Int
    /// Wait before the first new try; each further one waits twice as long.
    public var firstWait: Duration
    /// Codes of refusals that pass by themselves; any other refusal is the algorithm's to answer.
    ///
    /// `NOT_RECONCILED` is the journal's, about an account that was reconciled again before the parent heard of it.
    public var passingCodes: Set<String>

    public init(
        retriesMax: Int = 3,
        firstWait: Duration = .seconds(1),
        passingCodes: Set<String> = ["RATE_LIMITED", "VENUE_BUSY", "TRY_AGAIN", "NOT_RECONCILED"]
    ) {
        precondition((0...20).contains(retriesMax), "retries are 0 to 20, were \(retriesMax)")
        self.retriesMax = retriesMax
        self.firstWait = firstWait
        self.passingCodes = passingCodes
    }

    /// How long to wait before `order` is tried again after `event`; `nil` when it is not.
    func wait(after event: ChildEvent, of order: ChildOrder) -> Duration? {
        let attempt = order.attempt ?? 1
        guard attempt <= retriesMax, order.replaces == nil else { return nil }
        switch event {
        case .notPlaced: break
        case .rejected(let code, _): guard passingCodes.contains(code) else { return nil }
        case .intended, .acknowledged, .filled, .cancelRequested, .cancelRefused, .cancelled, .expired, .unknown,
            .replaced, .resolved:
            return nil
        }
        return firstWait * (1 << (attempt - 1))
    }
}
