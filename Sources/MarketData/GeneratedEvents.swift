import TradingDomain

/// The sessions of a calendar that touch a range of time, one after the other.
struct GeneratedSessions {
    private let calendar: TradingCalendar
    private let to: Timestamp
    private var date: CalendarDate
    private let last: CalendarDate

    init(calendar: TradingCalendar, from: Timestamp, to: Timestamp) {
        self.calendar = calendar
        self.to = to
        // The first session of all has no close before it to open from.
        let first = CalendarDate.known(calendar.years.lowerBound, 1, 10)
        date = max(first, calendar.date(at: from))
        last = min(CalendarDate.known(calendar.years.upperBound, 12, 31), calendar.date(at: to))
    }

    mutating func next() throws(MarketDataError) -> TradingSession? {
        while date <= last {
            let session = try calendar.session(on: date)
            date = date.adding(days: 1)
            if let session { return session.open <= to ? session : nil }
        }
        return nil
    }
}

/// Quotes and bars of one generated name with `from < at <= to`, drawn session by session as they are asked for.
///
/// It holds minutes and not days: thousands of names may be followed at once, most of them only for a while.
struct GeneratedEvents: MarketEventIterator {
    /// Minutes of a session that are held at first.
    private static let minutesFirst = 8
    /// Most minutes that are held; each part of a session is twice as long as the one before, up to this, so that a whole
    /// session is drawn again a few times at most.
    private static let minutesMost = 128

    private let market: GeneratedMarket
    private let name: GeneratedName
    private let from: Timestamp
    private let to: Timestamp
    private var sessions: GeneratedSessions
    private var session: TradingSession?
    /// What happens in some minutes of the session.
    private var part: GeneratedDay.Part?
    private var minutes = minutesFirst
    private var nextBook = 0
    private var nextBar = 0

    init(market: GeneratedMarket, name: GeneratedName, from: Timestamp, to: Timestamp) {
        self.market = market
        self.name = name
        self.from = from
        self.to = to
        sessions = GeneratedSessions(calendar: market.calendar, from: from, to: to)
    }

    mutating func next() throws -> MarketEvent? {
        guard from < to else { return nil }
        while true {
            if let event = nextOfPart() {
                if event.at <= from { continue }
                return event.at <= to ? event : nil
            }
            guard try nextPart() else { return nil }
        }
    }

    /// Goes on with the next minutes of the session, or with the next session; `false` after the last.
    private mutating func nextPart() throws -> Bool {
        if let session, let part, !part.isLast {
            minutes = min(minutes * 2, Self.minutesMost)
            try take(part.minutes.upperBound, of: session)
            return true
        }
        guard let next = try sessions.next() else { return false }
        session = next
        minutes = Self.minutesFirst
        // Compared first: a range may begin at the beginning of all time.
        try take(from > next.open ? Int((from - next.open).seconds) / 60 : 0, of: next)
        return true
    }

    private mutating func take(_ first: Int, of session: TradingSession) throws {
        part = try market.day(of: name, session).part(first..<(first + minutes))
        (nextBook, nextBar) = (0, 0)
    }

    /// A quote goes before a bar that ends with it.
    private mutating func nextOfPart() -> MarketEvent? {
        guard let part, let session else { return nil }
        while nextBook < part.books.count, part.books[nextBook] == nil { nextBook += 1 }
        let book = nextBook < part.books.count ? part.books[nextBook] : nil
        let index = part.minutes.lowerBound * GeneratedDay.quotesPerMinute + nextBook
        let quote = book.map { GeneratedDay.quote($0, index, of: name, session) }
        let bar = nextBar < part.bars.count ? part.bars[nextBar] : nil
        if let quote, bar.map({ quote.at <= $0.end }) ?? true {
            nextBook += 1
            return .quote(quote)
        }
        guard let bar else { return nil }
        nextBar += 1
        return .bar(bar)
    }
}
