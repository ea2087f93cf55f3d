import ArgumentParser
import ExecutionAnalytics
import Foundation
import Orchestration
import PostgresStore
import TradingDomain

/// `smartexec report`.
struct ReportCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Show a run's execution report again, compare executions, or hold predicted costs against real ones.",
        discussion: """
            --output html makes one page with charts that needs nothing else: open it in a browser, mail it, print it.
            Example: smartexec report --output html --file report.html
            Example: smartexec report --compare algorithm --since 2026-01-01
            Example: smartexec report --calibration
            """
    )

    @OptionGroup var global: GlobalOptions
    @OptionGroup var period: PeriodOptions

    @Option(help: ArgumentHelp("Write to this file instead of standard output.", valueName: "path"))
    var file: String?

    @Option(
        help: ArgumentHelp(
            "Compare executions across runs by agent, strategy, algorithm, venue, urgency, market_state, symbol or day.",
            valueName: "dimension"
        )
    )
    var compare: ComparedDimension?

    @Flag(help: "Hold predicted costs against realised ones, across runs.")
    var calibration = false

    @Argument(help: "The run's id; the newest run when none is given.")
    var run: String?

    var formats: [OutputFormat] { calibration ? [.table, .json] : [.table, .json, .html] }

    func validate() throws {
        guard compare != nil || calibration else {
            guard period.since == nil, period.until == nil else {
                throw ValidationError("--since and --until go with --compare or --calibration.")
            }
            return
        }
        if compare != nil, calibration { throw ValidationError("Give --compare or --calibration, not both.") }
        if run != nil {
            throw ValidationError("--compare and --calibration look at all runs; give no run, but --since and --until.")
        }
    }

    func perform(_ console: Console) async throws -> ExitStatus {
        if let file { try ReportFile.check(file) }
        let loaded = try global.load(console)
        let filter = try period.filter(account: global.account)
        let database = try await Database.open(loaded, console)
        let reader = PostgresQueries(pool: database.pool)
        let text: String
        if let compare {
            text = try await comparison(compare.dimension, filter, reader, console)
        } else if calibration {
            text = try await calibration(filter, reader, console)
        } else {
            text = try await runText(reader, loaded, console)
        }
        await database.pool.close()
        if let file {
            try ReportFile.write(text, to: file)
            console.errors.write(global.quiet ? "" : "Wrote \(file).\n")
        } else {
            console.output.write(text)
        }
        return .success
    }

    // MARK: One run

    private func runText(
        _ reader: PostgresQueries,
        _ loaded: LoadedConfiguration,
        _ console: Console
    ) async throws -> String {
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
        case .table, .sarif:
            return "\(report.market) · account \(report.account) · workflow \(report.workflow)\n"
                + ReportPrinter.table(report, console) + "\n"
        }
    }

    // MARK: Many runs

    private func comparison(
        _ dimension: ExecutionDimension,
        _ filter: ExecutionFilter,
        _ reader: PostgresQueries,
        _ console: Console
    ) async throws -> String {
        let rows = try await reader.comparison(by: dimension, filter)
        switch global.output {
        case .json: return try Listing.json(rows) + "\n"
        case .html:
            let page = ComparisonPage(
                dimension: dimension,
                account: global.account,
                since: period.since,
                until: period.until,
                rows: rows
            )
            return page.html()
        case .table, .sarif: return ComparisonText.table(rows, dimension, console) + "\n"
        }
    }

    private func calibration(
        _ filter: ExecutionFilter,
        _ reader: PostgresQueries,
        _ console: Console
    ) async throws -> String {
        let report = CalibrationReport(try await reader.calibrationSamples(filter))
        return global.output == .json
            ? try Listing.json(report) + "\n" : CalibrationText.table(report, console) + "\n"
    }
}

/// A dimension as it is given on the command line: `market_state` and `market-state` are one.
struct ComparedDimension: ExpressibleByArgument {
    let dimension: ExecutionDimension

    init?(argument: String) {
        let name = argument.lowercased().replacing("-", with: "_")
        guard let dimension = ExecutionDimension(rawValue: name) else { return nil }
        self.dimension = dimension
    }

    static var allValueStrings: [String] { ExecutionDimension.allCases.map(\.rawValue) }
}

/// Options that choose a period of business time.
struct PeriodOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Only orders of this day or later, in UTC and business time.", valueName: "date"))
    var since: String?

    @Option(help: ArgumentHelp("Only orders of this day or earlier.", valueName: "date"))
    var until: String?

    /// - Throws: `CommandFailure` for what is no date, or a period that ends before it begins.
    func filter(account: String?) throws -> ExecutionFilter {
        func day(_ text: String?, _ option: String) throws -> CalendarDate? {
            guard let text else { return nil }
            guard let date = CalendarDate(text) else {
                throw CommandFailure(.usage, "'\(text)' is no date. Give \(option) as 2026-01-02.")
            }
            return date
        }
        func start(_ date: CalendarDate) -> Timestamp {
            Timestamp(nanoseconds: Int64(date.daysSinceEpoch) * 86_400_000_000_000)
        }
        let first = try day(since, "--since").map(start)
        let last = try day(until, "--until").map { start($0) + .seconds(86_400) }
        if let first, let last, last <= first {
            throw CommandFailure(.usage, "--until \(until ?? "") is before --since \(since ?? ""). Turn them round.")
        }
        return ExecutionFilter(account: account.map { AccountID(unchecked: $0) }, since: first, until: last)
    }
}
