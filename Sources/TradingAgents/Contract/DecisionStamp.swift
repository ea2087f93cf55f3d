public import TradingDomain

/// How long a decision without a `valid_until` may wait for its execution to start, by urgency.
public struct ValidityLimits: Codable, Hashable, Sendable {
    public var criticalSeconds: Int
    public var highSeconds: Int
    public var mediumSeconds: Int
    public var lowSeconds: Int

    public init(criticalSeconds: Int = 120, highSeconds: Int = 900, mediumSeconds: Int = 3600, lowSeconds: Int = 28_800)
    {
        self.criticalSeconds = criticalSeconds
        self.highSeconds = highSeconds
        self.mediumSeconds = mediumSeconds
        self.lowSeconds = lowSeconds
    }

    public func validity(of urgency: Urgency) -> Duration {
        switch urgency {
        case .critical: .seconds(criticalSeconds)
        case .high: .seconds(highSeconds)
        case .medium: .seconds(mediumSeconds)
        case .low: .seconds(lowSeconds)
        }
    }
}

/// Completes what an agent left out: identity, times, reference price, all taken from the request and the clock.
///
/// Whatever is stamped is named in `ext.stamped_fields`, beside `ext.stamped`. It is no opinion of the agent's, so the
/// idempotency hash leaves it out, and a stamped urgency counts as none (DI-6).
struct DecisionStamp {
    static let stampedName = "stamped"
    static let stampedFieldsName = "stamped_fields"

    let agent: AgentDescriptor
    let request: DecisionRequest
    /// When the answer arrived, by the run's clock.
    let now: Timestamp
    let validity: ValidityLimits
    let legacyBasis: LegacySizeBasis

    /// The fields that an adapter filled in.
    static func stampedFields(of decision: TradingDecision) -> Set<String> {
        Set((decision.ext?[stampedFieldsName] ?? "").split(separator: ",").map(String.init))
    }

    /// The envelope of a draft.
    func complete(_ draft: DecisionDraft) -> TradingDecision {
        var stamped = ["created_at"]
        if draft.asOf == nil { stamped.append("as_of") }
        let trades = ![TradeIntent.Action.hold, .close].contains(draft.action)
        var reference = draft.reference
        if reference == nil, trades {
            reference = marketReference(draft.symbol)
            stamped.append("reference")
        }
        if draft.urgency == nil { stamped.append("urgency") }
        if draft.validUntil == nil { stamped.append("valid_until") }
        let urgency = draft.urgency ?? .medium
        var trade = TradeIntent(symbol: draft.symbol, action: draft.action, size: draft.size, reference: reference)
        trade.limits = draft.limits
        var decision = TradingDecision(
            id: makeID(draft.symbol.text),
            idempotencyKey: draft.idempotencyKey ?? slotKey(draft.symbol),
            agent: .init(id: agent.id, version: agent.version),
            createdAt: now,
            asOf: draft.asOf ?? request.asOf,
            validUntil: draft.validUntil ?? now + validity.validity(of: urgency),
            environment: request.environment,
            body: .trade(trade),
            confidence: draft.confidence,
            urgency: urgency,
            rationale: draft.rationale
        )
        decision.evidence = draft.evidence
        decision.ext = [Self.stampedName: "true", Self.stampedFieldsName: stamped.sorted().joined(separator: ",")]
        return decision
    }

    /// Whether `draft` would make an envelope once the market gives a price; for files, before anybody asks.
    static func validate(_ draft: DecisionDraft) throws(DecisionRefusal) {
        let time = draft.asOf ?? Timestamp(nanoseconds: 0)
        let request = DecisionRequest(
            requestID: "validate",
            symbols: [draft.symbol],
            asOf: time,
            deadline: time,
            environment: .backtest,
            market: [draft.symbol: .init(last: Price(units: FixedDecimal.scale), at: time)]
        )
        let stamp = DecisionStamp(
            agent: AgentDescriptor(id: AgentID(unchecked: "file")),
            request: request,
            now: time,
            validity: ValidityLimits(),
            legacyBasis: .deltaPercentOfEquity
        )
        _ = try DecisionParser(form: .stored).parse(stamp.complete(draft).canonicalBytes(.stored))
    }

    /// The record of an answer that did not come.
    func abstention(
        _ code: TradingDecision.Abstention.Code,
        _ symbols: [Symbol],
        _ message: String
    ) -> TradingDecision {
        var decision = TradingDecision(
            id: makeID(symbols.map(\.text).joined(separator: ",") + "/abstain"),
            agent: .init(id: agent.id, version: agent.version),
            createdAt: now,
            asOf: request.asOf,
            validUntil: now + validity.validity(of: .medium),
            environment: request.environment,
            body: .abstain(.init(code: code, symbols: symbols, message: String(message.unicodeScalars.prefix(2000))))
        )
        decision.ext = [Self.stampedName: "true", Self.stampedFieldsName: "as_of,created_at,valid_until"]
        return decision
    }

    /// The agent, the symbol and the slot being decided: the same at each attempt; `nil` without a slot.
    func slotKey(_ symbol: Symbol) -> String? {
        request.slot.map { IdempotencyKey.make(agent.id.text, symbol.text, $0) }
    }

    /// The request's price: the middle of the book, or else the last trade.
    private func marketReference(_ symbol: Symbol) -> TradeIntent.Reference? {
        guard let market = request.market[symbol] else { return nil }
        let middle: Price? =
            if let bid = market.bid, let ask = market.ask, bid <= ask, bid.units > 0 { Price.mid(bid, ask) } else {
                nil
            }
        guard let price = middle ?? market.last else { return nil }
        var reference = TradeIntent.Reference(price: price, observedAt: min(market.at, request.asOf))
        reference.source = "request"
        return reference
    }

    private func makeID(_ what: String) -> DecisionID {
        let text = JSONValue.array([.string(agent.id.text), .string(request.requestID), .string(what)]).encoded()
        return DecisionID(unchecked: "dec-" + Hash.hexadecimal(text).prefix(24))
    }
}

/// Idempotency keys made by us.
package enum IdempotencyKey {
    /// Joins `parts` with colons inside the contract's alphabet; a foreign byte is written `x2f`.
    ///
    /// Symbols have no small letters, so that no two of them meet. A key that would be too long is replaced by its
    /// hash, one that would be too short is led by `key:`.
    package static func make(_ parts: String...) -> String {
        let text = parts.joined(separator: ":").utf8.map { byte in
            Patterns.isKeyByte(byte) ? String(Character(Unicode.Scalar(byte))) : "x" + String(byte, radix: 16)
        }.joined()
        let key = text.utf8.count < 8 ? "key:" + text : text
        return Patterns.isKey(key) ? key : "key:" + Hash.hexadecimal(text.utf8)
    }
}
