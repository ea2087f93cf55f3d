public import TradingDomain

/// Turns a decision's size into an order in whole lots, with the executor's own equity and price.
public struct PositionSizer: Sendable {
    public let config: SizingConfig

    public init(config: SizingConfig = SizingConfig()) { self.config = config }

    /// SE-1: `floor(equity × percent ÷ 100 ÷ price)` in whole lots, exact in fixed point.
    ///
    /// A lot may be less than one share; then the count is floored to lots, not to shares. The contract multiplier
    /// counts. There is no cap and no reserve here.
    ///
    /// - Parameters:
    ///   - equity: Zero or more.
    ///   - percent: Percent points, zero or more.
    ///   - price: Greater than zero.
    ///   - instrument: Gives lot, multiplier and currency.
    /// - Returns: Zero or more, in whole lots.
    /// - Throws: ``SizingRefusal`` for a number out of range, or when the size cannot be held.
    public static func shares(
        equity: Money,
        percent: FixedDecimal,
        price: Price,
        instrument: Instrument
    ) throws(SizingRefusal) -> Quantity {
        try lots(equity: equity, percent: percent, price: price, instrument: instrument).down
    }

    /// The order that `trade` asks for, or why there is none.
    ///
    /// Percents of equity and money are floored to lots; a target is never passed; sells and covers are capped at what
    /// is held and free; buys that add exposure are shrunk to the cash. Each such cut is an adjustment of its own.
    public func size(_ trade: TradeIntent, _ context: SizingContext) -> SizingResult {
        do {
            return try order(trade, context)
        } catch {
            return error.isRefusal
                ? .refused(error.code, message: error.message) : .noAction(error.code, message: error.message)
        }
    }

    private func order(_ trade: TradeIntent, _ context: SizingContext) throws(SizingRefusal) -> SizingResult {
        let instrument = context.instrument
        guard trade.action != .hold else { throw .noAction(.hold, "The agent looked and keeps \(trade.symbol).") }
        guard trade.symbol == instrument.symbol else {
            throw .refused(.sizeRange, "The decision is about \(trade.symbol), the instrument is \(instrument.symbol).")
        }
        guard context.equity.currency == instrument.currency else {
            throw .refused(
                .currency,
                "\(instrument.symbol) trades in \(instrument.currency), the account is in \(context.equity.currency). "
                    + "Use an account in that currency."
            )
        }
        guard context.price > .zero else {
            throw .refused(
                .noPrice,
                "\(instrument.symbol) has no price above zero (\(context.price)). Wait for a quote."
            )
        }
        var draft = try draft(trade, context)
        draft.roundToLots(instrument)
        guard !draft.quantity.isZero else {
            throw .refused(
                .belowOneLot,
                "\(draft.arithmetic) is less than one lot of \(instrument.lot) \(instrument.symbol). "
                    + "Ask for more, or trade an instrument with a smaller lot."
            )
        }
        if draft.side == .buy, draft.addsExposure { try fitCash(&draft, context) }
        try requireMinimum(draft, context)
        let order = ProposedOrder(
            instrument: instrument,
            side: draft.side,
            quantity: draft.quantity,
            referencePrice: context.price,
            urgency: context.urgency,
            urgencySource: context.urgencySource,
            decision: context.decision,
            limitPrice: trade.limits?.limitPrice.map { $0.rounded(to: instrument.tick, for: draft.side) },
            note: ([draft.arithmetic] + draft.adjustments.map(\.message)).joined(separator: "; ")
        )
        return .order(order, adjustments: draft.adjustments)
    }

    private func draft(_ trade: TradeIntent, _ context: SizingContext) throws(SizingRefusal) -> SizingDraft {
        let (held, symbol) = (context.held, trade.symbol)
        switch trade.action {
        case .buy:
            guard held >= .zero else {
                throw .refused(.crossesZero, "\(symbol) is short \(held.magnitude); COVER it before a BUY.")
            }
            return try opening(.buy, committed: held + context.workingBuys, trade, context)
        case .short:
            guard config.allowShort else {
                throw .refused(
                    .shortDisabled,
                    "Short selling is off for this account. Enable it, or SELL what is held."
                )
            }
            guard held <= .zero else {
                throw .refused(.crossesZero, "\(symbol) is long \(held); SELL it before a SHORT.")
            }
            return try opening(.sell, committed: context.workingSells - held, trade, context)
        case .sell:
            guard held > .zero else {
                throw .refused(.nothingToSell, "No \(symbol) is held; a SELL only reduces a long.")
            }
            return try reducing(.sell, holding: held, working: context.workingSells, trade, context)
        case .cover:
            guard held < .zero else {
                throw .refused(.nothingToCover, "No \(symbol) is short; a COVER only reduces a short.")
            }
            return try reducing(.buy, holding: -held, working: context.workingBuys, trade, context)
        case .close, .hold:
            guard !held.isZero else { throw .noAction(.nothingToClose, "No \(symbol) is held.") }
            let side: Side = held > .zero ? .sell : .buy
            let working = side == .sell ? context.workingSells : context.workingBuys
            return try reducing(side, holding: held.magnitude, working: working, trade, context)
        }
    }

