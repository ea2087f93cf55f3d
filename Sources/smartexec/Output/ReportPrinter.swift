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

    /// A row per item, then the totals.
    static func table(_ report: RunReport, _ console: Console) -> String {
        var table = Table([
            .text("Ticker"), .text("Status"), .text("Side"), .text("Algorithm"), .number("Quantity"), .number("Filled"),
            .number("Avg price"), .number("Arrival"), .number("Slip bps"), .number("vs VWAP"), .number("Fill"),
            .number("Time"), .number("Commission"),
            .number("Children"), .prose("Message"),
        ])
        for item in report.items {
            table.add([
                item.ticker, item.status.rawValue, item.side?.rawValue ?? "", item.algorithm?.text ?? "",
                item.quantity?.description ?? "", item.filledQuantity?.description ?? "",
                item.averagePrice.map { rounded($0.description, 4) } ?? "", item.arrivalPrice?.description ?? "",
                bps(item.slippageArrivalBps), bps(item.slippageVwapBps),
                item.fillRate.map { "\(Int(($0 * 100).rounded(.down))) %" } ?? "", time(item.durationSeconds),
                item.commission.map { rounded($0.description, 4) } ?? "", item.children.map(String.init) ?? "",
                [item.quality, item.message.isEmpty ? nil : item.message].compactMap { $0 }.joined(separator: "; "),
            ])
        }
        let summary = report.summary
        var lines = [table.rendered(width: console.output.width, style: console.style), ""]
        var parts = ["\(report.status.rawValue): \(summary.successful) of \(summary.totalExecutions) executions filled"]
        if summary.averageSlippageBps != nil {
            parts.append(
                "average slippage \(bps(summary.averageSlippageBps)) bps (by value \(bps(summary.weightedSlippageBps)))"
            )
            parts.append("against the interval's VWAP \(bps(summary.averageSlippageVwapBps)) bps")
            if let shortfall = summary.totalShortfall {
                parts.append("shortfall \(rounded(shortfall.description, 4)) (\(bps(summary.shortfallBps)) bps)")
            }
            parts.append("volume \(rounded(summary.totalVolume.description, 2))")
            parts.append("commission \(rounded(summary.totalCommission.description, 4))")
        }
        lines.append(parts.joined(separator: ", "))
        if let met = summary.targetsMet, let expected = summary.targetsAsExpected, let missed = summary.targetsMissed,
            summary.totalExecutions > 0
        {
            lines.append("Targets: \(met) met, \(expected) as expected, \(missed) missed.")
        }
        if let message = report.message { lines.append(message) }
        lines.append(
            "Run \(report.run), \(report.startedAt) to \(report.endedAt). `smartexec report \(report.run)` shows it again."
        )
        return lines.joined(separator: "\n")
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
