import Foundation
import MarketData
import Orchestration
import TradingDomain
import Workflows
import YAMLNodes

/// Schedules of every kind, over three years with all changes of the clocks, half days and late opens.
enum ThreeYears {
    static let start = "2024-01-01T00:00:00Z"
    static let end = "2027-01-01T00:00:00Z"
    static let zones = ["America/New_York", "Asia/Seoul", "Europe/London", "Australia/Lord_Howe"]
    /// Quarter hours around every change, days of both day fields, a leap day, lists, steps and names.
    static let lines = [
        "*/15 0-3 * * *", "30 2 * * *", "45 1 * * SUN", "0 2 1 * *", "15 2 29 2 *", "10 9 1,15 * 5",
        "0 10 * * MON-FRI", "59 23 31 DEC *", "0 0 * * *",
    ]
    static let markets = ["XNYS", "XKRX"]
    static let moments = [
        ("every", "open + 15m"), ("every", "close - 10m"), ("every", "open - 20h"), ("every", "close + 9h30m"),
        ("every", "09:45"), ("first_of_week", "open"), ("last_of_week", "close - 1h"), ("first_of_month", "open + 5m"),
        ("last_of_month", "close - 10m"), ("last_of_month", "17:00"),
    ]

    struct Cron: Codable, Sendable {
        let id: String
        let line: String
        let zone: String
        let onlyOn: String?
    }

    struct Session: Codable, Sendable {
        let id: String
        let market: String
        let session: String
        let at: String
    }

    static let crons: [Cron] =
        zones.enumerated().flatMap { zone in
            lines.enumerated().map {
                Cron(id: "c\(zone.offset)-\($0.offset)", line: $0.element, zone: zone.element, onlyOn: nil)
            }
        } + [
            Cron(id: "only-ny", line: "0 10 * * MON-FRI", zone: "America/New_York", onlyOn: "XNYS"),
            Cron(id: "only-seoul", line: "*/30 9 * * *", zone: "Asia/Seoul", onlyOn: "XKRX"),
            Cron(id: "only-far", line: "30 1 * * *", zone: "Europe/London", onlyOn: "XKRX"),
        ]

    static let sessions: [Session] = markets.enumerated().flatMap { market in
        moments.enumerated().map {
            Session(
                id: "s\(market.offset)-\($0.offset)",
                market: market.element,
                session: $0.element.0,
                at: $0.element.1
            )
        }
    }

    static var file: String {
        var text = "format: 1\nworkflow: three-years\nschedule:\n"
        for cron in crons {
            let only = cron.onlyOn.map { ", only_on: \($0)" } ?? ""
            text += "  - { id: \(cron.id), cron: \"\(cron.line)\", timezone: \(cron.zone)\(only), late_by: 5m }\n"
        }
        for each in sessions {
            text +=
                "  - { id: \(each.id), market: \(each.market), session: \(each.session), at: \"\(each.at)\", late_by: 5m }\n"
        }
        return text + "steps:\n  - { id: a, uses: portfolio.snapshot }\n"
    }

    static func bundle(_ text: String) throws -> WorkflowBundle {
        let result = WorkflowCompiler(registry: StepCatalog.standard.registry)
            .compile(SourceFile(name: "test.yaml", text: text), resolver: { _ in nil })
        guard let bundle = result.bundle else { throw Broken(text: result.diagnostics.rendered) }
        return bundle
    }

    struct Broken: Error {
        let text: String
    }

    /// Every time of every schedule, in seconds since 1970, by the code under test.
    static func found() throws -> [String: [Int64]] {
        let bundle = try bundle(file)
        guard let start = Timestamp(start), let end = Timestamp(end) else { return [:] }
        var found: [String: [Int64]] = [:]
        for schedule in bundle.root.schedules {
            let times = try FireTimes(schedule, around: start, calendar: { try TradingCalendar.named($0) })
            var last = start - .nanoseconds(1)
            var all: [Int64] = []
            while let next = times.next(after: last), next < end {
                all.append(next.nanoseconds / 1_000_000_000)
                last = next
            }
            found[schedule.id] = all
        }
        return found
    }

    /// The folder of golden values.
    static var golden: String {
        let given = ProcessInfo.processInfo.environment["SMARTEXEC_SHARED"] ?? ""
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let shared =
            given.isEmpty ? package.deletingLastPathComponent().appending(path: "shared") : URL(filePath: given)
        return shared.appending(path: "golden/calendars.json").path
    }
}

extension Timestamp {
    /// A time that the test knows to be one.
    init(at text: String) throws {
        guard let time = Timestamp(text) else { throw ThreeYears.Broken(text: text) }
        self = time
    }
}
