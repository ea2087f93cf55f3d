public import TradingDomain

/// What is known of one instrument's market right now.
public struct MarketView: Hashable, Sendable {
    public internal(set) var quote: Quote?
    public internal(set) var last: Price?
    public internal(set) var lastAt: Timestamp?
    /// Volume since the board was made: of trades where they are seen, else of bars.
    public internal(set) var cumulativeVolume = Quantity.zero
    /// Sum of price × volume since the board was made.
    public internal(set) var cumulativeTurnover = FixedDecimal.zero
    /// Trades tell the volume; bars of the same instrument then count nothing.
    var hasTrades = false

    public init() {}

    /// The middle of the book, or the last trade where there is no usable book.
    public var mid: Price? {
        if let quote, quote.isUsable { return quote.mid }
        return last
    }

    /// When ``mid`` was last confirmed.
    public var pricedAt: Timestamp? {
        if let quote, quote.isUsable { return max(quote.at, lastAt ?? quote.at) }
        return lastAt
    }

    /// Spread in basis points of the middle; absent without a usable book.
    public var spreadBps: Double? {
        guard let quote, quote.isUsable, quote.mid.units > 0 else { return nil }
        return Double((quote.ask - quote.bid).units) / Double(quote.mid.units) * 10_000
    }
}

/// The latest state of every instrument that a session has seen.
///
/// A pure fold of market events, so a replay to the same point gives the same board. Make one per session: volume
/// counts from its beginning.
public struct MarketBoard: Sendable {
    private var views: [Symbol: MarketView] = [:]

    public init() {}

    public func view(_ symbol: Symbol) -> MarketView? { views[symbol] }

    public mutating func apply(_ event: MarketEvent) {
        switch event {
        case .quote(let quote):
            views[quote.symbol, default: MarketView()].quote = quote
        case .trade(let trade):
            var view = views[trade.symbol] ?? MarketView()
            if !view.hasTrades {
                view.hasTrades = true
                view.cumulativeVolume = .zero
                view.cumulativeTurnover = .zero
            }
            view.last = trade.price
            view.lastAt = trade.at
            view.cumulativeVolume = view.cumulativeVolume.addingClamped(trade.size)
            view.cumulativeTurnover =
                view.cumulativeTurnover + FixedDecimal(units: Int128(trade.price.units))
                * FixedDecimal(units: Int128(trade.size.units))
            views[trade.symbol] = view
        case .bar(let bar):
            var view = views[bar.symbol] ?? MarketView()
            view.last = bar.close
            view.lastAt = bar.end
            if !view.hasTrades {
                view.cumulativeVolume = view.cumulativeVolume.addingClamped(bar.volume)
                view.cumulativeTurnover = view.cumulativeTurnover + bar.turnover
            }
            views[bar.symbol] = view
        }
    }
}
