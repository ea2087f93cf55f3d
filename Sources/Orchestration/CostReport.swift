public import ExecutionAnalytics
public import TradingDomain

/// Implementation shortfall as programs read it: four parts that sum exactly to the total, and trading's own two.
public struct CostReport: Codable, Hashable, Sendable {
    /// An amount with its share of the paper notional.
    public struct Part: Codable, Hashable, Sendable {
        public var amount: FixedDecimal
        public var bps: Double
    }

    public var currency: Currency
    /// The whole order at the decision price.
    public var paperNotional: FixedDecimal
    public var delay: Part
    public var trading: Part
    /// Parts of trading that sum exactly to it; absent when the market did not trade meanwhile, and in older reports.
    public var timing: Part?
    public var impact: Part?
    public var opportunity: Part
    public var fees: Part
    public var total: Part

    public init(_ shortfall: ImplementationShortfall) {
        func part(_ money: Money) -> Part { Part(amount: money.amount, bps: shortfall.bps(money)) }
        currency = shortfall.total.currency
        paperNotional = shortfall.paperNotional.amount
        delay = part(shortfall.delay)
        trading = part(shortfall.trading)
        timing = shortfall.timing.map(part)
        impact = shortfall.impact.map(part)
        opportunity = part(shortfall.opportunity)
        fees = part(shortfall.fees)
        total = part(shortfall.total)
    }

    private enum CodingKeys: String, CodingKey {
        case currency, delay, trading, timing, impact, opportunity, fees, total
        case paperNotional = "paper_notional"
    }
}
