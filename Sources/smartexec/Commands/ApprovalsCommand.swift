import ArgumentParser
import Orchestration
import PostgresStore
import TradingDomain

/// `smartexec approvals`: what waits for a person.
struct ApprovalsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approvals",
        abstract: "List what waits for a person's approval, or show a plan.",
        subcommands: [ListApprovals.self, ShowApprovals.self],
        defaultSubcommand: ListApprovals.self
    )
}

/// `smartexec approvals list`.
struct ListApprovals: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the plans that wait for an answer, newest first."
    )

    @OptionGroup var global: GlobalOptions

    @Flag(help: "Those that were answered, too.")
    var all = false

    @Option(help: "Of this run only.")
    var run: String?

    @Option(help: "At most so many.")
    var limit = 50

    func validate() throws {
        guard limit >= 0 else { throw ValidationError("--limit: \(limit) is no number of rows.") }
    }

    func perform(_ console: Console) async throws -> ExitStatus {
        let database = try await Database.open(try global.load(console), console)
        let rows = try await PostgresApprovals(pool: database.pool).list(
            account: global.account.map { AccountID(unchecked: $0) },
            run: run.map { RunID(unchecked: $0) },
            openOnly: !all,
            limit: limit
        )
        await database.pool.close()
        try Listing(console: console, format: global.output).show(
            rows,
            empty: all ? "Nothing was ever asked." : "Nothing waits for approval.",
            [
                .text("Plan"), .text("Run"), .text("Step"), .number("Orders"), .text("State"), .text("Asked"),
                .text("Until"), .text("Account"), .text("Answered by"), .prose("Note"),
            ]
        ) { index in
            let row = rows[index]
            return [
                row.shortDigest, row.run.text, row.stepPath, "\(row.plan.orders.count)", row.state.rawValue,
                "\(row.askedAt)", "\(row.expiresAt)", row.plan.account.text, row.decidedBy ?? "",
                VisibleText.of(row.note ?? ""),
            ]
        }
        return .success
    }
}

/// `smartexec approvals show`.
struct ShowApprovals: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show the plans that a run asked about, order by order."
    )

    @OptionGroup var global: GlobalOptions

    @Argument(help: "The run's id.")
    var run: String

    func perform(_ console: Console) async throws -> ExitStatus {
        let database = try await Database.open(try global.load(console), console)
        let id = RunID(unchecked: run)
        let rows = try await PostgresApprovals(pool: database.pool).list(run: id, openOnly: false, limit: 1000)
        await database.pool.close()
        guard global.output == .table else {
            console.print(try Listing.json(rows))
            return .success
        }
        if rows.isEmpty { console.print("Run \(id) has asked nobody for anything.") }
        for row in rows {
            let answer = row.decidedBy.map { " by \($0)" } ?? ""
            console.print("Plan \(row.digest), step \(row.stepPath): \(row.state.rawValue)\(answer)")
            for line in ApprovalText.plan(row.plan) { console.print(line) }
            if let note = row.note { console.print("  Note: \(VisibleText.of(note))") }
            console.print("")
        }
        return .success
    }
}
