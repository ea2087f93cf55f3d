import ArgumentParser
import Orchestration
import PostgresStore
import TradingDomain
import Workflows

/// `smartexec schedules`: list, show, pause, resume, run-now, backfill.
struct SchedulesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedules",
        abstract: "List the schedules that are applied, pause or resume one, or start a run of it by hand.",
        subcommands: [
            ListSchedules.self, ShowSchedule.self, PauseSchedule.self, ResumeSchedule.self, RunScheduleNow.self,
            BackfillSchedule.self,
        ],
        defaultSubcommand: ListSchedules.self
    )
}

/// Opens the database and reads the schedules.
func readingSchedules<Result>(
    _ global: GlobalOptions,
    _ console: Console,
    _ body: (Database, ScheduleBook, LoadedConfiguration) async throws -> Result
) async throws -> Result {
    let loaded = try global.load(console)
    let database = try await Database.open(loaded, console)
    do {
        let result = try await body(database, try await ScheduleBook.read(database.pool, loaded), loaded)
        await database.pool.close()
        return result
    } catch {
        await database.pool.close()
        throw error
    }
}

/// A schedule as programs read it.
private struct ScheduleLine: Encodable {
    let workflow: String
    let id: String
    let terms: String
    let state: String
    /// Absent while it is paused or broken, and where its calendar ends.
    let next: Timestamp?
    let nextLocal: String?
    let last: ScheduleTick?
    let unfinishedRuns: Int
    let account: String?
    let appliedAt: Timestamp
    let definitionHash: String
    let problem: String?

    init(_ entry: ScheduleBook.Entry, _ now: Timestamp) {
        let schedule = entry.row.schedule
        let upcoming = entry.next(1, after: now).first
        (workflow, id) = (schedule.key.workflow, schedule.key.id)
        terms = entry.row.terms
        state = entry.state
        next = upcoming?.time
        nextLocal = upcoming?.local
        last = entry.row.lastTick
        unfinishedRuns = entry.row.unfinishedRuns
        account = schedule.account
        appliedAt = entry.row.appliedAt
        definitionHash = schedule.definitionHash
        problem = entry.problem.map { "\($0)" }
    }
}

/// `smartexec schedules list`.
struct ListSchedules: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List schedules, with when each fires next and what became of its last time."
    )

    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> ExitStatus {
        try await readingSchedules(global, console) { _, book, _ in
            let lines = book.entries.map { ScheduleLine($0, book.now) }
            try Listing(console: console, format: global.output).show(
                lines,
                empty: "No schedule is applied. `smartexec workflow apply FILE` adds those of a workflow.",
                [
                    .text("Schedule"), .text("State"), .text("Next"), .text("Local"), .prose("Last time"),
                    .prose("Fires"),
                ]
            ) { index in
                let line = lines[index]
                return [
                    "\(line.workflow)/\(line.id)", line.state, line.next.map { "\($0)" } ?? "–", line.nextLocal ?? "",
                    line.problem ?? line.last?.words ?? "none yet", line.terms,
                ]
            }
            return book.entries.contains { $0.problem != nil } ? .incomplete : .success
        }
    }
}

/// `smartexec schedules show ID`.
struct ShowSchedule: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a schedule with its next times and what became of the last ones."
    )

    @OptionGroup var global: GlobalOptions

    @Option(help: "At most so many past times, newest first.")
    var limit = 20

    @Argument(help: "The schedule: workflow/id, or its id where only one is called so.")
    var schedule: String

    private struct Shown: Encodable {
        let schedule: ScheduleLine
        let next: [Scheduler.Next]
        let ticks: [TickRow]
    }

    func validate() throws {
        guard limit >= 0 else { throw ValidationError("--limit: \(limit) is no number of rows.") }
    }

    func perform(_ console: Console) async throws -> ExitStatus {
        try await readingSchedules(global, console) { database, book, _ in
            let entry = try book.named(schedule)
            let ticks = try await PostgresQueries(pool: database.pool).ticks(of: entry.key, limit: limit)
            let shown = Shown(
                schedule: ScheduleLine(entry, book.now),
                next: entry.next(5, after: book.now),
                ticks: ticks
            )
            guard global.output == .table else {
                console.print(try Listing.json(shown))
                return .success
            }
            let line = shown.schedule
            let account = line.account ?? "the one that serves"
            console.print("\(entry.key): \(line.state), \(line.terms)", wrapping: true)
            console.print(
                "Account: \(account), definition \(line.definitionHash.prefix(12)), applied \(line.appliedAt)"
            )
            if let problem = line.problem { console.print(problem, wrapping: true) }
            for next in shown.next { console.print("Next: \(next.time) (\(next.local))") }
            console.print("")
            try Listing(console: console, format: .table).show(
                ticks,
                empty: "None of its times has come yet.",
                [.text("Due"), .number("Times"), .text("Outcome"), .text("Run"), .text("Ended"), .prose("Why")]
            ) { index in
                let row = ticks[index]
                return [
                    "\(row.tick.dueAt)", "\(row.tick.times)", row.tick.outcome.rawValue, row.tick.run?.text ?? "",
                    row.runStatus?.rawValue ?? row.runState ?? "",
                    (row.tick.times > 1 ? "since \(row.tick.firstDueAt): " : "") + row.tick.reason,
                ]
            }
            return .success
        }
    }
}