    /// A size that adds to a position of `committed`, which is held and on its way in the same direction.
    private func opening(
        _ side: Side,
        committed: Quantity,
        _ trade: TradeIntent,
        _ context: SizingContext
    ) throws(SizingRefusal) -> SizingDraft {
        var draft = SizingDraft(side: side, addsExposure: true)
        switch try basis(of: trade) {
        case .deltaPercentOfEquity(let asked):
            let percent = capped(asked, &draft)
            draft.quantity = try lots(percent, context).down
            draft.arithmetic = "\(percent) % of \(context.equity) at \(context.price) is \(draft.quantity)"
        case .targetPercentOfEquity(let asked):
            let percent = capped(asked, &draft)
            let target = try lots(percent, context).down
            draft.quantity = target - committed
            draft.arithmetic =
                "target \(percent) % of \(context.equity) at \(context.price) is \(target), "
                + "\(committed) held or on the way"
            guard draft.quantity > .zero, committed.isZero || draft.quantity >= context.instrument.lot else {
                throw .noAction(.alreadyAtTarget, "\(trade.symbol) needs nothing: \(draft.arithmetic).")
            }
        case .notional(let value):
            draft.quantity = try quantity(worth: value, context)
            draft.arithmetic = "\(value) \(context.equity.currency) at \(context.price) is \(draft.quantity)"
        case .shares(let quantity):
            draft.quantity = try positive(quantity)
            draft.arithmetic = "\(quantity) asked"
            draft.isCount = true
        case .percentOfPosition, .all:
            throw .refused(
                .sizeBasis,
                "\(trade.size?.name ?? "") goes with SELL and COVER only, not with \(trade.action.rawValue)."
            )
        }
        return draft
    }

    /// A size that takes from `holding`, of which `working` is being closed by other orders.
    private func reducing(
        _ side: Side,
        holding: Quantity,
        working: Quantity,
        _ trade: TradeIntent,
        _ context: SizingContext
    ) throws(SizingRefusal) -> SizingDraft {
        let free = holding - working
        guard free > .zero else {
            throw .noAction(
                .alreadyWorking,
                "All \(holding) of \(trade.symbol) are being closed by orders already working."
            )
        }
        var draft = SizingDraft(side: side, addsExposure: false)
        switch trade.action == .close ? .all : try basis(of: trade) {
        case .deltaPercentOfEquity(let percent):
            draft.quantity = try lots(percent, context).down
            draft.arithmetic = "\(percent) % of \(context.equity) at \(context.price) is \(draft.quantity)"
        case .targetPercentOfEquity(let percent):
            let target = try lots(percent, context).up
            draft.quantity = free - target
            draft.arithmetic =
                "target \(percent) % of \(context.equity) at \(context.price) is \(target), \(free) held and free"
            guard draft.quantity >= context.instrument.lot else {
                throw .noAction(.alreadyAtTarget, "\(trade.symbol) needs nothing: \(draft.arithmetic).")
            }
        case .percentOfPosition(let percent):
            guard percent > .zero, percent <= FixedDecimal(100) else {
                throw .refused(.sizeRange, "\(percent) % of a position makes no sense; write more than 0, at most 100.")
            }
            let share = Int128(holding.units) * percent.units / FixedDecimal(100).units
            draft.quantity = Quantity(units: Int64(share))
            draft.arithmetic = "\(percent) % of \(holding) held is \(draft.quantity)"
            draft.isCount = true
        case .notional(let value):
            draft.quantity = try quantity(worth: value, context)
            draft.arithmetic = "\(value) \(context.equity.currency) at \(context.price) is \(draft.quantity)"
        case .shares(let quantity):
            draft.quantity = try positive(quantity)
            draft.arithmetic = "\(quantity) asked"
            draft.isCount = true
        case .all:
            draft.quantity = holding
            draft.arithmetic = "all \(holding) held"
            draft.isCount = true
        }
        if draft.quantity > free {
            draft.adjust(.cappedAtHeld, "cut from \(draft.quantity) to \(free): \(holding) held, \(working) working")
            draft.quantity = free
        }
        return draft
    }

