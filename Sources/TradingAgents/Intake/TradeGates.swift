import TradingDomain

/// Gates 7, 8, 9 and 12 of a trade.
struct TradeGates {
    let trade: TradeIntent
    let context: IntakeContext

    private var symbol: Symbol { trade.symbol }
    private var opens: Bool { trade.action == .buy || trade.action == .short }

    func check(_ record: inout IntakeRecord) throws(IntakeStop) {
        let instrument = try InstrumentGate(context: context).check(
            symbol,
            venue: trade.venue,
            assetClass: trade.assetClass,
            statedCurrency: trade.reference?.currency,
            &record
        )
        try checkAction(instrument, &record)
        try checkSize(instrument, &record)
        try checkPrice(&record)
    }

    // MARK: Gate 8

    private func checkAction(_ instrument: Instrument, _ record: inout IntakeRecord) throws(IntakeStop) {
        if trade.action == .hold {
            throw record.stop(.action, .noAction, .hold, "The agent looked and keeps the position.", .noAction)
        }
        guard let holdings = context.holdings else { throw record.unreadable(.action, "what is held") }
        let holding = holdings[symbol] ?? .init(held: .zero)
        let held = holding.held
        switch trade.action {
        case .sell where held.units <= 0, .cover where held.units >= 0:
            let side = trade.action == .sell ? "long" : "short"
            throw record.refuse(
                .action,
                .nothingToSell,
                "\(trade.action.rawValue) only reduces a \(side) position, and \(held) of \(symbol) are held.",
                observed: held.description
            )
        case .close where held.isZero:
            throw record.stop(.action, .noAction, .alreadyAtTarget, "\(symbol) is flat already.", .noAction)
        case .sell, .cover, .close:
            guard holding.working.magnitude < held.magnitude else {
                throw record.refuse(
                    .action,
                    .nothingToSell,
                    "All \(held) of \(symbol) are being worked by other orders already.",
                    observed: "\(holding.working) working",
                    limit: "\(held) held"
                )
            }
        case .short where !context.shortingIsEnabled:
            throw record.refuse(
                .action,
                .shortDisabled,
                "Short selling is not enabled for account '\(context.accountName)'."
            )
        case .buy, .short, .hold: break
        }
        try checkTarget(instrument, held, &record)
        record.pass(.action, observed: "\(trade.action.rawValue), \(held) held")
    }

    /// A target on the wrong side of what is held is nothing to do; an action never turns into its opposite.
    private func checkTarget(
        _ instrument: Instrument,
        _ held: Quantity,
        _ record: inout IntakeRecord
    ) throws(IntakeStop) {
        guard case .targetPercentOfEquity(let percent) = trade.size else { return }
        let equity = try equity(.action, &record)
        let price = try PriceGate(context: context).middle(symbol, .action, &record)
        // For short positions weights are magnitudes: SHORT to 5 % means −5 %.
        let value = instrument.notional(price, held.magnitude)
        let isShortSide = trade.action == .short || trade.action == .cover
        let signed = (held.units < 0) == isShortSide || held.isZero ? value.units : -value.units
        let target = Money(units: equity.units, instrument.currency).percent(percent).units
        guard opens ? target <= signed : target >= signed else { return }
        throw record.stop(
            .action,
            .noAction,
            .alreadyAtTarget,
            "\(trade.action.rawValue) to \(percent) % of equity, but \(symbol) is there already.",
            .noAction,
            observed: FixedDecimal(units: signed).description,
            limit: FixedDecimal(units: target).description
        )
    }

    private func equity(_ gate: IntakeCheck.Gate, _ record: inout IntakeRecord) throws(IntakeStop) -> FixedDecimal {
        guard let equity = context.equity else { throw record.unreadable(gate, "the account's equity") }
        return equity
    }

    // MARK: Gate 9

    private func checkSize(_ instrument: Instrument, _ record: inout IntakeRecord) throws(IntakeStop) {
        guard let size = trade.size else { return record.pass(.size, observed: trade.action.rawValue) }
        let text = size.economicText
        switch size {
        case .deltaPercentOfEquity(let percent):
            try checkPercent(percent, zeroIsFine: false, &record)
            let equity = Money(units: try equity(.size, &record).units, instrument.currency)
            try checkMinimum(equity.percent(percent), instrument, &record)
        case .targetPercentOfEquity(let percent): try checkPercent(percent, zeroIsFine: !opens, &record)
        case .percentOfPosition(let percent):
            try requireReducing(text, &record)
            try checkPercent(percent, zeroIsFine: false, &record)
        case .all: try requireReducing(text, &record)
        case .notional(let value):
            try checkNotional(Money(units: value.units, instrument.currency), instrument, &record)
        case .shares(let quantity):
            guard quantity.units > 0 else { throw tooSmall(text, nil, &record) }
            let price = try PriceGate(context: context).middle(symbol, .size, &record)
            try checkNotional(instrument.notional(price, quantity), instrument, &record)
        }
        record.pass(.size, observed: text)
    }

