import Testing
import TradingDomain

@testable import MarketData

struct NewYorkExchangeRulesTests {
    /// The rules would have given every day that the exchange published.
    @Test func rulesAgreeWithWhatWasPublished() throws {
        var day = try Fixed.day("2024-01-01")
        let last = try Fixed.day("2027-12-31")
        while day <= last {
            let isSession = day.weekday <= 5 && !NewYorkExchangeFacts.closed.contains(NewYorkExchangeFacts.key(day))
            #expect(NewYorkExchangeRules.isSession(day) == isSession, "\(day)")
            if isSession {
                let early = NewYorkExchangeFacts.earlyCloses.contains(NewYorkExchangeFacts.key(day))
                #expect(NewYorkExchangeRules.closesEarly(day) == early, "\(day)")
            }
            day = day.adding(days: 1)
        }
    }

    @Test(arguments: [
        (1998, "1998-04-12"), (2000, "2000-04-23"), (2008, "2008-03-23"), (2011, "2011-04-24"), (2019, "2019-04-21"),
        (2024, "2024-03-31"), (2038, "2038-04-25"), (2049, "2049-04-18"), (2076, "2076-04-19"),
    ])
    func easterFallsOn(_ year: Int, _ day: String) {
        #expect("\(NewYorkExchangeRules.easterSunday(of: year))" == day)
    }

    @Test(arguments: [
        ("2024-03-10T06:59:59Z", false), ("2024-03-10T07:00:00Z", true), ("2024-11-03T05:59:59Z", true),
        ("2024-11-03T06:00:00Z", false), ("2006-04-02T07:00:00Z", true), ("2006-04-02T06:59:59Z", false),
        ("2006-10-29T06:00:00Z", false), ("2006-10-29T05:59:59Z", true), ("2007-03-11T07:00:00Z", true),
        ("2024-01-01T02:00:00Z", false),
    ])
    func summerTimeBeginsAndEnds(_ time: String, _ summer: Bool) throws {
        #expect(NewYorkTime.isSummer(try Fixed.time(time)) == summer)
    }

    @Test func localDatesFollowNewYork() throws {
        #expect("\(NewYorkTime.date(at: try Fixed.time("2026-01-01T04:59:59Z")))" == "2025-12-31")
        #expect("\(NewYorkTime.date(at: try Fixed.time("2026-01-01T05:00:00Z")))" == "2026-01-01")
        #expect("\(NewYorkTime.date(at: try Fixed.time("2026-07-01T04:00:00Z")))" == "2026-07-01")
    }
}
