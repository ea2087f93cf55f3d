import MarketData
import Testing
import TradingDomain

struct TradingCalendarTests {
    private let xnys: TradingCalendar

    init() throws { xnys = try TradingCalendar.named("XNYS") }

    @Test(arguments: [("XNYS", 1004), ("XKRX", 975)])
    func everyPublishedSessionHasItsHours(_ name: String, _ sessions: Int) throws {
        let facts = try GoldenCases("calendars.json").object("calendars", name)
        let lines = try #require(facts["sessions_utc"] as? [String])
        let calendar = try TradingCalendar.named(name, strict: true)
        var expected: [CalendarDate: (Timestamp, Timestamp)] = [:]
        for line in lines {
            let parts = line.split(separator: " ")
            let open = try Fixed.time("\(parts[0])T\(parts[1]):00Z")
            let close = try Fixed.time("\(parts[0])T\(parts[2]):00Z")
            expected[try Fixed.day(String(parts[0]))] = (open, close)
        }
        #expect(expected.count == sessions)
        var day = try Fixed.day("2024-01-01")
        let last = try Fixed.day("2027-12-31")
        while day <= last {
            let session = try calendar.session(on: day)
            #expect(session?.open == expected[day]?.0 && session?.close == expected[day]?.1, "\(day)")
            #expect(session?.isByRule != true)
            if let session, name == "XNYS" {
                #expect(session.isEarlyClose == (session.length == .seconds(3.5 * 3600)))
            }
            if name == "XKRX" { #expect(session?.isEarlyClose != true) }
            day = day.adding(days: 1)
        }
    }

    @Test(arguments: [("XNYS", 36), ("XKRX", 24)])
    func everyQueryOfTheReferenceAnswers(_ name: String, _ queries: Int) throws {
        let calendar = try TradingCalendar.named(name, strict: true)
        var count = 0
        for item in try GoldenCases("calendars.json").cases("calendar_query") {
            let inputs = try #require(item["inputs"] as? [String: Any])
            let expected = try #require(item["expected"] as? [String: Any])
            guard inputs["calendar"] as? String == name else { continue }
            let arguments = try #require(inputs["args"] as? [Any])
            let operation = try #require(inputs["op"] as? String)
            count += 1
            if expected["error"] != nil {
                #expect(throws: MarketDataError.self, "\(item["id"] ?? "")") {
                    try answer(operation, arguments, calendar)
                }
            } else {
                let result = text(try #require(expected["result"]), operation)
                #expect(try answer(operation, arguments, calendar) == result, "\(item["id"] ?? "")")
            }
        }
        #expect(count == queries)
    }

    /// Answers in one text form, so that every kind of result compares alike.
    private func answer(_ operation: String, _ arguments: [Any], _ calendar: TradingCalendar) throws -> String {
        let texts = arguments.map { $0 as? String ?? "" }
        func date(_ index: Int = 0) throws -> CalendarDate { try Fixed.day(texts[index]) }
        func time(_ index: Int = 0) throws -> Timestamp { try Fixed.time(texts[index]) }
        switch operation {
        case "is_session": return "\(try calendar.session(on: date()) != nil)"
        case "session":
            return try calendar.session(on: date()).map { "\($0.open) \($0.close)" } ?? "null"
        case "is_open_at": return "\(try calendar.isOpen(at: time()))"
        case "next_open": return "\(try calendar.nextOpen(after: time()))"
        case "next_close": return "\(try calendar.nextClose(after: time()))"
        case "previous_close": return "\(try calendar.previousClose(before: time()))"
        case "next_session": return "\(try calendar.nextSession(after: date()).date)"
        case "previous_session": return "\(try calendar.previousSession(before: date()).date)"
        case "add_sessions":
            return "\(try calendar.addSessions(#require(arguments[1] as? Int), to: date()).date)"
        case "count_sessions": return "\(try calendar.countSessions(from: date(0), to: date(1)))"
        case "open_minutes": return "\(try calendar.openMinutes(from: time(0), to: time(1)))"
        default:
            Issue.record("unknown operation \(operation)")
            return ""
        }
    }

    private func text(_ result: Any, _ operation: String) -> String {
        switch operation {
        case "is_session", "is_open_at": "\(result as? Bool ?? false)"
        case "count_sessions": "\(result as? Int ?? -1)"
        case "open_minutes": "\(result as? Double ?? -1)"
        default:
            if let session = result as? [String: Any] {
                "\(session["open"] ?? "") \(session["close"] ?? "")"
            } else {
                result as? String ?? "null"
            }
        }
    }

    @Test(arguments: [
        ("2019-02-15", "2019-02-15T14:30:00Z", "2019-02-15T21:00:00Z", false),
        ("2013-10-07", "2013-10-07T13:30:00Z", "2013-10-07T20:00:00Z", false),
        ("2019-07-03", "2019-07-03T13:30:00Z", "2019-07-03T17:00:00Z", true),
        ("2018-12-24", "2018-12-24T14:30:00Z", "2018-12-24T18:00:00Z", true),
        ("2013-11-29", "2013-11-29T14:30:00Z", "2013-11-29T18:00:00Z", true),
        ("2005-04-01", "2005-04-01T14:30:00Z", "2005-04-01T21:00:00Z", false),
        ("2005-04-04", "2005-04-04T13:30:00Z", "2005-04-04T20:00:00Z", false),
        ("2006-10-27", "2006-10-27T13:30:00Z", "2006-10-27T20:00:00Z", false),
        ("2006-10-30", "2006-10-30T14:30:00Z", "2006-10-30T21:00:00Z", false),
        ("2021-12-31", "2021-12-31T14:30:00Z", "2021-12-31T21:00:00Z", false),
        ("2021-06-18", "2021-06-18T13:30:00Z", "2021-06-18T20:00:00Z", false),
        ("2022-07-01", "2022-07-01T13:30:00Z", "2022-07-01T20:00:00Z", false),
        ("2020-07-02", "2020-07-02T13:30:00Z", "2020-07-02T20:00:00Z", false),
    ])
    func rulesGiveOtherYears(_ day: String, _ open: String, _ close: String, _ early: Bool) throws {
        let session = try #require(try xnys.session(on: Fixed.day(day)))
        #expect("\(session.open)" == open && "\(session.close)" == close)
        #expect(session.isEarlyClose == early)
        #expect(session.isByRule)
    }

    @Test(arguments: [
        "2012-10-29", "2012-10-30", "2018-12-05", "2001-09-12", "2019-04-19", "2022-06-20", "2021-12-24", "2020-07-03",
        "2023-01-02", "2019-01-21", "2019-02-18", "2019-05-27", "2019-09-02", "2019-11-28", "2016-03-25", "2028-04-14",
    ])
    func rulesCloseOtherYears(_ day: String) throws {
        #expect(try xnys.session(on: Fixed.day(day)) == nil)
    }

    /// Trading days per year, from the exchange's own yearly counts.
    @Test(arguments: [
        (2010, 252), (2011, 252), (2012, 250), (2013, 252), (2014, 252), (2015, 252), (2016, 252), (2017, 251),
        (2018, 251), (2019, 252), (2020, 253), (2021, 252), (2022, 251), (2023, 250), (2024, 252), (2025, 250),
    ])
    func yearsHaveTheirNumberOfSessions(_ year: Int, _ sessions: Int) throws {
        let first = try #require(CalendarDate(year: year, month: 1, day: 1))
        let last = try #require(CalendarDate(year: year, month: 12, day: 31))
        #expect(try xnys.countSessions(from: first, to: last) == sessions)
    }

    @Test func unknownNamesAreRefusedWithTheKnownOnes() throws {
        let error = try #require(throws: MarketDataError.self) { try TradingCalendar.named("NYSE") }
        #expect(error.code == "unknown_calendar")
        #expect(error.description.contains("XNYS, XKRX, 24/7"))
    }

    @Test func datesBeyondTheCalendarAreRefused() throws {
        let strict = try TradingCalendar.named("XNYS", strict: true)
        for day in ["2019-01-02", "2023-12-29", "2028-01-03"] {
            let error = try #require(throws: MarketDataError.self) {
                try strict.session(on: Fixed.day(day))
            }
            #expect(error.code == "outside_calendar")
            #expect(error.description.contains(day))
        }
        #expect(throws: MarketDataError.self) { try xnys.session(on: Fixed.day("1997-06-02")) }
    }