/// `smartexec schedules pause ID`.
struct PauseSchedule: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Stop a schedule from starting runs, until it is resumed.",
        discussion: "Its times are recorded as not started; a run that goes on is left alone. It survives restarts."
    )

    @OptionGroup var global: GlobalOptions

    @Argument(help: "The schedule: workflow/id, or its id where only one is called so.")
    var schedule: String

    func perform(_ console: Console) async throws -> ExitStatus {
        try await readingSchedules(global, console) { database, book, _ in
            let entry = try book.named(schedule)
            let paused = try await PostgresScheduleStore(pool: database.pool).pause(entry.key, by: operatorName)
            console.print(
                paused
                    ? "\(entry.key) is paused. `smartexec schedules resume \(entry.key)` lets it fire again."
                    : "\(entry.key) was paused already by \(entry.row.schedule.pausedBy ?? "somebody")."
            )
            return .success
        }
    }
}

/// `smartexec schedules resume ID`.
struct ResumeSchedule: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Let a paused schedule fire again, from its next time on."
    )

    @OptionGroup var global: GlobalOptions

    @Argument(help: "The schedule: workflow/id, or its id where only one is called so.")
    var schedule: String

    func perform(_ console: Console) async throws -> ExitStatus {
        try await readingSchedules(global, console) { database, book, loaded in
            let key = try book.named(schedule).key
            guard try await PostgresScheduleStore(pool: database.pool).resume(key) else {
                console.print("\(key) is not paused.")
                return .success
            }
            let after = try await ScheduleBook.read(database.pool, loaded)
            let next = try after.named("\(key)").next(1, after: after.now).first
            console.print("\(key) fires again\(next.map { ", next at \($0.time) (\($0.local))" } ?? "").")
            return .success
        }
    }
}

/// `smartexec schedules run-now ID`.
struct RunScheduleNow: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "run-now",
        abstract: "Start a run of a schedule by hand, as if it were due now.",
        discussion: """
            The run gets the schedule's inputs, definition and account, and is listed with its times. `smartexec serve` takes \
            it up; `smartexec runs resume RUN` works it here. While a run of the schedule goes on, only `overlap: queue` \
            starts another one.
            """
    )

    @OptionGroup var global: GlobalOptions
    @OptionGroup var market: ScheduledMarketOptions

    @Argument(help: "The schedule: workflow/id, or its id where only one is called so.")
    var schedule: String

    func perform(_ console: Console) async throws -> ExitStatus {
        try await readingSchedules(global, console) { database, book, loaded in
            let entry = try book.named(schedule)
            let overlap = try entry.times.get().schedule.definition.overlap
            let unfinished = try await PostgresScheduleStore(pool: database.pool).unfinished(of: entry.key)
            if let run = unfinished.first, overlap != .queue {
                throw CommandFailure(
                    .incomplete,
                    "Run \(run) of \(entry.key) still goes on; nothing was started. `smartexec runs cancel \(run)` ends it."
                )
            }
            let starter = ByHand(
                database: database,
                runs: ScheduledRuns(
                    loaded: loaded,
                    request: try market.request(global, loaded.configuration),
                    pool: database.pool
                )
            )
            let tick = try await starter.start(entry, at: book.now, as: "by hand, \(operatorName)")
            try starter.show([tick], of: entry, global, console)
            return tick.outcome == .started ? .success : .incomplete
        }
    }
}
