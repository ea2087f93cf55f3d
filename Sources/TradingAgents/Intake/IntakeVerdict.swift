import TradingDomain

/// What the gates found, each check visible (the contract's receipt).
public struct IntakeVerdict: Codable, Hashable, Sendable {
    public let outcome: IntakeOutcome
    /// In the order of the gates, up to the one that decided.
    public let checks: [IntakeCheck]

    /// Whether sizing and risk may go on with the decision.
    public var isAccepted: Bool { outcome == .accepted }
    /// The deciding check's code.
    public var code: IntakeCode? { checks.last { $0.verdict.decides }?.code }
    /// For people: what decided, the values, and what to do.
    public var message: String {
        if case .duplicate(let prior) = outcome { return prior.message }
        return checks.last { $0.verdict.decides }?.message ?? "Accepted."
    }
}

/// How a decision leaves the intake.
public enum IntakeOutcome: Codable, Hashable, Sendable {
    case accepted
    /// The first decision with this key already has an outcome, which is returned again.
    case duplicate(IntakeContext.PriorOutcome)
    /// HOLD, or nothing left to do.
    case noAction
    case abstained
    case rejected
    /// Halted.
    case blocked

    /// The SX-1 status; `nil` while accepted, since execution will give it.
    public var status: String? {
        switch self {
        case .accepted: nil
        case .duplicate(let prior): prior.status
        case .noAction: "HOLD"
        case .abstained: "ABSTAIN"
        case .rejected: "REJECTED"
        case .blocked: "BLOCKED"
        }
    }

    /// The contract's verdict word.
    public var verdict: String {
        switch self {
        case .accepted, .duplicate: "ACCEPTED"
        case .noAction, .abstained: "NO_ACTION"
        case .rejected, .blocked: "REJECTED"
        }
    }
}

/// One gate's finding.
public struct IntakeCheck: Codable, Hashable, Sendable {
    public enum Gate: String, Codable, Hashable, Sendable, CaseIterable {
        case agent, idempotency, environment, halt, time, instrument, action, size, price
    }

    public enum Verdict: String, Codable, Hashable, Sendable {
        case pass = "PASS"
        /// Worth seeing, and let through, such as the drift of a trade that reduces exposure.
        case flag = "FLAG"
        case duplicate = "DUPLICATE"
        case noAction = "NO_ACTION"
        case refuse = "REFUSE"

        var decides: Bool { ![.pass, .flag].contains(self) }
    }

    public let gate: Gate
    public let verdict: Verdict
    public let code: IntakeCode?
    /// What was seen, with its unit.
    public let observed: String?
    /// What it was measured against.
    public let limit: String?
    /// `nil` for a pass.
    public let message: String?
}

/// The contract's codes of gates 3 to 9 and 12.
public enum IntakeCode: String, Codable, Hashable, Sendable, CaseIterable {
    case agentUnknown = "AGENT_UNKNOWN"
    case agentDisabled = "AGENT_DISABLED"
    case notPermitted = "NOT_PERMITTED"
    case duplicate = "DUPLICATE"
    case idempotencyConflict = "IDEMPOTENCY_CONFLICT"
    case environment = "ENVIRONMENT"
    case halted = "HALTED"
    case fromFuture = "FROM_FUTURE"
    case expired = "EXPIRED"
    case staleInput = "STALE_INPUT"
    case validityTooLong = "VALIDITY_TOO_LONG"
    case symbolUnknown = "SYMBOL_UNKNOWN"
    case symbolAmbiguous = "SYMBOL_AMBIGUOUS"
    case notInUniverse = "NOT_IN_UNIVERSE"
    case notTradable = "NOT_TRADABLE"
    case currency = "CURRENCY"
    case nothingToSell = "NOTHING_TO_SELL"
    case shortDisabled = "SHORT_DISABLED"
    case alreadyAtTarget = "ALREADY_AT_TARGET"
    case hold = "HOLD"
    case abstain = "ABSTAIN"
    case sizeLooksLikeFraction = "SIZE_LOOKS_LIKE_FRACTION"
    case sizeRange = "SIZE_RANGE"
    case belowMinimum = "BELOW_MINIMUM"
    case weightsExceedGross = "WEIGHTS_EXCEED_GROSS"
    case weightsDoNotAddUp = "WEIGHTS_DO_NOT_ADD_UP"
    case unlistedHoldings = "UNLISTED_HOLDINGS"
    case noPrice = "NO_PRICE"
    case priceDrift = "PRICE_DRIFT"
    /// Something that the gate needs could not be read.
    case unreadable = "UNREADABLE"
}
