public import ExecutionAnalytics
public import ExecutionEngine
public import MarketData
public import TradingDomain

/// Reads the market around parents again for their reports: once per symbol, however many parents it had.
public struct TapeReader: Sendable {
    /// Where the last price before a session's close is looked for.
    private static let closingSpan = Duration.seconds(1800)

    /// How long a market may be silent before the price at a mark-out counts as unknown.
    private static let patience = Duration.seconds(300)

    private let market: any MarketSource
    private let hours: any TradingHours

    public init(market: any MarketSource, hours: any TradingHours) {
        self.market = market
        self.hours = hours
    }

    /// The tapes of the parents that were admitted, in their order, from what the market has done up to `now` and
    /// nothing later (I9).
    ///
    /// A symbol that cannot be read again has none: the engine has read the same data, and a chart is not worth a run.
    public func records(_ parents: [ParentRecord], run: RunID, now: Timestamp) -> [TapeRecord] {
        var watches: [Symbol: [Watch]] = [:]
        for parent in parents {
            guard let watch = Watch(parent, now: now) else { continue }
            watches[watch.instrument.symbol, default: []].append(watch)
        }
        var records: [ParentOrderID: TapeRecord] = [:]
        for (symbol, group) in watches.sorted(by: { $0.key < $1.key }) {
            guard let read = try? read(symbol, group) else { continue }
            for watch in read {
                guard let tape = watch.tape else { continue }
                records[watch.parent] = TapeRecord(
                    run: run,
                    parent: watch.parent,
                    tape: tape,
                    aftermath: aftermath(watch, now: now)
                )
            }
        }
        return parents.compactMap { records[$0.submission.id] }
    }

    /// What is known of the market after parents by now, for those that filled; nothing where it cannot be read.
    public func aftermaths(_ parents: [ParentRecord], now: Timestamp) -> [ParentOrderID: Aftermath] {
        records(parents, run: RunID(unchecked: ""), now: now).reduce(into: [:]) { $0[$1.parent] = $1.aftermath }
    }

    /// One parent with what is measured around it.
    private struct Watch {
        let parent: ParentOrderID
        let instrument: Instrument
        let arrival: Timestamp
        let from: Timestamp
        let to: Timestamp
        /// When everything that is asked for has happened, the close aside; `nil` without a fill.
        let marksEnd: Timestamp?
        var recorder: TapeRecorder
        var meter: MarkOutMeter
        /// Set when the events have been read.
        var tape: MarketTape?

        init?(_ parent: ParentRecord, now: Timestamp) {
            guard let admission = parent.admission else { return nil }
            self.parent = parent.submission.id
            instrument = admission.parent.instrument
            arrival = admission.arrival.at
            let end = min(parent.result?.endedAt ?? now, now)
            let window = TapeRecorder.window(arrival: arrival, end: end)
            recorder = TapeRecorder(arrival: arrival, end: end)
            meter = MarkOutMeter(side: admission.parent.side, fills: parent.fills.map(TradedFill.init))
            marksEnd = meter.end
            from = window.from
            // A price is known to have stood only when something came after it.
            to = max(window.to, min((meter.end ?? window.to) + TapeReader.patience, now))
        }

        mutating func add(_ event: MarketEvent) {
            recorder.add(event)
            meter.add(event)
        }
    }

    private func read(_ symbol: Symbol, _ watches: [Watch]) throws -> [Watch] {
        guard let from = watches.map(\.from).min(), let to = watches.map(\.to).max() else { return [] }
        var watches = watches
        let order = watches.indices.sorted { (watches[$0].from, $0) < (watches[$1].from, $1) }
        var waiting = order[...]
        var open: [Int] = []
        var events = try market.events(symbol, from: from, to: to)
        while let event = try events.next() {
            let time = event.at
            while let first = waiting.first, watches[first].from < time {
                open.append(first)
                waiting = waiting.dropFirst()
            }
            if open.contains(where: { watches[$0].to < time }) { open.removeAll { watches[$0].to < time } }
            for place in open { watches[place].add(event) }
        }
        for place in watches.indices { watches[place].tape = watches[place].recorder.finish() }
        return watches
    }

    private func aftermath(_ watch: Watch, now: Timestamp) -> Aftermath? {
        guard let marksEnd = watch.marksEnd else { return nil }
        var close: Timestamp?
        if case .open(_, let until) = hours.phase(of: watch.instrument, at: watch.arrival) { close = until }
        let price = close.flatMap { $0 <= now ? closing(watch.instrument.symbol, at: $0) : nil }
        return Aftermath(
            watch.meter,
            closePrice: price,
            readUntil: min(now, max(marksEnd, close ?? marksEnd)),
            isComplete: now >= max(marksEnd, close ?? marksEnd)
        )
    }

    /// The last bar's close before a session's end, else the last trade or mid.
    private func closing(_ symbol: Symbol, at close: Timestamp) -> Price? {
        let from = close - Self.closingSpan
        if let bar = (try? market.bars(symbol, from: from, to: close))?.last(where: { $0.volume > .zero }) {
            return bar.close
        }
        var last: Price?
        do {
            var events = try market.events(symbol, from: from, to: close)
            while let event = try events.next() {
                switch event {
                case .trade(let trade): last = trade.price
                case .quote(let quote) where quote.isUsable: last = quote.mid
                case .quote, .bar, .depth: break
                }
            }
        } catch {
            return nil  // No close is better than a wrong one.
        }
        return last
    }
}
