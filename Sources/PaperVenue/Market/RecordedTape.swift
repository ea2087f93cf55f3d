public import MarketData
public import TradingDomain

/// A recorded market, told again as if it began now, and from its beginning whenever it ends.
///
/// Depth becomes the background book, trades become trades; the mark price follows the book's middle.
public struct RecordedTape: MarketTape {
    /// One instrument of the files under a name of the venue.
    public struct Track: Sendable {
        public let symbol: VenueSymbol
        public let recorded: Symbol

        public init(symbol: VenueSymbol, recorded: Symbol) {
            self.symbol = symbol
            self.recorded = recorded
        }
    }

    private struct Moment {
        let at: Int64
        let event: MarketEvent
        let track: Int
    }

    /// Moments kept in memory; a recording of a busy quarter of an hour has fewer.
    private static let momentsMax = 2_000_000
    /// How long a venue that slept is told the past for.
    private static let longestGap: Int64 = 2_000_000_000

    private let tracks: [Track]
    private let moments: [Moment]
    /// Nanoseconds from the recording's start to its end.
    private let length: Int64
    private var next = 0
    private var round: Int64 = 0
    private var began: Timestamp?

    public var symbols: [Symbol] { tracks.map(\.symbol.name) }

    /// Reads the recording of every track.
    ///
    /// - Throws: `no_market_data` when there is no book; what is wrong with a file.
    public init(_ market: any MarketSource, tracks: [Track]) throws {
        let (start, end) = (Timestamp(nanoseconds: 0), Timestamp(nanoseconds: .max))
        var moments: [Moment] = []
        for (index, track) in tracks.enumerated() {
            var events = try market.events(track.recorded, from: start, to: end)
            while let event = try events.next(), moments.count < Self.momentsMax {
                switch event {
                case .depth, .trade: moments.append(Moment(at: event.at.nanoseconds, event: event, track: index))
                case .quote, .bar: continue
                }
            }
        }
        moments.sort { ($0.at, $0.track) < ($1.at, $1.track) }
        let firstBook = moments.first { if case .depth = $0.event { true } else { false } }
        guard let firstBook, let last = moments.last, last.at > firstBook.at else {
            let names = tracks.map(\.recorded.text).joined(separator: ", ")
            throw MarketDataError(
                code: "no_market_data",
                message: "\(market.title) has no book of \(names); give a file with depth, such "
                    + "as …_book10_100ms.csv.gz or …_depth.csv.gz"
            )
        }
        self.tracks = tracks
        let zero = firstBook.at
        self.moments = moments.filter { $0.at >= zero }.map {
            Moment(at: $0.at - zero, event: $0.event, track: $0.track)
        }
        length = last.at - zero + 1_000_000_000
    }

    public mutating func opening(at now: Timestamp) -> [VenueMarketEvent] {
        began = now
        var opened: Set<Int> = []
        var events: [VenueMarketEvent] = []
        for moment in moments where opened.count < tracks.count {
            guard case .depth = moment.event, opened.insert(moment.track).inserted else { continue }
            events += told(moment)
        }
        return events
    }

    public mutating func events(to now: Timestamp) -> [(at: Timestamp, event: VenueMarketEvent)] {
        guard let began else { return [] }
        let elapsed = (now - began).nanoseconds
        var events: [(at: Timestamp, event: VenueMarketEvent)] = []
        while true {
            if next == moments.count { (next, round) = (0, round + 1) }
            let due = moments[next].at + round * length
            guard due <= elapsed else { return events }
            if elapsed - due <= Self.longestGap {
                let at = Timestamp(nanoseconds: began.nanoseconds + due)
                events += told(moments[next]).map { (at, $0) }
            }
            next += 1
        }
    }

    private func told(_ moment: Moment) -> [VenueMarketEvent] {
        let symbol = tracks[moment.track].symbol
        switch moment.event {
        case .depth(let depth):
            let bids = depth.levels.bids.map { ($0.price, $0.size) }
            let asks = depth.levels.asks.map { ($0.price, $0.size) }
            guard let bid = bids.first?.0, let ask = asks.first?.0 else { return [] }
            return [.mark(symbol.name, Price.mid(bid, ask)), .book(symbol.name, bids: bids, asks: asks)]
        case .trade(let trade):
            return [
                .trade(
                    symbol.name,
                    price: trade.price,
                    quantity: trade.size,
                    buyerIsMaker: trade.aggressor == .sell
                )
            ]
        case .quote, .bar: return []
        }
    }
}
