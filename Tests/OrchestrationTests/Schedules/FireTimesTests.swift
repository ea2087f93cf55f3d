import Foundation
import MarketData
import Testing
import TradingDomain
import TradingTestKit
import Workflows

@testable import Orchestration

@Suite("Fire times over three years")
struct FireTimesTests {
    private struct Golden: Decodable {
        struct Market: Decodable {
            let timezone: String
            let sessionsUtc: [String]
        }

        let calendars: [String: Market]

        static func read() throws -> Golden {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            return try decoder.decode(Golden.self, from: Data(contentsOf: URL(filePath: ThreeYears.golden)))
        }

        func dates(_ market: String) -> Set<String> {
            Set((calendars[market]?.sessionsUtc ?? []).map { String($0.prefix(10)) })
        }
    }

    private static func seconds(_ text: String) throws -> Int64 {
        try Timestamp(at: text).nanoseconds / 1_000_000_000
    }

    @Test("Cron lines fire when the hands of a local clock pass, however often it is changed")
    func crons() throws {
        let golden = try Golden.read()
        let found = try ThreeYears.found()
        let (start, end) = (try Self.seconds(ThreeYears.start), try Self.seconds(ThreeYears.end))
        var compared = 0
        for name in ThreeYears.zones {
            let zone = try #require(TimeZone(identifier: name))
            let lines = ThreeYears.crons.filter { $0.zone == name }
            let walk = ClockHandWalk(
                zone,
                lines.map { ($0.id, $0.line, $0.onlyOn.map { golden.dates($0) }) },
                from: start,
                to: end
            )
            #expect(walk.changes == (name == "Asia/Seoul" ? 0 : 6))
            for line in lines {
                let (mine, expected) = (found[line.id] ?? [], walk.times[line.id] ?? [])
                #expect(mine == expected, "\(line): \(Self.difference(mine, expected))")
                compared += expected.count
            }
        }
        #expect(compared > 70_000)
    }

