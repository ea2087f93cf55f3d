/// An order as it was asked for: one instrument, one side, one quantity, worked by one algorithm.
public struct ParentOrder: Codable, Hashable, Sendable {
    public let id: ParentOrderID
    public let account: AccountID
    public let instrument: Instrument
    public let side: Side
    /// Greater than zero and in whole lots.
    public let quantity: Quantity
    public let urgency: Urgency
    /// The worst price at which any child may trade; `nil` leaves it to the session's collar.
    public let limitPrice: Price?
    /// The decision that it came from; `nil` for an order by hand.
    public let decision: DecisionID?
    public let run: RunID?
    /// Where in the run it was asked for, such as `each[NVDA]/process/work[NVDA-BUY]/send`.
    public let stepPath: String?
    public let submittedAt: Timestamp
    /// Nothing of it is working at the venue after this.
    public let deadline: Timestamp

    public var symbol: Symbol { instrument.symbol }

    public init(
        id: ParentOrderID,
        account: AccountID,
        instrument: Instrument,
        side: Side,
        quantity: Quantity,
        urgency: Urgency,
        limitPrice: Price? = nil,
        decision: DecisionID? = nil,
        run: RunID? = nil,
        stepPath: String? = nil,
        submittedAt: Timestamp,
        deadline: Timestamp
    ) {
        self.id = id
        self.account = account
        self.instrument = instrument
        self.side = side
        self.quantity = quantity
        self.urgency = urgency
        self.limitPrice = limitPrice
        self.decision = decision
        self.run = run
        self.stepPath = stepPath
        self.submittedAt = submittedAt
        self.deadline = deadline
    }
}

extension ParentOrder {
    /// The order as its author changed it; what the amendment leaves out stays.
    public func amended(by amendment: ParentAmendment) -> ParentOrder {
        ParentOrder(
            id: id,
            account: account,
            instrument: instrument,
            side: side,
            quantity: amendment.quantity ?? quantity,
            urgency: urgency,
            limitPrice: amendment.limitPrice ?? limitPrice,
            decision: decision,
            run: run,
            stepPath: stepPath,
            submittedAt: submittedAt,
            deadline: amendment.endTime ?? deadline
        )
    }
}

/// Where a parent order is in its life.
public enum ParentState: String, Codable, Hashable, Sendable, CaseIterable {
    /// Recorded, not yet admitted by risk.
    case submitted
    case working
    case paused
    /// Ending: children are being cancelled.
    case closing
    /// At least 99.9 % filled.
    case filled
    /// Ended with some of it filled.
    case partiallyFilled = "partially_filled"
    /// Ended with nothing filled.
    case unfilled
    /// Ended because it was cancelled; what had filled counts.
    case cancelled
    /// Refused by risk, halt or routing before anything was sent.
    case refused

    public var isFinal: Bool {
        switch self {
        case .submitted, .working, .paused, .closing: false
        case .filled, .partiallyFilled, .unfilled, .cancelled, .refused: true
        }
    }
}
