public import ExecutionAnalytics
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
    /// How slippage stands to its target (SE-4): `met`, `as expected` or `missed`; absent without a fill.
    public var quality: String?
    /// Share of the market's volume from arrival to the end.
    public var participation: Double?
    public var notional: FixedDecimal?
    public var urgency: Urgency?
    /// True when an earlier run executed the decision and this is its outcome; totals leave it out.
    public var duplicate: Bool?
    /// Price at which the order was decided and sized.
    public var decisionPrice: Price?
    /// The market's price when the order ended.
    public var endPrice: Price?
    /// Basis points of the interval's TWAP; positive is a cost, absent where the market's tape was not kept.
    public var slippageTwapBps: Double?
    /// What it cost against the paper portfolio; absent when it was not admitted, or a price is not known.
    public var shortfall: CostReport?
    /// Slippage, shortfall, fill rate and time against their targets (SE-4).
    public var targets: [QualityTarget]?
    /// Basis points of the session's last price; positive is a cost, absent until it has closed.
    public var slippageCloseBps: Double?
    /// The session's last price.
    public var closePrice: Price?
    /// Where the price stood 1, 5 and 30 minutes after the fills, as far as it is known; positive moved our way.
    public var markOuts: [Aftermath.Mark]?
    /// What the fills paid beyond the middle of the market, in basis points of it.
    public var effectiveHalfSpreadBps: Double?
    /// Slippage against arrival that was predicted when the order was routed, in basis points.
    public var predictedCostBps: Double?
    /// State of the market when it was routed.
    public var marketState: String?
    /// What to know about the figures.
    public var flags: [CostFlag]?

    public init(ticker: String, status: ItemStatus, message: String) {
        self.ticker = ticker
        self.status = status
        self.message = message
    }

    private enum CodingKeys: String, CodingKey {
        case ticker, status, side, algorithm, quantity, commission, children, decision, message, execution, quality
        case participation, notional, urgency, duplicate, targets, flags
        case slippageCloseBps = "slippage_close_bps"
        case closePrice = "close_price"
        case markOuts = "mark_outs"
        case effectiveHalfSpreadBps = "effective_half_spread_bps"
        case predictedCostBps = "predicted_cost_bps"
        case marketState = "market_state"
        case decisionPrice = "decision_price"
        case endPrice = "end_price"
        case slippageTwapBps = "slippage_twap_bps"
        case shortfall = "implementation_shortfall"
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
        try container.encode(decisionPrice, forKey: .decisionPrice)
        try container.encode(arrivalPrice, forKey: .arrivalPrice)
        try container.encode(endPrice, forKey: .endPrice)
        try container.encode(slippageArrivalBps, forKey: .slippageArrivalBps)
        try container.encode(slippageVwapBps, forKey: .slippageVwapBps)
        try container.encode(slippageTwapBps, forKey: .slippageTwapBps)
        try container.encode(slippageCloseBps, forKey: .slippageCloseBps)
        try container.encode(closePrice, forKey: .closePrice)
        try container.encode(predictedCostBps, forKey: .predictedCostBps)
        try container.encode(effectiveHalfSpreadBps, forKey: .effectiveHalfSpreadBps)
        try container.encode(markOuts, forKey: .markOuts)
        try container.encode(shortfall, forKey: .shortfall)
        try container.encode(quality, forKey: .quality)
        try container.encode(targets, forKey: .targets)
        try container.encode(fillRate, forKey: .fillRate)
        try container.encode(participation, forKey: .participation)
        try container.encode(durationSeconds, forKey: .durationSeconds)
        try container.encode(marketState, forKey: .marketState)
        try container.encode(flags ?? [], forKey: .flags)
        try container.encode(notional, forKey: .notional)
        try container.encode(commission, forKey: .commission)
        try container.encode(children, forKey: .children)
        try container.encode(parentOrder, forKey: .parentOrder)
        try container.encode(decision, forKey: .decision)
        try container.encode(duplicate ?? false, forKey: .duplicate)
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
    /// What became of a rebalance; absent in runs of other workflows.
    public var rebalance: RebalanceReport?

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
        case run, workflow, status, account, market, items, summary, message, rebalance
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
    /// Sum of the implementation shortfalls that are known.
    public var totalShortfall: FixedDecimal?
    /// That sum in basis points of its paper notional.
    public var shortfallBps: Double?
    /// How many targets of all executions came out so; absent in reports from before they were kept.
    public var targetsMet: Int?
    public var targetsAsExpected: Int?
    public var targetsMissed: Int?

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
        let costs = executed.compactMap(\.shortfall)
        if !costs.isEmpty {
            let total = costs.reduce(FixedDecimal.zero) { $0 + $1.total.amount }
            let paper = costs.reduce(FixedDecimal.zero) { $0 + $1.paperNotional }
            totalShortfall = total
            shortfallBps = paper > .zero ? total.approximate / paper.approximate * 10_000 : nil
        }
        let verdicts = executed.flatMap { $0.targets ?? [] }.compactMap(\.verdict)
        func count(_ verdict: TargetVerdict) -> Int { verdicts.count { $0 == verdict } }
        targetsMet = count(.met)
        targetsAsExpected = count(.asExpected)
        targetsMissed = count(.missed)
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
        case totalShortfall = "total_shortfall"
        case shortfallBps = "shortfall_bps"
        case targetsMet = "targets_met"
        case targetsAsExpected = "targets_as_expected"
        case targetsMissed = "targets_missed"
    }
}
