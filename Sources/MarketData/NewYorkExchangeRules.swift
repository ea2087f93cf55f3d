import TradingDomain

/// The New York Stock Exchange's trading days by its rules of today (NYSE Rule 7.2) and its known one-off closures.
///
/// Good from 1998, when Martin Luther King Jr. Day became a holiday. Early closes before 2012 follow today's rule, and
/// differ from what was on a few days.
enum NewYorkExchangeRules {
    static let firstYear = 1998
    static let lastYear = 2199

    /// Minutes after midnight in New York.
    static let open = 9 * 60 + 30
    static let close = 16 * 60
    static let earlyClose = 13 * 60

    static func isSession(_ date: CalendarDate) -> Bool {
        date.weekday <= 5 && !isHoliday(date) && !closures.contains(date)
    }

    /// Whether a session closes at 13:00: before Independence Day, after Thanksgiving, on Christmas Eve.
    static func closesEarly(_ date: CalendarDate) -> Bool {
        let (year, month, day) = date.parts
        switch (month, day) {
        case (7, 3): return (2...5).contains(date.adding(days: 1).weekday)
        case (11, 23...29): return date == weekday(4, number: 4, of: year, 11).adding(days: 1)
        case (12, 24): return true
        default: return false
        }
    }

    private static func isHoliday(_ date: CalendarDate) -> Bool {
        let (year, month, _) = date.parts
        switch month {
        case 1:
            // New Year's Day on a Saturday is not made up: the Friday before closes the year's books.
            let newYear = CalendarDate.known(year, 1, 1)
            return date == (newYear.weekday == 7 ? newYear.adding(days: 1) : newYear)
                || date == weekday(1, number: 3, of: year, 1)
        case 2: return date == weekday(1, number: 3, of: year, 2)
        case 3, 4: return date == easterSunday(of: year).adding(days: -2)
        case 5:
            let last = CalendarDate.known(year, 5, 31)
            return date == last.adding(days: 1 - last.weekday)
        case 6: return year >= 2022 && date == observed(year, 6, 19)
        case 7: return date == observed(year, 7, 4)
        case 9: return date == weekday(1, number: 1, of: year, 9)
        case 11: return date == weekday(4, number: 4, of: year, 11)
        case 12: return date == observed(year, 12, 25)
        default: return false
        }
    }

    /// A holiday on a Saturday is kept on Friday, one on a Sunday on Monday.
    private static func observed(_ year: Int, _ month: Int, _ day: Int) -> CalendarDate {
        let date = CalendarDate.known(year, month, day)
        return date.adding(days: date.weekday == 6 ? -1 : date.weekday == 7 ? 1 : 0)
    }

    /// The `number`-th `weekday` (1 for Monday) of a month.
    private static func weekday(_ weekday: Int, number: Int, of year: Int, _ month: Int) -> CalendarDate {
        let first = CalendarDate.known(year, month, 1)
        return first.adding(days: (weekday - first.weekday + 7) % 7 + 7 * (number - 1))
    }

    /// Easter of the Gregorian calendar (Meeus, Jones and Butcher, "Astronomical Algorithms", 1991, chapter 8).
    static func easterSunday(of year: Int) -> CalendarDate {
        let (golden, century, ofCentury) = (year % 19, year / 100, year % 100)
        let skipped = (century - (century + 8) / 25 + 1) / 3
        let epact = (19 * golden + century - century / 4 - skipped + 15) % 30
        let toSunday = (32 + 2 * (century % 4) + 2 * (ofCentury / 4) - epact - ofCentury % 4) % 7
        let shift = (golden + 11 * epact + 22 * toSunday) / 451
        let march = epact + toSunday - 7 * shift + 114
        return .known(year, march / 31, march % 31 + 1)
    }

    /// Whole days closed for what no rule foresees: attacks, storms, days of mourning.
    private static let closures: Set<CalendarDate> = Set(
        [
            (2001, 9, 11), (2001, 9, 12), (2001, 9, 13), (2001, 9, 14), (2004, 6, 11), (2007, 1, 2), (2012, 10, 29),
            (2012, 10, 30), (2018, 12, 5), (2025, 1, 9),
        ].map { CalendarDate.known($0, $1, $2) }
    )
}
