import Synchronization
public import TradingDomain

/// A made-up stock market, the same for the same seed on every machine, for use without any data file.
///
/// About thirty known names at plausible prices, in New York's sessions. Each session has a quote every five seconds
/// and a one-minute bar at the end of every minute: volume, spread and volatility are high at the open and the close
/// and move through the day, names move together, some minutes are thin, and on some days trading halts for a few
/// minutes (then there are neither quotes nor bars). Any session from 1998 to 2199 can be asked for, in any order; a
/// session opens near where the one before it closed. Nothing of it is a statement about a real company.
///
/// Not modelled: single trades, depth beyond the best prices, auctions, news, and effects of orders on prices.
public final class GeneratedMarket: MarketSource {
    public let title: String
    public let fingerprint: String
    public let instruments: [Instrument]
    public let seed: UInt64
    /// The exchange's sessions that this market follows.
    public let calendar: TradingCalendar

    private let names: [Symbol: GeneratedName]
    private let cache = Mutex(GeneratedDayCache())

    /// - Parameters:
    ///   - seed: Equal seeds give equal markets.
    ///   - extraSymbols: Names to add to the known ones; what they are like follows from symbol and seed alone.
    public init(seed: UInt64, extraSymbols: [Symbol] = []) {
        self.seed = seed
        title = "GENERATED MARKET (seed \(seed))"
        fingerprint = "generated-\(seed)"
        calendar = .newYork
        var names: [Symbol: GeneratedName] = [:]
        for name in GeneratedName.listed { names[name.symbol] = name }
        for symbol in extraSymbols where names[symbol] == nil { names[symbol] = GeneratedName(unlisted: symbol) }
        self.names = names
        instruments = names.values.map(\.instrument).sorted { $0.symbol < $1.symbol }
    }

    /// - Throws: `unknown_symbol`; `range_too_long` for more than ``sessionsMax`` sessions.
    public func bars(_ symbol: Symbol, from: Timestamp, to: Timestamp) throws -> [Bar] {
        let name = try name(of: symbol)
        var days = GeneratedSessions(calendar: calendar, from: from, to: to)
        var sessions: [TradingSession] = []
        while from < to, let session = try days.next() {
            guard sessions.count < Self.sessionsMax else { throw Self.tooLong(symbol, from, to) }
            sessions.append(session)
        }
        var bars: [Bar] = []
        for session in sessions {
            let day = try day(of: name, session)
            if from < session.open, session.close <= to {
                bars.append(contentsOf: day.bars)
            } else {
                bars.append(contentsOf: day.bars.lazy.filter { from < $0.end && $0.end <= to })
            }
        }
        return bars
    }

    /// - Throws: `unknown_symbol`.
    public func events(_ symbol: Symbol, from: Timestamp, to: Timestamp) throws -> any MarketEventIterator {
        GeneratedEvents(market: self, name: try name(of: symbol), from: from, to: to)
    }

    /// Sessions that one call of ``bars(_:from:to:)`` draws: two and a half years.
    public static let sessionsMax = 630

    /// The session's quotes and bars, drawn once and kept while it is in use.
    func day(of name: GeneratedName, _ session: TradingSession) throws(MarketDataError) -> GeneratedDay {
        let key = GeneratedDayCache.Key(symbol: name.symbol, date: session.date)
        if let day = cache.withLock({ $0.day(key) }) { return day }
        let previous = try calendar.previousSession(before: session.date)
        let day = GeneratedDayBuilder(name, session, previous: previous, seed: seed).build()
        cache.withLock { $0.keep(day, key) }
        return day
    }

    private func name(of symbol: Symbol) throws(MarketDataError) -> GeneratedName {
        if let name = names[symbol] { return name }
        throw MarketDataError(
            code: "unknown_symbol",
            message: "the generated market has no \(symbol); add it to the market's extra symbols, or use one of "
                + instruments.map(\.symbol.text).joined(separator: ", ")
        )
    }

    private static func tooLong(_ symbol: Symbol, _ from: Timestamp, _ to: Timestamp) -> MarketDataError {
        MarketDataError(
            code: "range_too_long",
            message: "bars of \(symbol) from \(from) to \(to) are more than \(sessionsMax) sessions; ask for less"
        )
    }
}

/// The last sessions drawn; the oldest leaves first.
private struct GeneratedDayCache {
    struct Key: Hashable {
        let symbol: Symbol
        let date: CalendarDate
    }

    /// 256 days of about 120 kB, enough for thirty names over a week.
    private static let capacity = 256
    private var days: [Key: GeneratedDay] = [:]
    private var order: [Key] = []

    func day(_ key: Key) -> GeneratedDay? { days[key] }

    mutating func keep(_ day: GeneratedDay, _ key: Key) {
        guard days.updateValue(day, forKey: key) == nil else { return }
        order.append(key)
        if order.count > Self.capacity { days[order.removeFirst()] = nil }
    }
}
