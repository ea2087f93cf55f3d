public import TradingDomain

/// What executions are compared by (AN-7).
public enum ExecutionDimension: String, Codable, Hashable, Sendable, CaseIterable {
    case agent
    /// The workflow that asked for the order.
    case strategy
    case algorithm
    case venue
    case urgency
    case marketState = "market_state"
    case symbol
    /// The UTC day on which the order was submitted, in business time.
    case day

    /// For headings.
    public var title: String {
        switch self {
        case .marketState: "Market state"
        default: rawValue.prefix(1).uppercased() + rawValue.dropFirst()
        }
    }
}

/// The executions of one group: one value of a dimension, in one currency.
public struct ComparisonRow: Codable, Hashable, Sendable {
    public let value: String
    public let currency: Currency
    /// Orders that were admitted and have ended.
    public let executions: Int
    public let fills: Int
    /// Sum of the booked amounts.
    public let notional: FixedDecimal
    public let fees: FixedDecimal
    /// Against arrival, in basis points, positive is a cost: mean over executions with a fill.
    public var meanSlippageBps: Double?
    /// The same, weighted by notional.
    public var weightedSlippageBps: Double?
    public var medianSlippageBps: Double?
    public var p95SlippageBps: Double?
    /// Against the interval's VWAP.
    public var meanSlippageVwapBps: Double?
    /// Sum of the implementation shortfalls that are known.
    public var shortfall: FixedDecimal?
    /// That sum in basis points of its paper notional.
    public var shortfallBps: Double?
    /// Mean of filled over ordered.
    public var meanFillRate: Double?
    /// Executions by how slippage stands to its target.
    public var met = 0
    public var asExpected = 0
    public var missed = 0
    /// Positive when the price moved our way.
    public var meanMarkOut5MinBps: Double?

    public init(
        value: String,
        currency: Currency,
        executions: Int,
        fills: Int,
        notional: FixedDecimal,
        fees: FixedDecimal
    ) {
        self.value = value
        self.currency = currency
        self.executions = executions
        self.fills = fills
        self.notional = notional
        self.fees = fees
    }

    /// Share of the judged executions that came out so; absent when none was judged.
    public func share(_ count: Int) -> Double? {
        let judged = met + asExpected + missed
        return judged > 0 ? Double(count) / Double(judged) : nil
    }
}
