extension TradingDecision {
    private enum CodingKeys: String, CodingKey {
        case schema
        case id = "decision_id"
        case idempotencyKey = "idempotency_key"
        case batchID = "batch_id"
        case agent
        case createdAt = "created_at"
        case asOf = "as_of"
        case validUntil = "valid_until"
        case environment, account, kind, trade, targets, abstain, portfolio, confidence, urgency, rationale, evidence,
            ext
    }

    private enum Kind: String, Codable {
        case trade = "TRADE"
        case targets = "TARGETS"
        case abstain = "ABSTAIN"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.decode(DecisionID.self, forKey: .id)
        idempotencyKey = try container.decodeIfPresent(String.self, forKey: .idempotencyKey)
        batchID = try container.decodeIfPresent(String.self, forKey: .batchID)
        agent = try container.decode(Agent.self, forKey: .agent)
        createdAt = try container.decode(Timestamp.self, forKey: .createdAt)
        asOf = try container.decode(Timestamp.self, forKey: .asOf)
        validUntil = try container.decode(Timestamp.self, forKey: .validUntil)
        environment = try container.decode(TradingEnvironment.self, forKey: .environment)
        account = try container.decodeIfPresent(String.self, forKey: .account)
        body =
            switch try container.decode(Kind.self, forKey: .kind) {
            case .trade: .trade(try container.decode(TradeIntent.self, forKey: .trade))
            case .targets: .targets(try container.decode(TargetWeights.self, forKey: .targets))
            case .abstain: .abstain(try container.decode(Abstention.self, forKey: .abstain))
            }
        portfolio = try container.decodeIfPresent(PortfolioSeen.self, forKey: .portfolio)
        confidence = try container.decodeIfPresent(Double.self, forKey: .confidence)
        urgency = try container.decodeIfPresent(Urgency.self, forKey: .urgency)
        rationale = try container.decodeIfPresent(String.self, forKey: .rationale)
        evidence = try container.decodeIfPresent([Evidence].self, forKey: .evidence)
        ext = try container.decodeIfPresent([String: String].self, forKey: .ext)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(Self.schema, forKey: .schema)
        try container.encode(id, forKey: .id)
        try container.encodeIfPresent(idempotencyKey, forKey: .idempotencyKey)
        try container.encodeIfPresent(batchID, forKey: .batchID)
        try container.encode(agent, forKey: .agent)
        try container.encode(createdAt, forKey: .createdAt)
        try container.encode(asOf, forKey: .asOf)
        try container.encode(validUntil, forKey: .validUntil)
        try container.encode(environment, forKey: .environment)
        try container.encodeIfPresent(account, forKey: .account)
        switch body {
        case .trade(let trade):
            try container.encode(Kind.trade, forKey: .kind)
            try container.encode(trade, forKey: .trade)
        case .targets(let targets):
            try container.encode(Kind.targets, forKey: .kind)
            try container.encode(targets, forKey: .targets)
        case .abstain(let abstention):
            try container.encode(Kind.abstain, forKey: .kind)
            try container.encode(abstention, forKey: .abstain)
        }
        try container.encodeIfPresent(portfolio, forKey: .portfolio)
        try container.encodeIfPresent(confidence, forKey: .confidence)
        try container.encodeIfPresent(urgency, forKey: .urgency)
        try container.encodeIfPresent(rationale, forKey: .rationale)
        try container.encodeIfPresent(evidence, forKey: .evidence)
        try container.encodeIfPresent(ext, forKey: .ext)
    }
}
