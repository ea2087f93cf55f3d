import ArgumentParser
import Foundation
import Orchestration
import PostgresStore
import TradingDomain

/// `smartexec report`.
struct ReportCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Show a run's execution report again.",
        discussion: """
            --output html makes one page with charts that needs nothing else: open it in a browser, mail it, print it.
            Example: smartexec report --output html --file report.html
            """
    )

    @OptionGroup var global: GlobalOptions

    @Option(help: ArgumentHelp("Write to this file instead of standard output.", valueName: "path"))
    var file: String?

    @Argument(help: "The run's id; the newest run when none is given.")
    var run: String?

    var formats: [OutputFormat] { OutputFormat.allCases }

    func perform(_ console: Console) async throws -> ExitStatus {
        if let file { try ReportFile.check(file) }
        let loaded = try global.load(console)
        let database = try await Database.open(loaded, console)
        let reader = PostgresQueries(pool: database.pool)
        let text = try await text(reader, loaded, console)
        await database.pool.close()
        if let file {
            try ReportFile.write(text, to: file)
            console.errors.write(global.quiet ? "" : "Wrote \(file).\n")
        } else {
            console.output.write(text)
        }
        return .success
    }

    private func text(_ reader: PostgresQueries, _ loaded: LoadedConfiguration, _ console: Console) async throws
        -> String
    {
        var id = run
        if id == nil { id = try await reader.runs(nil, limit: 1).first?.id.text }
        guard let id else { throw CommandFailure(.usage, "There is no run yet.") }
        guard let detail = try await reader.run(RunID(unchecked: id)) else {
            throw RunStoreError.notFound(RunID(unchecked: id))
        }
        guard let stored = detail.report else {
            throw CommandFailure(
                .incomplete,
                "Run \(id) has not ended, so it has no report yet. `smartexec runs resume \(id)` goes on with it."
            )
        }
        var report = try JSONDecoder().decode(RunReport.self, from: Data(stored.utf8))
        switch global.output {
        case .json:
            let parents = try await reader.orders(report.items.compactMap(\.parentOrder))
            report.fillIn(parents, try await CompletedTapes.read(parents, reader, loaded, console))
            return try ReportPrinter.json(report) + "\n"
        case .html: return try await ReportPages.html(report, reader, loaded, console)
        case .table:
            return "\(report.market) · account \(report.account) · workflow \(report.workflow)\n"
                + ReportPrinter.table(report, console) + "\n"
        }
    }
}
