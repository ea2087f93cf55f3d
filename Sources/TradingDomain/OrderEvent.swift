/// What happened to a parent order or to one of its children: a line of its journal.
///
/// Folding a parent's events in order gives the state of its session exactly.
public enum OrderEvent: Codable, Hashable, Sendable {
    case parent(ParentEvent)
    case child(ClientOrderID, ChildEvent)
}

/// A step in a parent order's life.
public enum ParentEvent: Codable, Hashable, Sendable {
    /// Passed admission; the algorithm that will work it, its plan in words and the estimate behind the choice.
    case admitted(RoutingVerdict)
    case refused(code: String, message: String)
    case started(arrival: ArrivalSnapshot)
    case paused(reason: String)
    case resumed(reason: String)
    case cancelRequested(reason: String)
    /// Accepted, and waits until cancels have brought what is filled and open down to the new quantity.
    case amendRequested(ParentAmendment)
    /// In force from here on.
    case amended(ParentAmendment)
    case amendRefused(code: String, message: String)
    /// An intent that was not accepted: nothing was sent.
    case intentRefused(code: String, message: String)
    case finished(state: ParentState, reason: String)
}

/// A step in a child order's life.
public enum ChildEvent: Codable, Hashable, Sendable {
    /// The intent was committed; `seen` is the market the algorithm looked at.
    case intended(ChildOrder, seen: MarketSeen?)
    case acknowledged(BrokerOrderID, at: Timestamp)
    case filled(Fill)
    case rejected(code: String, message: String)
    /// `reason` is absent when its algorithm or the end of its parent asked for it.
    case cancelRequested(reason: String? = nil)
    case cancelRefused(code: String, message: String)
    /// `executed` is the venue's cumulative executed quantity at the end.
    case cancelled(executed: Quantity)
    case expired(executed: Quantity)
    case notPlaced(reason: String)
    case unknown(reason: String)
    /// Took the place of the order it replaces, which had executed so much then; absent when only its trades prove it.
    case replaced(executed: Quantity?, BrokerOrderID?, at: Timestamp)
    /// An operator settled what no report does: `executed` is what was traded under this id in all.
    case resolved(executed: Quantity, reason: String)
}

/// The market at the moment a parent started.
public struct ArrivalSnapshot: Codable, Hashable, Sendable {
    /// Mid of the book, or the last trade where there is no book.
    public var price: Price
    public var at: Timestamp
    /// Volume traded in the session so far, for the interval's VWAP.
    public var cumulativeVolume: Quantity
    /// Turnover of the session so far: the sum of price × volume.
    public var cumulativeTurnover: FixedDecimal

    public init(price: Price, at: Timestamp, cumulativeVolume: Quantity, cumulativeTurnover: FixedDecimal) {
        self.price = price
        self.at = at
        self.cumulativeVolume = cumulativeVolume
        self.cumulativeTurnover = cumulativeTurnover
    }
}

/// What an author changes about a parent order that is being worked; absent stays as it is.
public struct ParentAmendment: Codable, Hashable, Sendable {
    /// The new total, in whole lots; not below what is filled.
    public var quantity: Quantity?
    public var limitPrice: Price?
    /// When the order ends, not after its session's close.
    public var endTime: Timestamp?

    public init(quantity: Quantity? = nil, limitPrice: Price? = nil, endTime: Timestamp? = nil) {
        self.quantity = quantity
        self.limitPrice = limitPrice
        self.endTime = endTime
    }
}

/// What an operator found out about a child whose outcome no report proves.
public struct ChildResolution: Codable, Hashable, Sendable {
    public let child: ClientOrderID
    /// Traded under its id in all, zero when it was never placed.
    public let executed: Quantity
    /// Average price of what was traded and not reported; `nil` when nothing was.
    public let price: Price?

    public init(child: ClientOrderID, executed: Quantity, price: Price?) {
        self.child = child
        self.executed = executed
        self.price = price
    }
}

/// What an algorithm saw of the market when it asked for a child.
public struct MarketSeen: Codable, Hashable, Sendable {
    public var bid: Price?
    public var ask: Price?
    public var last: Price?
    public var at: Timestamp
    /// Size shown at the best bid; absent where the source tells none.
    public var bidSize: Quantity?
    public var askSize: Quantity?
    /// What the market has traded in this session so far; absent before the first trade.
    public var volume: Quantity?
    /// What the best five bid levels hold together; absent where the source shows no depth.
    public var bidLiquidity: Quantity?
    public var askLiquidity: Quantity?

