public import TradingDomain

/// Where market data comes from: files, a generator, later a venue.
///
/// Reading the same range twice gives the same events. Nothing is given out before it could be known (I9): a bar
/// belongs to a range when its *end* does.
public protocol MarketSource: Sendable {
    /// What heads the output of a run, such as `GENERATED MARKET (seed 7)` or `REPLAY equity-minute`.
    var title: String { get }
    /// Names the data for account namespaces and seeds: equal for equal data, `[a-z0-9-]`, short.
    var fingerprint: String { get }
    /// Every instrument of the source, by symbol.
    var instruments: [Instrument] { get }
    /// Trade bars of one minute (or the source's finest) with `from < end <= to`, oldest first.
    ///
    /// - Throws: A ``MarketDataError`` naming file and line when the source cannot be read.
    func bars(_ symbol: Symbol, from: Timestamp, to: Timestamp) throws -> [Bar]
    /// Events with `from < at <= to`, in time order.
    ///
    /// - Throws: A ``MarketDataError`` when the source cannot be opened; while iterating, the iterator's `next` throws.
    func events(_ symbol: Symbol, from: Timestamp, to: Timestamp) throws -> any MarketEventIterator
}

/// A stream of one source's events in time order.
public protocol MarketEventIterator {
    mutating func next() throws -> MarketEvent?
}
