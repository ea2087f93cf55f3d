import ArgumentParser
import Orchestration
import PostgresStore
import TradingDomain

/// `smartexec schedules backfill ID --from --to`.
struct BackfillSchedule: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "backfill",
        abstract: "Start the runs of past times that have none; never done by itself.",
        discussion: """
            Prints what it would start, and starts it with --yes. Runs wait for each other: an account has one at a time. \
            Market and clock are those of any new run: a backfilled run does not trade the past.
            """
    )

    /// More at once is a slip of the pen.
    private static let mostRuns = 100

    @OptionGroup var global: GlobalOptions
    @OptionGroup var market: ScheduledMarketOptions

    @Option(help: ArgumentHelp("The first time, such as 2026-11-20T00:00:00Z.", valueName: "time"))
    var from: String

    @Option(help: ArgumentHelp("The last time, not in the future.", valueName: "time"))
    var to: String

    @Flag(help: "Start them.")
    var yes = false

    @Argument(help: "The schedule: workflow/id, or its id where only one is called so.")
    var schedule: String

    private struct Planned: Encodable {
        let due: Timestamp
        let local: String
        let hasRun: Bool
    }

    func perform(_ console: Console) async throws -> ExitStatus {
        let start = try TimeArgument.parse(from, "--from")
        let end = try TimeArgument.parse(to, "--to")
        guard start <= end else { throw CommandFailure(.usage, "--from \(start) is later than --to \(end).") }
        return try await readingSchedules(global, console) { database, book, loaded in
            let entry = try book.named(schedule)
            guard end <= book.now else {
                throw CommandFailure(.usage, "--to \(end) is in the future; the database's clock shows \(book.now).")
            }
            let times = try entry.times.get()
            let known = try await PostgresQueries(pool: database.pool).startedTimes(
                of: entry.key,
                from: start,
                to: end
            )
            var planned: [Planned] = []
            var last = start - .nanoseconds(1)
            while let due = times.next(after: last), due <= end {
                planned.append(Planned(due: due, local: times.zone.text(due), hasRun: known.contains(due)))
                last = due
                guard planned.count <= Self.mostRuns else {
                    throw CommandFailure(
                        .usage,
                        "More than \(Self.mostRuns) times of \(entry.key) lie there; nothing was started. "
                            + "Give a shorter stretch."
                    )
                }
            }
            let missing = planned.filter { !$0.hasRun }
            guard yes else {
                try Listing(console: console, format: global.output).show(
                    planned,
                    empty: "\(entry.key) has no time from \(start) to \(end).",
                    [.text("Due"), .text("Local"), .prose("What --yes does")]
                ) { row in
                    let what = planned[row].hasRun ? "nothing: it has a run" : "starts a run"
                    return ["\(planned[row].due)", planned[row].local, what]
                }
                if !missing.isEmpty { console.note("Nothing was started. Give --yes to start \(missing.count) runs.") }
                return .success
            }
            let starter = ByHand(
                database: database,
                runs: ScheduledRuns(
                    loaded: loaded,
                    request: try market.request(global, loaded.configuration),
                    pool: database.pool
                )
            )
            var ticks: [ScheduleTick] = []
            for time in missing {
                ticks.append(try await starter.start(entry, at: time.due, as: "backfilled by \(operatorName)"))
            }
            try starter.show(ticks, of: entry, global, console)
            return ticks.allSatisfy { $0.outcome == .started } ? .success : .incomplete
        }
    }
}