    @Test("Sessions fire as the exchanges published them, half days and late opens included")
    func sessions() throws {
        let golden = try Golden.read()
        let found = try ThreeYears.found()
        let (start, end) = (try Self.seconds(ThreeYears.start), try Self.seconds(ThreeYears.end))
        var iso = Calendar(identifier: .iso8601)
        iso.timeZone = try #require(TimeZone(secondsFromGMT: 0))
        for entry in ThreeYears.sessions {
            let market = try #require(golden.calendars[entry.market])
            var local = Calendar(identifier: .gregorian)
            local.timeZone = try #require(TimeZone(identifier: market.timezone))
            var groups: [[Int?]: [Int64]] = [:]
            for row in market.sessionsUtc {
                let words = row.split(separator: " ").map(String.init)
                let day = Date(timeIntervalSince1970: Double(try Self.seconds("\(words[0])T00:00:00Z")))
                let parts = iso.dateComponents([.year, .month, .day, .weekOfYear, .yearForWeekOfYear], from: day)
                let group: [Int?] =
                    entry.session == "every"
                    ? [parts.year, parts.month, parts.day]
                    : entry.session.hasSuffix("week")
                        ? [parts.yearForWeekOfYear, parts.weekOfYear] : [parts.year, parts.month]
                let time: Int64
                if entry.at.hasPrefix("open") || entry.at.hasPrefix("close") {
                    let base = try Self.seconds("\(words[0])T\(words[entry.at.hasPrefix("open") ? 1 : 2]):00Z")
                    let offsets = [
                        "open": 0, "open + 15m": 900, "close - 10m": -600, "open - 20h": -72_000,
                        "close + 9h30m": 34_200,
                        "close - 1h": -3600, "open + 5m": 300,
                    ]
                    time = base + Int64(try #require(offsets[entry.at]))
                } else {
                    let clock = entry.at.split(separator: ":").compactMap { Int($0) }
                    var wall = DateComponents()
                    (wall.year, wall.month, wall.day) = (parts.year, parts.month, parts.day)
                    (wall.hour, wall.minute) = (clock[0], clock[1])
                    time = Int64(try #require(local.date(from: wall)).timeIntervalSince1970)
                }
                groups[group, default: []].append(time)
            }
            let chosen = groups.values.compactMap { entry.session.hasPrefix("last") ? $0.max() : $0.min() }
            let expected = chosen.filter { $0 >= start && $0 < end }.sorted()
            let mine = found[entry.id] ?? []
            #expect(expected.count >= 35)
            #expect(mine == expected, "\(entry): \(Self.difference(mine, expected))")
        }
    }

    private static let interpreter = ["/usr/bin/python3", "/usr/local/bin/python3"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    @Test("Python's zoneinfo and the golden list of sessions say the same", .enabled(if: interpreter != nil))
    func python() async throws {
        struct Spec: Encodable {
            let start: String
            let end: String
            let crons: [ThreeYears.Cron]
            let sessions: [ThreeYears.Session]
        }
        let spec = Spec(
            start: ThreeYears.start,
            end: ThreeYears.end,
            crons: ThreeYears.crons,
            sessions: ThreeYears.sessions
        )
        let file = FileManager.default.temporaryDirectory.appending(path: "three-years-\(UUID().uuidString).json")
        try JSONEncoder().encode(spec).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }  // the system clears its own folder
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "three_years.py")
        let python = BuiltProgram.installed(try #require(Self.interpreter))
        let outcome = try await python.run([script.path, file.path, ThreeYears.golden])
        try #require(outcome.status == 0, "\(outcome.errors)")
        let found = try ThreeYears.found()
        var ids: Set<String> = []
        for line in outcome.output.split(separator: "\n") {
            let words = line.split(separator: " ")
            let id = String(words[0])
            ids.insert(id)
            let (mine, expected) = (found[id] ?? [], words.dropFirst().compactMap { Int64($0) })
            #expect(mine == expected, "\(id): \(Self.difference(mine, expected))")
        }
        #expect(ids == Set(ThreeYears.crons.map(\.id) + ThreeYears.sessions.map(\.id)))
    }

    /// The first difference, readable.
    private static func difference(_ mine: [Int64], _ expected: [Int64]) -> String {
        func text(_ time: Int64?) -> String {
            time.map { "\(Timestamp(nanoseconds: $0 * 1_000_000_000))" } ?? "nothing"
        }
        let place = zip(mine, expected).enumerated().first { $0.element.0 != $0.element.1 }?.offset
        let index = place ?? min(mine.count, expected.count)
        return "\(mine.count) times against \(expected.count); number \(index) is "
            + "\(text(mine.indices.contains(index) ? mine[index] : nil)), "
            + "expected \(text(expected.indices.contains(index) ? expected[index] : nil))"
    }

    @Test(
        "Changes of the clocks, one by one",
        arguments: [
            // New York: 02:00 becomes 03:00; 02:30 fires with the change, 07:00 UTC.
            ("30 2 * * *", "America/New_York", "2026-03-08T00:00:00Z", "2026-03-08T07:00:00Z"),
            // Lord Howe moves by half an hour: 02:00 becomes 02:30, which is 15:30 UTC the day before.
            ("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", "2026-10-03T15:30:00Z"),
            // And back: 01:45 comes twice, the first time at 14:45 UTC.
            ("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T00:00:00Z", "2026-04-04T14:45:00Z"),
            // Asked between the two: not a second time.
            ("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T14:50:00Z", "2026-04-05T15:15:00Z"),
            // London: 01:00 becomes 02:00.
            ("59 1 * * *", "Europe/London", "2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z"),
            // A leap day may be eight years away.
            ("0 12 29 2 *", "UTC", "2096-03-01T00:00:00Z", "2104-02-29T12:00:00Z"),
        ]
    )
    func change(_ line: String, _ zone: String, _ after: String, _ expected: String) throws {
        let text = """
            format: 1
            workflow: t
            schedule:
              - { id: s, cron: "\(line)", timezone: \(zone), late_by: 5m }
            steps:
              - { id: a, uses: portfolio.snapshot }
            """
        let schedule = try #require(try ThreeYears.bundle(text).root.schedules.first)
        let start = try Timestamp(at: after)
        let times = try FireTimes(schedule, around: start, calendar: { try TradingCalendar.named($0) })
        #expect("\(try #require(times.next(after: start)))" == expected)
    }

    @Test("Where a calendar ends, its times end, and nothing is invented")
    func end() throws {
        let text = """
            format: 1
            workflow: t
            schedule:
              - { id: s, market: XKRX, session: last_of_month, at: close, late_by: 5m }
              - { id: c, cron: "0 9 * * *", timezone: Asia/Seoul, only_on: XKRX, late_by: 5m }
            steps:
              - { id: a, uses: portfolio.snapshot }
            """
        for schedule in try ThreeYears.bundle(text).root.schedules {
            let times = try FireTimes(
                schedule,
                around: Timestamp(at: "2027-12-01T00:00:00Z"),
                calendar: { try TradingCalendar.named($0) }
            )
            let last = try #require(times.next(100, after: Timestamp(at: "2027-12-01T00:00:00Z")).last)
            // The last session of 2027 is the 30th.
            #expect("\(last)".hasPrefix("2027-12-30"))
            #expect(times.next(after: last) == nil)
        }
    }

    @Test("The next time is found in microseconds, however rare it is")
    func speed() throws {
        let bundle = try ThreeYears.bundle(ThreeYears.file)
        let start = try Timestamp(at: "2024-03-01T00:00:00Z")
        for schedule in bundle.root.schedules {
            let times = try FireTimes(schedule, around: start, calendar: { try TradingCalendar.named($0) })
            // Tests are built without optimisation, and machines are busy: the bound is far above the rule, and the best
            // of several counts.
            let took = (0..<10).map { _ in ContinuousClock().measure { _ = times.next(after: start) } }.min()
            #expect(took ?? .zero < .milliseconds(50), "\(schedule.id)")
        }
    }
}
