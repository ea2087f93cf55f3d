public import TradingDomain
public import Workflows

/// How one ticker came out of a run: a row of the results, with the names that programs read.
public struct ItemReport: Codable, Hashable, Sendable {
    public var ticker: String
    public var status: ItemStatus
    public var side: Side?
    public var algorithm: AlgorithmName?
    public var quantity: Quantity?
    public var filledQuantity: Quantity?
    public var averagePrice: Price?
    public var arrivalPrice: Price?
    /// Basis points of the arrival price; positive is a cost.
    public var slippageArrivalBps: Double?
    /// Basis points of the interval's VWAP; positive is a cost, absent when the market did not trade.
    public var slippageVwapBps: Double?
    public var commission: FixedDecimal?
    public var children: Int?
    public var parentOrder: ParentOrderID?
    public var decision: DecisionID?
    public var message: String
    public var execution: ExecutionSummary?
    /// Filled quantity over what was asked for, 0 … 1.
    public var fillRate: Double?
    /// From arrival to the last fill, in seconds.
    public var durationSeconds: Double?
    /// Slippage (vs arrival for MARKET, vs the interval's VWAP for schedules) against what is expected of the algorithm:
    /// `better`, `as expected` or `missed`.
    public var quality: String?
    /// Share of the market's volume from arrival to the end.
    public var participation: Double?
    public var notional: FixedDecimal?
    public var urgency: Urgency?
    /// True when an earlier run executed the decision and this is its outcome; totals leave it out.
    public var duplicate: Bool?

    public init(ticker: String, status: ItemStatus, message: String) {
        self.ticker = ticker
        self.status = status
        self.message = message
    }

    private enum CodingKeys: String, CodingKey {
        case ticker, status, side, algorithm, quantity, commission, children, decision, message, execution, quality
        case participation, notional, urgency, duplicate
        case filledQuantity = "filled_quantity"
        case averagePrice = "average_price"
        case arrivalPrice = "arrival_price"
        case slippageArrivalBps = "slippage_arrival_bps"
        case slippageVwapBps = "slippage_vwap_bps"
        case parentOrder = "parent_order"
        case fillRate = "fill_rate"
        case durationSeconds = "duration_seconds"
    }

    /// Every name is there, `null` where there is no value, so that programs need not ask.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(ticker, forKey: .ticker)
        try container.encode(status, forKey: .status)
        try container.encode(side, forKey: .side)
        try container.encode(urgency, forKey: .urgency)
        try container.encode(algorithm, forKey: .algorithm)
        try container.encode(quantity, forKey: .quantity)
        try container.encode(filledQuantity, forKey: .filledQuantity)
        try container.encode(averagePrice, forKey: .averagePrice)
        try container.encode(arrivalPrice, forKey: .arrivalPrice)
        try container.encode(slippageArrivalBps, forKey: .slippageArrivalBps)
        try container.encode(slippageVwapBps, forKey: .slippageVwapBps)
        try container.encode(quality, forKey: .quality)
        try container.encode(fillRate, forKey: .fillRate)
        try container.encode(participation, forKey: .participation)
        try container.encode(durationSeconds, forKey: .durationSeconds)
        try container.encode(notional, forKey: .notional)
        try container.encode(commission, forKey: .commission)
        try container.encode(children, forKey: .children)
        try container.encode(parentOrder, forKey: .parentOrder)
        try container.encode(decision, forKey: .decision)
        try container.encode(message, forKey: .message)
        try container.encode(execution, forKey: .execution)
    }
}

/// An execution in the seeds' form (SE-5).
public struct ExecutionSummary: Codable, Hashable, Sendable {
    /// One trade.
    public struct Line: Codable, Hashable, Sendable {
        public var timestamp: Timestamp
        public var quantity: Quantity
        public var fillPrice: Price
        public var commission: FixedDecimal

        private enum CodingKeys: String, CodingKey {
            case timestamp, quantity, commission
            case fillPrice = "fill_price"
        }
    }

