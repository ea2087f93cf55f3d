import Orchestration
import TradingDomain
import Workflows

/// A dry run for people: what would be sent and what that is predicted to cost, then every step.
enum RehearsalPrinter {
    static func text(_ report: RehearsalReport, _ console: Console) -> String {
        let width = console.output.width
        var lines = wrapped(
            [
                "DRY RUN of \(report.workflow): nothing is done.",
                "Account \(report.account) · \(report.market) · prices of \(report.at)",
            ],
            width
        )
        lines.append("")
        if report.orders.isEmpty {
            lines.append("No order would be sent.")
        } else {
            lines.append(orders(report.orders).narrowed(to: width).table.rendered(width: width, style: console.style))
            lines += wrapped(report.orders.flatMap(details), width)
        }
        if !report.outcomes.isEmpty {
            lines += ["", "Without an order:"]
            lines += wrapped(
                report.outcomes.map { "\($0.ticker) \($0.status): \(VisibleText.of($0.message))" },
                width
            )
        }
        if let rebalance = report.rebalance {
            lines += ["", "If every order fills as predicted:"] + RebalanceText.lines(rebalance, console)
        }
        lines += ["", "Step by step:"]
        lines += wrapped(
            report.steps.map { step in
                let behind = step.isPredicted ? " (behind a predicted fill)" : ""
                return "\(step.step)  \(step.uses) [\(step.effect.rawValue)]: \(VisibleText.of(step.words))\(behind)"
            },
            width
        )
        var prose: [String] = [
            "\(report.status): orders worth \(report.notional), predicted cost \(report.predictedCost), of it fees "
                + "\(report.fees)."
        ]
        if let message = report.message { prose.append(VisibleText.of(message)) }
        return (lines + [""] + wrapped(prose + report.notes, width)).joined(separator: "\n")
    }

    private static func orders(_ orders: [RehearsalReport.Order]) -> Table {
        var table = Table([
            .text("Ticker"), .text("Would be"), .text("Side"), .number("Quantity"), .number("Price"),
            .number("Value").expendable(3), .text("Algorithm"), .number("Slices").expendable(4),
            .number("Spread bps").expendable(2), .number("Impact bps").expendable(1), .number("Fees"), .number("Cost"),
        ])
        for order in orders {
            let cells = [
                order.ticker.text, order.quantity == nil ? order.status.rawValue : "sent", order.side.rawValue,
                "\(order.quantity ?? order.asked)", order.arrivalPrice.map { "\($0)" } ?? "",
                order.notional.map { ReportPrinter.rounded("\($0.amount)", 2) } ?? "", order.algorithm?.text ?? "",
            ]
            table.add(
                cells + [
                    order.slices.map(String.init) ?? "", ReportPrinter.bps(order.spreadBps),
                    ReportPrinter.bps(order.impactBps),
                    order.fees.map { ReportPrinter.rounded("\($0.amount)", 4) } ?? "",
                    order.predictedCost.map { ReportPrinter.rounded("\($0.amount)", 4) } ?? "",
                ]
            )
        }
        return table
    }

    /// How an order would be worked and what was compared, below the table.
    private static func details(_ order: RehearsalReport.Order) -> [String] {
        let name = "\(order.ticker) \(order.side)"
        var lines: [String] = []
        if let plan = order.plan, let rule = order.rule, let start = order.start, let end = order.end {
            lines.append("\(name): \(plan), \(start) to \(end); \(rule)")
        }
        let candidates = (order.candidates ?? []).map { "\($0.algorithm) \(ReportPrinter.bps($0.costBps))" }
        if candidates.count > 1 {
            lines.append("\(name): predicted bps of each: \(candidates.joined(separator: ", "))")
        }
        if let missing = order.missing { lines.append("\(name): not known: \(missing.joined(separator: "; "))") }
        if let message = order.message { lines.append("\(name): \(VisibleText.of(message))") }
        return lines
    }

    private static func wrapped(_ prose: [String], _ width: Int?) -> [String] {
        guard let width else { return prose }
        return prose.flatMap { $0.wrapped(toWidth: width) }
    }
}
