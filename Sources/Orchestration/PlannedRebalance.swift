public import Portfolio
public import TradingDomain

/// A rebalance as it was planned, kept until the run's end.
public struct PlannedRebalance: Codable, Hashable, Sendable {
    public let lines: [RebalancePlan.Line]
    public let equity: Money
    /// Cash that no live order needed.
    public let cash: Money
    public let turnoverPercent: FixedDecimal
    /// What the cap on turnover left of each trade; `nil` when it cut nothing.
    public let capFactor: FixedDecimal?
    public let notes: [String]

    init(_ plan: RebalancePlan, _ book: RebalanceBook) {
        lines = plan.lines
        equity = book.equity
        cash = book.cash
        turnoverPercent = plan.turnoverPercent
        capFactor = plan.capFactor
        notes = plan.notes
    }
}

extension [ItemNote] {
    /// The last rebalance that was planned.
    var lastRebalance: PlannedRebalance? {
        var found: PlannedRebalance?
        for case .rebalance(let planned) in self { found = planned }
        return found
    }
}
