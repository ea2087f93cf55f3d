public import MarketData
public import TradingDomain

/// The venue's market data of some symbols: quotes, trades, the book's best levels and mark prices.
///
/// Run ``run()`` for as long as it is followed, and feed ``events`` to the engine, through the quality gate.
public actor FuturesMarketFeed {
    /// What the venue tells of the market.
    public enum Event: Hashable, Sendable {
        case market(MarketEvent)
        /// For the broker, which judges price bands by it.
        case mark(Symbol, Price)
        /// Nothing is heard for the moment; prices grow old.
        case disconnected(reason: String)
        case alert(code: String, message: String)
    }

    /// Levels of a side that are shown; an algorithm looks at five, a chart at some more.
    private static let levelsShown = 20
    /// Events that wait to be taken; of more, the oldest go, since the newest tell the market.
    private static let waitingMost = 100_000
    /// Between snapshots of one symbol that failed or did not fit.
    private static let snapshotPause = Duration.seconds(1)
    /// Streams that one request may name: requests are limited to ten a second.
    private static let streamsPerRequest = 200

    public nonisolated let events: AsyncStream<Event>
    private nonisolated let told: AsyncStream<Event>.Continuation
    private nonisolated let questions: AsyncStream<Symbol>
    private nonisolated let asked: AsyncStream<Symbol>.Continuation

    private let rest: FuturesREST
    private let quotes: any VenueStream
    private let trades: any VenueStream
    private var syncs: [Symbol: DepthSync] = [:]
    private var requests = 0

    public init(rest: FuturesREST, streams: StreamOpener) {
        self.rest = rest
        let base = rest.addresses.streams
        quotes = streams { "\(base)/public/ws" }
        trades = streams { "\(base)/market/ws" }
        (events, told) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(Self.waitingMost))
        (questions, asked) = AsyncStream.makeStream()
    }

    deinit {
        told.finish()
        asked.finish()
    }

    /// Follows these symbols from now on; those that are followed already change nothing.
    public func watch(_ symbols: [Symbol]) async {
        let new = Set(symbols).filter { syncs[$0] == nil }.sorted()
        for symbol in new { syncs[symbol] = DepthSync() }
        let names = new.map { $0.text.lowercased() }
        await subscribe(quotes, names.flatMap { ["\($0)@bookTicker", "\($0)@depth@100ms"] })
        await subscribe(trades, names.flatMap { ["\($0)@aggTrade", "\($0)@markPrice@1s"] })
    }

    private func subscribe(_ stream: any VenueStream, _ names: [String]) async {
        var rest = names[...]
        while !rest.isEmpty {
            let part = rest.prefix(Self.streamsPerRequest)
            rest = rest.dropFirst(part.count)
            requests += 1
            let list = part.map { "\"\($0)\"" }.joined(separator: ",")
            await stream.subscribe("{\"method\":\"SUBSCRIBE\",\"params\":[\(list)],\"id\":\(requests)}")
        }
    }

    /// Follows the streams until it is cancelled.
    public func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.follow(self.quotes, hasBooks: true) }
            group.addTask { await self.follow(self.trades, hasBooks: false) }
            for await symbol in questions { group.addTask { await self.fetchSnapshot(symbol) } }
            group.cancelAll()
        }
        await quotes.stop()
        await trades.stop()
    }

    private func follow(_ stream: any VenueStream, hasBooks: Bool) async {
        await stream.listen { event in
            await self.take(event, hasBooks: hasBooks)
            return true
        }
    }

    private func take(_ event: StreamEvent, hasBooks: Bool) {
        switch event {
        case .connected: break
        case .disconnected(let reason):
            if hasBooks { for symbol in syncs.keys { syncs[symbol]?.disconnected() } }
            told.yield(.disconnected(reason: reason))
        case .text(let text):
            do {
                take(try MarketStreamEvent(parsing: text))
            } catch {
                let message = "A message of the market streams is not understood: \(error)"
                told.yield(.alert(code: "stream_unreadable", message: message))
            }
        }
    }

    private func take(_ event: MarketStreamEvent) {
        switch event {
        case .quote(let quote): told.yield(.market(.quote(quote)))
        case .trade(let trade): told.yield(.market(.trade(trade)))
        case .mark(let symbol, let price): told.yield(.mark(symbol, price))
        case .depth(let symbol, let at, let message):
            guard let step = syncs[symbol]?.take(message) else { return }
            act(on: step, symbol, at: at)
        case .refused(let message):
            let words = "The venue refused to stream: \(message.message) (\(message.code))"
            told.yield(.alert(code: "stream_refused", message: words))
        case .ignored: break
        }
    }

    private func act(on step: DepthSync.Step, _ symbol: Symbol, at: Timestamp) {
        switch step {
        case .nothing: break
        case .ask: asked.yield(symbol)
        case .show(let book):
            let depth = BookDepth(symbol: symbol, at: at, levels: book.levels(upTo: Self.levelsShown))
            told.yield(.market(.depth(depth)))
        }
    }

    private func fetchSnapshot(_ symbol: Symbol) async {
        do {
            let snapshot = try await rest.depth(symbol)
            guard let step = syncs[symbol]?.take(snapshot: snapshot) else { return }
            // Not asked again in the same moment: the venue's answers may lag behind its stream for a while.
            if step == .ask { try? await Task.sleep(for: Self.snapshotPause) }
            act(on: step, symbol, at: rest.venueTime ?? Timestamp(nanoseconds: 0))
        } catch {
            // Tried again with the next difference, after a pause.
            try? await Task.sleep(for: Self.snapshotPause)
            syncs[symbol]?.snapshotFailed()
        }
    }
}
