import TradingDomain

/// What the New York Stock Exchange published about its trading days, for the years where it did.
///
/// Dates are written as whole numbers: year, month, day.
enum NewYorkExchangeFacts {
    static let years = 2024...2027

    /// Weekdays without a session, with days of mourning.
    static let closed: Set<Int> = [
        2024_01_01, 2024_01_15, 2024_02_19, 2024_03_29, 2024_05_27, 2024_06_19, 2024_07_04, 2024_09_02, 2024_11_28,
        2024_12_25,
        2025_01_01, 2025_01_09, 2025_01_20, 2025_02_17, 2025_04_18, 2025_05_26, 2025_06_19, 2025_07_04, 2025_09_01,
        2025_11_27, 2025_12_25,
        2026_01_01, 2026_01_19, 2026_02_16, 2026_04_03, 2026_05_25, 2026_06_19, 2026_07_03, 2026_09_07, 2026_11_26,
        2026_12_25,
        2027_01_01, 2027_01_18, 2027_02_15, 2027_03_26, 2027_05_31, 2027_06_18, 2027_07_05, 2027_09_06, 2027_11_25,
        2027_12_24,
    ]

    /// Sessions that end at 13:00.
    static let earlyCloses: Set<Int> = [
        2024_07_03, 2024_11_29, 2024_12_24,
        2025_07_03, 2025_11_28, 2025_12_24,
        2026_11_27, 2026_12_24,
        2027_11_26,
    ]

    static func key(_ date: CalendarDate) -> Int {
        let (year, month, day) = date.parts
        return year * 10_000 + month * 100 + day
    }
}
