import TradingDomain

/// What the Korea Exchange published about its trading days, for the years where it did.
///
/// Closures that depend on the moon, on elections and on decrees cannot be worked out by rule, so other years are refused
/// unless a user's file gives their days. Of 2027, 3 May and 19 July follow the law on substitute
/// holidays and are not announced yet. Seoul has kept one clock since 1988: UTC + 9 h.
enum KoreaExchangeFacts {
    static let years = 2024...2027
    static let hoursFromUTC = 9

    /// Minutes after midnight in Seoul.
    static let open = 9 * 60
    static let close = 15 * 60 + 30
    /// On the first session of a year trading begins an hour later.
    static let lateOpen = 10 * 60
    /// On the day of the college entrance test the whole session is an hour later.
    static let shiftedClose = 16 * 60 + 30

    /// Weekdays without a session; dates are whole numbers: year, month, day.
    static let closed: Set<Int> = [
        2024_01_01, 2024_02_09, 2024_02_12, 2024_03_01, 2024_04_10, 2024_05_01, 2024_05_06, 2024_05_15, 2024_06_06,
        2024_08_15, 2024_09_16, 2024_09_17, 2024_09_18, 2024_10_01, 2024_10_03, 2024_10_09, 2024_12_25, 2024_12_31,
        2025_01_01, 2025_01_27, 2025_01_28, 2025_01_29, 2025_01_30, 2025_03_03, 2025_05_01, 2025_05_05, 2025_05_06,
        2025_06_03, 2025_06_06, 2025_08_15, 2025_10_03, 2025_10_06, 2025_10_07, 2025_10_08, 2025_10_09, 2025_12_25,
        2025_12_31,
        2026_01_01, 2026_02_16, 2026_02_17, 2026_02_18, 2026_03_02, 2026_05_01, 2026_05_05, 2026_05_25, 2026_06_03,
        2026_07_17, 2026_08_17, 2026_09_24, 2026_09_25, 2026_10_05, 2026_10_09, 2026_12_25, 2026_12_31,
        2027_01_01, 2027_02_08, 2027_02_09, 2027_03_01, 2027_05_03, 2027_05_05, 2027_05_13, 2027_07_19, 2027_08_16,
        2027_09_14, 2027_09_15, 2027_09_16, 2027_10_04, 2027_10_11, 2027_12_27, 2027_12_31,
    ]

    private static let firstSessions: Set<Int> = [2024_01_02, 2025_01_02, 2026_01_02, 2027_01_04]
    private static let testDays: Set<Int> = [2024_11_14, 2025_11_13, 2026_11_19, 2027_11_18]

    /// The date that calendars in Seoul show at `time`.
    static func date(at time: Timestamp) -> CalendarDate {
        let (local, overflow) = time.nanoseconds.addingReportingOverflow(Int64(hoursFromUTC) * 3_600_000_000_000)
        return Timestamp(nanoseconds: overflow ? .max : local).utcDate
    }

    /// Opening and closing in minutes after midnight in Seoul, or `nil` on a day without a session.
    static func hours(on date: CalendarDate) -> (open: Int, close: Int)? {
        let key = NewYorkExchangeFacts.key(date)
        guard date.weekday <= 5, !closed.contains(key) else { return nil }
        if firstSessions.contains(key) { return (lateOpen, close) }
        return testDays.contains(key) ? (lateOpen, shiftedClose) : (open, close)
    }
}
