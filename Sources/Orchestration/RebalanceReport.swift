public import TradingDomain

/// What a rebalance came to: its state by name, and each name's target beside what was reached.
public struct RebalanceReport: Codable, Hashable, Sendable {
    /// How a rebalance ended; of several that fit, the first of this list.
    public enum State: String, Codable, Hashable, Sendable, CaseIterable {
        /// The plan has no trade.
        case inBand = "IN_BAND"
        /// Nothing of the plan was filled: the book stands as it was.
        case untouched = "UNTOUCHED"
        /// The book is beyond a limit of the account: somebody has to look.
        case outOfLimits = "OUT_OF_LIMITS"
        /// Sells were filled and no buy was sent: their proceeds are in cash.
        case sellsOnly = "SELLS_ONLY"
        /// Some trade failed, was refused or filled in part; the book is inside its limits.
        case degraded = "DEGRADED"
        /// All was filled, and the buys had been cut to what the sells brought at the prices of then.
        case rolledForward = "ROLLED_FORWARD"
        /// All was filled, and the cap on turnover leaves names short of their target.
        case capped = "CAPPED"
        /// Every trade was filled as planned.
        case complete = "COMPLETE"

        /// The state in a sentence.
        public var words: String {
            switch self {
            case .inBand: "nothing was to be traded"
            case .untouched: "nothing was traded, the book stands as it was"
            case .outOfLimits: "the book is beyond a limit of the account"
            case .sellsOnly: "sells were filled and no buy was sent, their proceeds are in cash"
            case .degraded: "some trades did not fill whole, the book is inside its limits"
            case .rolledForward: "all was filled, with buys cut to the cash and the prices of then"
            case .capped: "all was filled, and the cap on turnover leaves names short of their target"
            case .complete: "every trade was filled as planned"
            }
        }
    }

    /// One name, with weights in percent of the equity of their moment.
    public struct Name: Codable, Hashable, Sendable {
        public var symbol: Symbol
        public var heldBefore: Quantity
        public var weightBefore: FixedDecimal
        public var target: FixedDecimal
        /// Signed: negative is to be sold.
        public var planned: Quantity
        public var filled: Quantity
        public var held: Quantity
        /// Absent when the name has no price.
        public var weight: FixedDecimal?
        /// Reached less target, in percent points.
        public var away: FixedDecimal?
        /// Why it is not where it was planned to be; absent when it is.
        public var reason: String?

        private enum CodingKeys: String, CodingKey {
            case symbol, target, planned, filled, held, weight, away, reason
            case heldBefore = "held_before"
            case weightBefore = "weight_before"
        }
    }

    public var state: State
    /// The state in words, with what is beyond its limit.
    public var explanation: String
    public var equityBefore: FixedDecimal
    public var equity: FixedDecimal
    public var cashBefore: FixedDecimal
    public var cash: FixedDecimal
    /// Sum of the positions' magnitudes, in percent of equity.
    public var grossPercent: FixedDecimal?
    public var netPercent: FixedDecimal?
    /// Value of the planned trades in percent of the equity before.
    public var plannedTurnoverPercent: FixedDecimal
    /// Value of the fills in percent of the equity before.
    public var turnoverPercent: FixedDecimal?
    /// What the plan was cut by, for people.
    public var notes: [String]
    /// By symbol.
    public var names: [Name]

    private enum CodingKeys: String, CodingKey {
        case state, explanation, equity, cash, notes, names
        case equityBefore = "equity_before"
        case cashBefore = "cash_before"
        case grossPercent = "gross_percent"
        case netPercent = "net_percent"
        case plannedTurnoverPercent = "planned_turnover_percent"
        case turnoverPercent = "turnover_percent"
    }
}