    private func requireReducing(_ text: String, _ record: inout IntakeRecord) throws(IntakeStop) {
        guard opens else { return }
        throw record.refuse(
            .size,
            .sizeRange,
            "A size of \(text) says how much of the position to give up, and \(trade.action.rawValue) opens one.",
            observed: text
        )
    }

    private func checkPercent(
        _ percent: FixedDecimal,
        zeroIsFine: Bool,
        _ record: inout IntakeRecord
    ) throws(IntakeStop) {
        let minimum = context.profile?.minimumSizePercent ?? .zero
        let maximum = context.profile?.maximumSizePercent ?? .zero
        if percent == .zero {
            if zeroIsFine { return }
            throw tooSmall("\(percent) %", "\(minimum) %", &record)
        }
        guard percent >= minimum else {
            throw record.refuse(
                .size,
                .sizeLooksLikeFraction,
                "A size of \(percent) % is below \(minimum) %. Sizes are percent points: write 5 for five percent. Nothing "
                    + "is multiplied by guess.",
                observed: "\(percent) %",
                limit: "\(minimum) %"
            )
        }
        guard !opens || percent <= maximum else {
            throw record.refuse(
                .size,
                .sizeRange,
                "\(percent) % of equity in one decision; agent '\(context.authenticatedAgent)' may add \(maximum) %.",
                observed: "\(percent) %",
                limit: "\(maximum) %"
            )
        }
    }

    private func checkNotional(
        _ value: Money,
        _ instrument: Instrument,
        _ record: inout IntakeRecord
    ) throws(IntakeStop) {
        guard value.units > 0 else { throw tooSmall("\(value)", nil, &record) }
        try checkMinimum(value, instrument, &record)
        guard opens else { return }
        let maximum = context.profile?.maximumSizePercent ?? .zero
        let most = Money(units: try equity(.size, &record).units, instrument.currency).percent(maximum)
        guard value <= most else {
            throw record.refuse(
                .size,
                .sizeRange,
                "\(value) in one decision; agent '\(context.authenticatedAgent)' may add \(maximum) % of equity.",
                observed: "\(value)",
                limit: "\(most)"
            )
        }
    }

    private func checkMinimum(
        _ value: Money,
        _ instrument: Instrument,
        _ record: inout IntakeRecord
    ) throws(IntakeStop) {
        guard opens, value < instrument.minimumNotional else { return }
        throw tooSmall("\(value)", "\(instrument.minimumNotional)", &record)
    }

    private func tooSmall(_ observed: String, _ limit: String?, _ record: inout IntakeRecord) -> IntakeStop {
        let least = limit.map { "; the least is \($0)" } ?? ""
        let message = "\(trade.action.rawValue) \(symbol) for \(observed) is too small\(least)."
        return record.refuse(.size, .belowMinimum, message, observed: observed, limit: limit)
    }

    // MARK: Gate 12

    private func checkPrice(_ record: inout IntakeRecord) throws(IntakeStop) {
        let middle = try PriceGate(context: context).middle(symbol, .price, &record)
        guard let reference = trade.reference else { return record.pass(.price, observed: middle.description) }
        guard reference.price.units > 0 else {
            throw record.refuse(.price, .noPrice, "The decision's reference price is \(reference.price).")
        }
        let own = context.limits.driftBps(context.urgency.urgency)
        let limit = max(0, min(own, trade.limits?.maxDriftBps ?? own))
        let difference = Int128((middle - reference.price).units).magnitude
        let exceeds = difference * 10_000 > UInt128(limit) * UInt128(reference.price.units)
        let hundredths = Int128(difference) * 1_000_000 / Int128(reference.price.units)
        let observed = "\(FixedDecimal(units: hundredths * 1_000_000)) bps"
        guard exceeds else { return record.pass(.price, observed: observed, limit: "\(limit) bps") }
        let message =
            "\(symbol) is at \(middle), and the agent reasoned on \(reference.price): \(observed) apart, \(limit) bps "
            + "allowed. Decide on the new price."
        guard opens else {
            // Getting out must work in a crash; the collar still holds.
            return record.flag(.price, .priceDrift, message, observed: observed, limit: "\(limit) bps")
        }
        throw record.refuse(.price, .priceDrift, message, observed: observed, limit: "\(limit) bps")
    }
}
