public import ExecutionAlgorithms
public import RiskRules
public import TradingDomain

/// How the algorithm of an order is chosen (RO-0).
public enum AlgorithmChoice: Codable, Hashable, Sendable {
    /// By urgency, whatever is configured (RO-2).
    case byUrgency
    /// By a router; the configured one where none is named.
    case byRouter(RoutingStrategy?)
    case explicit(AlgorithmName, AlgorithmParameters)
}

/// A parent order as a step asks for it, before admission.
public struct ParentSubmission: Codable, Hashable, Sendable {
    public let id: ParentOrderID
    public let account: AccountID
    public let order: ProposedOrder
    public let choice: AlgorithmChoice
    public let run: RunID?
    /// Unique within its run.
    public let stepPath: String?
    public let submittedAt: Timestamp
    public let seed: UInt64
    /// The halt whose flatten it is part of; absent for every other order.
    public let flattens: HaltID?

    public init(
        id: ParentOrderID,
        account: AccountID,
        order: ProposedOrder,
        choice: AlgorithmChoice,
        run: RunID?,
        stepPath: String?,
        submittedAt: Timestamp,
        seed: UInt64,
        flattens: HaltID? = nil
    ) {
        self.flattens = flattens
        self.id = id
        self.account = account
        self.order = order
        self.choice = choice
        self.run = run
        self.stepPath = stepPath
        self.submittedAt = submittedAt
        self.seed = seed
    }
}

/// What is stored of a parent besides its events.
public struct ParentUpdate: Codable, Hashable, Sendable {
    public var id: ParentOrderID
    public var state: ParentState
    /// Whether the journal has this state already: only progress and snapshot are new.
    public var keepsState = false
    public var filled: Quantity
    /// Set at admission, and anew by each amendment.
    public var admission: ParentAdmission?
    /// Set when the algorithm acted or its children changed.
    public var snapshot: AlgorithmSnapshot?
    /// Set when it is final.
    public var result: ExecutionResult?

    public init(id: ParentOrderID, state: ParentState, filled: Quantity) {
        self.id = id
        self.state = state
        self.filled = filled
    }
}

/// What admission decided; stored in the transaction that makes the parent live, and as amended from then on.
public struct ParentAdmission: Codable, Hashable, Sendable {
    public let parent: ParentOrder
    public let verdict: RoutingVerdict
    public let collar: Price?
    public let arrival: ArrivalSnapshot
    public let reservation: Reservation
    public let checks: [RiskVerdict]
    /// The plan as it was at admission, for reports; at most ``OrderRouting/plannedMax`` pieces.
    ///
    /// Absent in rows from before it was kept.
    public let schedule: [Slice]?
    /// What the slippage control said; absent in rows from before it was there.
    public let slippage: SlippageVerdict?

    public init(
        parent: ParentOrder,
        verdict: RoutingVerdict,
        collar: Price?,
        arrival: ArrivalSnapshot,
        reservation: Reservation,
        checks: [RiskVerdict],
        schedule: [Slice]? = nil,
        slippage: SlippageVerdict? = nil
    ) {
        self.parent = parent
        self.verdict = verdict
        self.collar = collar
        self.arrival = arrival
        self.reservation = reservation
        self.checks = checks
        self.schedule = schedule
        self.slippage = slippage
    }
}

/// A child order's row as it is now.
public struct ChildUpdate: Codable, Hashable, Sendable {
    public let id: ClientOrderID
    public let life: ChildLife
    public let outstanding: OutstandingRequest
    public let filled: Quantity
    /// What it may still fill, as its parent counts it.
    public let open: Quantity?

    public init(
        id: ClientOrderID,
        life: ChildLife,
        outstanding: OutstandingRequest,
        filled: Quantity,
        open: Quantity? = nil
    ) {
        self.id = id
        self.life = life
        self.outstanding = outstanding
        self.filled = filled
        self.open = open
    }
}

/// A parent order as stored.
public struct ParentRecord: Sendable {
    public var submission: ParentSubmission
    public var state: ParentState
    public var filled: Quantity
    public var admission: ParentAdmission?
    public var snapshot: AlgorithmSnapshot?
    public var result: ExecutionResult?
    /// In sequence order.
    public var events: [JournaledEvent]

    public init(
        submission: ParentSubmission,
        state: ParentState = .submitted,
        filled: Quantity = .zero,
        admission: ParentAdmission? = nil,
        snapshot: AlgorithmSnapshot? = nil,
        result: ExecutionResult? = nil,
        events: [JournaledEvent] = []
    ) {
        self.submission = submission
        self.state = state
        self.filled = filled
        self.admission = admission
        self.snapshot = snapshot
        self.result = result
        self.events = events
    }
}

/// How a parent order ended, with what a report needs.
public struct ExecutionResult: Codable, Hashable, Sendable {
    public var state: ParentState
    /// Why it ended, or the rule's or kill switch's reason when it was refused.
    public var reason: String
    /// Set when nothing was sent because risk or the kill switch said no.
    public var refusalCode: String?
    public var endedAt: Timestamp
    /// Market volume from arrival to the end.
    public var intervalVolume: Quantity
    /// Market turnover (price × volume) from arrival to the end.
    public var intervalTurnover: FixedDecimal
    /// The market's price at the end, which values what did not fill; absent in rows from before it was kept.
    public var endPrice: Price?
    public var checks: [RiskVerdict]
    /// What the slippage control said when it refused the order.
    public var slippage: SlippageVerdict?

    public init(
        state: ParentState,
        reason: String,
        refusalCode: String? = nil,
        endedAt: Timestamp,
        intervalVolume: Quantity = .zero,
        intervalTurnover: FixedDecimal = .zero,
        endPrice: Price? = nil,
        checks: [RiskVerdict] = [],
        slippage: SlippageVerdict? = nil
    ) {
        self.slippage = slippage
        self.state = state
        self.reason = reason
        self.refusalCode = refusalCode
        self.endedAt = endedAt
        self.intervalVolume = intervalVolume
        self.intervalTurnover = intervalTurnover
        self.endPrice = endPrice
        self.checks = checks
    }
}
