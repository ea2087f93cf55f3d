public import TradingDomain

/// Which of the two written forms of a decision is meant.
public enum DecisionForm: Hashable, Sendable {
    /// What agents send: percents are JSON numbers.
    case wire
    /// What our rows hold and `TradingDecision` codes: percents are decimal texts.
    case stored
}

/// Intake gates 1 and 2: bytes to a ``TradingDomain/TradingDecision``, or everything that is wrong with them.
///
/// Every way in ends here. The schema is that of the contract `smartexec.decision/1`; an unknown field is refused, so
/// that a misspelt one fails loudly. The values are well-formed afterwards and still untrusted.
public struct DecisionParser: Sendable {
    public var form: DecisionForm
    /// Accept `IMMEDIATE` for `CRITICAL`; adapters only.
    public var acceptsAliases: Bool

    public init(form: DecisionForm = .wire, acceptsAliases: Bool = false) {
        self.form = form
        self.acceptsAliases = acceptsAliases
    }

    /// Reads one document of at most 256 KiB and 16 levels.
    ///
    /// - Throws: ``DecisionRefusal`` with all problems found.
    public func parse(_ bytes: [UInt8]) throws(DecisionRefusal) -> TradingDecision {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: bytes)
        } catch {
            throw DecisionRefusal(error)
        }
        return try decode(value)
    }

    /// Reads one document that is parsed already.
    ///
    /// - Throws: ``DecisionRefusal`` with all problems found.
    public func decode(_ value: JSONValue) throws(DecisionRefusal) -> TradingDecision {
        let problems = ProblemList()
        let decision = envelope(value, problems)
        guard problems.problems.isEmpty, let decision else {
            throw DecisionRefusal(
                problems.problems.isEmpty
                    ? [.init(code: .schema, pointer: "", message: "The document is not a decision.")]
                    : problems.problems
            )
        }
        return decision
    }

    private static let fields = [
        "schema", "decision_id", "idempotency_key", "batch_id", "agent", "created_at", "as_of", "valid_until",
        "environment", "account", "kind", "portfolio", "trade", "targets", "abstain", "confidence", "urgency",
        "rationale", "evidence", "ext",
    ]

    private func envelope(_ value: JSONValue, _ problems: ProblemList) -> TradingDecision? {
        guard checkVersion(value, problems),
            let reader = ObjectReader(value, at: "", fields: Self.fields, problems: problems)
        else { return nil }
        let id = reader.key("decision_id", required: true)
        let agent = reader.raw("agent", required: true).flatMap { self.agent($0, problems) }
        let createdAt = reader.instant("created_at", required: true)
        let asOf = reader.instant("as_of", required: true)
        let validUntil = reader.instant("valid_until", required: true)
        let environment: TradingEnvironment? = reader.choice("environment", required: true)
        let body = self.body(reader)
        let key = reader.key("idempotency_key")
        let batchID = reader.key("batch_id")
        let account = reader.parsed("account", "1 to 64 of A-Z a-z 0-9 . _ -") { Patterns.isAccount($0) ? $0 : nil }
        let portfolio = reader.raw("portfolio").flatMap { self.portfolio($0, problems) }
        let confidence = reader.confidence("confidence")
        let urgency = self.urgency(reader)
        let rationale = reader.text("rationale", maximum: 8000)
        let evidence = reader.items("evidence", maximum: 50)?.compactMap { self.evidence($0, at: $1, problems) }
        let ext = reader.raw("ext").flatMap { self.ext($0, problems) }
        guard let id, let agent, let createdAt, let asOf, let validUntil, let environment, let body else { return nil }
        var decision = TradingDecision(
            id: DecisionID(unchecked: id),
            idempotencyKey: key,
            agent: agent,
            createdAt: createdAt,
            asOf: asOf,
            validUntil: validUntil,
            environment: environment,
            body: body,
            confidence: confidence,
            urgency: urgency,
            rationale: rationale
        )
        decision.batchID = batchID
        decision.account = account
        decision.portfolio = portfolio
        decision.evidence = evidence
        decision.ext = ext
        return decision
    }

    private func checkVersion(_ value: JSONValue, _ problems: ProblemList) -> Bool {
        guard case .object = value, let schema = value["schema"], schema != .string(TradingDecision.schema) else {
            if case .object = value, value["schema"] == nil {
                problems.add(
                    "",
                    "Required field 'schema' is missing.",
                    hint: "Write \"schema\": \"\(TradingDecision.schema)\"."
                )
            }
            return true
        }
        guard let text = schema.text, text.hasPrefix("smartexec.decision/") else {
            problems.add("/schema", "'\(TradingDecision.schema)' is expected.")
            return false
        }
        problems.add(
            "/schema",
            "Version '\(text.prefix(80))' is not known.",
            hint: "This program reads '\(TradingDecision.schema)'.",
            code: .unsupportedVersion
        )
        return false
    }

    private func agent(_ value: JSONValue, _ problems: ProblemList) -> TradingDecision.Agent? {
        let fields = ["id", "version", "run_id", "model", "config_hash", "input_hash"]
        guard let reader = ObjectReader(value, at: "/agent", fields: fields, problems: problems) else { return nil }
        let id = reader.parsed("id", required: true, "1 to 64 of a-z 0-9 . _ - beginning with a letter or digit") {
            Patterns.isAgent($0) ? $0 : nil
        }
        let version = reader.text("version", required: true, minimum: 1, maximum: 64)
        let runID = reader.text("run_id", maximum: 128)
        let model = reader.text("model", maximum: 128)
        let configHash = reader.hash("config_hash")
        let inputHash = reader.hash("input_hash")
        guard let id, let version else { return nil }
        var agent = TradingDecision.Agent(id: AgentID(unchecked: id), version: version)
        agent.runID = runID
        agent.model = model
        agent.configHash = configHash
        agent.inputHash = inputHash
        return agent
    }

    private func portfolio(_ value: JSONValue, _ problems: ProblemList) -> TradingDecision.PortfolioSeen? {
        if value == .null { return nil }
        let fields = ["snapshot_id", "as_of", "equity", "currency"]
        guard let reader = ObjectReader(value, at: "/portfolio", fields: fields, problems: problems) else { return nil }
        let id = reader.key("snapshot_id", required: true)
        let asOf = reader.instant("as_of", required: true)
        let equity = reader.amount("equity", required: true) { try FixedDecimal(parsing: $0) }
        let currency = reader.currency("currency")
        guard let id, let asOf, let equity else { return nil }
        return .init(snapshotID: id, asOf: asOf, equity: equity, currency: currency)
    }

    /// The contract asks for urgency and rationale where money may move.
    private func urgency(_ reader: ObjectReader) -> Urgency? {
        let isAbstention = reader.value["kind"] == .string("ABSTAIN")
        if !isAbstention { _ = reader.raw("rationale", required: true) }
        var words = Urgency.allCases.map(\.rawValue)
        if acceptsAliases { words.append("IMMEDIATE") }
        return reader.word("urgency", required: !isAbstention, among: words).flatMap { Urgency(alias: $0) }
    }

    private func evidence(_ value: JSONValue, at place: String, _ problems: ProblemList) -> Evidence? {
        let fields = ["kind", "title", "uri", "observed_at", "value", "trust", "sha256"]
        guard let reader = ObjectReader(value, at: place, fields: fields, problems: problems) else { return nil }
        let kinds = [
            "PRICE", "INDICATOR", "FUNDAMENTAL", "NEWS", "SOCIAL", "FILING", "MACRO", "MODEL", "RULE", "OTHER",
        ]
        let kind = reader.word("kind", required: true, among: kinds)
        let title = reader.text("title", required: true, maximum: 300)
        var evidence = Evidence(kind: kind ?? "", title: title ?? "")
        evidence.uri = reader.text("uri", maximum: 2048)
        evidence.observedAt = reader.instant("observed_at")
        evidence.value = reader.text("value", maximum: 300)
        evidence.trust = reader.word("trust", among: ["TRUSTED", "UNTRUSTED"])
        evidence.sha256 = reader.hash("sha256")
        return evidence
    }

    /// Extensions keep their text; a value of another kind is kept as its JSON text.
    private func ext(_ value: JSONValue, _ problems: ProblemList) -> [String: String]? {
        guard case .object(let members) = value else {
            problems.add("/ext", "An object is expected, but here is \(value.kindName).")
            return nil
        }
        guard members.count <= 32 else {
            problems.add("/ext", "\(members.count) extensions; at most 32 are accepted.")
            return nil
        }
        var ext: [String: String] = [:]
        for member in members {
            if form == .wire, member.name == DecisionStamp.stampedFieldsName {
                problems.add(JSONPointer.join("/ext", member.name), "This extension is reserved for our own adapters.")
            }
            let text = member.value.text ?? String(decoding: member.value.canonical().encoded(), as: UTF8.self)
            guard ext.updateValue(text, forKey: member.name) == nil else {
                problems.add(JSONPointer.join("/ext", member.name), "Two names that only differ in their encoding.")
                return nil
            }
        }
        return ext
    }
}