    public var totalQuantity: Quantity
    public var avgFillPrice: Price?
    public var totalCommission: FixedDecimal
    public var numSlices: Int
    public var fills: [Line]

    private enum CodingKeys: String, CodingKey {
        case fills
        case totalQuantity = "total_quantity"
        case avgFillPrice = "avg_fill_price"
        case totalCommission = "total_commission"
        case numSlices = "num_slices"
    }
}

/// How a run came out: what `run --output json` prints.
public struct RunReport: Codable, Hashable, Sendable {
    public var run: RunID
    public var workflow: String
    public var status: ItemStatus
    public var account: AccountID
    public var market: String
    public var startedAt: Timestamp
    public var endedAt: Timestamp
    public var items: [ItemReport]
    public var summary: RunSummary
    public var message: String?

    public init(
        run: RunID,
        workflow: String,
        status: ItemStatus,
        account: AccountID,
        market: String,
        startedAt: Timestamp,
        endedAt: Timestamp,
        items: [ItemReport],
        message: String? = nil
    ) {
        self.run = run
        self.workflow = workflow
        self.status = status
        self.account = account
        self.market = market
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.items = items
        self.message = message
        summary = RunSummary(items)
    }

    private enum CodingKeys: String, CodingKey {
        case run, workflow, status, account, market, items, summary, message
        case startedAt = "started_at"
        case endedAt = "ended_at"
    }
}

/// Totals over executions (SX-3).
public struct RunSummary: Codable, Hashable, Sendable {
    public var totalExecutions: Int
    public var successful: Int
    /// Simple mean over executions with a fill.
    public var averageSlippageBps: Double?
    /// Mean weighted by notional.
    public var weightedSlippageBps: Double?
    /// Simple mean against the interval's VWAP, over executions during which the market traded.
    public var averageSlippageVwapBps: Double?
    /// Simple mean of filled over asked, 0 … 1.
    public var averageFillRate: Double?
    /// The longest execution, from arrival to its last fill.
    public var longestSeconds: Double?
    /// Sum of the fills' booked amounts.
    public var totalVolume: FixedDecimal
    public var totalCommission: FixedDecimal

    /// Sums up items that reached the market in this run.
    public init(_ items: [ItemReport]) {
        let executed = items.filter { $0.parentOrder != nil && $0.duplicate != true }
        totalExecutions = executed.count
        successful = executed.filter { $0.status == .success }.count
        let known = executed.compactMap { item in item.slippageArrivalBps.map { ($0, item.notional?.approximate ?? 0) }
        }
        averageSlippageBps = known.isEmpty ? nil : known.reduce(0) { $0 + $1.0 } / Double(known.count)
        averageSlippageVwapBps = Self.mean(executed.compactMap(\.slippageVwapBps))
        averageFillRate = Self.mean(executed.compactMap(\.fillRate))
        longestSeconds = executed.compactMap(\.durationSeconds).max()
        let weight = known.reduce(0) { $0 + $1.1 }
        weightedSlippageBps = weight > 0 ? known.reduce(0) { $0 + $1.0 * $1.1 } / weight : nil
        totalVolume = executed.reduce(.zero) { $0 + ($1.notional ?? .zero) }
        totalCommission = executed.reduce(.zero) { $0 + ($1.commission ?? .zero) }
    }

    private static func mean(_ values: [Double]) -> Double? {
        values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }

    private enum CodingKeys: String, CodingKey {
        case successful
        case totalExecutions = "total_executions"
        case averageSlippageBps = "average_slippage_bps"
        case weightedSlippageBps = "weighted_slippage_bps"
        case averageSlippageVwapBps = "average_slippage_vwap_bps"
        case averageFillRate = "average_fill_rate"
        case longestSeconds = "longest_seconds"
        case totalVolume = "total_volume"
        case totalCommission = "total_commission"
    }
}
