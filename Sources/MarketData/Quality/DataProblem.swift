public import TradingDomain

/// What is wrong with an event of a feed (MD-4).
public enum DataProblemKind: String, Codable, Hashable, Sendable, CaseIterable {
    /// A price of zero or less; rejected.
    case priceNotPositive = "price_not_positive"
    /// A price more than a tenth off the mean of the last twenty; rejected.
    case priceOffMean = "price_off_mean"
    /// Bid above ask; flagged, and no price is made from it.
    case crossed
    /// Older than what is known already; flagged. A late quote or book is withheld, a late trade counts.
    case outOfOrder = "out_of_order"
    /// Told long after it happened; flagged.
    case stale
    /// A jump that was rejected at first and then confirmed by what followed; flagged.
    case jumpConfirmed = "jump_confirmed"

    /// Whether the event is kept from everybody.
    public var isRejection: Bool { self == .priceNotPositive || self == .priceOffMean }
}

/// One event with something wrong about it.
public struct DataProblem: Hashable, Sendable, Codable, CustomStringConvertible {
    public let kind: DataProblemKind
    public let symbol: Symbol
    public let at: Timestamp
    /// The price in question; absent where it is not about one.
    public let price: Price?
    /// The mean of the last prices that it was compared with.
    public let mean: Price?

    init(_ kind: DataProblemKind, _ event: MarketEvent, price: Price? = nil, mean: Price? = nil) {
        self.kind = kind
        symbol = event.symbol
        at = event.at
        self.price = price
        self.mean = mean
    }

    /// What happened, with its values, and what to do.
    public var description: String {
        let price = price.map { "\($0)" } ?? "-"
        return switch kind {
        case .priceNotPositive:
            "\(symbol) at \(at): a price of \(price) was left out. Check the feed; an empty side of a book is no price."
        case .priceOffMean:
            "\(symbol) at \(at): a price of \(price) was left out, more than 10 % off \(mean.map { "\($0)" } ?? "-"), the mean of "
                + "the last ones. If the market has jumped, the next seconds will confirm it; else check the feed."
        case .crossed:
            "\(symbol) at \(at): bid above ask. The book prices nothing until it is right again."
        case .outOfOrder:
            "\(symbol) at \(at): older than what was known already. Sort the data by time, or check the feed's clocks."
        case .stale:
            "\(symbol) at \(at): told long after it happened. Check the connection before trading on it."
        case .jumpConfirmed:
            "\(symbol) at \(at): the jump to \(price) was confirmed and is taken as real. Look at open orders."
        }
    }
}

/// What a gate has seen of one instrument.
public struct DataQuality: Hashable, Sendable, Codable {
    /// Events that were let through, flagged ones too.
    public internal(set) var accepted = 0
    /// Events that were kept from everybody: rejected ones and late quotes.
    public internal(set) var withheld = 0
    /// By kind; kinds that did not occur are left out.
    public internal(set) var problems: [String: Int] = [:]
    public internal(set) var last: DataProblem?

    public init() {}
}
