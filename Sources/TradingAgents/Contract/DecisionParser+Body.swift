import TradingDomain

extension DecisionParser {
    private enum Kind: String, CaseIterable {
        case trade = "TRADE"
        case targets = "TARGETS"
        case abstain = "ABSTAIN"

        var field: String { rawValue.lowercased() }
    }

    /// The one body that `kind` names; the other two must be absent.
    func body(_ reader: ObjectReader) -> TradingDecision.Body? {
        guard let kind: Kind = reader.choice("kind", required: true) else { return nil }
        for other in Kind.allCases where other != kind && reader.has(other.field) {
            reader.problems.add(
                reader.place(other.field),
                "A decision of kind \(kind.rawValue) has no '\(other.field)'.",
                hint: "Remove it, or change 'kind'."
            )
        }
        guard let value = reader.raw(kind.field, required: true) else { return nil }
        switch kind {
        case .trade: return trade(value, reader.problems).map { .trade($0) }
        case .targets: return targets(value, reader.problems).map { .targets($0) }
        case .abstain: return abstention(value, reader.problems).map { .abstain($0) }
        }
    }

    private func abstention(_ value: JSONValue, _ problems: ProblemList) -> TradingDecision.Abstention? {
        let fields = ["code", "symbols", "message"]
        guard let reader = ObjectReader(value, at: "/abstain", fields: fields, problems: problems) else { return nil }
        let code: TradingDecision.Abstention.Code? = reader.choice("code", required: true)
        let symbols = reader.symbols("symbols", maximum: 1000)
        let message = reader.text("message", maximum: 2000)
        return code.map { .init(code: $0, symbols: symbols, message: message) }
    }

    private func trade(_ value: JSONValue, _ problems: ProblemList) -> TradeIntent? {
        let fields = ["symbol", "venue", "asset_class", "action", "size", "reference", "limits", "horizon_days"]
        guard let reader = ObjectReader(value, at: "/trade", fields: fields, problems: problems) else { return nil }
        let symbol = reader.symbol("symbol", required: true)
        let action: TradeIntent.Action? = reader.choice("action", required: true)
        let needsSize = action.map { ![.close, .hold].contains($0) } ?? false
        let size = reader.raw("size", required: needsSize).flatMap { self.size($0, problems) }
        if let action, !needsSize, reader.has("size") {
            problems.add("/trade/size", "\(action.rawValue) has no size.", hint: "Remove it, or use SELL.")
        }
        let reference = reader.raw("reference", required: needsSize).flatMap {
            self.reference($0, at: "/trade/reference", problems)
        }
        let venue = reader.parsed("venue", "1 to 16 of A-Z 0-9 . _ -") { Patterns.isVenue($0) ? $0 : nil }
        let assetClass: AssetClass? = reader.choice("asset_class")
        let limits = reader.raw("limits").flatMap { self.limits($0, problems) }
        let horizon = reader.integer("horizon_days", in: 0...3650)
        guard let symbol, let action else { return nil }
        var trade = TradeIntent(symbol: symbol, action: action, size: size, reference: reference)
        trade.venue = venue
        trade.assetClass = assetClass
        trade.limits = limits
        trade.horizonDays = horizon
        return trade
    }

    private func size(_ value: JSONValue, _ problems: ProblemList) -> SizeBasis? {
        let fields = ["basis", "pct", "value"]
        guard let reader = ObjectReader(value, at: "/trade/size", fields: fields, problems: problems) else {
            return nil
        }
        let bases = ["DELTA_PCT_EQUITY", "TARGET_PCT_EQUITY", "PCT_OF_POSITION", "NOTIONAL", "SHARES", "ALL"]
        guard let basis = reader.word("basis", required: true, among: bases) else { return nil }
        let wanted = basis == "ALL" ? nil : basis.contains("PCT") ? "pct" : "value"
        for other in ["pct", "value"] where other != wanted && reader.has(other) {
            problems.add(reader.place(other), "A size in \(basis) has no '\(other)'.")
        }
        let percent = wanted == "pct" ? reader.number("pct", required: true, in: 0...100, form: form) : nil
        switch basis {
        case "DELTA_PCT_EQUITY": return percent.map { .deltaPercentOfEquity($0) }
        case "TARGET_PCT_EQUITY": return percent.map { .targetPercentOfEquity($0) }
        case "PCT_OF_POSITION": return percent.map { .percentOfPosition($0) }
        case "NOTIONAL":
            return reader.amount("value", required: true) { try FixedDecimal(parsing: $0) }.map { .notional($0) }
        case "SHARES": return reader.amount("value", required: true) { try Quantity(parsing: $0) }.map { .shares($0) }
        default: return .all
        }
    }

