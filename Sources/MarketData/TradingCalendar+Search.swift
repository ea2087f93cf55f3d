public import TradingDomain

/// Questions that look for sessions around a moment or a date.
///
/// A search gives up with `no_session_found` after ``searchDays`` days without a session.
extension TradingCalendar {
    /// More than any exchange was ever closed (1914 apart), so a longer gap is a mistake in a user's file.
    static let searchDays = 60

    /// The session with `open <= time < close`.
    public func session(containing time: Timestamp) throws(MarketDataError) -> TradingSession? {
        guard let session = try session(on: date(at: time)), session.contains(time) else { return nil }
        return session
    }

    public func isOpen(at time: Timestamp) throws(MarketDataError) -> Bool { try session(containing: time) != nil }

    /// The first opening strictly after `time`.
    public func nextOpen(after time: Timestamp) throws(MarketDataError) -> Timestamp {
        let today = date(at: time)
        if let session = try session(on: today), session.open > time { return session.open }
        return try nextSession(after: today).open
    }

    /// The first closing strictly after `time`.
    public func nextClose(after time: Timestamp) throws(MarketDataError) -> Timestamp {
        let today = date(at: time)
        if let session = try session(on: today), session.close > time { return session.close }
        return try nextSession(after: today).close
    }

    /// The last closing strictly before `time`.
    public func previousClose(before time: Timestamp) throws(MarketDataError) -> Timestamp {
        var day = date(at: time)
        if let session = try session(on: day), session.close < time { return session.close }
        // A session that ends at midnight closes at the first moment of the next date, so one step may not do.
        for _ in 0..<2 {
            let session = try previousSession(before: day)
            if session.close < time { return session.close }
            day = session.date
        }
        throw notFound("before", day)
    }

    /// The first session on a later date.
    public func nextSession(after date: CalendarDate) throws(MarketDataError) -> TradingSession {
        for days in 1...Self.searchDays {
            if let session = try session(on: date.adding(days: days)) { return session }
        }
        throw notFound("after", date)
    }

    /// The last session on an earlier date.
    public func previousSession(before date: CalendarDate) throws(MarketDataError) -> TradingSession {
        for days in 1...Self.searchDays {
            if let session = try session(on: date.adding(days: -days)) { return session }
        }
        throw notFound("before", date)
    }

    /// The last `count` sessions on dates before `date`, oldest first.
    public func sessions(before date: CalendarDate, count: Int) throws(MarketDataError) -> [TradingSession] {
        var sessions: [TradingSession] = []
        while sessions.count < count {
            sessions.append(try previousSession(before: sessions.last?.date ?? date))
        }
        return sessions.reversed()
    }

    /// The session `count` sessions after `date`, or before it when `count` is negative.
    ///
    /// From a day without a session, 1 is the next session and −1 the previous one.
    ///
    /// - Throws: `not_a_session` when `count` is 0 and the date has none.
    public func addSessions(_ count: Int, to date: CalendarDate) throws(MarketDataError) -> TradingSession {
        if count == 0 {
            guard let session = try session(on: date) else {
                throw MarketDataError(
                    code: "not_a_session",
                    message: "\(date) is not a session of \(name); ask for the next (1) or the previous one (-1)"
                )
            }
            return session
        }
        var session = count > 0 ? try nextSession(after: date) : try previousSession(before: date)
        for _ in 1..<count.magnitude {
            session = count > 0 ? try nextSession(after: session.date) : try previousSession(before: session.date)
        }
        return session
    }

    /// Sessions from `first` to `last`, both included; none when `last` is earlier.
    public func countSessions(from first: CalendarDate, to last: CalendarDate) throws(MarketDataError) -> Int {
        var count = 0
        var date = first
        while date <= last {
            if try session(on: date) != nil { count += 1 }
            date = date.adding(days: 1)
        }
        return count
    }

    /// Minutes of regular trading inside `[from, to)`.
    public func openMinutes(from: Timestamp, to: Timestamp) throws(MarketDataError) -> Double {
        var open = Duration.zero
        var day = date(at: from)
        let last = date(at: to)
        while from < to, day <= last {
            if let session = try session(on: day) {
                let (begin, end) = (max(from, session.open), min(to, session.close))
                if begin < end { open += end - begin }
            }
            day = day.adding(days: 1)
        }
        return open.seconds / 60
    }

    private func notFound(_ direction: String, _ date: CalendarDate) -> MarketDataError {
        MarketDataError(
            code: "no_session_found",
            message: "calendar \(name) has no session in the \(Self.searchDays) days \(direction) \(date);"
                + " look at the closed days in its file"
        )
    }
}
