import ArgumentParser
import ExecutionEngine
import PostgresStore
import TradingDomain

/// `smartexec risk slippage`: the limit of each account, what it has learned from, and the last orders held against it.
struct SlippageCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "slippage",
        abstract: "Show each account's slippage limit and the last orders that were held against it (SL-2, SL-4)."
    )

    @OptionGroup var global: GlobalOptions

    @Option(help: "At most so many orders of each account, newest first.")
    var limit = 10

    func validate() throws {
        guard limit >= 0 else { throw ValidationError("--limit: \(limit) is no number of rows.") }
    }

    /// One account's control.
    private struct Control: Encodable {
        let account: AccountID
        /// Basis points.
        let limitBps: Double
        let startBps: Double
        let floorBps: Double
        let ceilingBps: Double
        let adaptiveThreshold: Bool
        let action: SlippageAction
        let exemptReductions: Bool
        /// Finished orders that it has learned from, at most the last 100.
        let records: Int
        let lastRecordAt: Timestamp?
        let orders: [SlippageDecisionRow]
    }

    func perform(_ console: Console) async throws -> ExitStatus {
        let loaded = try global.load(console)
        let database = try await Database.open(loaded, console)
        let reader = PostgresQueries(pool: database.pool)
        var found: [Control] = []
        for row in try await reader.accounts() where matches(row.account, global.account) {
            // Simulated books carry the account's name before an `@`.
            let name = row.account.text.split(separator: "@", maxSplits: 1).first.map(String.init) ?? ""
            let settings = loaded.configuration.accounts[name]?.slippage ?? .standard
            let records = try await reader.slippages(row.account)
            let controller = SlippageController(settings, restoring: records)
            let clock = try await reader.clock(of: row.account)
            found.append(
                Control(
                    account: row.account,
                    limitBps: controller.limit(at: clock ?? records.last?.at ?? Timestamp(nanoseconds: 0)) * 10_000,
                    startBps: settings.limitBps,
                    floorBps: settings.floorBps,
                    ceilingBps: settings.ceilingBps,
                    adaptiveThreshold: settings.adaptiveThreshold,
                    action: settings.action,
                    exemptReductions: settings.exemptReductions,
                    records: records.count,
                    lastRecordAt: records.last?.at,
                    orders: try await reader.slippageDecisions(row.account, limit: limit)
                )
            )
        }
        await database.pool.close()
        guard global.output == .table else {
            console.print(try Listing.json(found))
            return .success
        }
        guard !found.isEmpty else {
            console.print("No account has traded yet.")
            return .success
        }
        for control in found { try show(control, console) }
        return .success
    }

    private func show(_ control: Control, _ console: Console) throws {
        let learns =
            control.adaptiveThreshold
            ? "learns from \(control.records) of the last 100 records, between \(ReportPrinter.bps(control.floorBps)) and "
                + "\(ReportPrinter.bps(control.ceilingBps))"
            : "does not learn"
        console.print(
            console.style.bold("Account \(control.account)")
                + ": limit \(ReportPrinter.bps(control.limitBps)) bps, began at \(ReportPrinter.bps(control.startBps)), \(learns); "
                + "above it: \(control.action.rawValue)",
            wrapping: true
        )
        try Listing(console: console, format: .table).show(
            control.orders,
            empty: "No order was held against it yet.",
            [
                .text("Order"), .text("Ticker"), .text("Side"), .text("Algorithm"), .number("Predicted"),
                .number("Limit"), .text("Outcome"), .number("Realised"), .text("Submitted"),
            ]
        ) { index in
            let row = control.orders[index]
            return [
                row.id.text, row.symbol.text, row.side.rawValue, row.algorithm?.text ?? "",
                row.verdict.predictedBps.map { ReportPrinter.bps($0) } ?? "", ReportPrinter.bps(row.verdict.limitBps),
                row.verdict.outcome.rawValue, row.realizedBps.map { ReportPrinter.bps($0) } ?? "", "\(row.submittedAt)",
            ]
        }
    }
}