    private func basis(of trade: TradeIntent) throws(SizingRefusal) -> SizeBasis {
        guard let size = trade.size else {
            throw .refused(.sizeMissing, "\(trade.action.rawValue) \(trade.symbol) needs a size.")
        }
        return size
    }

    private func capped(_ percent: FixedDecimal, _ draft: inout SizingDraft) -> FixedDecimal {
        guard percent > config.maximumPercent else { return percent }
        draft.adjust(.percentCapped, "\(percent) % is above the cap of \(config.maximumPercent) % and was cut to it")
        return config.maximumPercent
    }

    private func quantity(worth value: FixedDecimal, _ context: SizingContext) throws(SizingRefusal) -> Quantity {
        guard value > .zero else {
            throw .refused(.sizeRange, "A notional of \(value) makes no sense; write more than 0.")
        }
        return context.instrument.quantity(for: Money(units: value.units, context.equity.currency), at: context.price)
    }

    private func positive(_ quantity: Quantity) throws(SizingRefusal) -> Quantity {
        guard quantity > .zero else {
            throw .refused(.sizeRange, "\(quantity) shares make no sense; write more than 0.")
        }
        return quantity
    }

    private func fitCash(_ draft: inout SizingDraft, _ context: SizingContext) throws(SizingRefusal) {
        guard config.limitBuysToCash, let cash = context.cashAvailable else { return }
        let most = context.instrument.quantity(
            for: CashReserve.spendable(cash, keeping: config.feeReservePercent),
            at: context.price
        )
        guard draft.quantity > most else { return }
        guard most > .zero else {
            throw .refused(
                .insufficientCash,
                "\(cash) is free, less than one lot of \(context.instrument.symbol) at \(context.price) with "
                    + "\(config.feeReservePercent) % for fees. Sell something first."
            )
        }
        draft.adjust(
            .cashLimit,
            "shrunk from \(draft.quantity) to \(most): \(cash) is free, \(config.feeReservePercent) % kept for fees"
        )
        draft.quantity = most
    }

    private func requireMinimum(_ draft: SizingDraft, _ context: SizingContext) throws(SizingRefusal) {
        let own = Money(units: config.minimumNotional.units, context.instrument.currency)
        let minimum = max(own, context.instrument.minimumNotional)
        let notional = context.instrument.notional(context.price, draft.quantity)
        guard notional < minimum else { return }
        throw .refused(
            .belowMinimum,
            "\(draft.side) \(draft.quantity) \(context.instrument.symbol) is worth \(notional), below the minimum of "
                + "\(minimum). Ask for more."
        )
    }

    private func lots(
        _ percent: FixedDecimal,
        _ context: SizingContext
    ) throws(SizingRefusal) -> (down: Quantity, up: Quantity) {
        try Self.lots(
            equity: context.equity,
            percent: percent,
            price: context.price,
            instrument: context.instrument
        )
    }

    /// `equity × percent ÷ 100 ÷ price`, rounded down and up to whole lots.
    private static func lots(
        equity: Money,
        percent: FixedDecimal,
        price: Price,
        instrument: Instrument
    ) throws(SizingRefusal) -> (down: Quantity, up: Quantity) {
        guard price > .zero else { throw .refused(.noPrice, "A price of \(price) cannot size an order.") }
        guard !equity.isNegative else { throw .refused(.equity, "Equity is \(equity); nothing can be sized on it.") }
        guard percent >= .zero else {
            throw .refused(.sizeRange, "\(percent) % of equity makes no sense; write zero or more.")
        }
        let scale = Int128(FixedDecimal.scale)
        let lot = instrument.lot.units
        let divisor = 100 * Int128(price.units) * instrument.contractMultiplier.units * Int128(lot)
        let factor = percent.units * scale
        guard let floor = Rounding.floor(equity.units, times: factor, over: divisor), floor < Int64.max / lot else {
            throw .refused(.sizeRange, "\(percent) % of \(equity) at \(price) is more than can be counted.")
        }
        let asked = equity.units.magnitude.multipliedFullWidth(by: factor.magnitude)
        let exact = floor.magnitude.multipliedFullWidth(by: divisor.magnitude) == asked
        let down = Quantity(units: Int64(floor) * lot)
        return (down, exact ? down : down + instrument.lot)
    }
}
