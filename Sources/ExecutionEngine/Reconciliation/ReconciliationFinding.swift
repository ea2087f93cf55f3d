public import TradingDomain

/// One difference between our books and the venue's, with what was done about it.
public struct ReconciliationFinding: Codable, Hashable, Sendable {
    public enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
        /// A trade of an order of ours that no report had told.
        case missingFill = "missing_fill"
        /// An order with our prefix of which there is no row: a fail-over may have lost it.
        case unrecordedOrder = "unrecorded_order"
        /// Final here, and the venue still works it.
        case openAtVenue = "open_at_venue"
        /// Open here, and the venue does not work it any more.
        case endedAtVenue = "ended_at_venue"
        /// An order that is not ours.
        case externalOrder = "external_order"
        /// A trade of an order that is not ours.
        case externalFill = "external_fill"
        /// The venue closed a position by force.
        case liquidation
        /// Cash moved without a trade.
        case payment
        case positionDiffers = "position_differs"
        case balanceDiffers = "balance_differs"
        /// A person has said that the venue's position or balance is right.
        case adjusted

        /// Whether a person is told when it is found; trades alert when they are booked.
        var isAlerted: Bool {
            switch self {
            case .missingFill, .openAtVenue, .externalOrder: true
            case .unrecordedOrder, .endedAtVenue, .externalFill, .liquidation, .payment, .positionDiffers,
                .balanceDiffers, .adjusted:
                false
            }
        }
    }

    public let kind: Kind
    public let order: ClientOrderID?
    public let symbol: Symbol?
    /// What was found, with the values of both sides.
    public let message: String
    /// What was done about it.
    public let action: String
    /// Whether nothing is left to explain; with one that is not, the account stays unreconciled.
    public let isSettled: Bool

    public init(
        _ kind: Kind,
        order: ClientOrderID? = nil,
        symbol: Symbol? = nil,
        message: String,
        action: String,
        isSettled: Bool = true
    ) {
        self.kind = kind
        self.order = order
        self.symbol = symbol
        self.message = message
        self.action = action
        self.isSettled = isSettled
    }
}

/// Whether an account's books are known to be the venue's (I13).
public struct ReconciliationState: Codable, Hashable, Sendable {
    public let isReconciled: Bool
    /// Why it is not, or what made it so.
    public let reason: String
    public let since: Timestamp
    /// The venue's clock up to which every trade is known to be booked; `nil` before the first time.
    public let through: Timestamp?

    public init(isReconciled: Bool, reason: String, since: Timestamp, through: Timestamp?) {
        self.isReconciled = isReconciled
        self.reason = reason
        self.since = since
        self.through = through
    }
}

/// One comparison of an account with its venue, as it is stored.
public struct ReconciliationRecord: Codable, Hashable, Sendable {
    public enum Cause: String, Codable, Hashable, Sendable, CaseIterable {
        case start, reconnect, interval, asked, halt
    }

    public let cause: Cause
    /// Business time.
    public let at: Timestamp
    /// `nil` when the venue could not be asked.
    public let venueTime: Timestamp?
    public let state: ReconciliationState
    /// What the venue told.
    public let openOrders: Int
    public let fills: Int
    public let findings: [ReconciliationFinding]
    /// Worth a row of its own, and not only the state.
    public let isNotable: Bool

    public init(
        cause: Cause,
        at: Timestamp,
        venueTime: Timestamp?,
        state: ReconciliationState,
        openOrders: Int = 0,
        fills: Int = 0,
        findings: [ReconciliationFinding] = [],
        isNotable: Bool = true
    ) {
        self.cause = cause
        self.at = at
        self.venueTime = venueTime
        self.state = state
        self.openOrders = openOrders
        self.fills = fills
        self.findings = findings
        self.isNotable = isNotable
    }
}

/// How an account is reconciled with its venue.
public struct ReconciliationSettings: Hashable, Sendable {
    /// Between comparisons of an account that is reconciled.
    public var interval: Duration
    /// Between comparisons while the venue's reports do not come: how late a fill is heard of then.
    public var disconnectedInterval: Duration
    /// Before a difference is looked at again: a trade may have come between two parts of the venue's answer.
    public var retry: Duration
    /// How far before the last comparison trades are asked for again: venues show a trade late.
    public var overlap: Duration
    /// How long an order waits for its account to be reconciled before risk refuses it.
    public var patience: Duration
    /// How much a balance may differ, in basis points of it: venues round each trade in their own way.
    public var balanceToleranceBps: Int
    /// Comparisons that may fail before a reconciled account counts as unreconciled.
    public var failuresMax: Int

    public init(
        interval: Duration = .seconds(60),
        disconnectedInterval: Duration = .seconds(10),
        retry: Duration = .seconds(1),
        overlap: Duration = .seconds(300),
        patience: Duration = .seconds(60),
        balanceToleranceBps: Int = 1,
        failuresMax: Int = 3
    ) {
        self.interval = interval
        self.disconnectedInterval = disconnectedInterval
        self.retry = retry
        self.overlap = overlap
        self.patience = patience
        self.balanceToleranceBps = balanceToleranceBps
        self.failuresMax = failuresMax
    }
}
