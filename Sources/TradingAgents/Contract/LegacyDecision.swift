import TradingDomain

/// What a bare `position_size` means for an agent (`agents.<id>.legacy_size_basis`).
public enum LegacySizeBasis: String, Codable, Hashable, Sendable, CaseIterable {
    /// Percent of equity to trade: the seeds' meaning (SE-1), and the default.
    case deltaPercentOfEquity = "DELTA_PCT_EQUITY"
    /// Percent of equity to hold afterwards: repeating it does nothing.
    case targetPercentOfEquity = "TARGET_PCT_EQUITY"
}

/// The bare form `{"action":"BUY","position_size":5,"urgency":"HIGH","confidence":0.7,"rationale":"…"}`.
///
/// `symbol` or `ticker` may be left out when one symbol was asked. A `position_size` beside HOLD is ignored, since
/// agents of this form send 0 there.
struct LegacyDecision {
    /// A document that has an `action` of its own and no `schema`.
    static func matches(_ value: JSONValue) -> Bool { value["schema"] == nil && value["action"] != nil }

    private static let fields = [
        "action", "position_size", "urgency", "confidence", "rationale", "reasoning", "symbol", "ticker",
    ]

    /// Reads the bare form into a draft.
    ///
    /// - Throws: ``DecisionRefusal`` with all problems found.
    static func draft(
        from value: JSONValue,
        asked symbols: [Symbol],
        basis: LegacySizeBasis
    ) throws(DecisionRefusal) -> DecisionDraft {
        let problems = ProblemList()
        guard let reader = ObjectReader(value, at: "", fields: fields, problems: problems) else {
            throw DecisionRefusal(problems.problems)
        }
        for (first, second) in [("rationale", "reasoning"), ("symbol", "ticker")]
        where reader.has(first) && reader.has(second) {
            problems.add("/\(second)", "'\(first)' and '\(second)' mean the same; send one of them.")
        }
        let action = reader.word("action", required: true, among: ["BUY", "SELL", "HOLD", "CLOSE"])
            .flatMap(TradeIntent.Action.init(rawValue:))
        let trades = action == .buy || action == .sell
        let percent = reader.number("position_size", required: trades, in: 0...100, form: .wire)
        let urgency = reader.word("urgency", among: Urgency.allCases.map(\.rawValue) + ["IMMEDIATE"])
            .flatMap { Urgency(alias: $0) }
        let confidence = reader.confidence("confidence")
        let rationale = reader.text("rationale", maximum: 8000) ?? reader.text("reasoning", maximum: 8000)
        let named = reader.symbol("symbol") ?? reader.symbol("ticker")
        if named == nil, !reader.has("symbol"), !reader.has("ticker"), symbols.count != 1 {
            problems.add("", "'symbol' is missing, and \(symbols.count) symbols were asked.")
        }
        guard problems.problems.isEmpty, let action, let symbol = named ?? symbols.first else {
            throw DecisionRefusal(
                problems.problems.isEmpty
                    ? [.init(code: .schema, pointer: "", message: "No symbol was asked.")] : problems.problems
            )
        }
        var draft = DecisionDraft(symbol: symbol, action: action, rationale: rationale ?? "")
        if trades, let percent {
            draft.size =
                basis == .deltaPercentOfEquity ? .deltaPercentOfEquity(percent) : .targetPercentOfEquity(percent)
        }
        draft.urgency = urgency
        draft.confidence = confidence
        return draft
    }
}
