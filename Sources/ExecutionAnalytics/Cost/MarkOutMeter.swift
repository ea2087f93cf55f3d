public import MarketData
public import TradingDomain

/// Watches the market during and after an execution for the prices that mark-outs and the effective spread need.
///
/// Events come in time order. It keeps one price per moment that is asked for and nothing else, so a busy market costs
/// no memory. The mid of the book counts; where there has been none so far, the last trade or the last bar's close.
public struct MarkOutMeter: Sendable {
    private let side: Side
    private let fills: [TradedFill]
    private let horizons: [Duration]
    /// Moments at which the price is wanted, ascending, each once.
    private let moments: [Timestamp]
    /// The price at each of them, as far as the market has been seen.
    private var prices: [Price?]
    /// The first moment that no later event has passed yet.
    private var next = 0
    private var current: (price: Price, since: Timestamp)?
    private var hasBook = false

    public init(side: Side, fills: [TradedFill], horizons: [Duration] = MarkOut.horizons) {
        self.side = side
        self.fills = fills
        self.horizons = horizons
        let wanted = fills.flatMap { fill in [fill.at] + horizons.map { fill.at + $0 } }
        moments = Set(wanted).sorted()
        prices = Array(repeating: nil, count: moments.count)
    }

    /// The last moment that is asked for; `nil` without a fill.
    public var end: Timestamp? { moments.last }

    /// Takes the next event of the market.
    public mutating func add(_ event: MarketEvent) {
        switch event {
        case .quote(let quote):
            guard quote.isUsable else { return }
            hasBook = true
            add(quote.mid, at: quote.at)
        case .trade(let trade) where !hasBook: add(trade.price, at: trade.at)
        case .bar(let bar) where !hasBook: add(bar.close, at: bar.end)
        case .trade, .bar, .depth: break
        }
    }

    /// Takes the next price of the market; what is not positive is no price.
    public mutating func add(_ price: Price, at time: Timestamp) {
        guard price > .zero else { return }
        settle(before: time)
        current = (price, time)
    }

    /// Moments that have passed have the price that stood then.
    private mutating func settle(before time: Timestamp) {
        while next < moments.count, moments[next] < time {
            prices[next] = current?.price
            next += 1
        }
    }

    private func price(at moment: Timestamp) -> Price? {
        guard let place = moments.firstIndex(atLeast: moment), moments[place] == moment else { return nil }
        if place < next { return prices[place] }
        // Nothing came after it: only a price of that very moment is known to have stood.
        guard let current, current.since == moment else { return nil }
        return current.price
    }

    /// One mark-out per horizon, as far as the market has been seen.
    public var markOuts: [MarkOut] {
        horizons.map { horizon in
            let values = fills.map { fill in
                price(at: fill.at + horizon).flatMap { move(from: fill.price, to: $0, of: fill.price) }
            }
            return MarkOut(horizon: horizon, fills: fills, values: values)
        }
    }

    /// What the fills paid beyond the middle of the market at their time, in basis points of it, weighted by quantity.
    ///
    /// Negative for fills better than the middle; absent when no fill has a middle.
    public var effectiveHalfSpreadBps: Double? {
        weightedMean(fills, fills.map { fill in price(at: fill.at).flatMap { move(from: $0, to: fill.price, of: $0) } })
    }

    private func move(from start: Price, to end: Price, of base: Price) -> Double? {
        guard base > .zero else { return nil }
        return Double(side.sign) * Double((end - start).units) / Double(base.units) * 10_000
    }
}

extension [Timestamp] {
    /// The first place whose element is `time` or later, in an ascending list.
    fileprivate func firstIndex(atLeast time: Timestamp) -> Int? {
        var (low, high) = (startIndex, endIndex)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < time { low = middle + 1 } else { high = middle }
        }
        return low < endIndex ? low : nil
    }
}
