public import TradingDomain

/// What the rules made of one order.
public struct OrderJudgement: Codable, Hashable, Sendable {
    public let asked: ProposedOrder
    /// The order as it may go on, perhaps smaller; `nil` when it is blocked.
    public let approved: ProposedOrder?
    /// One verdict of every rule, in the rule book's order.
    public let verdicts: [RiskVerdict]

    public var violations: [RiskVerdict] { verdicts.filter(\.isViolation) }
    /// The first verdict that blocks: the reason to report.
    public var block: RiskVerdict? { verdicts.first(where: \.isBlock) }
    public var isShrunk: Bool { approved.map { $0.quantity < asked.quantity } ?? false }
}

/// What the rules made of a basket.
public struct BasketJudgement: Codable, Hashable, Sendable {
    /// One for each order, in the basket's order.
    public let orders: [OrderJudgement]

    public var approved: [ProposedOrder] { orders.compactMap(\.approved) }
    public var blocked: [OrderJudgement] { orders.filter { $0.approved == nil } }
    public var verdicts: [RiskVerdict] { orders.flatMap(\.verdicts) }
}

/// Holds proposed orders against the rules; it reserves nothing.
public enum RiskGate {
    /// Judges one order by every rule, each seeing the size that the rules before it left.
    ///
    /// After a block the remaining rules are still asked, so that one report names everything that is wrong.
    public static func judge(
        _ order: ProposedOrder,
        _ snapshot: RiskSnapshot,
        _ limits: RiskLimits,
        rules: [any RiskRule] = RiskRuleBook.standard
    ) -> OrderJudgement {
        var remaining = order
        var verdicts: [RiskVerdict] = []
        for rule in rules {
            let verdict = rule.judge(remaining, snapshot, limits)
            verdicts.append(verdict)
            if case .shrink(_, let size) = verdict.outcome { remaining.quantity = size }
            // An order of the wrong shape or currency means nothing to the other rules.
            if verdict.isBlock, rule is OrderShapeRule { break }
        }
        let isBlocked = verdicts.contains(where: \.isBlock)
        return OrderJudgement(asked: order, approved: isBlocked ? nil : remaining, verdicts: verdicts)
    }

    /// Judges a basket in its order: each order that passes is there for the next.
    ///
    /// Sells do not count as cash or room for later buys, since they may not fill, unless `sellsFundBuys` says that the
    /// workflow waits for them; then what they reduce counts as done.
    public static func evaluate(
        _ orders: [ProposedOrder],
        _ snapshot: RiskSnapshot,
        _ limits: RiskLimits,
        rules: [any RiskRule] = RiskRuleBook.standard
    ) -> BasketJudgement {
        var account = snapshot
        var judgements: [OrderJudgement] = []
        for order in orders {
            let judgement = judge(order, account, limits, rules: rules)
            judgements.append(judgement)
            guard let approved = judgement.approved else { continue }
            let reduces = !OrderExposure(approved, account).addsExposure
            if limits.sellsFundBuys, approved.side == .sell, reduces {
                let value = approved.instrument.notional(account.mark(for: approved), approved.quantity)
                let proceeds = value - value.percent(limits.cashReservePercent)
                account.trade(.sell, approved.instrument, approved.quantity, for: proceeds)
            } else {
                account.reserve(Reservation(for: approved, account, limits))
            }
        }
        return BasketJudgement(orders: judgements)
    }
}

extension Reservation {
    /// What `order` would reserve: its value at the higher of mark and reference, and for a buy the cash with fees.
    init(for order: ProposedOrder, _ snapshot: RiskSnapshot, _ limits: RiskLimits) {
        let notional = order.instrument.notional(snapshot.payPrice(for: order), order.quantity)
        let cash = order.side == .buy ? notional + notional.percent(limits.cashReservePercent) : nil
        self.init(
            symbol: order.symbol,
            side: order.side,
            quantity: order.quantity,
            notional: notional,
            cash: cash ?? .zero(notional.currency)
        )
    }
}
