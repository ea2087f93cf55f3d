import Foundation
import Orchestration
import TradingDomain
import Workflows

/// A run's report for people and for programs.
enum ReportPrinter {
    /// One object with `run`, `status`, `items` and totals; quantities, prices and money as decimal strings.
    static func json(_ report: RunReport) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(report), as: UTF8.self)
    }

    /// A row per item, then the totals; on a terminal that is too narrow, messages follow below the rows.
    static func table(_ report: RunReport, _ console: Console) -> String {
        let width = console.output.width
        let whole = rows(report.items, withMessages: true)
        let isNarrow = width.map { whole.naturalWidth > $0 } ?? false
        let table = isNarrow ? rows(report.items, withMessages: false) : whole
        let (shown, without) = table.narrowed(to: width)
        var lines = [shown.rendered(width: width, style: console.style)]
        var prose: [String] = []
        if isNarrow {
            prose += report.items.filter { !$0.message.isEmpty }.map { "\($0.ticker): \($0.message)" }
        }
        if !without.isEmpty {
            prose.append(
                "A wider terminal also shows \(without.joined(separator: ", ")); --output json has everything."
            )
        }
        lines += wrapped(prose, width) + [""]
        if let rebalance = report.rebalance { lines += RebalanceText.lines(rebalance, console) + [""] }
        let summary = report.summary
        var parts = ["\(report.status.rawValue): \(summary.successful) of \(summary.totalExecutions) executions filled"]
        if summary.averageSlippageBps != nil {
            parts.append(
                "average slippage \(bps(summary.averageSlippageBps)) bps (by value \(bps(summary.weightedSlippageBps)))"
            )
            if summary.averageSlippageVwapBps != nil {
                parts.append("against the interval's VWAP \(bps(summary.averageSlippageVwapBps)) bps")
            }
            if let shortfall = summary.totalShortfall {
                parts.append("shortfall \(rounded(shortfall.description, 4)) (\(bps(summary.shortfallBps)) bps)")
            }
            parts.append("volume \(rounded(summary.totalVolume.description, 2))")
            parts.append("commission \(rounded(summary.totalCommission.description, 4))")
        }
        prose = [parts.joined(separator: ", ")]
        if let met = summary.targetsMet, let expected = summary.targetsAsExpected, let missed = summary.targetsMissed,
            summary.totalExecutions > 0
        {
            prose.append("Targets: \(met) met, \(expected) as expected, \(missed) missed.")
        }
        if let message = report.message { prose.append(VisibleText.of(message)) }
        prose.append(
            "Run \(report.run), \(report.startedAt) to \(report.endedAt). `smartexec report \(report.run)` shows it again."
        )
        return (lines + wrapped(prose, width)).joined(separator: "\n")
    }

    private static func wrapped(_ prose: [String], _ width: Int?) -> [String] {
        guard let width else { return prose }
        return prose.flatMap { $0.wrapped(toWidth: width) }
    }

    private static func rows(_ items: [ItemReport], withMessages: Bool) -> Table {
        var columns: [Table.Column] = [
            .text("Ticker"), .text("Status"), .text("Side"), .text("Algorithm"), .number("Quantity"),
            .number("Filled"), .number("Avg price"), .number("Arrival").expendable(4), .number("Slip bps"),
            .number("vs VWAP").expendable(1), .number("Fill").expendable(3), .number("Time").expendable(5),
            .number("Commission").expendable(2), .number("Children").expendable(6), .text("Quality").expendable(7),
        ]
        if withMessages { columns.append(.prose("Message")) }
        var table = Table(columns)
        for item in items {
            var cells = [
                item.ticker, item.status.rawValue, item.side?.rawValue ?? "", item.algorithm?.text ?? "",
                item.quantity?.description ?? "", item.filledQuantity?.description ?? "",
            ]
            cells += [
                item.averagePrice.map { rounded($0.description, 4) } ?? "", item.arrivalPrice?.description ?? "",
                bps(item.slippageArrivalBps), bps(item.slippageVwapBps),
                item.fillRate.map { "\(Int(($0 * 100).rounded(.down))) %" } ?? "", time(item.durationSeconds),
                item.commission.map { rounded($0.description, 4) } ?? "", item.children.map(String.init) ?? "",
                item.quality ?? "",
            ]
            if withMessages { cells.append(item.message) }
            table.add(cells)
        }
        return table
    }

    /// A duration for tables: `4 s`, `27 min`, `6 h 26 min`.
    static func time(_ seconds: Double?) -> String {
        guard let seconds else { return "" }
        let whole = Int(seconds)
        if whole < 120 { return "\(whole) s" }
        return whole < 7200 ? "\(whole / 60) min" : "\(whole / 3600) h \(whole / 60 % 60) min"
    }

    static func bps(_ value: Double?) -> String { value.map { String(format: "%.2f", $0) } ?? "" }

    /// Decimal text cut to `places` digits, for tables only.
    static func rounded(_ text: String, _ places: Int) -> String {
        guard let value = Decimal(string: text) else { return text }
        var input = value
        var output = Decimal()
        NSDecimalRound(&output, &input, places, .plain)
        return "\(output)"
    }
}
