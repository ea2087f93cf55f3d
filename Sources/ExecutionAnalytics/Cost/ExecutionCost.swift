public import TradingDomain

/// What an execution came to: exact sums, slippage and implementation shortfall (AN-1, AN-2, AN-3).
///
/// Every slippage and shortfall number is a cost when positive, for buys and for sells.
public struct ExecutionCost: Hashable, Sendable {
    public let facts: ExecutionFacts
    public let filled: Quantity
    /// Ordered minus filled.
    public let unfilled: Quantity
    /// Sum of the booked amounts.
    public let notional: Money
    public let fees: Money
    /// Notional over quantity and multiplier, rounded half-even to 10⁻⁸; absent when nothing filled.
    public let averagePrice: Price?

    /// Sums up an execution.
    ///
    /// - Throws: ``CostError`` when it holds a fill or an order of zero or less.
    public init(_ facts: ExecutionFacts) throws(CostError) {
        guard facts.ordered > .zero else { throw .nothingOrdered(facts.ordered) }
        for fill in facts.fills where fill.quantity <= .zero { throw .emptyFill(fill.quantity) }
        self.facts = facts
        let currency = facts.instrument.currency
        filled = facts.fills.reduce(.zero) { $0 + $1.quantity }
        unfilled = facts.ordered - filled
        notional = facts.fills.reduce(.zero(currency)) { $0 + $1.notional }
        fees = facts.fills.reduce(.zero(currency)) { $0 + $1.fee }
        let contracts = FixedDecimal(units: Int128(filled.units)) * facts.instrument.contractMultiplier
        averagePrice = contracts > .zero ? Price(units: Int64((notional.amount / contracts).units)) : nil
    }

    /// Filled over ordered; above 1 when the venue filled too much.
    public var fillRate: Double { filled.approximate / facts.ordered.approximate }

    /// Basis points that the fills cost against `benchmark`: positive when a buy paid more or a sell received less.
    ///
    /// - Returns: `nil` when nothing filled, or the benchmark is zero or less.
    public func slippageBps(against benchmark: Price) -> Double? {
        guard filled > .zero, benchmark > .zero else { return nil }
        let paper = facts.instrument.notional(benchmark, filled)
        guard paper.units > 0 else { return nil }
        return Double((notional - paper).units) * Double(facts.side.sign) / Double(paper.units) * 10_000
    }

    /// As ``slippageBps(against:)``, against an average that need not be a price of eight decimals.
    public func slippageBps(againstAverage benchmark: Double?) -> Double? {
        guard filled > .zero, let benchmark, benchmark > 0 else { return nil }
        let contracts = filled.approximate * facts.instrument.contractMultiplier.approximate
        let average = notional.approximate / contracts
        return Double(facts.side.sign) * (average - benchmark) / benchmark * 10_000
    }

    /// Filled over what the market traded meanwhile, our own trades among it; absent when it did not trade.
    public func participation(in volume: Quantity) -> Double? {
        volume > .zero ? filled.approximate / volume.approximate : nil
    }

    /// What of the numbers cannot be right, or only by a gap in the data.
    public func flags(marketVolume: Quantity) -> [CostFlag] {
        (participation(in: marketVolume) ?? 0) > 1 ? [.participationAboveOne] : []
    }

    /// What the execution cost against its paper portfolio, in parts that sum exactly to the total.
    ///
    /// - Parameters:
    ///   - attribution: How delay and opportunity share what did not fill.
    ///   - interval: What the market traded meanwhile, which splits trading into timing and impact.
    /// - Returns: The parts and their total.
    /// - Throws: ``CostError`` when more was filled than ordered, a benchmark price is not positive, or something is
    ///   unfilled and the end price is not known.
    public func shortfall(
        _ attribution: ImplementationShortfall.Attribution = .expanded,
        interval: TradedInterval? = nil
    ) throws(CostError) -> ImplementationShortfall {
        try ImplementationShortfall(self, attribution, interval)
    }
}

/// What the market traded between arrival and end.
public struct TradedInterval: Hashable, Sendable {
    /// Greater than zero.
    public let volume: Quantity
    /// Sum of price × volume.
    public let turnover: FixedDecimal

    /// - Returns: `nil` when nothing traded.
    public init?(volume: Quantity, turnover: FixedDecimal) {
        guard volume > .zero else { return nil }
        self.volume = volume
        self.turnover = turnover
    }

    /// What `quantity` is worth at the interval's VWAP.
    func value(of quantity: Quantity, _ instrument: Instrument) -> Money {
        let units = Rounding.halfEven(turnover.units, times: Int128(quantity.units), over: Int128(volume.units))
        return Money(units: units, instrument.currency).times(instrument.contractMultiplier)
    }
}

/// What a reader of cost figures has to know about them.
public enum CostFlag: String, Codable, Hashable, Sendable, CaseIterable {
    /// More was filled than the market's tape shows: the tape has a gap, or lacks our own trades.
    case participationAboveOne = "participation_above_one"
}
