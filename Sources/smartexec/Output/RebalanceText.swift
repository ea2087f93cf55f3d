import Orchestration
import TradingDomain

/// A rebalance for people: its state, and each name's target beside what was reached.
enum RebalanceText {
    static func lines(_ report: RebalanceReport, _ console: Console) -> [String] {
        let width = console.output.width
        let turnover = report.turnoverPercent.map { ", turnover \(percent($0)) %" } ?? ""
        let exposure = report.grossPercent.flatMap { gross in
            report.netPercent.map { ", gross \(percent(gross)) %, net \(percent($0)) %" }
        }
        var prose = [
            "Rebalance \(report.state.rawValue): \(report.explanation).",
            "Equity \(money(report.equityBefore)) to \(money(report.equity)), cash \(money(report.cashBefore)) to "
                + "\(money(report.cash))\(exposure ?? "")\(turnover).",
        ]
        prose += report.notes.map { VisibleText.of($0) }
        var table = Table([
            .text("Name"), .number("Before %"), .number("Target %"), .number("Reached %"), .number("Away"),
            .number("Planned").expendable(2), .number("Filled").expendable(1), .prose("Why"),
        ])
        for name in report.names {
            table.add([
                name.symbol.text, percent(name.weightBefore), percent(name.target), name.weight.map(percent) ?? "",
                name.away.map { signed(percent($0), $0 > .zero) } ?? "",
                signed("\(name.planned)", name.planned > .zero),
                signed("\(name.filled)", name.filled > .zero), name.reason.map { VisibleText.of($0) } ?? "",
            ])
        }
        let (shown, _) = table.narrowed(to: width)
        let heading = width.map { width in prose.flatMap { $0.wrapped(toWidth: width) } } ?? prose
        return heading + [shown.rendered(width: width, style: console.style)]
    }

    private static func percent(_ value: FixedDecimal) -> String { ReportPrinter.rounded(value.description, 2) }
    private static func money(_ value: FixedDecimal) -> String { ReportPrinter.rounded(value.description, 2) }
    private static func signed(_ text: String, _ isPositive: Bool) -> String { isPositive ? "+\(text)" : text }
}
