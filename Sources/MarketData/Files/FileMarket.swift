public import TradingDomain

/// A market replayed from recorded files.
///
/// Files are recognised by name (`AAPL_20190211-20190215_trade_1m.csv.gz`) and header; several files of one instrument
/// are one stream. Only files whose days touch an asked range are read, and only when asked, so that a bad row in
/// another file does no harm.
///
/// - Trade bars are of one length per call: one minute where there are such files, else made from shorter ones, else
///   the shortest there is, else made from trades. They come as events at their end, in the shortest length.
/// - Quotes: of tick files; on days without, of quote bars at their end. One-sided and crossed ones
///   are left out.
/// - Depth: the best levels of a book rebuilt from its differences; on days without, of book snapshots. Where no file
///   tells quotes, its best prices are they.
/// - A LOBSTER day is trades, depth and quotes in one; of its orders only what they do to the book.
/// - Trades leave out official open and close prints (they repeat an auction) and suspicious ones.
/// - Rows outside the instrument's session are left out, and so are auctions printed after its close.
/// - One clock times all ticks of a market: the venue's, unless a file lacks it; then the recorder's.
/// - A name of two venues or contracts (`binance_BTCUSDT-perp`, `bybit_BTCUSDT-spot`) becomes two symbols:
///   `BTCUSDT-PERP.BINANCE`, `BTCUSDT-SPOT.BYBIT`. It is `BTCUSDT` where it is one.
public struct FileMarket: MarketSource {
    public let title: String
    public let fingerprint: String
    public let instruments: [Instrument]
    /// Files of the folders that are not used, with the reason.
    public let ignored: [IgnoredMarketFile]
    /// Whose clock times trades and quotes of tick files.
    public let clock: EventClock

    private let series: [Symbol: [MarketFile]]
    private let bySymbol: [Symbol: Instrument]
    private let sessionBars: SessionBars
    private let isInSession: @Sendable (Instrument, Timestamp) -> Bool

    /// Finds the files and makes their instruments; of files it reads at most some first rows.
    ///
    /// - Parameters:
    ///   - paths: Folders (their files, not their folders') or files.
    ///   - overrides: Instruments that the user describes, instead of what files say.
    ///   - isInSession: Whether a time is inside a trading session of the instrument, its open included, its close not.
    ///     Sessions begin and end on whole minutes.
    /// - Throws: A ``MarketDataError``: `data_not_found`, `no_market_data`, or what is wrong with the first rows of a
    ///   file that an instrument's steps are learned from.
    public init(
        paths: [String],
        instruments overrides: [Symbol: Instrument] = [:],
        isInSession: @escaping @Sendable (Instrument, Timestamp) -> Bool
    ) throws {
        let catalog = try MarketFileCatalog(paths)
        var ignored = catalog.ignored
        var series: [Symbol: [MarketFile]] = [:]
        var instruments: [Symbol: Instrument] = [:]
        for (symbol, files) in Self.series(catalog.files) {
            guard let instrument = try overrides[symbol] ?? FileInstrument.make(symbol, files) else {
                let reason = "the contract multiplier of \(symbol) is not known; describe the instrument"
                ignored += files.map { IgnoredMarketFile(path: $0.path, reason: reason) }
                continue
            }
            series[symbol] = files
            instruments[symbol] = instrument
        }
        let used = series.values.joined().sorted { ($0.path, $0.size) < ($1.path, $1.size) }
        clock = try Self.clock(used)
        title = "REPLAY " + catalog.labels.joined(separator: ", ")
        fingerprint = Self.fingerprint(catalog.labels, used)
        self.ignored = ignored
        self.series = series
        bySymbol = instruments
        self.instruments = instruments.values.sorted { $0.symbol < $1.symbol }
        self.isInSession = isInSession
        sessionBars = SessionBars(clock: clock, isInSession: isInSession)
    }

    public func bars(_ symbol: Symbol, from: Timestamp, to: Timestamp) throws -> [Bar] {
        let (instrument, files) = try find(symbol, from, to)
        let minute: Int64 = 60_000_000_000
        if let bars = try bars(files, instrument, of: .tradeBars(minute)) { return bars.range(from, to) }
        guard let kind = Self.shortest(files) else { return [] }
        let bars = try bars(files, instrument, of: kind) ?? []
        guard case .tradeBars(let span) = kind, span < minute else { return bars.range(from, to) }
        var builder = MinuteBars(symbol: symbol)
        for bar in bars { builder.add(bar) }
        return builder.finish().range(from, to)
    }

