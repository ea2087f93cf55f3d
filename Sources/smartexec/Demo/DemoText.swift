import Foundation
import Orchestration
import RiskRules
import TradingDomain
import Workflows

/// What the demonstration prints.
enum DemoText {
    static func header(_ account: AccountID, _ market: String, _ session: CalendarDate, cash: Money) -> String {
        """
        SmartExecutor demonstration
        ===========================
        Market:    \(market); its prices are invented and mean nothing
        Account:   \(account), new, with \(cash.amount) \(cash.currency.rawValue)
        Session:   \(session), in virtual time
        Decisions: a script of four, one for each urgency; from the agent's answer on
                   everything is the real path: intake gates, sizing, risk, routing,
                   journal in PostgreSQL, simulated venue, ledger
        """
    }

    static func test(_ number: Int, of count: Int, _ line: DemoAgent.Line, _ item: ItemReport) -> String {
        let rows = [
            ("Action", [item.side?.rawValue, item.ticker].compactMap { $0 }.joined(separator: " ")),
            ("Position Size", "\(line.percent) %"),
            ("Urgency", item.urgency?.rawValue ?? line.urgency.rawValue),
            ("Result", item.status.rawValue + (item.message.isEmpty ? "" : ", \(item.message)")),
            ("Shares", "\(item.filledQuantity ?? .zero)"),
            ("Avg Price", item.averagePrice.map { fixed(FixedDecimal(units: Int128($0.units)), 4) } ?? "–"),
            ("Slippage", slippage(item)),
            ("Algorithm", item.algorithm?.text ?? "–"),
            ("Child Orders", "\(item.children ?? 0)"),
        ]
        return block("Test \(number)/\(count): \(line.urgency.rawValue) urgency", rows)
    }

    static func summary(_ summary: ExecutorSummary) -> String {
        let executions = summary.executions
        let held = summary.positions.map { "\($0.symbol) \($0.quantity)" }.joined(separator: ", ")
        let rows = [
            ("total_executions", "\(executions.totalExecutions)"),
            ("successful", "\(executions.successful)"),
            ("average_slippage_bps", executions.averageSlippageBps.map { ReportPrinter.bps($0) } ?? "–"),
            ("total_volume", fixed(executions.totalVolume, 2)),
            ("total_commission", fixed(executions.totalCommission, 4)),
            ("cash", fixed(summary.cash.amount, 4)),
            ("equity", fixed(summary.equity.amount, 4)),
            ("positions", held.isEmpty ? "none" : held),
            ("realized_pnl", fixed(summary.realized.amount, 4)),
            ("unrealized_pnl", fixed(summary.unrealized.amount, 4)),
            ("kill_switch", summary.killSwitch.halt.map { "ON: \($0.reason)" } ?? "off"),
        ]
        return block("Execution Summary", rows)
    }

    static func next(_ order: ParentOrderID) -> String {
        """
        Next:
          smartexec explain \(order)  this TWAP, from request to fills
          smartexec decide NVDA --clock 60x   an agent decides, at a minute a second; try Ctrl-C
          smartexec batch watchlists/demo.txt a watchlist, a few tickers at a time
        """
    }

    /// Decimal text with exactly `places` digits after the point, rounded half away from zero.
    static func fixed(_ value: FixedDecimal, _ places: Int) -> String {
        let text = ReportPrinter.rounded(value.description, places)
        let digits = text.firstIndex(of: ".").map { text.distance(from: $0, to: text.endIndex) - 1 } ?? 0
        guard digits < places else { return text }
        return text + (digits == 0 ? "." : "") + String(repeating: "0", count: places - digits)
    }

    /// Against the price at arrival; a schedule's own cost is what it lost against the market's average meanwhile.
    private static func slippage(_ item: ItemReport) -> String {
        guard let arrival = item.slippageArrivalBps else { return "–" }
        let vwap = item.slippageVwapBps.map { " (against the market's average meanwhile \(ReportPrinter.bps($0)) bps)" }
        return "\(ReportPrinter.bps(arrival)) bps\(vwap ?? "")"
    }

    private static func block(_ title: String, _ rows: [(String, String)]) -> String {
        let width = rows.map(\.0.count).max() ?? 0
        return
            ([title, String(repeating: "-", count: title.count)]
            + rows.map { "\($0.0):".padded(to: width + 2) + $0.1 }).joined(separator: "\n")
    }
}
