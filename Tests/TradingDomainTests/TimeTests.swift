import Foundation
import Testing
import TradingDomain

struct TimeTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("1970-01-01T00:00:00.000000001Z", 1), ("1969-12-31T23:59:59.999999999Z", -1),
        ("2026-11-20T14:31:05Z", 1_795_185_065_000_000_000), ("2000-02-29T12:00:00.5Z", 951_825_600_500_000_000),
    ])
    func textsNameInstants(_ text: String, _ nanoseconds: Int64) {
        #expect(Timestamp(text)?.nanoseconds == nanoseconds)
    }

    @Test(arguments: [
        "", "2026-11-20", "2026-11-20T14:31:05", "2026-11-20T14:31:05+00:00", "2026-11-20 14:31:05Z",
        "2026-11-20T24:00:00Z", "2026-11-20T14:60:05Z", "2026-11-20T14:31:60Z", "2026-02-29T00:00:00Z",
        "2026-11-20T14:31:05.Z", "2026-11-20T14:31:05.1234567890Z", "2026-11-20T14:31:05.12aZ", "2026-11-20t14:31:05z",
        "1677-01-01T00:00:00Z", "2262-12-31T00:00:00Z", "2026-11-20T14:31:05ZZ", " 2026-11-20T14:31:05Z",
        "2026-11-20T-1:31:05Z",
    ])
    func otherTextsAreRefused(_ text: String) { #expect(Timestamp(text) == nil) }

    @Test(arguments: 0..<20)
    func printingAndReadingAreInverse(_ seed: Int) throws {
        var random = Seeded(state: UInt64(seed))
        for _ in 0..<200 {
            let precision = [1, 1000, 1_000_000, 1_000_000_000].randomElement(using: &random) ?? 1
            let time = Timestamp(nanoseconds: Int64.random(in: -9_000_000_000...9_000_000_000, using: &random))
            let scaled = Timestamp(nanoseconds: time.nanoseconds * 1_000_000_000 / Int64(precision) * Int64(precision))
            #expect(Timestamp(scaled.description) == scaled)
            let data = try JSONEncoder().encode([scaled])
            #expect(try JSONDecoder().decode([Timestamp].self, from: data) == [scaled])
        }
        let seconds = Int64.random(in: -5_000_000_000...9_000_000_000, using: &random)
        let independent = ISO8601DateFormatter().string(from: Date(timeIntervalSince1970: Double(seconds)))
        #expect(Timestamp(nanoseconds: seconds * 1_000_000_000).description == independent)
    }

    @Test func datesWithinATimeAreUTC() throws {
        let time = try #require(Timestamp("1969-12-31T23:59:59.999999999Z"))
        #expect(time.utcDate.description == "1969-12-31")
        #expect((time + .nanoseconds(1)).utcDate.description == "1970-01-01")
        #expect(time - Timestamp(nanoseconds: 0) == .nanoseconds(-1))
        #expect(Duration.milliseconds(1500).nanoseconds == 1_500_000_000)
        #expect(Duration.milliseconds(1500).seconds == 1.5)
    }

    /// Every day of four hundred years, counted by hand.
    @Test func daysFollowOneAnother() throws {
        var (year, month, day) = (1890, 1, 1)
        let first = try #require(CalendarDate(year: year, month: month, day: day))
        #expect(first.weekday == 3)
        var wrong = 0
        for offset in 0..<146_097 {
            let date = first.adding(days: offset)
            if date.parts != (year, month, day) || CalendarDate(year: year, month: month, day: day) != date
                || date.weekday != (offset + 2) % 7 + 1
            {
                wrong += 1
            }
            day += 1
            if day > length(year, month) { (month, day) = (month + 1, 1) }
            if month > 12 { (year, month) = (year + 1, 1) }
        }
        #expect(wrong == 0)
        #expect((year, month, day) == (2290, 1, 1))
    }

    private func length(_ year: Int, _ month: Int) -> Int {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
    }

    @Test(arguments: [
        "2026-02-29", "1900-02-29", "2026-00-10", "2026-13-01", "2026-04-31", "2026-1-1", "2026/01/01", "2026-01-00",
        "20260101", "2026-01-01 ", "-026-01-01", "",
    ])
    func daysThatDoNotExistAreRefused(_ text: String) { #expect(CalendarDate(text) == nil) }

    @Test func datesPrintAsTheyRead() throws {
        for text in ["0000-01-01", "1970-01-01", "2000-02-29", "9999-12-31"] {
            let date = try #require(CalendarDate(text))
            #expect(date.description == text)
            let data = try JSONEncoder().encode([date])
            #expect(try JSONDecoder().decode([CalendarDate].self, from: data) == [date])
        }
    }
}