    public init(
        bid: Price?,
        ask: Price?,
        last: Price?,
        at: Timestamp,
        bidSize: Quantity? = nil,
        askSize: Quantity? = nil,
        volume: Quantity? = nil,
        bidLiquidity: Quantity? = nil,
        askLiquidity: Quantity? = nil
    ) {
        self.bid = bid
        self.ask = ask
        self.last = last
        self.at = at
        self.bidSize = bidSize
        self.askSize = askSize
        self.volume = volume
        self.bidLiquidity = bidLiquidity
        self.askLiquidity = askLiquidity
    }

    /// The best price that an order on `side` would meet: the ask for a buy.
    public func touch(for side: Side) -> Price? { side == .buy ? ask : bid }

    /// Size shown at that price.
    public func touchSize(for side: Side) -> Quantity? { side == .buy ? askSize : bidSize }

    /// Where an order on `side` would rest without crossing: the bid for a buy.
    public func near(for side: Side) -> Price? { side == .buy ? bid : ask }

    /// Spread in basis points of the middle; absent without a usable book.
    public var spreadBps: Double? {
        guard let bid, let ask, ask >= bid, bid.units > 0 else { return nil }
        return Double((ask - bid).units) / (Double(ask.units + bid.units) / 2) * 10_000
    }
}

/// What one way of executing an order is expected to cost.
public struct CandidateCost: Codable, Hashable, Sendable {
    public var algorithm: AlgorithmName
    /// Expected slippage against arrival, in basis points; positive costs.
    public var costBps: Double
    /// Why it was not taken, or that it was.
    public var note: String

    public init(algorithm: AlgorithmName, costBps: Double, note: String) {
        self.algorithm = algorithm
        self.costBps = costBps
        self.note = note
    }
}

/// Why an algorithm was chosen, and what it is expected to cost.
public struct RoutingVerdict: Codable, Hashable, Sendable {
    public var algorithm: AlgorithmName
    /// The rule that chose, such as `urgency HIGH` or `chosen by the workflow`.
    public var rule: String
    /// The plan in words: `5 slices, avg 20 per slice, over 5 min`.
    public var plan: String
    public var slices: Int
    public var start: Timestamp
    public var end: Timestamp
    /// SE-3 estimate in basis points, capped.
    public var estimatedImpactBps: Double
    /// Range of slippage that is expected of the algorithm, in basis points.
    public var expectedBps: [Double]
    public var warning: String?
    /// Cost that is predicted of the chosen algorithm, in basis points of the arrival price.
    public var predictedCostBps: Double?
    /// That cost by its parts; absent where it could not be predicted, and in rows from before it was kept.
    public var predicted: PredictedCost?
    /// Predicted cost of each algorithm that was compared, the chosen one included.
    public var candidates: [CandidateCost]?
    /// State of the market when the order was routed, such as `normal`.
    public var marketState: String?
    /// What the choice was made from; absent in rows from before it was kept.
    public var inputs: RoutingInputs?

    public init(
        algorithm: AlgorithmName,
        rule: String,
        plan: String,
        slices: Int,
        start: Timestamp,
        end: Timestamp,
        estimatedImpactBps: Double,
        expectedBps: [Double],
        warning: String? = nil,
        predictedCostBps: Double? = nil,
        candidates: [CandidateCost]? = nil,
        marketState: String? = nil,
        inputs: RoutingInputs? = nil
    ) {
        self.algorithm = algorithm
        self.rule = rule
        self.plan = plan
        self.slices = slices
        self.start = start
        self.end = end
        self.estimatedImpactBps = estimatedImpactBps
        self.expectedBps = expectedBps
        self.warning = warning
        self.predictedCostBps = predictedCostBps
        self.candidates = candidates
        self.marketState = marketState
        self.inputs = inputs
    }
}

/// An event with its place in the parent's journal.
public struct JournaledEvent: Codable, Hashable, Sendable {
    public let parent: ParentOrderID
    /// Ascending per parent, from 1; an intent that was refused leaves a gap.
    public let sequence: Int
    /// Business time.
    public let at: Timestamp
    public let event: OrderEvent

    public init(parent: ParentOrderID, sequence: Int, at: Timestamp, event: OrderEvent) {
        self.parent = parent
        self.sequence = sequence
        self.at = at
        self.event = event
    }
}
