import ArgumentParser
import Assembly
import Foundation
import Orchestration
import TradingDomain
import Workflows

/// `smartexec workflow next FILE`: when its schedules fire.
struct NextWorkflow: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "next",
        abstract: "When a workflow's schedules fire next, in UTC and in their own zone."
    )

    @OptionGroup var global: GlobalOptions

    @Option(help: "How many times of each schedule.")
    var count = 5

    @Option(help: ArgumentHelp("Count from here instead of from now, such as 2026-11-20T00:00:00Z.", valueName: "time"))
    var from: String?

    @Argument(help: "A workflow file, or its name.")
    var file: String

    private struct Row: Encodable {
        let schedule: String
        let trigger: String
        let at: String
        let local: String
        let zone: String
    }

    func perform(_ console: Console) async throws -> ExitStatus {
        guard 1...1000 ~= count else { throw CommandFailure(.usage, "--count is \(count); give 1 to 1000.") }
        let start =
            try from.map { try TimeArgument.parse($0, "--from") }
            ?? .wallClock
        let loaded = try global.load(console)
        let bundle = try WorkflowLoader(loaded).bundle(file)
        let hours = try MarketHours(loaded)
        var rows: [Row] = []
        for schedule in bundle.root.schedules {
            let times = try FireTimes(schedule, around: start, calendar: hours.calendar(named:))
            rows += times.next(count, after: start).map { time in
                Row(
                    schedule: schedule.id,
                    trigger: "\(schedule.definition.trigger)",
                    at: "\(time)",
                    local: times.zone.text(time),
                    zone: times.zone.name
                )
            }
        }
        try Listing(console: console, format: global.output).show(
            rows,
            empty: "\(bundle.root.name) has no schedule: it runs when somebody starts it.",
            [.text("Schedule"), .text("UTC"), .text("Local"), .text("Zone"), .prose("By")]
        ) { row in
            [rows[row].schedule, rows[row].at, rows[row].local, rows[row].zone, rows[row].trigger]
        }
        return .success
    }
}

/// A time as an option takes it.
enum TimeArgument {
    /// - Throws: ``CommandFailure`` naming the option.
    static func parse(_ text: String, _ option: String) throws -> Timestamp {
        guard let time = Timestamp(text) else {
            throw CommandFailure(.usage, "\(option): '\(text)' is no time. Write it as 2026-11-20T00:00:00Z.")
        }
        return time
    }
}

extension MarketHours {
    /// The calendars of a configuration, with the user's own days.
    init(_ loaded: LoadedConfiguration) throws {
        let market = loaded.configuration.market
        try self.init(default: market.calendar, file: market.calendarFile)
    }
}
