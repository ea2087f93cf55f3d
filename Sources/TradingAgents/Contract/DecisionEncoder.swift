public import TradingDomain

extension TradingDecision {
    /// This decision as JSON: what `DecisionParser` of the same form reads back to an equal value.
    public func json(_ form: DecisionForm) -> JSONValue {
        var object = ObjectWriter(form: form)
        object.set("schema", text: Self.schema)
        object.set("decision_id", text: id.text)
        object.set("idempotency_key", text: idempotencyKey)
        object.set("batch_id", text: batchID)
        object.set("agent", agent.json)
        object.set("created_at", text: createdAt.description)
        object.set("as_of", text: asOf.description)
        object.set("valid_until", text: validUntil.description)
        object.set("environment", text: environment.rawValue)
        object.set("account", text: account)
        object.set(body: body, prose: true)
        object.set("portfolio", portfolio?.json)
        object.set("confidence", double: confidence)
        object.set("urgency", text: urgency?.rawValue)
        object.set("rationale", text: rationale)
        object.set("evidence", evidence.map { .array($0.map(\.json)) })
        object.set(
            "ext",
            ext.map { .object($0.map { .init($0.key, .string($0.value)) }) }
        )
        return object.value.canonical()
    }

    /// The whole envelope in canonical form: members sorted, no spaces, decimals without trailing zeros.
    public func canonicalBytes(_ form: DecisionForm) -> [UInt8] { json(form).encoded() }

    /// What the idempotency hash covers: account, kind, body without prose, urgency, `as_of` and `valid_until`.
    ///
    /// Rationale, evidence, confidence and the reference's source are left out, so that a model which rewords the same
    /// decision sends a duplicate and not a conflict. So is everything that an adapter stamped: it says when we asked,
    /// and a file without times means the same tomorrow.
    public var economicForm: JSONValue {
        let stamped = DecisionStamp.stampedFields(of: self)
        var object = ObjectWriter(form: .stored)
        object.set("account", text: account)
        object.set(body: body, prose: false, withoutReference: stamped.contains("reference"))
        if !stamped.contains("urgency") { object.set("urgency", text: urgency?.rawValue) }
        if !stamped.contains("as_of") { object.set("as_of", text: asOf.description) }
        if !stamped.contains("valid_until") { object.set("valid_until", text: validUntil.description) }
        return object.value.canonical()
    }
}

/// Builds one object member by member, leaving out what is absent.
private struct ObjectWriter {
    let form: DecisionForm
    private(set) var members: [JSONValue.Member] = []

    init(form: DecisionForm) { self.form = form }

    var value: JSONValue { .object(members) }

    mutating func set(_ name: String, _ value: JSONValue?) {
        if let value { members.append(.init(name, value)) }
    }

    mutating func set(_ name: String, text: String?) { set(name, text.map { .string($0) }) }

    mutating func set(_ name: String, double: Double?) { set(name, double.map { .number("\($0)") }) }

    mutating func set(_ name: String, integer: Int?) { set(name, integer.map { .number("\($0)") }) }

    mutating func set(_ name: String, percent: FixedDecimal?) {
        set(name, percent.map { form == .wire ? .number($0.description) : .string($0.description) })
    }

    mutating func set(body: TradingDecision.Body, prose: Bool, withoutReference: Bool = false) {
        switch body {
        case .trade(let trade):
            set("kind", text: "TRADE")
            set("trade", trade.json(form, prose: prose, withoutReference: withoutReference))
        case .targets(let targets):
            set("kind", text: "TARGETS")
            set("targets", targets.json(form, prose: prose))
        case .abstain(let abstention):
            set("kind", text: "ABSTAIN")
            set("abstain", abstention.json(prose: prose))
        }
    }
}

extension TradingDecision.Agent {
    fileprivate var json: JSONValue {
        var object = ObjectWriter(form: .wire)
        object.set("id", text: id.text)
        object.set("version", text: version)
        object.set("run_id", text: runID)
        object.set("model", text: model)
        object.set("config_hash", text: configHash)
        object.set("input_hash", text: inputHash)
        return object.value
    }
}

