internal import Synchronization
internal import TradingDomain

/// The trade bars of files, read once and kept.
final class SessionBars: Sendable {
    private struct Kept {
        var bars: [MarketFile: [Bar]] = [:]
        var count = 0
    }
    private let kept = Mutex(Kept())
    /// About 200 MB; when more are read, all are dropped and read again as needed.
    private static let most = 2_000_000

    private let isInSession: @Sendable (Instrument, Timestamp) -> Bool
    private let clock: EventClock

    init(clock: EventClock, isInSession: @escaping @Sendable (Instrument, Timestamp) -> Bool) {
        self.clock = clock
        self.isInSession = isInSession
    }

    /// Every bar of the session that the file has, oldest first; of a file of trades, bars of one minute.
    func bars(_ file: MarketFile, _ instrument: Instrument) throws -> [Bar] {
        if let bars = kept.withLock({ $0.bars[file] }) { return bars }
        let bars = try read(file, instrument)
        kept.withLock { kept in
            if kept.count + bars.count > Self.most { kept = Kept() }
            if kept.bars.updateValue(bars, forKey: file) == nil { kept.count += bars.count }
        }
        return bars
    }

    private func read(_ file: MarketFile, _ instrument: Instrument) throws -> [Bar] {
        let filter = SessionFilter(instrument, isInSession)
        switch file.kind {
        case .tradeBars(let span): return try tradeBars(file, span, filter)
        case .dailyBars: return try dailyBars(file, instrument.symbol)
        case .tapeTrades, .venueTrades:
            let stream = try TickStream.trades(file, filter, clock)
            var builder = MinuteBars(symbol: instrument.symbol)
            while let event = try stream.next() {
                if case .trade(let trade) = event { builder.add(trade) }
            }
            return builder.finish()
        case .shownOrders:
            let stream = try TickStream.shownOrders(file, filter)
            var builder = MinuteBars(symbol: instrument.symbol)
            while let event = try stream.next() {
                if case .trade(let trade) = event { builder.add(trade) }
            }
            return builder.finish()
        case .quoteBars, .tapeQuotes, .bestQuotes, .depthFeed, .bookSnapshots: return []
        }
    }

    private func tradeBars(_ file: MarketFile, _ span: Int64, _ session: SessionFilter) throws -> [Bar] {
        var session = session
        var bars: [Bar] = []
        let reader = try MarketFileReader<TradeBarRow>(file.path)
        while let row = try reader.next() {
            let end = row.start + .nanoseconds(span)
            guard session.contains(from: row.start, to: end) else { continue }
            bars.append(
                FileBar(row.prices, row.volume, row.quoteVolume, file.name).bar(
                    session.instrument.symbol,
                    from: row.start,
                    to: end
                )
            )
        }
        return bars
    }

    /// A day's bar is known at the end of its UTC day: sessions of New York, Seoul and crypto's UTC days are over then.
    private func dailyBars(_ file: MarketFile, _ symbol: Symbol) throws -> [Bar] {
        var bars: [Bar] = []
        let reader = try MarketFileReader<DailyBarRow>(file.path)
        while let row = try reader.next() {
            bars.append(
                FileBar(row.prices, row.volume, row.quoteVolume, file.name).bar(
                    symbol,
                    from: row.date.startUTC,
                    to: row.date.adding(days: 1).startUTC
                )
            )
        }
        return bars
    }
}

/// A file's bar with its volume in units of the instrument.
private struct FileBar {
    let prices: PriceRange
    let volume: Quantity
    let turnover: FixedDecimal?

    /// FTX's files give the turnover in USD as volume; over the bar's typical price it is the volume in coins.
    init(_ prices: PriceRange, _ volume: Quantity, _ quoteVolume: FixedDecimal?, _ name: MarketFileName) {
        self.prices = prices
        let typical = (Int128(prices.high.units) + Int128(prices.low.units) + Int128(prices.close.units)) / 3
        if name.venue == "FTX", typical > 0 {
            let turnover = FixedDecimal(units: Int128(volume.units))
            self.turnover = turnover
            self.volume = Quantity(units: Int64((turnover / FixedDecimal(units: typical)).units))
        } else {
            self.volume = volume
            turnover = quoteVolume
        }
    }

    func bar(_ symbol: Symbol, from start: Timestamp, to end: Timestamp) -> Bar {
        Bar(
            symbol: symbol,
            start: start,
            end: end,
            open: prices.open,
            high: prices.high,
            low: prices.low,
            close: prices.close,
            volume: volume,
            turnover: turnover
        )
    }
}

/// Builds bars of one minute from trades or shorter bars that come in time order.
struct MinuteBars {
    let symbol: Symbol
    private var bars: [Bar] = []
    private var open: Bar?

    init(symbol: Symbol) { self.symbol = symbol }

    mutating func add(_ trade: Trade) {
        let turnover = FixedDecimal(units: Int128(trade.price.units)) * FixedDecimal(units: Int128(trade.size.units))
        add(at: trade.at, (trade.price, trade.price, trade.price, trade.price), trade.size, turnover)
    }

    mutating func add(_ bar: Bar) {
        add(at: bar.start, (bar.open, bar.high, bar.low, bar.close), bar.volume, bar.turnover)
    }

    private mutating func add(
        at time: Timestamp,
        _ prices: (open: Price, high: Price, low: Price, close: Price),
        _ volume: Quantity,
        _ turnover: FixedDecimal
    ) {
        let minute: Int64 = 60_000_000_000
        let start = Timestamp(
            nanoseconds: Int64(Rounding.floor(Int128(time.nanoseconds), over: Int128(minute))) * minute
        )
        var before: Bar?
        if let open, open.start == start { before = open } else if let open { bars.append(open) }
        open = Bar(
            symbol: symbol,
            start: start,
            end: start + .seconds(60),
            open: before?.open ?? prices.open,
            high: max(before?.high ?? prices.high, prices.high),
            low: min(before?.low ?? prices.low, prices.low),
            close: prices.close,
            volume: (before?.volume ?? .zero).addingClamped(volume),
            turnover: (before?.turnover ?? .zero) + turnover
        )
    }

    mutating func finish() -> [Bar] {
        if let open { bars.append(open) }
        open = nil
        return bars
    }
}
