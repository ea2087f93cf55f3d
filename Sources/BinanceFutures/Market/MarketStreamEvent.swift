import Foundation
import MarketData
import TradingDomain

/// What a market stream tells, decoded; kinds that we do not follow are left out.
enum MarketStreamEvent: Hashable, Sendable {
    case quote(Quote)
    case trade(Trade)
    case depth(Symbol, at: Timestamp, DepthMessage)
    case mark(Symbol, Price)
    /// An answer to a request, or an event of a kind that we do not follow.
    case ignored
    /// The venue refused a request, such as a subscription.
    case refused(VenueMessage)
}

extension MarketStreamEvent: Decodable {
    private enum CodingKeys: String, CodingKey {
        case kind = "e"
        case data
        case code
        case symbol = "s"
        case at = "T"
        case price = "p"
        case quantity = "q"
        case isBuyerMaker = "m"
        case bidOrBids = "b"
        case bidSize = "B"
        case askOrAsks = "a"
        case askSize = "A"
        case firstID = "U"
        case lastID = "u"
        case previousID = "pu"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        // On a combined address the event is wrapped, with the stream's name beside it.
        if let wrapped = try container.decodeIfPresent(MarketStreamEvent.self, forKey: .data) {
            self = wrapped
            return
        }
        guard let kind = try container.decodeIfPresent(String.self, forKey: .kind) else {
            self = container.contains(.code) ? .refused(try VenueMessage(from: decoder)) : .ignored
            return
        }
        switch kind {
        case "bookTicker": self = .quote(try Self.quote(container))
        case "aggTrade": self = .trade(try Self.trade(container))
        case "depthUpdate": self = try Self.depth(container)
        case "markPriceUpdate":
            self = .mark(
                try container.decode(Symbol.self, forKey: .symbol),
                try container.decode(Price.self, forKey: .price)
            )
        default: self = .ignored
        }
    }

    /// Reads one message of a stream.
    ///
    /// - Throws: `DecodingError` for one that is not what the protocol says.
    init(parsing text: String) throws {
        self = try JSONDecoder().decode(MarketStreamEvent.self, from: Data(text.utf8))
    }

    private static func at(_ container: KeyedDecodingContainer<CodingKeys>) throws -> Timestamp {
        Timestamp(milliseconds: try container.decode(Int64.self, forKey: .at))
    }

    private static func quote(_ container: KeyedDecodingContainer<CodingKeys>) throws -> Quote {
        Quote(
            symbol: try container.decode(Symbol.self, forKey: .symbol),
            at: try at(container),
            bid: try container.decode(Price.self, forKey: .bidOrBids),
            bidSize: try container.decode(Quantity.self, forKey: .bidSize),
            ask: try container.decode(Price.self, forKey: .askOrAsks),
            askSize: try container.decode(Quantity.self, forKey: .askSize)
        )
    }

    private static func trade(_ container: KeyedDecodingContainer<CodingKeys>) throws -> Trade {
        Trade(
            symbol: try container.decode(Symbol.self, forKey: .symbol),
            at: try at(container),
            price: try container.decode(Price.self, forKey: .price),
            size: try container.decode(Quantity.self, forKey: .quantity),
            aggressor: try container.decode(Bool.self, forKey: .isBuyerMaker) ? .sell : .buy
        )
    }

    private static func depth(_ container: KeyedDecodingContainer<CodingKeys>) throws -> MarketStreamEvent {
        let bids = try container.decode([WireLevel].self, forKey: .bidOrBids)
        let asks = try container.decode([WireLevel].self, forKey: .askOrAsks)
        let message = DepthMessage(
            isSnapshot: false,
            firstID: try container.decode(Int64.self, forKey: .firstID),
            lastID: try container.decode(Int64.self, forKey: .lastID),
            previousID: try container.decode(Int64.self, forKey: .previousID),
            changes: bids.map { .init(side: .buy, price: $0.price, size: $0.size) }
                + asks.map { .init(side: .sell, price: $0.price, size: $0.size) }
        )
        return .depth(try container.decode(Symbol.self, forKey: .symbol), at: try at(container), message)
    }
}
