public import ExecutionEngine
public import MarketData
import Synchronization
public import TradingDomain

/// A living venue's instruments and past, for whoever reads market data as from a file.
///
/// Only what was fetched with `load` is there; what flows now comes by the venue's streams.
public final class VenueHistory: MarketSource {
    public let title: String
    public let fingerprint: String
    public let instruments: [Instrument]
    private let past = Mutex<[Symbol: [Bar]]>([:])
    private let venue: any LiveVenue

    public init(_ venue: any LiveVenue) {
        self.venue = venue
        title = venue.title
        fingerprint = venue.fingerprint
        instruments = venue.instruments
    }

    /// Fetches the bars of a time, in place of what was there of the symbol.
    ///
    /// - Throws: The venue's errors.
    func load(_ symbol: Symbol, from: Timestamp, to: Timestamp) async throws {
        let bars = try await venue.bars(of: symbol, from: from, to: to)
        past.withLock { $0[symbol] = bars }
    }

    public func bars(_ symbol: Symbol, from: Timestamp, to: Timestamp) -> [Bar] {
        let all = past.withLock { $0[symbol] ?? [] }
        return all.filter { $0.end > from && $0.end <= to }
    }

    public func events(_ symbol: Symbol, from: Timestamp, to: Timestamp) -> any MarketEventIterator {
        Past(bars: bars(symbol, from: from, to: to)[...])
    }

    private struct Past: MarketEventIterator {
        var bars: ArraySlice<Bar>

        mutating func next() -> MarketEvent? { bars.popFirst().map(MarketEvent.bar) }
    }
}
