internal import TradingDomain

extension TickStream {
    /// Levels a side that a market gives out of a deeper book; who trades beyond them trades too much for it.
    static let depthLevels = 20

    /// The book of a file after each of its messages, rebuilt from differences or as the file shows it.
    ///
    /// With `quotes`, changes of the best prices come as quotes of the same moment too: for files without others beside them.
    static func depth(
        _ file: MarketFile,
        _ session: SessionFilter,
        _ clock: EventClock,
        quotes: Bool
    ) throws -> TickStream {
        var emitter = DepthEvents(session, quotes: quotes)
        var last = Timestamp(nanoseconds: .min)
        if file.kind == .depthFeed {
            var messages = try DepthMessageReader(file.path)
            var feed = DepthFeed()
            return TickStream {
                while true {
                    if let event = emitter.next() { return event }
                    guard let (times, message) = try messages.next() else { return nil }
                    last = max(last, times.on(clock))
                    let outcome = feed.take(message)
                    // While differences are missing there is no book, and none is shown.
                    guard outcome == .applied, feed.isLive else { continue }
                    emitter.show(feed.book.levels(upTo: depthLevels), at: last)
                }
            }
        }
        let rows = try MarketFileReader<BookSnapshotRow>(file.path)
        return TickStream {
            while true {
                if let event = emitter.next() { return event }
                guard let row = try rows.next() else { return nil }
                last = max(last, row.times.on(clock))
                emitter.show(row.levels, at: last)
            }
        }
    }

    /// The events of a LOBSTER day: what was traded, then the book after it.
    ///
    /// Executions of hidden orders are trades too; their taker is on the other side as well.
    static func shownOrders(_ file: MarketFile, _ session: SessionFilter) throws -> TickStream {
        let rows = try MarketFileReader<BookEventRow>(file.path)
        var session = session
        var emitter = DepthEvents(session, quotes: true)
        return TickStream {
            while true {
                if let event = emitter.next() { return event }
                guard let row = try rows.next() else { return nil }
                guard session.contains(row.at) else { continue }
                switch row.kind {
                case .visibleExecution, .hiddenExecution:
                    emitter.add(
                        .trade(
                            Trade(
                                symbol: session.instrument.symbol,
                                at: row.at,
                                price: row.price,
                                size: row.size,
                                aggressor: row.side.opposite
                            )
                        )
                    )
                case .new, .partialCancel, .delete, .cross, .halt: break
                }
                emitter.show(row.levels, at: row.at)
            }
        }
    }
}

/// Makes events of a book that changes: its levels when there are several, its best prices when they are asked for.
private struct DepthEvents {
    private var session: SessionFilter
    private let quotes: Bool
    private var waiting: [MarketEvent] = []
    private var shown: BookLevels?

    init(_ session: SessionFilter, quotes: Bool) {
        self.session = session
        self.quotes = quotes
    }

    mutating func next() -> MarketEvent? { waiting.isEmpty ? nil : waiting.removeFirst() }

    mutating func add(_ event: MarketEvent) { waiting.append(event) }

    mutating func show(_ levels: BookLevels, at time: Timestamp) {
        let levels = BookLevels(bids: levels.bids.filter(\.isShown), asks: levels.asks.filter(\.isShown))
        guard session.contains(time), levels != shown else { return }
        let before = shown
        shown = levels
        let symbol = session.instrument.symbol
        if levels.bids.count > 1 || levels.asks.count > 1 {
            waiting.append(.depth(BookDepth(symbol: symbol, at: time, levels: levels)))
        }
        guard quotes, let bid = levels.bids.first, let ask = levels.asks.first,
            bid != before?.bids.first || ask != before?.asks.first
        else { return }
        let quote = Quote(
            symbol: symbol,
            at: time,
            bid: bid.price,
            bidSize: bid.size,
            ask: ask.price,
            askSize: ask.size
        )
        if quote.isUsable { waiting.append(.quote(quote)) }
    }
}

extension BookLevel {
    /// Some venues show a price with nothing at it.
    fileprivate var isShown: Bool { size > .zero }
}
