import TradingDomain

/// Gates 7, 8, 9 and 12 of target weights.
struct TargetGates {
    let targets: TargetWeights
    let context: IntakeContext

    func check(_ record: inout IntakeRecord) throws(IntakeStop) {
        let gate = InstrumentGate(context: context)
        for weight in targets.weights {
            _ = try gate.check(weight.symbol, statedCurrency: weight.reference?.currency, &record)
        }
        for symbol in targets.closes ?? [] where !targets.weights.contains(where: { $0.symbol == symbol }) {
            _ = try gate.check(symbol, &record)
        }
        try checkHoldings(&record)
        try checkSum(&record)
        for symbol in Set(targets.weights.map(\.symbol) + (targets.closes ?? [])).sorted() {
            _ = try PriceGate(context: context).middle(symbol, .price, &record)
        }
        record.pass(.price)
    }

    /// Gate 8: shorts only where enabled, and nothing of the whole book is sold by omission.
    private func checkHoldings(_ record: inout IntakeRecord) throws(IntakeStop) {
        guard let holdings = context.holdings else { throw record.unreadable(.action, "what is held") }
        if let short = targets.weights.first(where: { $0.weightPercent < .zero }), !context.shortingIsEnabled {
            throw record.refuse(
                .action,
                .shortDisabled,
                "\(short.symbol) has the weight \(short.weightPercent) %, and short selling is not enabled for account "
                    + "'\(context.accountName)'.",
                observed: "\(short.weightPercent) %"
            )
        }
        if targets.scope == .full {
            let listed = Set(targets.weights.map(\.symbol))
            let unlisted = Set(holdings.filter { !$0.value.held.isZero }.keys).subtracting(listed)
            let named = Set(targets.closes ?? []).subtracting(listed)
            guard unlisted == named else {
                let missing = unlisted.subtracting(named).sorted().map(\.text)
                let extra = named.subtracting(unlisted).sorted().map(\.text)
                throw record.refuse(
                    .action,
                    .unlistedHoldings,
                    "Weights of scope FULL sell what they leave out, so `closes` must name exactly that. "
                        + "Held and not named: \(missing.isEmpty ? "none" : missing.joined(separator: ", ")); "
                        + "named and not held: \(extra.isEmpty ? "none" : extra.joined(separator: ", ")).",
                    observed: unlisted.sorted().map(\.text).joined(separator: ", "),
                    limit: named.sorted().map(\.text).joined(separator: ", ")
                )
            }
        }
        record.pass(.action, observed: targets.scope.rawValue)
    }

    /// Gate 9: the sum, which is never normalised silently.
    private func checkSum(_ record: inout IntakeRecord) throws(IntakeStop) {
        let gross = targets.weights.reduce(FixedDecimal.zero) {
            $0 + ($1.weightPercent < .zero ? -$1.weightPercent : $1.weightPercent)
        }
        let maximum = context.limits.maximumGrossPercent
        guard gross <= maximum else {
            throw record.refuse(
                .size,
                .weightsExceedGross,
                "The weights add up to \(gross) % of equity; at most \(maximum) % are allowed.",
                observed: "\(gross) %",
                limit: "\(maximum) %"
            )
        }
        if let cash = targets.cashPercent {
            let total = targets.weights.reduce(cash) { $0 + $1.weightPercent }
            let tolerance = FixedDecimal(units: 1_000_000)
            guard total >= FixedDecimal(100) - tolerance, total <= FixedDecimal(100) + tolerance else {
                throw record.refuse(
                    .size,
                    .weightsDoNotAddUp,
                    "Weights and cash add up to \(total) %, not to 100 %.",
                    observed: "\(total) %",
                    limit: "100 % ± \(tolerance) %"
                )
            }
        }
        record.pass(.size, observed: "\(gross) %", limit: "\(maximum) %")
    }
}
