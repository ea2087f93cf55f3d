public import TradingDomain

/// What the market did around an execution, in a few buckets of equal length: enough for a chart, small enough to keep.
public struct MarketTape: Codable, Hashable, Sendable {
    /// What happened after the bucket before it, up to and including ``end``.
    public struct Bucket: Codable, Hashable, Sendable {
        public var end: Timestamp
        public var volume: Quantity
        /// Sum of price × volume.
        public var turnover: FixedDecimal
        /// The last trade or close of the bucket; absent when nothing traded.
        public var last: Price?
        /// The book as the bucket ended, where the market shows one.
        public var bid: Price?
        public var ask: Price?

        public init(
            end: Timestamp,
            volume: Quantity,
            turnover: FixedDecimal,
            last: Price? = nil,
            bid: Price? = nil,
            ask: Price? = nil
        ) {
            self.end = end
            self.volume = volume
            self.turnover = turnover
            self.last = last
            self.bid = bid
            self.ask = ask
        }

        /// The middle of the book, else the last trade.
        public var price: Price? {
            if let bid, let ask, bid > .zero, bid <= ask { return Price.mid(bid, ask) }
            return last
        }
    }

    public let start: Timestamp
    public let bucketSeconds: Int
    public let buckets: [Bucket]
    /// From arrival to the end.
    public let interval: IntervalBenchmarks

    public init(start: Timestamp, bucketSeconds: Int, buckets: [Bucket], interval: IntervalBenchmarks) {
        self.start = start
        self.bucketSeconds = bucketSeconds
        self.buckets = buckets
        self.interval = interval
    }

    private enum CodingKeys: String, CodingKey {
        case start, buckets, interval
        case bucketSeconds = "bucket_seconds"
    }
}
