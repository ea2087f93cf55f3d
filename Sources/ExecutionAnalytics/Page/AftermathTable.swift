import TradingDomain

/// What the market did after an execution: mark-outs, effective spread and the session's close.
struct AftermathTable {
    private let execution: ExecutionPage

    init(_ execution: ExecutionPage) { self.execution = execution }

    var markup: Markup {
        guard let aftermath = execution.aftermath, execution.cost.filled > .zero else { return .empty }
        let filled = execution.cost.filled
        var rows = aftermath.marks.map { mark -> [Markup] in
            let share = mark.covered.approximate / filled.approximate
            return [
                Markup("After \(Words.span(Double(mark.horizonSeconds)))"), Markup(Words.bps(mark.bps)),
                Markup(mark.covered < filled ? "known for \(Words.percent(share)) of the fills" : ""),
            ]
        }
        rows.append([
            "Effective half-spread", Markup(Words.bps(aftermath.halfSpreadBps)), "paid beyond the middle, at the fills",
        ])
        let close = aftermath.closePrice
        rows.append([
            "Slippage vs close", Markup(Words.bps(close.flatMap { execution.cost.slippageBps(against: $0) })),
            Markup(close.map { "close \(Words.price($0))" } ?? "not known yet"),
        ])
        let table = PageTable(
            caption: "After the fills",
            columns: [.text("Measure"), .number("bps"), .text("Note")],
            rows: rows
        )
        let legend =
            "Mark-outs are positive when the price moved our way; slippage and spread are positive when they cost."
        return tag("div", ["class": "after"], [table.markup, tag("p", ["class": "quiet"], text: legend)])
    }
}