extension TradingDecision.PortfolioSeen {
    fileprivate var json: JSONValue {
        var object = ObjectWriter(form: .wire)
        object.set("snapshot_id", text: snapshotID)
        object.set("as_of", text: asOf.description)
        object.set("equity", text: equity.description)
        object.set("currency", text: currency?.rawValue)
        return object.value
    }
}

extension TradingDecision.Abstention {
    fileprivate func json(prose: Bool) -> JSONValue {
        var object = ObjectWriter(form: .wire)
        object.set("code", text: code.rawValue)
        object.set("symbols", symbols.map { .array($0.map { .string($0.text) }) })
        if prose { object.set("message", text: message) }
        return object.value
    }
}

extension TradeIntent {
    fileprivate func json(_ form: DecisionForm, prose: Bool, withoutReference: Bool) -> JSONValue {
        var object = ObjectWriter(form: form)
        object.set("symbol", text: symbol.text)
        object.set("venue", text: venue)
        object.set("asset_class", text: assetClass?.rawValue)
        object.set("action", text: action.rawValue)
        object.set("size", size?.json(form))
        if !withoutReference { object.set("reference", reference?.json(prose: prose)) }
        object.set("limits", limits?.json)
        object.set("horizon_days", integer: horizonDays)
        return object.value
    }
}

extension TradeIntent.Reference {
    fileprivate func json(prose: Bool) -> JSONValue {
        var object = ObjectWriter(form: .wire)
        object.set("price", text: price.description)
        object.set("currency", text: currency?.rawValue)
        object.set("observed_at", text: observedAt.description)
        if prose { object.set("source", text: source) }
        return object.value
    }
}

extension TradeIntent.Limits {
    fileprivate var json: JSONValue {
        var object = ObjectWriter(form: .wire)
        object.set("limit_price", text: limitPrice?.description)
        object.set("max_drift_bps", integer: maxDriftBps)
        object.set("max_slippage_bps", integer: maxSlippageBps)
        object.set("stop_loss", text: stopLoss?.description)
        object.set("take_profit", text: takeProfit?.description)
        return object.value
    }
}

extension SizeBasis {
    fileprivate func json(_ form: DecisionForm) -> JSONValue {
        var object = ObjectWriter(form: form)
        object.set("basis", text: name)
        switch self {
        case .deltaPercentOfEquity(let percent), .targetPercentOfEquity(let percent), .percentOfPosition(let percent):
            object.set("pct", percent: percent)
        case .notional(let value): object.set("value", text: value.description)
        case .shares(let quantity): object.set("value", text: quantity.description)
        case .all: break
        }
        return object.value
    }
}

extension TargetWeights {
    fileprivate func json(_ form: DecisionForm, prose: Bool) -> JSONValue {
        var object = ObjectWriter(form: form)
        object.set("scope", text: scope.rawValue)
        let ordered = prose ? weights : weights.sorted { $0.symbol < $1.symbol }
        object.set("weights", .array(ordered.map { $0.json(form, prose: prose) }))
        object.set("cash_pct", percent: cashPercent)
        let closed = prose ? closes : closes?.sorted()
        object.set("closes", closed.map { .array($0.map { .string($0.text) }) })
        object.set("drift_band_pct", percent: driftBandPercent)
        object.set("min_trade_notional", text: minTradeNotional?.description)
        object.set("max_turnover_pct", percent: maxTurnoverPercent)
        return object.value
    }
}

extension TargetWeights.Weight {
    fileprivate func json(_ form: DecisionForm, prose: Bool) -> JSONValue {
        var object = ObjectWriter(form: form)
        object.set("symbol", text: symbol.text)
        object.set("weight_pct", percent: weightPercent)
        if prose { object.set("confidence", double: confidence) }
        object.set("reference", reference?.json(prose: prose))
        return object.value
    }
}

extension Evidence {
    fileprivate var json: JSONValue {
        var object = ObjectWriter(form: .wire)
        object.set("kind", text: kind)
        object.set("title", text: title)
        object.set("uri", text: uri)
        object.set("observed_at", text: observedAt?.description)
        object.set("value", text: value)
        object.set("trust", text: trust)
        object.set("sha256", text: sha256)
        return object.value
    }
}
