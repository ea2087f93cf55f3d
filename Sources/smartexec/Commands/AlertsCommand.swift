import ArgumentParser
import ExecutionEngine
import PostgresStore
import TradingDomain

/// `smartexec alerts`: what a person should see, and who has seen it.
struct AlertsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alerts",
        abstract: "List alerts, or acknowledge them.",
        subcommands: [ListAlerts.self, AcknowledgeAlerts.self],
        defaultSubcommand: ListAlerts.self
    )
}

/// `smartexec alerts list`.
struct ListAlerts: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List alerts that nobody has acknowledged, newest first."
    )

    @OptionGroup var global: GlobalOptions

    @Flag(help: "Those that were acknowledged too.")
    var all = false

    @Option(help: "At most so many.")
    var limit = 50

    func validate() throws {
        guard limit >= 0 else { throw ValidationError("--limit: \(limit) is no number of rows.") }
    }

    func perform(_ console: Console) async throws -> ExitStatus {
        let database = try await Database.open(try global.load(console), console)
        let account = global.account.map { AccountID(unchecked: $0) }
        let rows = try await PostgresQueries(pool: database.pool).alerts(account, openOnly: !all, limit: limit)
        await database.pool.close()
        try Listing(console: console, format: global.output).show(
            rows,
            empty: all ? "No alert yet." : "No alert is waiting for anybody.",
            [
                .number("Alert"), .text("Level"), .text("Code"), .text("Order"), .prose("Message"), .text("At"),
                .text("Account"), .text("Seen by"), .prose("Note"),
            ]
        ) { index in
            let row = rows[index]
            return [
                "\(row.number)", row.level.rawValue, row.code, row.parent?.text ?? "", row.message, "\(row.at)",
                row.account.text, row.acknowledgedBy ?? "", row.note ?? "",
            ]
        }
        return .success
    }
}

/// `smartexec alerts ack NUMBER…`.
struct AcknowledgeAlerts: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "ack",
        abstract: "Note that you have seen alerts; they stay, and are listed with --all."
    )

    @OptionGroup var global: GlobalOptions

    @Argument(help: "Numbers of alerts, as `smartexec alerts` lists them.")
    var numbers: [Int64]

    @Option(help: "What came of it.")
    var note: String?

    func perform(_ console: Console) async throws -> ExitStatus {
        let database = try await Database.open(try global.load(console), console)
        let fresh = Set(
            try await PostgresQueries(pool: database.pool).acknowledge(numbers, by: operatorName, note: note)
        )
        await database.pool.close()
        for number in numbers {
            console.print(
                fresh.contains(number)
                    ? "Alert \(number) is acknowledged by \(operatorName)."
                    : "Alert \(number) was acknowledged already, or there is none; `smartexec alerts list --all` shows them."
            )
        }
        return fresh.isSuperset(of: numbers) ? .success : .incomplete
    }
}
