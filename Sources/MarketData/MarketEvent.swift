public import TradingDomain

/// The best bid and ask of one instrument.
public struct Quote: Hashable, Sendable {
    public let symbol: Symbol
    public let at: Timestamp
    public let bid: Price
    public let bidSize: Quantity
    public let ask: Price
    public let askSize: Quantity

    public init(symbol: Symbol, at: Timestamp, bid: Price, bidSize: Quantity, ask: Price, askSize: Quantity) {
        self.symbol = symbol
        self.at = at
        self.bid = bid
        self.bidSize = bidSize
        self.ask = ask
        self.askSize = askSize
    }

    public var mid: Price { Price.mid(bid, ask) }

    /// Both sides are there and bid is below ask; a locked book (equal) is not crossed.
    public var isUsable: Bool { bid.units > 0 && ask.units > 0 && bid <= ask }
}

/// One trade of the market.
public struct Trade: Hashable, Sendable {
    public let symbol: Symbol
    public let at: Timestamp
    public let price: Price
    public let size: Quantity
    /// The taker's side, where the venue tells.
    public let aggressor: Side?

    public init(symbol: Symbol, at: Timestamp, price: Price, size: Quantity, aggressor: Side? = nil) {
        self.symbol = symbol
        self.at = at
        self.price = price
        self.size = size
        self.aggressor = aggressor
    }
}

/// Trades of one instrument from `start` up to but not including `end`.
public struct Bar: Hashable, Sendable, Codable {
    public let symbol: Symbol
    public let start: Timestamp
    public let end: Timestamp
    public let open: Price
    public let high: Price
    public let low: Price
    public let close: Price
    public let volume: Quantity
    /// Sum of price × volume where the source gives it; else estimated from the typical price.
    public let turnover: FixedDecimal

    public init(
        symbol: Symbol,
        start: Timestamp,
        end: Timestamp,
        open: Price,
        high: Price,
        low: Price,
        close: Price,
        volume: Quantity,
        turnover: FixedDecimal? = nil
    ) {
        self.symbol = symbol
        self.start = start
        self.end = end
        self.open = open
        self.high = high
        self.low = low
        self.close = close
        self.volume = volume
        let typical = (Int128(high.units) + Int128(low.units) + Int128(close.units)) / 3
        self.turnover = turnover ?? FixedDecimal(units: typical) * FixedDecimal(units: Int128(volume.units))
    }
}

/// The best levels of one instrument's book at one moment.
public struct BookDepth: Hashable, Sendable {
    public let symbol: Symbol
    public let at: Timestamp
    public let levels: BookLevels

    public init(symbol: Symbol, at: Timestamp, levels: BookLevels) {
        self.symbol = symbol
        self.at = at
        self.levels = levels
    }
}

/// Something the market did, at the moment it can be known: a bar is known at its end, not before.
public enum MarketEvent: Hashable, Sendable {
    case quote(Quote)
    case trade(Trade)
    case bar(Bar)
    /// The book's best levels; the best bid and ask come as quotes of their own.
    case depth(BookDepth)

    public var symbol: Symbol {
        switch self {
        case .quote(let quote): quote.symbol
        case .trade(let trade): trade.symbol
        case .bar(let bar): bar.symbol
        case .depth(let depth): depth.symbol
        }
    }

    public var at: Timestamp {
        switch self {
        case .quote(let quote): quote.at
        case .trade(let trade): trade.at
        case .bar(let bar): bar.end
        case .depth(let depth): depth.at
        }
    }
}
