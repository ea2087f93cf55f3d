public import TradingDomain

/// What is known of one instrument's market right now.
public struct MarketView: Hashable, Sendable {
    public private(set) var quote: Quote?
    /// The book's best levels, where the source tells them.
    public private(set) var depth: BookDepth?
    public private(set) var last: Price?
    public private(set) var lastAt: Timestamp?
    /// Volume since the board was made: of trades where they are seen, else of bars.
    public private(set) var cumulativeVolume = Quantity.zero
    /// Sum of price × volume since the board was made.
    public private(set) var cumulativeTurnover = FixedDecimal.zero
    /// The first price: ``mid`` when it was first known.
    public private(set) var first: Price?
    /// Trades tell the volume; bars of the same instrument then count nothing.
    private(set) var hasTrades = false

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

    mutating func apply(_ event: MarketEvent) {
        switch event {
        case .quote(let quote):
            self.quote = quote
        case .depth(let depth):
            self.depth = depth
        case .trade(let trade):
            if !hasTrades {
                hasTrades = true
                cumulativeVolume = .zero
                cumulativeTurnover = .zero
            }
            last = trade.price
            lastAt = trade.at
            cumulativeVolume = cumulativeVolume.addingClamped(trade.size)
            cumulativeTurnover =
                cumulativeTurnover + FixedDecimal(units: Int128(trade.price.units))
                * FixedDecimal(units: Int128(trade.size.units))
        case .bar(let bar):
            last = bar.close
            lastAt = bar.end
            if !hasTrades {
                cumulativeVolume = cumulativeVolume.addingClamped(bar.volume)
                cumulativeTurnover = cumulativeTurnover + bar.turnover
            }
        }
        if first == nil { first = mid }
    }
}

/// The latest state of every instrument that a session has seen.
///
/// A pure fold of market events, so a replay to the same point gives the same board. Make one per session: volume
/// counts from its beginning.
///
/// Beside each view it measures the market's conditions and keeps its state (RO-4, RO-5).
///
/// Every symbol has a *place*, a small number that stays the same for as long as the board lives. Who keeps something
/// per instrument finds it there without looking a symbol up again for every event.
public struct MarketBoard: Sendable {
    private var places: [Symbol: Int] = [:]
    /// By place.
    private var symbols: [Symbol] = []
    /// By place; `nil` where a place was asked for and nothing has happened yet.
    private var views: [MarketView?] = []
    /// By place, as `views`.
    private var gauges: [MarketGauge] = []
    private let rules: [MarketStateRule]
    private let dwell: Duration

    /// A board that tells market states by `rules`, each lasting at least `dwell`.
    public init(
        rules: [MarketStateRule] = MarketStateRule.standard,
        dwell: Duration = MarketStateMonitor.standardDwell
    ) {
        self.rules = rules
        self.dwell = dwell
    }

    public func view(_ symbol: Symbol) -> MarketView? { places[symbol].flatMap { views[$0] } }

    /// ``MarketView/mid`` of an instrument; `nil` before its first price.
    public func mid(_ symbol: Symbol) -> Price? { places[symbol].flatMap { views[$0]?.mid } }

    /// The symbol at a place that this board gave out.
    public func symbol(at place: Int) -> Symbol { symbols[place] }

    /// What is known of the instrument at a place that this board gave out.
    public func view(at place: Int) -> MarketView? { views[place] }

    /// What the instrument's market is like; `nil` before its first event.
    public func conditions(_ symbol: Symbol) -> MarketConditions? {
        guard let place = places[symbol], let view = views[place] else { return nil }
        return gauges[place].conditions(view)
    }

    /// The state of the instrument's market; `normal` before anything is known of it.
    public func state(_ symbol: Symbol) -> MarketState { places[symbol].map { gauges[$0].state } ?? .normal }

    /// The place of a symbol: dense, from 0, in the order in which symbols were first seen or asked for.
    public mutating func place(of symbol: Symbol) -> Int {
        if let place = places[symbol] { return place }
        places[symbol] = views.count
        symbols.append(symbol)
        views.append(nil)
        gauges.append(MarketGauge(rules: rules, dwell: dwell))
        return views.count - 1
    }

    /// Takes an event and returns the place of its symbol.
    @discardableResult
    public mutating func apply(_ event: MarketEvent) -> Int {
        let place = place(of: event.symbol)
        if views[place] == nil { views[place] = MarketView() }
        measure(event, place)
        views[place]?.apply(event)
        return place
    }

    private mutating func measure(_ event: MarketEvent, _ place: Int) {
        guard let hasTrades = views[place]?.hasTrades else { return }
        if event.at >= gauges[place].nextSample, let view = views[place] { gauges[place].sample(until: event.at, view) }
        gauges[place].lastAt = max(gauges[place].lastAt, event.at)
        switch event {
        case .trade(let trade):
            if !hasTrades { gauges[place].forgetBars() }
            gauges[place].traded(trade.size)
        case .bar(let bar):
            if !hasTrades { gauges[place].traded(bar.volume, over: bar.end - bar.start) }
        case .quote, .depth:
            break
        }
    }
}
