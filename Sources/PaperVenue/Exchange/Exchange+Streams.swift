internal import MarketData
internal import Matching
internal import TradingDomain

/// What the market streams tell.
extension Exchange {
    /// Begins what is followed from now on and forgets what is not.
    mutating func follow(since before: Set<String>) {
        streams.removeAll { !followed.contains($0.name) }
        for name in before.subtracting(followed).sorted() {
            for symbol in symbols where markets[symbol]?.untold[name] != nil { markets[symbol]?.untold[name] = nil }
        }
        for name in followed.subtracting(before).sorted() {
            guard var stream = VenueStream(name) else { continue }
            if let symbol = stream.symbol {
                guard let market = markets[symbol] else { continue }
                if stream.kind == .depth { markets[symbol]?.untold[name] = DepthDiff(told: market.updateID) }
                if stream.kind == .aggregate { stream.told = market.aggregates.last?.id ?? -1 }
            }
            streams.append(stream)
        }
        streams.sort { $0.name < $1.name }
    }

    private mutating func tell(_ stream: String, _ value: WireValue) {
        events.append(.market(stream: stream, json: value.json))
    }

    // MARK: At once

    mutating func tellTrade(_ symbol: Symbol, _ trade: VenuePrint) {
        let rules = market(symbol).rules
        for stream in streams where stream.kind == .trade && stream.concerns(symbol) {
            tell(
                stream.name,
                .object([
                    "e": "trade", "E": .number(said), "T": .number(trade.time), "s": .text(symbol.text),
                    "t": .number(trade.id), "p": .text(rules.text(trade.price)), "q": .text(rules.text(trade.quantity)),
                    "X": "MARKET", "m": .flag(trade.isBuyerMaker),
                ])
            )
        }
    }

    mutating func tellForced(_ order: VenueOrder) {
        let rules = market(order.symbol).rules
        for stream in streams where stream.kind == .forced && stream.concerns(order.symbol) {
            let body: WireValue = .object([
                "s": .text(order.symbol.text), "S": .text(order.side.rawValue), "o": "LIMIT", "f": "IOC",
                "q": .text(rules.text(order.quantity)), "p": .text(rules.text(order.price)),
                "ap": .text(rules.entryText(order.average)), "X": .text(order.status.rawValue),
                "l": .text(rules.text(order.executed)), "z": .text(rules.text(order.executed)), "T": .number(now),
            ])
            tell(stream.name, .object(["e": "forceOrder", "E": .number(said), "o": body]))
        }
    }

    /// Trades of one taker together, and best quotes that changed.
    mutating func tellBooks() {
        for index in streams.indices {
            let stream = streams[index]
            switch stream.kind {
            case .aggregate:
                guard let symbol = stream.symbol, let last = markets[symbol]?.aggregates.last?.id, last > stream.told
                else { continue }
                let market = self.market(symbol)
                for aggregate in market.aggregates.drop(while: { $0.id <= stream.told }) {
                    let head: WireValue = .object([
                        "e": "aggTrade", "E": .number(said), "s": .text(symbol.text),
                    ])
                    guard case .object(let members) = aggregate.wire(market.rules),
                        case .object(let first) = head
                    else { continue }
                    tell(stream.name, .object(first + members))
                }
                streams[index].told = last
            case .bestQuote:
                for symbol in symbols where stream.concerns(symbol) { tellBestQuote(index, symbol) }
            case .trade, .depth, .partialDepth, .candle, .mark, .miniTicker, .ticker, .forced: break
            }
        }
    }

    private mutating func tellBestQuote(_ index: Int, _ symbol: Symbol) {
        let market = self.market(symbol)
        guard let bid = market.book.best(.buy), let ask = market.book.best(.sell) else { return }
        let name = streams[index].name
        let quote = BestQuote(bid: bid.price, bidSize: bid.size, ask: ask.price, askSize: ask.size)
        guard bestQuotes[name]?[symbol] != quote else { return }
        bestQuotes[name, default: [:]][symbol] = quote
        let rules = market.rules
        tell(
            name,
            .object([
                "e": "bookTicker", "u": .number(market.updateID), "s": .text(symbol.text),
                "b": .text(rules.text(bid.price)), "B": .text(rules.text(bid.size)), "a": .text(rules.text(ask.price)),
                "A": .text(rules.text(ask.size)), "T": .number(market.changed), "E": .number(said),
            ])
        )
    }

