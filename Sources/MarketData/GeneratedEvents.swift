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
struct GeneratedEvents: MarketEventIterator {
    private let market: GeneratedMarket
    private let name: GeneratedName
    private let from: Timestamp
    private let to: Timestamp
    private var sessions: GeneratedSessions
    private var day: GeneratedDay?
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
            if let event = nextOfDay() {
                if event.at <= from { continue }
                return event.at <= to ? event : nil
            }
            guard let session = try sessions.next() else { return nil }
            day = try market.day(of: name, session)
            (nextBook, nextBar) = (0, 0)
        }
    }

    /// A quote goes before a bar that ends with it.
    private mutating func nextOfDay() -> MarketEvent? {
        guard let day else { return nil }
        while nextBook < day.books.count, day.books[nextBook] == nil { nextBook += 1 }
        let quote = nextBook < day.books.count ? day.quote(nextBook) : nil
        let bar = nextBar < day.bars.count ? day.bars[nextBar] : nil
        if let quote, bar.map({ quote.at <= $0.end }) ?? true {
            nextBook += 1
            return .quote(quote)
        }
        guard let bar else { return nil }
        nextBar += 1
        return .bar(bar)
    }
}
