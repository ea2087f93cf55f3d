public import TradingDomain

/// Several tapes as one.
public struct JoinedTape: MarketTape {
    private var tapes: [any MarketTape]

    public init(_ tapes: [any MarketTape]) { self.tapes = tapes }

    public var symbols: [Symbol] { tapes.flatMap(\.symbols) }

    public mutating func opening(at now: Timestamp) throws -> [VenueMarketEvent] {
        var events: [VenueMarketEvent] = []
        for index in tapes.indices { events += try tapes[index].opening(at: now) }
        return events
    }

    public mutating func events(to now: Timestamp) throws -> [(at: Timestamp, event: VenueMarketEvent)] {
        var events: [(at: Timestamp, event: VenueMarketEvent)] = []
        for index in tapes.indices { events += try tapes[index].events(to: now) }
        // Stable, so that what one tape tells keeps its order.
        return events.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
    }
}