    // MARK: At intervals

    mutating func tellStreams() {
        for index in streams.indices where streams[index].every > 0 {
            let slot = now / streams[index].every
            guard slot != streams[index].slot else { continue }
            streams[index].slot = slot
            tellStream(index)
        }
    }

    private mutating func tellStream(_ index: Int) {
        let stream = streams[index]
        switch stream.kind {
        case .depth: if let symbol = stream.symbol { tellDepth(stream.name, symbol) }
        case .partialDepth(let count):
            guard let symbol = stream.symbol, let market = markets[symbol], market.updateID != stream.told else {
                return
            }
            let head = depthHead(
                symbol,
                market.changed,
                stream.told < 0 ? market.updateID : stream.told + 1,
                market.updateID,
                stream.told < 0 ? market.updateID : stream.told
            )
            streams[index].told = market.updateID
            tell(stream.name, head.with(["b": levels(symbol, .buy, count), "a": levels(symbol, .sell, count)]))
        case .candle(let interval): tellCandle(index, interval)
        case .mark: tellEach(stream) { $0.markUpdate($1) }
        case .miniTicker: tellEach(stream) { $0.tickerUpdate($1, isMini: true) }
        case .ticker: tellEach(stream) { $0.tickerUpdate($1, isMini: false) }
        case .trade, .aggregate, .bestQuote, .forced: break
        }
    }

    private mutating func tellEach(_ stream: VenueStream, _ body: (Exchange, Symbol) -> WireValue) {
        if let symbol = stream.symbol {
            if markets[symbol] != nil { tell(stream.name, body(self, symbol)) }
            return
        }
        tell(stream.name, .list(symbols.map { body(self, $0) }))
    }

    private func depthHead(_ symbol: Symbol, _ time: Int64, _ first: Int64, _ last: Int64, _ before: Int64) -> WireValue
    {
        .object([
            "e": "depthUpdate", "E": .number(said), "T": .number(time), "s": .text(symbol.text), "U": .number(first),
            "u": .number(last), "pu": .number(before),
        ])
    }

    private mutating func tellDepth(_ name: String, _ symbol: Symbol) {
        guard let market = markets[symbol], let diff = market.untold[name], !diff.isEmpty else { return }
        func changes(_ side: Side, _ prices: Set<Price>) -> WireValue {
            let sorted = side == .buy ? prices.sorted(by: >) : prices.sorted()
            return .list(
                sorted.map {
                    .list([.text(market.rules.text($0)), .text(market.rules.text(market.book.size(side, at: $0)))])
                }
            )
        }
        let head = depthHead(symbol, market.changed, diff.first, diff.last, diff.told)
        tell(name, head.with(["b": changes(.buy, diff.bids), "a": changes(.sell, diff.asks)]))
        markets[symbol]?.untold[name]?.sent()
    }

    private mutating func tellCandle(_ index: Int, _ interval: String) {
        let stream = streams[index]
        guard let symbol = stream.symbol, let market = markets[symbol], let last = market.prints.last,
            let bounds = CandleInterval.bounds(interval, of: now)
        else { return }
        let minutes = Int((bounds.to - bounds.from + 1) / VenueCandle.minute)
        let rows = Self.gather(market.candles.suffix(2 * minutes + 2), interval)
        // A candle that ended is told once more as closed; then the running one, if something traded.
        if let ended = rows.last(where: { $0.closeTime < now && $0.openTime == stream.told }) {
            tell(stream.name, candleUpdate(symbol, ended, interval, isClosed: true))
            streams[index].told = -1
        }
        guard let running = rows.last, running.closeTime >= now, last.time > now - 250 else { return }
        tell(stream.name, candleUpdate(symbol, running, interval, isClosed: false))
        streams[index].told = running.openTime
    }
}

/// What a stream of best quotes told last.
struct BestQuote: Hashable, Sendable {
    let bid: Price
    let bidSize: Quantity
    let ask: Price
    let askSize: Quantity
}
