import ArgumentParser
import Orchestration
import PostgresStore
import TradingDomain
import Workflows

/// `smartexec runs`: list, show, follow, cancel, resume.
struct RunsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs",
        abstract: "List runs, show or follow one, cancel one, or go on with one that was interrupted.",
        subcommands: [ListRuns.self, ShowRun.self, FollowRun.self, CancelRun.self, ResumeRun.self],
        defaultSubcommand: ListRuns.self
    )
}

/// `smartexec runs list`.
struct ListRuns: ProgramCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List runs, newest first.")

    @OptionGroup var global: GlobalOptions

    @Option(help: "At most so many.")
    var limit = 20

    func validate() throws {
        guard limit >= 0 else { throw ValidationError("--limit: \(limit) is no number of runs.") }
    }

    func perform(_ console: Console) async throws -> ExitStatus {
        let loaded = try global.load(console)
        let database = try await Database.open(loaded, console)
        let account = global.account.map { AccountID(unchecked: $0) }
        let rows = try await PostgresQueries(pool: database.pool).runs(account, limit: limit)
        await database.pool.close()
        try Listing(console: console, format: global.output).show(
            rows,
            empty: "No run yet. `smartexec run workflows/watchlist.yaml tickers=AAPL,NVDA` starts one.",
            [
                .text("Run"), .text("Workflow"), .text("State"), .text("Status"), .number("Steps"), .number("Orders"),
                .text("Started"), .text("Account"), .prose("Worked by"),
            ]
        ) { index in
            let row = rows[index]
            let holder =
                row.state == "finished"
                ? ""
                : row.state == "waiting"
                    ? "people: approvals list" : row.isHeld ? row.holder ?? "" : "nobody: runs resume \(row.id)"
            return [
                row.id.text, row.workflow, row.state, row.status?.rawValue ?? "", "\(row.steps)", "\(row.parents)",
                "\(row.startedAt)", row.account.text, holder,
            ]
        }
        return .success
    }
}

/// `smartexec runs show`.
struct ShowRun: ProgramCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show a run with its steps.")

    @OptionGroup var global: GlobalOptions

    @Argument(help: "The run's id.")
    var run: String

    func perform(_ console: Console) async throws -> ExitStatus {
        let loaded = try global.load(console)
        let database = try await Database.open(loaded, console)
        let detail = try await PostgresQueries(pool: database.pool).run(RunID(unchecked: run))
        await database.pool.close()
        guard let detail else { throw RunStoreError.notFound(RunID(unchecked: run)) }
        guard global.output == .table else {
            console.print(try Listing.json(detail))
            return .success
        }
        console.print(
            "Run \(detail.run.id): \(detail.run.workflow), \(detail.run.state) \(detail.run.status?.rawValue ?? "")"
        )
        console.print(
            "Account \(detail.run.account) (\(detail.run.environment.rawValue)), definition \(detail.definitionHash.prefix(12))"
        )
        console.print("Inputs \(detail.inputs)")
        console.print("")
        var table = Table([.text("Step"), .text("Type"), .text("Effect"), .text("Done at"), .prose("Outcome")])
        for step in detail.steps {
            let words: String
            switch try StoredOutcome(json: step.outcome).outcome {
            case .success(_, let status, let note):
                words = [status?.rawValue ?? "done", note].compactMap { $0 }.joined(separator: ": ")
            case .failed(let code, let message): words = "FAILED \(code): \(message)"
            case .ended(let status, let note): words = "\(status.rawValue): \(note)"
            }
            table.add([step.path, step.uses, step.effect, "\(step.doneAt)", words])
        }
        console.print(table.rendered(width: console.output.width, style: console.style))
        return .success
    }
}

/// `smartexec runs resume`.
struct ResumeRun: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Go on with a run whose process died.",
        discussion:
            "Finished steps are not repeated, and no order is sent twice. Account, market and session are the run's own."
    )

    @OptionGroup var global: GlobalOptions

    @Option(help: "Go on by another clock: virtual, real or a multiple such as 60x.")
    var clock: String?

    /// How a detached run goes on: nobody is asked anything, and a signal stops it.
    @Flag(help: .hidden)
    var background = false

    @Argument(help: "The run's id.")
    var run: String

    func perform(_ console: Console) async throws -> ExitStatus {
        var session = RunSession(global: global, request: LaunchRequest(clock: clock), console: console)
        session.isBackground = background
        return try await session.resume(RunID(unchecked: run))
    }
}
