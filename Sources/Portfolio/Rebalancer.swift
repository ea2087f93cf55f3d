public import TradingDomain

/// Plans the trades that bring a book to target weights.
///
/// Deltas are computed in money from one snapshot of prices, a trade moves a name towards its target and never past
/// it, and sells come before buys. When fees and rounding overrun the cash, all buys shrink by one common factor.
public struct Rebalancer: Sendable {
    public let config: RebalanceConfig

    public init(config: RebalanceConfig = RebalanceConfig()) { self.config = config }

    /// The orders for `targets`, or why the whole decision is refused.
    ///
    /// A name that is closed (weight 0) is closed also within the drift band, which is there to save small corrections.
    /// Sales of what is held count as cash for the buys of the same plan, unless `bounds` says that they are not waited
    /// for; ``resizeBuys(_:cash:at:)`` fits them again to what the sales really brought. A cap on turnover cuts trades as
    /// ``TurnoverCap`` says.
    ///
    /// - Throws: ``RebalanceRefusal``; there is no half of a plan.
    public func plan(
        _ targets: TargetWeights,
        _ book: RebalanceBook,
        urgency: Urgency = .medium,
        urgencySource: String = "default",
        decision: DecisionID? = nil,
        bounds: RebalanceBounds = RebalanceBounds()
    ) throws(RebalanceRefusal) -> RebalancePlan {
        guard book.equity.units > 0 else { throw .noEquity(book.equity) }
        let weights = try weights(targets, book)
        let names = try names(weights, book)
        var plan = RebalancePlan(
            sells: [],
            buys: [],
            lines: [],
            turnoverPercent: .zero,
            needsApproval: false,
            buyFactor: FixedDecimal(1),
            notes: []
        )
        for name in names {
            let (line, order) = assess(name, targets, book.equity)
            plan.lines.append(line)
            guard let order else { continue }
            let proposed = ProposedOrder(
                instrument: name.instrument,
                side: order.side,
                quantity: order.quantity,
                referencePrice: name.price,
                urgency: urgency,
                urgencySource: urgencySource,
                decision: decision,
                note: "\(line.weightPercent) % held, target \(line.targetPercent) % of \(book.equity)"
            )
            if order.side == .buy { plan.buys.append(proposed) } else { plan.sells.append(proposed) }
        }
        fitCash(&plan, book, bounds)
        if let percent = bounds.turnoverPercentMax { cap(&plan, TurnoverCap(percent: percent, of: book.equity)) }
        // Sells that were cut bring less.
        if plan.capFactor != nil { fitCash(&plan, book, bounds) }
        let planned = Dictionary(plan.orders.map { ($0.symbol, $0) }, uniquingKeysWith: { first, _ in first })
        for index in plan.lines.indices {
            guard let order = planned[plan.lines[index].symbol] else { continue }
            plan.lines[index].planned = order.side == .buy ? order.quantity : -order.quantity
        }
        limitTurnover(&plan, targets, book.equity)
        return plan
    }

    /// Fits buys to the cash that is really there, all by one common factor.
    ///
    /// - Parameters:
    ///   - orders: Buys in the currency of `cash`; sells trap, since they bring cash.
    ///   - cash: What is free, before the fee reserve.
    ///   - prices: Prices of now; a buy whose price has risen keeps its money and gets smaller, and none gets larger.
    /// - Returns: The orders in their order, cut where needed; `factor` 1 and no note when all fit.
    public func resizeBuys(
        _ orders: [ProposedOrder],
        cash: Money,
        at prices: [Symbol: Price] = [:]
    ) -> FittedBuys {
        precondition(orders.allSatisfy { $0.side == .buy }, "only buys are fitted to cash")
        let fitting = BuyFitting(config: config)
        return fitting.fit(fitting.repriced(orders, at: prices), cash: cash)
    }

    // MARK: Bounds of the whole plan

    /// Fits the buys to the cash that is there, with what the sells before them bring.
    private func fitCash(_ plan: inout RebalancePlan, _ book: RebalanceBook, _ bounds: RebalanceBounds) {
        var cash = book.cash - book.equity.percent(bounds.cashReservePercent)
        for sell in plan.sells where bounds.sellsFundBuys {
            // What opens a short brings nothing that may be spent.
            let closing = min(sell.quantity, max(book.held[sell.symbol] ?? .zero, .zero))
            let value = sell.instrument.notional(sell.referencePrice, closing)
            cash += value - value.percent(config.feeReservePercent)
        }
        let fitted = resizeBuys(plan.buys, cash: cash)
        plan.buys = fitted.orders
        plan.buyFactor = min(plan.buyFactor, fitted.factor)
        if let note = fitted.note { plan.notes.append(note) }
        plan.mark(fitted.dropped, as: .noCash)
    }

    private func cap(_ plan: inout RebalancePlan, _ cap: TurnoverCap) {
        let leaving = Set(plan.lines.filter { $0.targetPercent == .zero }.map(\.symbol))
        let exits = Set(plan.orders.filter { leaving.contains($0.symbol) }.map(\.key))
        let fitted = cap.fit(plan.orders, exits: exits) { config.minimum(for: $0, nil) }
        guard let note = fitted.note else { return }
        plan.sells = fitted.orders.filter { $0.side == .sell }
        plan.buys = fitted.orders.filter { $0.side == .buy }
        plan.capFactor = fitted.factor
        plan.notes.append(note)
        plan.mark(fitted.dropped, as: .turnoverCap)
    }

