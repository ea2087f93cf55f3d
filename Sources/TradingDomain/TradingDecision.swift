/// What an agent wants, by the contract `smartexec.decision/1`.
///
/// A value of this type was well-formed; it is still untrusted until the intake guard has passed it. Coding keys and
/// forms are the contract's, so that the stored row, the file and the wire are one format.
public struct TradingDecision: Codable, Hashable, Sendable {
    public static let schema = "smartexec.decision/1"

    /// Who decided, as the channel authenticated it.
    public struct Agent: Codable, Hashable, Sendable {
        public var id: AgentID
        public var version: String
        public var runID: String?
        public var model: String?
        public var configHash: String?
        public var inputHash: String?

        public init(id: AgentID, version: String) {
            self.id = id
            self.version = version
        }

        private enum CodingKeys: String, CodingKey {
            case id, version, model
            case runID = "run_id"
            case configHash = "config_hash"
            case inputHash = "input_hash"
        }
    }

    /// The portfolio that the agent saw; absent means that it was given none.
    public struct PortfolioSeen: Codable, Hashable, Sendable {
        public var snapshotID: String
        public var asOf: Timestamp
        public var equity: FixedDecimal
        public var currency: Currency?

        public init(snapshotID: String, asOf: Timestamp, equity: FixedDecimal, currency: Currency? = nil) {
            self.snapshotID = snapshotID
            self.asOf = asOf
            self.equity = equity
            self.currency = currency
        }

        private enum CodingKeys: String, CodingKey {
            case snapshotID = "snapshot_id"
            case asOf = "as_of"
            case equity, currency
        }
    }

    /// Why there is no opinion.
    public struct Abstention: Codable, Hashable, Sendable {
        public enum Code: String, Codable, Hashable, Sendable, CaseIterable {
            case noView = "NO_VIEW"
            case insufficientData = "INSUFFICIENT_DATA"
            case modelError = "MODEL_ERROR"
            case unparseable = "UNPARSEABLE"
            case refused = "REFUSED"
            case timeout = "TIMEOUT"
            case budgetExhausted = "BUDGET_EXHAUSTED"
        }

        public var code: Code
        public var symbols: [Symbol]?
        public var message: String?

        public init(code: Code, symbols: [Symbol]? = nil, message: String? = nil) {
            self.code = code
            self.symbols = symbols
            self.message = message
        }
    }

    /// The one body that `kind` names.
    public enum Body: Hashable, Sendable {
        case trade(TradeIntent)
        case targets(TargetWeights)
        case abstain(Abstention)
    }

    public var id: DecisionID
    /// Unique per account namespace and agent; `nil` until the intake derives one.
    public var idempotencyKey: String?
    public var batchID: String?
    public var agent: Agent
    public var createdAt: Timestamp
    /// Cut-off of the data that the decision used.
    public var asOf: Timestamp
    /// Execution must start before this.
    public var validUntil: Timestamp
    /// The highest environment in which the decision may run.
    public var environment: TradingEnvironment
    public var account: String?
    public var body: Body
    public var portfolio: PortfolioSeen?
    /// 0 … 1, or `nil` when not stated.
    public var confidence: Double?
    public var urgency: Urgency?
    /// For people only; never parsed.
    public var rationale: String?
    public var evidence: [Evidence]?
    /// Extensions; `stamped` marks timestamps that an adapter filled in.
    public var ext: [String: String]?

    public init(
        id: DecisionID,
        idempotencyKey: String? = nil,
        agent: Agent,
        createdAt: Timestamp,
        asOf: Timestamp,
        validUntil: Timestamp,
        environment: TradingEnvironment,
        body: Body,
        confidence: Double? = nil,
        urgency: Urgency? = nil,
        rationale: String? = nil
    ) {
        self.id = id
        self.idempotencyKey = idempotencyKey
        self.agent = agent
        self.createdAt = createdAt
        self.asOf = asOf
        self.validUntil = validUntil
        self.environment = environment
        self.body = body
        self.confidence = confidence
        self.urgency = urgency
        self.rationale = rationale
    }

    /// The trade, when this decision is one.
    public var trade: TradeIntent? {
        guard case .trade(let trade) = body else { return nil }
        return trade
    }

    /// `BUY` … `HOLD` of a trade, `TARGETS` or `ABSTAIN`: the word tables and workflow files use.
    public var actionName: String {
        switch body {
        case .trade(let trade): trade.action.rawValue
        case .targets: "TARGETS"
        case .abstain: "ABSTAIN"
        }
    }
}

/// One item an agent says it leaned on.
public struct Evidence: Codable, Hashable, Sendable {
    public var kind: String
    public var title: String
    public var uri: String?
    public var observedAt: Timestamp?
    public var value: String?
    public var trust: String?
    public var sha256: String?

    public init(kind: String, title: String) {
        self.kind = kind
        self.title = title
    }

    private enum CodingKeys: String, CodingKey {
        case kind, title, uri, value, trust, sha256
        case observedAt = "observed_at"
    }
}
