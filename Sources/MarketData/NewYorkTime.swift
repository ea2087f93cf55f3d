import TradingDomain

/// New York's clock, by the rules of the United States' Energy Policy Act of 2005 (from 2007) and of 1986 (1987–2006).
enum NewYorkTime {
    /// The instant at which clocks in New York show `minutes` after midnight of `date`.
    ///
    /// A time that occurs twice is the earlier one; a time that is skipped counts on in winter time.
    static func instant(of date: CalendarDate, minutes: Int) -> Timestamp {
        let local = date.startUTC + .seconds(60 * minutes)
        let summer = local + .seconds(4 * 3600)
        return isSummer(summer) ? summer : local + .seconds(5 * 3600)
    }

    /// The date that calendars in New York show at `time`.
    static func date(at time: Timestamp) -> CalendarDate {
        let hours = Int64(isSummer(time) ? 4 : 5)
        let (local, overflow) = time.nanoseconds.subtractingReportingOverflow(hours * 3_600_000_000_000)
        return Timestamp(nanoseconds: overflow ? .min : local).utcDate
    }

    /// Summer time runs from 02:00 winter time to 02:00 summer time, that is from 07:00 to 06:00 UTC.
    static func isSummer(_ time: Timestamp) -> Bool {
        let today = time.utcDate
        let (first, last) = summerDays(of: today.parts.year)
        if first < today && today < last { return true }
        guard today == first || today == last else { return false }
        let sinceMidnight = time - today.startUTC
        return today == first ? sinceMidnight >= .seconds(7 * 3600) : sinceMidnight < .seconds(6 * 3600)
    }

    /// The Sundays on which summer time begins and ends.
    private static func summerDays(of year: Int) -> (CalendarDate, CalendarDate) {
        if year >= 2007 {
            return (.sundayOnOrAfter(year, 3, 8), .sundayOnOrAfter(year, 11, 1))
        }
        return (.sundayOnOrAfter(year, 4, 1), .sundayOnOrAfter(year, 10, 25))
    }
}

extension CalendarDate {
    /// A date that is known to exist, such as the first of a month.
    static func known(_ year: Int, _ month: Int, _ day: Int) -> CalendarDate {
        guard let date = CalendarDate(year: year, month: month, day: day) else {
            preconditionFailure("no such day: \(year)-\(month)-\(day)")
        }
        return date
    }

    fileprivate static func sundayOnOrAfter(_ year: Int, _ month: Int, _ day: Int) -> CalendarDate {
        let date = known(year, month, day)
        return date.adding(days: 7 - date.weekday)
    }
}
