public import TradingDomain

/// A question to people: whether the run may go on with a plan.
public struct ApprovalRequest: Codable, Hashable, Sendable {
    /// What silence means.
    public enum Timeout: String, Codable, Hashable, Sendable, CaseIterable {
        case reject, approve
    }

    public let plan: ApprovalPlan
    /// Of ``plan``.
    public let digest: String
    public let onTimeout: Timeout
    /// How long people have, by the database's clock.
    public let patience: Duration
    /// Business time.
    public let askedAt: Timestamp

    public init(plan: ApprovalPlan, onTimeout: Timeout, patience: Duration, askedAt: Timestamp) {
        self.plan = plan
        digest = plan.digest
        self.onTimeout = onTimeout
        self.patience = patience
        self.askedAt = askedAt
    }

    public var run: RunID { plan.run }
    public var stepPath: String { plan.stepPath }
}

/// How a request for approval stands.
public struct ApprovalStanding: Codable, Hashable, Sendable {
    public enum State: String, Codable, Hashable, Sendable, CaseIterable {
        /// Nobody has answered, and there is time left.
        case pending
        case approved
        case rejected
        /// Nobody answered in time, and silence meant no.
        case expired
        /// The run asks about another plan now.
        case superseded
    }

    public let plan: ApprovalPlan
    public let digest: String
    public let state: State
    public let onTimeout: ApprovalRequest.Timeout
    /// By the database's clock, as the next.
    public let askedAt: Timestamp
    public let expiresAt: Timestamp
    /// Who answered, such as `ada@desk-1`, or `timeout` where silence did; absent while nobody has.
    public let decidedBy: String?
    public let decidedAt: Timestamp?
    /// By which way the answer came, such as `command line`.
    public let decidedHow: String?
    public let note: String?

    public init(
        plan: ApprovalPlan,
        digest: String,
        state: State,
        onTimeout: ApprovalRequest.Timeout,
        askedAt: Timestamp,
        expiresAt: Timestamp,
        decidedBy: String? = nil,
        decidedAt: Timestamp? = nil,
        decidedHow: String? = nil,
        note: String? = nil
    ) {
        self.plan = plan
        self.digest = digest
        self.state = state
        self.onTimeout = onTimeout
        self.askedAt = askedAt
        self.expiresAt = expiresAt
        self.decidedBy = decidedBy
        self.decidedAt = decidedAt
        self.decidedHow = decidedHow
        self.note = note
    }

    public var run: RunID { plan.run }
    public var stepPath: String { plan.stepPath }
    /// As much of the digest as people type.
    public var shortDigest: String { String(digest.prefix(12)) }
}

/// A person's answer.
public struct ApprovalAnswer: Hashable, Sendable {
    public let isApproved: Bool
    /// Who says so, such as `ada@desk-1`.
    public let by: String
    /// By which way it came, such as `command line`.
    public let how: String
    /// A remark, or the reason of a rejection.
    public let note: String?

    public init(isApproved: Bool, by: String, how: String, note: String? = nil) {
        self.isApproved = isApproved
        self.by = by
        self.how = how
        self.note = note
    }
}
