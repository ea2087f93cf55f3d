public import TradingDomain

/// How large an order is against the volume of a minute.
public enum SizeBucket: String, Codable, Hashable, Sendable, CaseIterable, Comparable {
    /// Under a tenth of a minute's volume.
    case small
    /// A tenth to half of it.
    case medium
    /// Half a minute's volume to five minutes'.
    case large
    /// More.
    case huge

    /// The bucket of an order of so many minutes of volume.
    public init(sizeToMinuteVolume size: Double) {
        self = size < 0.1 ? .small : size <= 0.5 ? .medium : size <= 5 ? .large : .huge
    }

    public static func < (left: SizeBucket, right: SizeBucket) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .small: 0
        case .medium: 1
        case .large: 2
        case .huge: 3
        }
    }
}

/// What one finished parent order came to, as learning sees it.
public struct ExecutionSample: Codable, Hashable, Sendable {
    public var algorithm: AlgorithmName
    /// State of the market when it was routed.
    public var marketState: String
    public var bucket: SizeBucket
    /// Filled over ordered, 0 to 1.
    public var fillRate: Double
    /// Of the fills against the arrival price in basis points, positive where it cost; zero where nothing filled.
    public var slippageBps: Double
    /// Shortfall of the whole order in basis points of its value at arrival: slippage and fees of what filled, the
    /// market's move for what did not.
    public var costBps: Double
    public var endedAt: Timestamp

    public init(
        algorithm: AlgorithmName,
        marketState: String,
        bucket: SizeBucket,
        fillRate: Double,
        slippageBps: Double,
        costBps: Double,
        endedAt: Timestamp
    ) {
        self.algorithm = algorithm
        self.marketState = marketState
        self.bucket = bucket
        self.fillRate = fillRate
        self.slippageBps = slippageBps
        self.costBps = costBps
        self.endedAt = endedAt
    }

    /// A sample from a parent's prices, which are greater than zero; without any trade `average` is `nil`.
    ///
    /// `end`, the market's price when the order ended, values what did not fill; `nil` counts as the arrival price. Fees are
    /// of the value that filled.
    ///
    /// - Returns: `nil` where the prices make no sample: an arrival of zero or less.
    public static func make(
        algorithm: AlgorithmName,
        marketState: String,
        bucket: SizeBucket,
        side: Side,
        fillRate: Double,
        arrival: Double,
        average: Double?,
        end: Double?,
        feesBps: Double,
        endedAt: Timestamp
    ) -> ExecutionSample? {
        guard arrival > 0, arrival.isFinite, (0...1).contains(fillRate) else { return nil }
        func move(_ level: Double) -> Double { Double(side.sign) * (level - arrival) / arrival * 10_000 }
        let slippage = average.map(move) ?? 0
        let missed = (1 - fillRate) * (end.map(move) ?? 0)
        let cost = fillRate * (slippage + feesBps) + missed
        guard slippage.isFinite, cost.isFinite else { return nil }
        return ExecutionSample(
            algorithm: algorithm,
            marketState: marketState,
            bucket: bucket,
            fillRate: fillRate,
            slippageBps: slippage,
            costBps: cost,
            endedAt: endedAt
        )
    }
}

/// What was learned of each algorithm, by market state and size (RO-3).
public struct LearnedRoutes: Codable, Hashable, Sendable {
    /// One algorithm in one market state and size.
    public struct Cell: Codable, Hashable, Sendable {
        public let marketState: String
        public let bucket: SizeBucket
        public let algorithm: AlgorithmName
        public let samples: Int
        /// Means over the samples.
        public let fillRate: Double
        public let slippageBps: Double
        public let costBps: Double

        public init(
            marketState: String,
            bucket: SizeBucket,
            algorithm: AlgorithmName,
            samples: Int,
            fillRate: Double,
            slippageBps: Double,
            costBps: Double
        ) {
            self.marketState = marketState
            self.bucket = bucket
            self.algorithm = algorithm
            self.samples = samples
            self.fillRate = fillRate
            self.slippageBps = slippageBps
            self.costBps = costBps
        }
    }

    /// How long they serve, in business time.
    public static let validity = Duration.seconds(24 * 3600)
    /// Newest samples that they are learned from: about a year of a busy account.
    public static let samplesMax = 10_000

    /// In business time.
    public let learnedAt: Timestamp
    /// By market state, size and algorithm.
    public let cells: [Cell]

    public init(learnedAt: Timestamp, cells: [Cell]) {
        self.learnedAt = learnedAt
        self.cells = cells
    }

    /// Learns from samples that had ended by `now`; later ones are never looked at.
    public init(from samples: [ExecutionSample], at now: Timestamp) {
        struct Key: Hashable {
            let state: String
            let bucket: SizeBucket
            let algorithm: AlgorithmName
        }
        var groups: [Key: [ExecutionSample]] = [:]
        for sample in samples where sample.endedAt <= now {
            let key = Key(state: sample.marketState, bucket: sample.bucket, algorithm: sample.algorithm)
            groups[key, default: []].append(sample)
        }
        learnedAt = now
        cells = groups.map { key, samples in
            let count = Double(samples.count)
            return Cell(
                marketState: key.state,
                bucket: key.bucket,
                algorithm: key.algorithm,
                samples: samples.count,
                fillRate: samples.reduce(0) { $0 + $1.fillRate } / count,
                slippageBps: samples.reduce(0) { $0 + $1.slippageBps } / count,
                costBps: samples.reduce(0) { $0 + $1.costBps } / count
            )
        }.sorted { ($0.marketState, $0.bucket, $0.algorithm) < ($1.marketState, $1.bucket, $1.algorithm) }
    }

    /// Whether they are to be learned anew.
    public func isOld(at now: Timestamp) -> Bool { now - learnedAt >= Self.validity }

    public func cell(_ state: String, _ bucket: SizeBucket, _ algorithm: AlgorithmName) -> Cell? {
        cells.first { $0.marketState == state && $0.bucket == bucket && $0.algorithm == algorithm }
    }
}

/// Where past executions and what was learned of them are kept.
public protocol RoutingHistory: Sendable {
    /// The newest finished parents of an account that ended by `now`, at most ``LearnedRoutes/samplesMax``, oldest first.
    func samples(of account: AccountID, until now: Timestamp) async throws -> [ExecutionSample]

    /// What was learned last; `nil` before the first time.
    func learned(of account: AccountID) async throws -> LearnedRoutes?

    /// Keeps what was learned, while the lease is held.
    ///
    /// - Throws: ``JournalError/fenced(_:)`` when it was lost; nothing was stored then.
    func save(_ routes: LearnedRoutes, _ lease: EngineLease) async throws
}
