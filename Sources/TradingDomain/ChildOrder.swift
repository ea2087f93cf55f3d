/// How long an order may rest at the venue (FIX tag 59).
public enum TimeInForce: String, Codable, Hashable, Sendable, CaseIterable {
    case day = "DAY"
    case goodTillCancel = "GTC"
    case immediateOrCancel = "IOC"
    case fillOrKill = "FOK"
}

/// How an order is priced (FIX tag 40).
public enum OrderType: Hashable, Sendable, Codable {
    case market
    case limit(Price)

    public var limitPrice: Price? {
        guard case .limit(let price) = self else { return nil }
        return price
    }

    /// `MARKET` or `LIMIT`.
    public var name: String { limitPrice == nil ? "MARKET" : "LIMIT" }
}

/// What an algorithm asks to be sent: a child order without its identity.
public struct ChildRequest: Codable, Hashable, Sendable {
    /// In whole lots, greater than zero.
    public var quantity: Quantity
    public var type: OrderType
    public var timeInForce: TimeInForce
    /// Which slice of the schedule it belongs to, from 1; 0 when there is no schedule.
    public var slice: Int
    /// Adds liquidity or is rejected by the venue (FIX ExecInst 6); absent means no.
    public var postOnly: Bool?
    /// How long it may be open before it is cancelled as stale; absent leaves that to the session.
    public var maxAge: Duration?
    /// The venue lets it make the position smaller and nothing else; absent means no.
    public var reduceOnly: Bool?

    public init(
        quantity: Quantity,
        type: OrderType = .market,
        timeInForce: TimeInForce = .day,
        slice: Int = 0,
        postOnly: Bool? = nil,
        maxAge: Duration? = nil
    ) {
        self.quantity = quantity
        self.type = type
        self.timeInForce = timeInForce
        self.slice = slice
        self.postOnly = postOnly
        self.maxAge = maxAge
    }

    /// Whether it may only make the position smaller.
    public var isReduceOnly: Bool { reduceOnly == true }

    /// Whether it may only rest.
    public var isPostOnly: Bool { postOnly == true }
}

/// An order as it is sent to a broker: the intent that is committed before the first byte leaves.
public struct ChildOrder: Codable, Hashable, Sendable {
    public let id: ClientOrderID
    public let parent: ParentOrderID
    public let account: AccountID
    public let instrument: Instrument
    public let side: Side
    public let request: ChildRequest
    /// The venue's clock when the intent was made; signed into the message and never taken anew.
    public let requestTime: Timestamp
    /// The venue's receive window: a copy that arrives later than `requestTime + validFor` dies there.
    public let validFor: Duration
    /// The order whose place it takes (FIX 35=G): its quantity is the total, what that one has executed included.
    ///
    /// Absent for an order of its own.
    public let replaces: ClientOrderID?
    /// The order that was surely not placed and that this one tries again, under an id of its own; mostly absent.
    public let retryOf: ClientOrderID?
    /// Which try it is, from 1; absent counts as the first.
    public let attempt: Int?

    public init(
        id: ClientOrderID,
        parent: ParentOrderID,
        account: AccountID,
        instrument: Instrument,
        side: Side,
        request: ChildRequest,
        requestTime: Timestamp,
        validFor: Duration,
        replaces: ClientOrderID? = nil,
        retryOf: ClientOrderID? = nil,
        attempt: Int? = nil
    ) {
        self.id = id
        self.parent = parent
        self.account = account
        self.instrument = instrument
        self.side = side
        self.request = request
        self.requestTime = requestTime
        self.validFor = validFor
        self.replaces = replaces
        self.retryOf = retryOf
        self.attempt = attempt
    }
}

/// The life of a child order: one of the two axes of its state.
public enum ChildLife: String, Codable, Hashable, Sendable, CaseIterable {
    /// Its intent is committed; nothing is known to have left.
    case planned
    case sent
    case acknowledged
    case partiallyFilled = "partially_filled"
    case filled
    case cancelled
    case rejected
    case expired
    /// Another order of ours has taken its place at the venue.
    case replaced
    /// Proven never to have reached the venue, or never to have been placed there.
    case notPlaced = "not_placed"
    /// Sent, or committed by someone who died, with its outcome unproven. Reserves its whole quantity.
    case unknown

    public var isFinal: Bool {
        switch self {
        case .planned, .sent, .acknowledged, .partiallyFilled, .unknown: false
        case .filled, .cancelled, .rejected, .expired, .replaced, .notPlaced: true
        }
    }
}

/// The other axis: what we asked the venue for and have no answer to yet.
public enum OutstandingRequest: String, Codable, Hashable, Sendable, CaseIterable {
    case none
    case cancelPending = "cancel_pending"
    case replacePending = "replace_pending"
}