    private func reference(
        _ value: JSONValue,
        at place: String,
        _ problems: ProblemList
    ) -> TradeIntent.Reference? {
        let fields = ["price", "currency", "observed_at", "source"]
        guard let reader = ObjectReader(value, at: place, fields: fields, problems: problems) else { return nil }
        let price = reader.amount("price", required: true) { try Price(parsing: $0) }
        let observedAt = reader.instant("observed_at", required: true)
        let currency = reader.currency("currency")
        let source = reader.text("source", maximum: 64)
        guard let price, let observedAt else { return nil }
        var reference = TradeIntent.Reference(price: price, observedAt: observedAt)
        reference.currency = currency
        reference.source = source
        return reference
    }

    private func limits(_ value: JSONValue, _ problems: ProblemList) -> TradeIntent.Limits? {
        let fields = ["limit_price", "max_drift_bps", "max_slippage_bps", "stop_loss", "take_profit"]
        guard let reader = ObjectReader(value, at: "/trade/limits", fields: fields, problems: problems) else {
            return nil
        }
        var limits = TradeIntent.Limits()
        limits.limitPrice = reader.amount("limit_price") { try Price(parsing: $0) }
        limits.maxDriftBps = reader.integer("max_drift_bps", in: 0...5000)
        limits.maxSlippageBps = reader.integer("max_slippage_bps", in: 0...5000)
        limits.stopLoss = reader.amount("stop_loss") { try Price(parsing: $0) }
        limits.takeProfit = reader.amount("take_profit") { try Price(parsing: $0) }
        return limits
    }

    private func targets(_ value: JSONValue, _ problems: ProblemList) -> TargetWeights? {
        let fields = [
            "scope", "weights", "cash_pct", "closes", "drift_band_pct", "min_trade_notional", "max_turnover_pct",
        ]
        guard let reader = ObjectReader(value, at: "/targets", fields: fields, problems: problems) else { return nil }
        let scope = reader.word("scope", required: true, among: ["LISTED", "FULL"]).flatMap(TargetWeights.Scope.init)
        let weights = reader.items("weights", required: true, minimum: 1, maximum: 1000)?
            .compactMap { weight($0, at: $1, problems) }
        var seen: Set<Symbol> = []
        for (index, weight) in (weights ?? []).enumerated() where !seen.insert(weight.symbol).inserted {
            problems.add("/targets/weights/\(index)/symbol", "'\(weight.symbol)' stands twice.")
        }
        let cash = reader.number("cash_pct", in: 0...100, form: form)
        let closes = reader.symbols("closes", maximum: 1000)
        let band = reader.number("drift_band_pct", in: 0...100, form: form)
        let minimum = reader.amount("min_trade_notional") { try FixedDecimal(parsing: $0) }
        let turnover = reader.number("max_turnover_pct", in: 0...200, form: form)
        guard let scope, let weights else { return nil }
        var targets = TargetWeights(scope: scope, weights: weights)
        targets.cashPercent = cash
        targets.closes = closes
        targets.driftBandPercent = band
        targets.minTradeNotional = minimum
        targets.maxTurnoverPercent = turnover
        return targets
    }

    private func weight(_ value: JSONValue, at place: String, _ problems: ProblemList) -> TargetWeights.Weight? {
        let fields = ["symbol", "weight_pct", "confidence", "reference"]
        guard let reader = ObjectReader(value, at: place, fields: fields, problems: problems) else { return nil }
        let symbol = reader.symbol("symbol", required: true)
        let percent = reader.number("weight_pct", required: true, in: -100...100, form: form)
        let confidence = reader.confidence("confidence")
        let reference = reader.raw("reference").flatMap {
            self.reference($0, at: JSONPointer.join(place, "reference"), problems)
        }
        guard let symbol, let percent else { return nil }
        var weight = TargetWeights.Weight(symbol: symbol, weightPercent: percent)
        weight.confidence = confidence
        weight.reference = reference
        return weight
    }
}
