import ExecutionAnalytics
import TradingDomain

/// Executions side by side, for people.
enum ComparisonText {
    static func table(_ rows: [ComparisonRow], _ dimension: ExecutionDimension, _ console: Console) -> String {
        guard !rows.isEmpty else { return "No order that was admitted has ended in this period." }
        var table = Table([
            .text(dimension.title), .number("Orders"), .number("Traded"), .number("Mean bps"),
            .number("By value").expendable(1), .number("Median"), .number("p95"), .number("vs VWAP").expendable(2),
            .number("Shortfall bps"), .number("Filled"), .number("Fees").expendable(4), .number("Met"),
            .number("As expected"), .number("Missed"), .number("After 5 min").expendable(5),
        ])
        for row in rows {
            table.add([
                row.value, "\(row.executions)", "\(ReportPrinter.rounded(row.notional.description, 2)) \(row.currency)",
                ReportPrinter.bps(row.meanSlippageBps), ReportPrinter.bps(row.weightedSlippageBps),
                ReportPrinter.bps(row.medianSlippageBps), ReportPrinter.bps(row.p95SlippageBps),
                ReportPrinter.bps(row.meanSlippageVwapBps), ReportPrinter.bps(row.shortfallBps),
                percent(row.meanFillRate), ReportPrinter.rounded(row.fees.description, 2), percent(row.share(row.met)),
                percent(row.share(row.asExpected)), percent(row.share(row.missed)),
                ReportPrinter.bps(row.meanMarkOut5MinBps),
            ])
        }
        let (shown, without) = table.narrowed(to: console.output.width)
        var lines = [shown.rendered(width: console.output.width, style: console.style)]
        lines.append("Slippage in bps against arrival, positive is a cost; after 5 min: positive moved our way.")
        if !without.isEmpty {
            lines.append(
                "A wider terminal also shows \(without.joined(separator: ", ")); --output json has everything."
            )
        }
        return lines.joined(separator: "\n")
    }

    private static func percent(_ ratio: Double?) -> String {
        ratio.map { "\(Int(($0 * 100 + 1e-9).rounded(.down))) %" } ?? ""
    }
}

/// Predicted against realised cost, for people.
enum CalibrationText {
    static func table(_ report: CalibrationReport, _ console: Console) -> String {
        guard report.all.count > 0 else {
            return "No execution with a predicted cost yet. Orders are predicted when they are routed."
        }
        var table = Table([
            .text("Group"), .number("Orders"), .number("Predicted bps"), .number("Realised"), .number("Bias"),
            .number("Mean error"), .number("Correlation"), .number("By rank"), .text("Note"),
        ])
        table.add(row("all", report.all))
        for group in report.algorithms { table.add(row(group.name, group.figures)) }
        for group in report.sizesOfDailyVolume { table.add(row("size \(group.name)", group.figures)) }
        return table.rendered(width: console.output.width, style: console.style)
            + "\nBias is realised less predicted; sizes are shares of the daily volume. `smartexec calibrate` refits the "
            + "impact coefficient."
    }

    private static func row(_ name: String, _ figures: CalibrationFigures) -> [String] {
        func number(_ value: Double?) -> String { ReportPrinter.bps(value) }
        return [
            name, "\(figures.count)", number(figures.meanPredictedBps), number(figures.meanRealisedBps),
            number(figures.biasBps), number(figures.meanAbsoluteErrorBps), number(figures.correlation),
            number(figures.rankCorrelation),
            figures.isTooFew ? "too few: figures from \(CalibrationFigures.countMin) on" : "",
        ]
    }
}
