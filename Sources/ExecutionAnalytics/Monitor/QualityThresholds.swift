public import TradingDomain

/// When an execution is bad enough that somebody should look (AN-5); targets (SE-4) say how good it should be.
public struct QualityThresholds: Codable, Hashable, Sendable {
    /// Against the benchmark of the algorithm, in basis points: the arrival price, or the interval's VWAP for schedules.
    public var slippageBps: Double
    /// Implementation shortfall in basis points of the paper notional.
    public var shortfallBps: Double
    /// Least share that has to fill, in percent.
    public var fillRatePercent: Double
    /// Most time, in percent of the schedule's length.
    public var timePercent: Double

    public init(
        slippageBps: Double = 25,
        shortfallBps: Double = 100,
        fillRatePercent: Double = 90,
        timePercent: Double = 150
    ) {
        self.slippageBps = slippageBps
        self.shortfallBps = shortfallBps
        self.fillRatePercent = fillRatePercent
        self.timePercent = timePercent
    }

    private enum CodingKeys: String, CodingKey { case slippageBps, shortfallBps, fillRatePercent, timePercent }
}

/// An execution that left a threshold.
public struct QualityAlert: Hashable, Sendable {
    public let kind: QualityTarget.Kind
    public let message: String

    /// Stable name, such as `execution_slippage`; a parent has one alert of each at most.
    public var code: String {
        switch kind {
        case .slippage: "execution_slippage"
        case .shortfall: "execution_shortfall"
        case .fillRate: "execution_fill_rate"
        case .time: "execution_time"
        }
    }
}

/// What monitors need to know of a parent order.
public struct MonitoredOrder: Hashable, Sendable {
    public let id: ParentOrderID
    public let instrument: Instrument
    public let side: Side
    public let ordered: Quantity
    public let algorithm: AlgorithmName
    public let decisionPrice: Price
    public let arrivalPrice: Price
    public let arrivedAt: Timestamp
    /// Length of the schedule; zero for an order at once.
    public let scheduled: Duration

    public init(
        id: ParentOrderID,
        instrument: Instrument,
        side: Side,
        ordered: Quantity,
        algorithm: AlgorithmName,
        decisionPrice: Price,
        arrivalPrice: Price,
        arrivedAt: Timestamp,
        scheduled: Duration
    ) {
        self.id = id
        self.instrument = instrument
        self.side = side
        self.ordered = ordered
        self.algorithm = algorithm
        self.decisionPrice = decisionPrice
        self.arrivalPrice = arrivalPrice
        self.arrivedAt = arrivedAt
        self.scheduled = scheduled
    }

    /// The facts of its execution so far.
    func facts(_ fills: [TradedFill], endPrice: Price?) -> ExecutionFacts {
        ExecutionFacts(
            instrument: instrument,
            side: side,
            ordered: ordered,
            decisionPrice: decisionPrice,
            arrivalPrice: arrivalPrice,
            endPrice: endPrice,
            fills: fills
        )
    }
}
