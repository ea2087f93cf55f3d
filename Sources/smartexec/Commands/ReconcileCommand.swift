import ArgumentParser
import ExecutionEngine
import PostgresStore
import TradingDomain

/// `smartexec reconcile`: whether accounts equal their venues.
struct ReconcileCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconcile",
        abstract: "Compare accounts with their venues, and show what was found and done.",
        subcommands: [RequestReconciliation.self, ShowReconciliations.self],
        defaultSubcommand: RequestReconciliation.self
    )
}

/// `smartexec reconcile [now] [--adopt REASON]`.
struct RequestReconciliation: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "now",
        abstract: "Ask an account's engine to compare it with its venue.",
        discussion: """
            The engine that holds the account compares at once, or when it starts. With --adopt, positions and balances that \
            differ are booked as the venue has them, as adjustments with your reason; look at them first.
            """
    )

    @OptionGroup var global: GlobalOptions

    @Option(help: "Take the venue's positions and balances for ours, and why; recorded.")
    var adopt: String?

    func perform(_ console: Console) async throws -> ExitStatus {
        if let adopt, !adopt.contains(where: { !$0.isWhitespace }) {
            throw CommandFailure(.usage, "--adopt: the reason is recorded. Give one.")
        }
        let loaded = try global.load(console)
        let named = global.account ?? loaded.configuration.account
        let database = try await Database.open(loaded, console)
        let asked = try await PostgresQueries(pool: database.pool).requestReconciliation(
            AccountID(unchecked: named),
            adopts: adopt != nil,
            reason: adopt ?? "asked for",
            by: operatorName
        )
        await database.pool.close()
        guard !asked.isEmpty else {
            throw CommandFailure(
                .usage,
                "No engine ever worked an account '\(named)', so there is nothing to compare. `smartexec status` lists them."
            )
        }
        let names = asked.sorted().map(\.text).joined(separator: ", ")
        console.print(
            "Asked: \(names). The engine that holds it compares within seconds, or when it starts; "
                + "`smartexec reconcile show` tells what it found."
        )
        return .success
    }
}

/// `smartexec reconcile show`.
struct ShowReconciliations: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show how accounts stand with their venues, and what comparisons found."
    )

    @OptionGroup var global: GlobalOptions

    @Option(help: "At most so many comparisons, newest first.")
    var limit = 20

    func validate() throws {
        guard limit >= 0 else { throw ValidationError("--limit: \(limit) is no number of rows.") }
    }

    private struct Page: Encodable {
        let states: [ReconciliationStateRow]
        let reconciliations: [ReconciliationRow]
    }

    func perform(_ console: Console) async throws -> ExitStatus {
        let database = try await Database.open(try global.load(console), console)
        let reader = PostgresQueries(pool: database.pool)
        let account = global.account.map { AccountID(unchecked: $0) }
        let states = try await reader.reconciliationStates(account)
        let rows = try await reader.reconciliations(account, limit: limit)
        await database.pool.close()
        let isWell = states.allSatisfy(\.state.isReconciled)
        guard global.output == .table else {
            console.print(try Listing.json(Page(states: states, reconciliations: rows)))
            return isWell ? .success : .incomplete
        }
        for row in states {
            console.print(row.words)
        }
        try Listing(console: console, format: global.output).show(
            rows,
            empty: "No comparison found or changed anything yet.",
            [
                .number("Number"), .text("Recorded"), .text("Account"), .text("Cause"), .text("State"), .number("Open"),
                .number("Trades"), .prose("Found and done"),
            ]
        ) { index in
            let row = rows[index]
            let found = row.findings.map { "\($0.message) \($0.action)." }
            return [
                "\(row.number)", "\(row.recordedAt)", row.account.text, row.cause,
                row.isReconciled ? "reconciled" : "UNRECONCILED", "\(row.openOrders)", "\(row.fills)",
                found.isEmpty ? row.reason : found.joined(separator: " "),
            ]
        }
        return isWell ? .success : .incomplete
    }
}

extension ReconciliationStateRow {
    /// One line for people.
    var words: String {
        state.isReconciled
            ? "Account \(account) equals its venue (compared \(checkedAt))."
            : "Account \(account) is NOT RECONCILED since \(state.since): \(state.reason)"
    }
}