    public func events(_ symbol: Symbol, from: Timestamp, to: Timestamp) throws -> any MarketEventIterator {
        let (instrument, files) = try find(symbol, from, to)
        let session = SessionFilter(instrument, isInSession)
        var streams: [TickStream] = []
        let quoteTicks = files.filter { $0.kind == .tapeQuotes || $0.kind == .bestQuotes }
        for file in Self.books(files) {
            // Best prices come from their own files where there are such, which tell them sooner.
            let isQuoted = quoteTicks.contains { $0.name.overlaps(file.name) }
            streams.append(try .depth(file, session, clock, quotes: !isQuoted))
        }
        for file in files where file.kind == .shownOrders { streams.append(try .shownOrders(file, session)) }
        for file in quoteTicks { streams.append(try .quotes(file, session, clock)) }
        for file in Self.shortestQuoteBars(files) {
            let stream = try TickStream.quotes(file, session, clock)
            let covered = quoteTicks.map(\.name)
            streams.append(
                TickStream {
                    while let event = try stream.next() {
                        if !covered.contains(where: { $0.hasDay(of: event.at) }) { return event }
                    }
                    return nil
                }
            )
        }
        for file in files where file.kind == .tapeTrades || file.kind == .venueTrades {
            streams.append(try .trades(file, session, clock))
        }
        if let kind = Self.shortest(files), ![.tapeTrades, .venueTrades, .shownOrders].contains(kind) {
            streams.append(.bars(try bars(files, instrument, of: kind)?.range(from, to) ?? []))
        }
        return FileEvents(streams, from: from, to: to)
    }

    private func find(_ symbol: Symbol, _ from: Timestamp, _ to: Timestamp) throws -> (Instrument, [MarketFile]) {
        guard let instrument = bySymbol[symbol], let files = series[symbol] else {
            let names = instruments.prefix(12).map(\.symbol.text).joined(separator: ", ")
            throw MarketDataError(
                code: "unknown_symbol",
                message: "There are no data of \(symbol) in \(title). It has \(instruments.count) instruments: \(names)"
                    + (instruments.count > 12 ? ", …" : "") + "."
            )
        }
        return (instrument, files.filter { $0.name.mayHold(from: from, to: to) })
    }

    /// All bars of the files of one kind; `nil` when there is no such file.
    private func bars(_ files: [MarketFile], _ instrument: Instrument, of kind: MarketFileKind) throws -> [Bar]? {
        let lists = try files.filter { $0.kind == kind }.map { try sessionBars.bars($0, instrument) }
        guard lists.count > 1 else { return lists.first }
        let all = lists.joined().enumerated().sorted { ($0.element.start, $0.offset) < ($1.element.start, $1.offset) }
        var merged: [Bar] = []
        // A bar that two files have counts once, as the file of the first name has it.
        for (_, bar) in all where merged.last?.start != bar.start { merged.append(bar) }
        return merged
    }
}

extension MarketFileName {
    /// Whether both hold a day; a name without days has every day.
    func overlaps(_ other: MarketFileName) -> Bool {
        guard let days, let others = other.days else { return true }
        return days.overlaps(others)
    }

    /// Whether an event belongs to one of the name's days, by UTC; a name without days has every day.
    func hasDay(of time: Timestamp) -> Bool { days?.contains(time.utcDate) ?? true }
}

extension [Bar] {
    /// The bars with `from < end <= to` of bars in order of their ends.
    fileprivate func range(_ from: Timestamp, _ to: Timestamp) -> [Bar] {
        Array(
            self[firstIndex(endingAfter: from)..<Swift.max(firstIndex(endingAfter: from), firstIndex(endingAfter: to))]
        )
    }

    private func firstIndex(endingAfter time: Timestamp) -> Int {
        var low = startIndex
        var high = endIndex
        while low < high {
            let middle = (low + high) / 2
            if self[middle].end > time { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
