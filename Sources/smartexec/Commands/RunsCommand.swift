import ArgumentParser
import Orchestration
import PostgresStore
import TradingDomain
import Workflows

/// `smartexec runs`: list, show, logs, follow, cancel, resume, retry.
struct RunsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs",
        abstract:
            "List runs, show or follow one, cancel one, go on with one that was interrupted, or retry what failed.",
        subcommands: [
            ListRuns.self, ShowRun.self, RunLogs.self, FollowRun.self, CancelRun.self, ResumeRun.self, RetryRun.self,
        ],
        defaultSubcommand: ListRuns.self
    )
}

/// `smartexec runs list`.
struct ListRuns: ProgramCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List runs, newest first.")

    @OptionGroup var global: GlobalOptions

    @Option(help: "At most so many.")
    var limit = 20

    @Option(help: "Only those that are ready, running, waiting or finished, or that ended so, such as FAILED.")
    var state: String?

    @Option(help: "Only those of this workflow.")
    var workflow: String?

    private static let states = ["ready", "running", "waiting", "finished"] + ItemStatus.allCases.map(\.rawValue)

    func validate() throws {
        if let state, !Self.states.contains(where: { $0.lowercased() == state.lowercased() }) {
            throw ValidationError("--state: '\(state)' is none of \(Self.states.joined(separator: ", ")).")
        }
        guard limit >= 0 else { throw ValidationError("--limit: \(limit) is no number of runs.") }
    }

    func perform(_ console: Console) async throws -> ExitStatus {
        let loaded = try global.load(console)
        let database = try await Database.open(loaded, console)
        let account = global.account.map { AccountID(unchecked: $0) }
        let rows = try await PostgresQueries(pool: database.pool).runs(
            account,
            state: state?.lowercased(),
            workflow: workflow,
            limit: limit
        )
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
            let nobody = row.state == "ready" ? "nobody yet: runs resume" : "nobody: runs resume"
            let holder =
                switch row.state {
                case "finished": ""
                case "waiting": "people: approvals list"
                default: row.isHeld ? row.holder ?? "" : "\(nobody) \(row.id)"
                }
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
            let asker = detail.askedBy[step.path].map { ", asked by \($0)" } ?? ""
            let words = try StoredOutcome(json: step.outcome).outcome.words + asker
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