    /// Closures by the moon and by decree cannot be worked out, so nothing is guessed.
    @Test func koreaHasNoRulesForOtherYears() throws {
        let calendar = try TradingCalendar.named("XKRX")
        for day in ["2018-01-24", "2023-12-28", "2028-01-03"] {
            let error = try #require(throws: MarketDataError.self) { try calendar.session(on: Fixed.day(day)) }
            #expect(error.code == "outside_calendar")
            #expect(error.description.contains("give the days in a calendar file"))
        }
        let text = "2018-01-24,09:00,15:30"
        let extended = try calendar.extended(csv: text, file: "days.csv")
        let session = try #require(try extended.session(on: Fixed.day("2018-01-24")))
        #expect("\(session.open) \(session.close)" == "2018-01-24T00:00:00Z 2018-01-24T06:30:00Z")
        #expect(!session.isEarlyClose)
    }

    @Test func aUsersFileGoesFirst() throws {
        let text = """
            date,open,close
            # a storm
            2026-01-26,closed

            2026-11-21, 10:00, 12:30
            2031-05-01,closed
            """
        let calendar = try TradingCalendar.named("XNYS", strict: true).extended(csv: text, file: "days.csv")
        #expect(try calendar.session(on: Fixed.day("2026-01-26")) == nil)
        let saturday = try #require(try calendar.session(on: Fixed.day("2026-11-21")))
        #expect("\(saturday.open) \(saturday.close)" == "2026-11-21T15:00:00Z 2026-11-21T17:30:00Z")
        #expect(saturday.isEarlyClose && !saturday.isByRule)
        #expect(try calendar.session(on: Fixed.day("2031-05-01")) == nil)
        #expect(throws: MarketDataError.self) { try calendar.session(on: Fixed.day("2031-05-02")) }
    }

