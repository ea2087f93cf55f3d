import TradingDomain

/// The columns of a decision file in CSV, in any order, with the old names mapped to the contract's.
///
/// Required: `symbol` (or `ticker`), `action`, and one of `size_pct` (or `position_size`) and `size_value`. An empty cell
/// is an absent value, and an error where the row needs one; numbers are never empty except a size beside HOLD and CLOSE.
struct DecisionColumns {
    private static let known = [
        "idempotency_key", "symbol", "action", "size_basis", "size_pct", "size_value", "urgency", "confidence",
        "reference_price", "reference_at", "as_of", "valid_until", "rationale",
    ]
    private static let aliases = ["ticker": "symbol", "position_size": "size_pct", "reasoning": "rationale"]

    private let names: [String]
    /// What is wrong with the header itself.
    let problems: [String]

    init(_ header: [String]) {
        names = header.map { Self.aliases[$0] ?? $0 }
        var problems: [String] = []
        for (written, name) in zip(header, names) where !Self.known.contains(name) {
            let hint = Suggestion.text(for: written, among: Self.known + Self.aliases.keys.sorted()) ?? ""
            problems.append("Unknown column '\(written)'. \(hint)")
        }
        for name in Set(names).sorted() where names.count(where: { $0 == name }) > 1 {
            problems.append("Column '\(name)' stands twice (also counting its old name).")
        }
        for required in ["symbol", "action"] where !names.contains(required) {
            problems.append("Column '\(required)' is missing.")
        }
        if !names.contains("size_pct"), !names.contains("size_value") {
            problems.append("Column 'size_pct' is missing.")
        }
        self.problems = problems
    }

    /// Reads one row.
    ///
    /// - Throws: ``DecisionRefusal`` whose pointers are `/column`.
    func draft(_ cells: [String], basis: LegacySizeBasis) throws(DecisionRefusal) -> DecisionDraft {
        let problems = ProblemList()
        let value = JSONValue.object(zip(names, cells).compactMap { member($0, $1, problems) })
        guard let reader = ObjectReader(value, at: "", fields: Self.known, problems: problems) else {
            throw DecisionRefusal(problems.problems)
        }
        let symbol = reader.symbol("symbol", required: true)
        let action: TradeIntent.Action? = reader.choice("action", required: true)
        let size = size(reader, action, basis)
        let rationale = reader.text("rationale", maximum: 8000)
        let urgency = reader.word("urgency", among: Urgency.allCases.map(\.rawValue) + ["IMMEDIATE"])
            .flatMap { Urgency(alias: $0) }
        let confidence = reader.confidence("confidence")
        let key = reader.key("idempotency_key")
        let validUntil = reader.instant("valid_until")
        let asOf = reader.instant("as_of")
        let price = reader.amount("reference_price") { try Price(parsing: $0) }
        let observedAt = reader.instant("reference_at")
        if reader.has("reference_price") != reader.has("reference_at") {
            problems.add("", "'reference_price' and 'reference_at' belong together; give both or neither.")
        }
        guard problems.problems.isEmpty, let symbol, let action else { throw DecisionRefusal(problems.problems) }
        var draft = DecisionDraft(symbol: symbol, action: action, size: size, rationale: rationale ?? "")
        draft.urgency = urgency
        draft.confidence = confidence
        draft.idempotencyKey = key
        draft.asOf = asOf ?? observedAt
        draft.validUntil = validUntil
        if let price, let observedAt { draft.reference = .init(price: price, observedAt: observedAt) }
        return draft
    }

    private func size(_ reader: ObjectReader, _ action: TradeIntent.Action?, _ basis: LegacySizeBasis) -> SizeBasis? {
        guard let action, action != .hold, action != .close else { return nil }
        let bases = ["DELTA_PCT_EQUITY", "TARGET_PCT_EQUITY", "PCT_OF_POSITION", "NOTIONAL", "SHARES", "ALL"]
        let name = reader.has("size_basis") ? reader.word("size_basis", among: bases) : basis.rawValue
        func percent() -> FixedDecimal? { reader.number("size_pct", required: true, in: 0...100, form: .stored) }
        switch name {
        case "DELTA_PCT_EQUITY": return percent().map { .deltaPercentOfEquity($0) }
        case "TARGET_PCT_EQUITY": return percent().map { .targetPercentOfEquity($0) }
        case "PCT_OF_POSITION": return percent().map { .percentOfPosition($0) }
        case "NOTIONAL":
            return reader.amount("size_value", required: true) { try FixedDecimal(parsing: $0) }.map { .notional($0) }
        case "SHARES":
            return reader.amount("size_value", required: true) { try Quantity(parsing: $0) }.map { .shares($0) }
        case "ALL": return .all
        default: return nil
        }
    }

    /// One cell as a member; `nil` for an empty one.
    private func member(_ name: String, _ cell: String, _ problems: ProblemList) -> JSONValue.Member? {
        guard name == "confidence" else { return cell.isEmpty ? nil : .init(name, .string(cell)) }
        // Only what is a JSON number (or null) becomes one: `72%` and the empty cell are refused.
        guard let value = try? JSONValue(parsing: Array(cell.utf8)) else {
            problems.add(
                "/confidence",
                "'\(cell.prefix(80))' is not a number from 0 to 1.",
                hint: "Write null when not stated."
            )
            return nil
        }
        return .init(name, value)
    }
}
