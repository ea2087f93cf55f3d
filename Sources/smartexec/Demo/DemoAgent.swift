import TradingAgents
import TradingDomain

/// Plays four fixed decisions, one for each urgency: a script, not an opinion.
struct DemoAgent: TradingAgent {
    /// One decision of the script.
    struct Line: Hashable, Sendable {
        let ticker: String
        let urgency: Urgency
        /// Percent points of equity.
        let percent: Int
    }

    static let name = "demo"
    static let script = [
        Line(ticker: "NVDA", urgency: .critical, percent: 5),
        Line(ticker: "AAPL", urgency: .high, percent: 5),
        Line(ticker: "MSFT", urgency: .medium, percent: 6),
        Line(ticker: "KO", urgency: .low, percent: 4),
    ]

    let descriptor = AgentDescriptor(id: AgentID(unchecked: DemoAgent.name), isDeterministic: true)

    func decide(_ request: DecisionRequest) async throws -> [AgentReply] {
        request.symbols.map { symbol in
            guard let line = Self.script.first(where: { $0.ticker == symbol.text }) else {
                return .abstain(.noView, symbols: [symbol], "The demonstration's script has no \(symbol).")
            }
            return .decision(
                DecisionDraft(
                    symbol: symbol,
                    action: .buy,
                    size: .deltaPercentOfEquity(FixedDecimal(line.percent)),
                    urgency: line.urgency,
                    rationale: "A fixed line of the demonstration's script."
                )
            )
        }
    }
}
