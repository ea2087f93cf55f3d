import ExecutionAnalytics
import Orchestration
import TradingDomain

/// The cost of an execution in words: every part, their exact sum, and the targets.
enum CostText {
    static func lines(_ item: ItemReport, title: String) -> [String] {
        guard item.algorithm != nil else { return ["\(title) none: nothing was sent"] }
        var lines: [String] = []
        if let cost = item.shortfall {
            lines.append("\(title) against \(cost.paperNotional) \(cost.currency) on paper at the decision price")
            let parts = [
                ("delay", cost.delay, "decision to arrival"), ("trading", cost.trading, "arrival to fills"),
                ("opportunity", cost.opportunity, "what did not fill"), ("fees", cost.fees, "commission"),
            ]
            for (name, part, meaning) in parts {
                lines.append("  \(padded(name, 12)) \(padded(amount(part, cost.currency), 26)) \(meaning)")
                guard name == "trading", let timing = cost.timing, let impact = cost.impact else { continue }
                for (name, part, meaning) in [
                    ("- timing", timing, "in trading: the market's own move"),
                    ("- impact", impact, "in trading: fills against its VWAP"),
                ] { lines.append("  \(padded(name, 12)) \(padded(amount(part, cost.currency), 26)) \(meaning)") }
            }
            lines.append("  \(padded("shortfall", 12)) \(amount(cost.total, cost.currency))")
            let sum = parts.map { signed($0.1.amount) }.joined(separator: " ")
            lines.append("  exactly: \(sum) = \(cost.total.amount)")
        } else {
            lines.append("\(title) not known: a price at the decision, the arrival or the end is missing")
        }
        for target in item.targets ?? [] { lines.append("  \(words(target))") }
        return lines + after(item)
    }

    /// What the market did afterwards; nothing for what is not known yet.
    private static func after(_ item: ItemReport) -> [String] {
        var lines = (item.markOuts ?? []).compactMap { mark in
            mark.bps.map { bps in
                let part = mark.covered == item.filledQuantity ? "" : " (for \(mark.covered) of the fills)"
                let span = ReportPrinter.time(Double(mark.horizonSeconds))
                return "  mark-out after \(span) \(ReportPrinter.bps(bps)) bps\(part)"
            }
        }
        if !lines.isEmpty { lines[0] += ", positive: the price moved our way" }
        if let spread = item.effectiveHalfSpreadBps {
            lines.append("  effective half-spread \(ReportPrinter.bps(spread)) bps")
        }
        if let close = item.closePrice, let slippage = item.slippageCloseBps {
            lines.append("  slippage against the session's close of \(close): \(ReportPrinter.bps(slippage)) bps")
        }
        return lines
    }

    /// `slippage 1.58 bps against interval VWAP: met (target below 5 bps, expected 1 to 3)`.
    private static func words(_ target: QualityTarget) -> String {
        func number(_ value: Double) -> String {
            switch target.unit {
            case "ratio": "\(ReportPrinter.rounded("\(value * 100)", 2)) %"
            case "s": ReportPrinter.time(value)
            default: "\(ReportPrinter.bps(value)) \(target.unit)"
            }
        }
        let name = target.name.rawValue.replacing("_", with: " ")
        guard let value = target.value, let verdict = target.verdict else { return "\(name): no value" }
        let range =
            target.expected.map { ", expected \(ReportPrinter.bps($0[0])) to \(ReportPrinter.bps($0[1]))" } ?? ""
        let side = target.name == .fillRate ? "above" : "below"
        return "\(name) \(number(value)) against \(target.against): \(verdict.rawValue) "
            + "(target \(side) \(number(target.target))\(range))"
    }

    private static func amount(_ part: CostReport.Part, _ currency: Currency) -> String {
        "\(part.amount) \(currency), \(ReportPrinter.bps(part.bps)) bps"
    }

    private static func signed(_ amount: FixedDecimal) -> String {
        amount < .zero ? "− \(-amount)" : "+ \(amount)"
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
