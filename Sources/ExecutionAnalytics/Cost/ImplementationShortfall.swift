public import TradingDomain

/// What an execution cost against the paper portfolio that trades all of it at the decision price, for nothing.
///
/// The total is paper profit minus real profit. Each part is fixed point, and
/// `delay + trading + opportunity + fees == total` holds to the last digit: the value of the order at a benchmark is
/// rounded once for the filled and once for the unfilled quantity, and both parts that meet there use the same number.
/// Trading is `timing + impact`, as exactly, where the market's volume is known.
///
/// Source: A. F. Perold, "The implementation shortfall: paper versus reality", Journal of Portfolio Management 14
/// (1988); the expanded split after W. H. Wagner and R. Kissell.
public struct ImplementationShortfall: Hashable, Sendable {
    /// How delay and opportunity share what did not fill; trading, fees and total are the same.
    public enum Attribution: String, Codable, Hashable, Sendable {
        /// Delay on the whole order; opportunity counts from arrival.
        case expanded
        /// Delay on what filled; opportunity counts from the decision.
        case filled
    }

    /// The price's move from decision to arrival.
    public let delay: Money
    /// What the fills cost beyond the arrival price: ``timing`` and ``impact`` together.
    public let trading: Money
    /// The market's own move while the order was worked: the interval's VWAP against the arrival price, for what filled.
    ///
    /// Absent when the market did not trade meanwhile.
    public let timing: Money?
    /// The rest of ``trading``: the fills against the interval's VWAP.
    public let impact: Money?
    /// What not filling the rest cost, at the price when the order ended.
    public let opportunity: Money
    public let fees: Money
    /// The sum of the four, computed for itself from what was paid.
    public let total: Money
    /// The whole order at the decision price, greater than zero; basis points are of it.
    public let paperNotional: Money

    init(_ cost: ExecutionCost, _ attribution: Attribution, _ interval: TradedInterval?) throws(CostError) {
        let facts = cost.facts
        guard cost.unfilled >= .zero else { throw .overfilled(filled: cost.filled, ordered: facts.ordered) }
        guard facts.decisionPrice > .zero else { throw .notPositive(benchmark: "decision", facts.decisionPrice) }
        guard facts.arrivalPrice > .zero else { throw .notPositive(benchmark: "arrival", facts.arrivalPrice) }
        if let end = facts.endPrice, end <= .zero { throw .notPositive(benchmark: "end", end) }
        guard let end = facts.endPrice ?? (cost.unfilled.isZero ? facts.arrivalPrice : nil) else {
            throw .noEndPrice(unfilled: cost.unfilled)
        }
        func value(_ price: Price, _ quantity: Quantity) -> Money { facts.instrument.notional(price, quantity) }
        func signed(_ money: Money) -> Money { facts.side == .buy ? money : -money }
        let paper = value(facts.decisionPrice, facts.ordered)
        guard paper.units > 0 else { throw .notPositive(benchmark: "decision", facts.decisionPrice) }
        let arrivedFilled = value(facts.arrivalPrice, cost.filled)
        let rest = value(end, cost.unfilled)
        switch attribution {
        case .expanded:
            let arrivedUnfilled = value(facts.arrivalPrice, cost.unfilled)
            delay = signed(arrivedFilled + arrivedUnfilled - paper)
            opportunity = signed(rest - arrivedUnfilled)
        case .filled:
            let decidedFilled = value(facts.decisionPrice, cost.filled)
            delay = signed(arrivedFilled - decidedFilled)
            opportunity = signed(rest - (paper - decidedFilled))
        }
        let worked = signed(cost.notional - arrivedFilled)
        let drift = interval.map { signed($0.value(of: cost.filled, facts.instrument) - arrivedFilled) }
        trading = worked
        timing = drift
        impact = drift.map { worked - $0 }
        fees = cost.fees
        total = signed(cost.notional + rest - paper) + cost.fees
        paperNotional = paper
    }

    /// `part` in basis points of the paper notional.
    public func bps(_ part: Money) -> Double { Double(part.units) / Double(paperNotional.units) * 10_000 }

    /// The parts by name, in the order in which they arise.
    public var parts: [(name: String, amount: Money)] {
        [("delay", delay), ("trading", trading), ("opportunity", opportunity), ("fees", fees)]
    }
}
