import ArgumentParser
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
        let start: Timestamp
        if let from {
            guard let time = Timestamp(from) else {
                throw CommandFailure(.usage, "--from: '\(from)' is no time. Write it as 2026-11-20T00:00:00Z.")
            }
            start = time
        } else {
            start = Timestamp(nanoseconds: Int64(Date().timeIntervalSince1970 * 1_000_000_000))
        }
        let bundle = try WorkflowLoader(try global.load(console)).bundle(file)
        var rows: [Row] = []
        for schedule in bundle.root.schedules {
            let times = try FireTimes(schedule)
            rows += try times.next(count, after: start).map { time in
                Row(
                    schedule: schedule.id,
                    trigger: "\(schedule.definition.trigger)",
                    at: "\(time)",
                    local: times.local(time),
                    zone: times.zone.identifier
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
