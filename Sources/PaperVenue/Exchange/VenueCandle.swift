public import TradingDomain

/// What traded in a stretch of time.
public struct VenueCandle: Hashable, Sendable {
    /// Milliseconds since 1970; the candle holds what happened from here on, for `span`.
    public var openTime: Int64
    /// Milliseconds.
    public var span: Int64
    public var open: Price
    public var high: Price
    public var low: Price
    public var close: Price
    public var volume = Quantity.zero
    public var quoteVolume = FixedDecimal.zero
    /// Of what takers bought.
    public var takerVolume = Quantity.zero
    public var takerQuoteVolume = FixedDecimal.zero
    public var trades = 0
    public var firstTrade: Int64 = -1
    public var lastTrade: Int64 = -1

    public static let minute: Int64 = 60_000

    /// A candle in which nothing has traded yet.
    public init(openTime: Int64, span: Int64 = VenueCandle.minute, price: Price) {
        self.openTime = openTime
        self.span = span
        open = price
        high = price
        low = price
        close = price
    }

    public var closeTime: Int64 { openTime + span - 1 }

    /// Takes what followed: a trade, or a later and shorter candle.
    mutating func add(_ later: VenueCandle) {
        if trades == 0, later.trades > 0, volume.isZero { (open, high, low) = (later.open, later.high, later.low) }
        high = max(high, later.high)
        low = min(low, later.low)
        close = later.close
        volume += later.volume
        quoteVolume = quoteVolume + later.quoteVolume
        takerVolume += later.takerVolume
        takerQuoteVolume = takerQuoteVolume + later.takerQuoteVolume
        trades += later.trades
        if firstTrade < 0 { firstTrade = later.firstTrade }
        lastTrade = max(lastTrade, later.lastTrade)
    }
}