    private func limitTurnover(_ plan: inout RebalancePlan, _ targets: TargetWeights, _ equity: Money) {
        let traded = plan.orders.reduce(Money.zero(equity.currency)) { $0 + $1.notional }
        plan.turnoverPercent = traded.percentage(of: equity)
        guard let limit = targets.maxTurnoverPercent ?? config.maxTurnoverPercent, plan.turnoverPercent > limit else {
            return
        }
        plan.needsApproval = true
        plan.notes.append("turnover of \(plan.turnoverPercent) % is above \(limit) % and needs approval")
    }

    /// Target percent by symbol, checked as a whole.
    private func weights(
        _ targets: TargetWeights,
        _ book: RebalanceBook
    ) throws(RebalanceRefusal) -> [Symbol: FixedDecimal] {
        var weights: [Symbol: FixedDecimal] = [:]
        var (gross, net) = (FixedDecimal.zero, FixedDecimal.zero)
        for weight in targets.weights {
            guard weights.updateValue(weight.weightPercent, forKey: weight.symbol) == nil else {
                throw .duplicateSymbol(weight.symbol)
            }
            net = net + weight.weightPercent
            gross = gross + (weight.weightPercent < .zero ? -weight.weightPercent : weight.weightPercent)
        }
        let shorts = weights.filter { $0.value < .zero }.keys.sorted()
        guard config.allowShort || shorts.isEmpty else { throw .shortDisabled(shorts) }
        guard gross <= config.maxGrossPercent else {
            throw .weightsExceedGross(sum: gross, limit: config.maxGrossPercent)
        }
        if let cash = targets.cashPercent {
            let gap = net + cash - FixedDecimal(100)
            let tolerance = FixedDecimal(units: 1_000_000)
            guard gap <= tolerance, gap >= -tolerance else { throw .cashWeight(sum: net, cash: cash) }
        }
        try close(&weights, targets, book)
        return weights
    }

    /// Gives weight 0 to what the decision closes, and holds `closes` against the book.
    private func close(
        _ weights: inout [Symbol: FixedDecimal],
        _ targets: TargetWeights,
        _ book: RebalanceBook
    ) throws(RebalanceRefusal) {
        let closes = Set(targets.closes ?? [])
        for symbol in closes.sorted() where (weights[symbol] ?? .zero) != .zero { throw .weightOfClosed(symbol) }
        if targets.scope == .full {
            let unlisted = Set(book.held.filter { !$0.value.isZero && weights[$0.key] == nil }.keys)
            let notHeld = closes.subtracting(unlisted).filter { weights[$0] == nil }
            guard unlisted.isSubset(of: closes), notHeld.isEmpty else {
                throw .unlistedHoldings(notNamed: unlisted.subtracting(closes).sorted(), notHeld: notHeld.sorted())
            }
        }
        for symbol in closes { weights[symbol] = .zero }
    }

    private func names(_ weights: [Symbol: FixedDecimal], _ book: RebalanceBook) throws(RebalanceRefusal) -> [Name] {
        let symbols = weights.keys.sorted()
        let unknown = symbols.filter { book.instruments[$0] == nil }
        guard unknown.isEmpty else { throw .unknownInstrument(unknown) }
        let unpriced = symbols.filter { (book.prices[$0] ?? .zero) <= .zero }
        guard unpriced.isEmpty else { throw .noPrice(unpriced) }
        var names: [Name] = []
        for symbol in symbols {
            guard let instrument = book.instruments[symbol], let price = book.prices[symbol],
                let weight = weights[symbol]
            else { continue }
            guard instrument.currency == book.equity.currency else { throw .currency(symbol, instrument.currency) }
            let held = book.held[symbol] ?? .zero
            let expected = held + (book.working[symbol] ?? .zero)
            names.append(
                Name(instrument: instrument, price: price, held: held, expected: expected, weight: weight)
            )
        }
        return names
    }

    private func assess(
        _ name: Name,
        _ targets: TargetWeights,
        _ equity: Money
    ) -> (RebalancePlan.Line, (side: Side, quantity: Quantity)?) {
        let value = name.instrument.notional(name.price, name.expected)
        let delta = equity.percent(name.weight) - value
        let distance = delta.isNegative ? -delta : delta
        let side: Side = delta.isNegative ? .sell : .buy
        let closes = name.weight == .zero
        var quantity = closes ? name.expected.magnitude : name.instrument.quantity(for: distance, at: name.price)
        if side == .sell, name.weight >= .zero { quantity = min(quantity, max(name.held, .zero)) }
        quantity = quantity.rounded(toLot: name.instrument.lot)
        var outcome = RebalancePlan.Outcome.trade
        if delta.units == 0 {
            outcome = .atTarget
        } else if !closes, distance <= equity.percent(targets.driftBandPercent ?? config.driftBandPercent) {
            outcome = .inBand
        } else if quantity.isZero {
            outcome = .belowOneLot
        } else if name.instrument.notional(name.price, quantity)
            < config.minimum(for: name.instrument, targets.minTradeNotional)
        {
            outcome = .belowMinimum
        }
        let line = RebalancePlan.Line(
            symbol: name.instrument.symbol,
            held: name.expected,
            weightPercent: value.percentage(of: equity),
            targetPercent: name.weight,
            delta: delta,
            outcome: outcome
        )
        return (line, outcome == .trade ? (side, quantity) : nil)
    }

    private struct Name {
        let instrument: Instrument
        let price: Price
        let held: Quantity
        /// Held once every working order has filled.
        let expected: Quantity
        let weight: FixedDecimal
    }
}

extension Money {
    /// This amount in percent of `whole`, rounded half-even to 10⁻⁸.
    func percentage(of whole: Money) -> FixedDecimal {
        FixedDecimal(units: Rounding.halfEven(units, times: 100 * Int128(FixedDecimal.scale), over: whole.units))
    }
}