    @Test(arguments: [
        ("2026-01-26,closed\n2026-13-01,closed", 2), ("2026-01-26", 1), ("\n2026-01-26,16:00,09:30", 2),
        ("2026-01-26,9:30,16:00", 1), ("2026-01-26,09:30,24:01", 1), ("2026-01-26,shut", 1),
        ("2026-01-26,closed\r\n2026-01-26,closed", 2), ("x,y\ndate,closed", 1), ("9999-01-01,closed", 1),
    ])
    func badRowsAreNamed(_ text: String, _ line: Int) throws {
        let error = try #require(throws: MarketDataError.self) {
            try TradingCalendar.named("XNYS").extended(csv: text, file: "days.csv")
        }
        #expect(error.code == "bad_calendar_row")
        #expect(error.description.hasPrefix("days.csv:\(line): "))
    }

    @Test func continuousMarketsNeverClose() throws {
        let calendar = try TradingCalendar.named("24/7")
        let midnight = try Fixed.time("2026-11-21T00:00:00Z")
        #expect(try calendar.isOpen(at: midnight))
        #expect(try calendar.isOpen(at: midnight - .nanoseconds(1)))
        #expect(try calendar.session(containing: midnight)?.length == .seconds(86_400))
        #expect(try calendar.nextClose(after: midnight) == midnight + .seconds(86_400))
        #expect(try calendar.previousClose(before: midnight) == midnight - .seconds(86_400))
        #expect(try calendar.previousClose(before: midnight + .seconds(1)) == midnight)
        #expect(try calendar.openMinutes(from: midnight, to: midnight + .seconds(3 * 86_400)) == 3 * 1440)
    }

    /// The ends of time are outside every calendar, and asking about them is no crash.
    @Test(arguments: [Int64.min, Int64.max])
    func theEndsOfTimeAreOutside(_ nanoseconds: Int64) throws {
        let time = Timestamp(nanoseconds: nanoseconds)
        for name in TradingCalendar.names {
            let calendar = try TradingCalendar.named(name)
            #expect(throws: MarketDataError.self) { try calendar.isOpen(at: time) }
            #expect(throws: MarketDataError.self) { try calendar.nextOpen(after: time) }
        }
    }

    @Test func searchesGiveUp() throws {
        let first = try Fixed.day("2026-01-01")
        let rows = (0..<200).map { "\(first.adding(days: $0)),closed" }.joined(separator: "\n")
        let calendar = try TradingCalendar.named("24/7").extended(csv: rows, file: "days.csv")
        let error = try #require(throws: MarketDataError.self) { try calendar.nextSession(after: first) }
        #expect(error.code == "no_session_found")
        #expect(try calendar.sessions(before: first, count: 2).map(\.date) == [-2, -1].map { first.adding(days: $0) })
    }
}
