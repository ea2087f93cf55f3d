public import TradingDomain

/// What the world around the accounts does, as time goes by.
public protocol MarketTape: Sendable {
    /// The instruments whose market it tells, by the venue's names.
    var symbols: [Symbol] { get }
    /// What stands before the venue opens: candles of the past and a book to trade against.
    mutating func opening(at now: Timestamp) throws -> [VenueMarketEvent]
    /// What happened after the last call up to `now`, oldest first.
    ///
    /// A venue that could not ask for a while is not told everything: at most the latest moments.
    mutating func events(to now: Timestamp) throws -> [(at: Timestamp, event: VenueMarketEvent)]
}
