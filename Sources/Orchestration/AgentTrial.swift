import ExecutionEngine
import MarketData
public import Portfolio
public import RiskRules
public import TradingAgents
public import TradingDomain

/// An agent asked once, with everything that a run would make of its answer, and nothing of it done.
///
/// The question, the gates, the sizing and the risk rules are those of a run. No decision is recorded, no idempotency
/// key is taken, no order is made: asking again gives the same.
public struct AgentTrial: Sendable {
    /// The question and what came back.
    public let exchange: AgentExchange
    /// What the answer was read as; an abstention where there was nothing to read.
    public let decision: TradingDecision
    public let verdict: IntakeVerdict
    public let urgency: ResolvedUrgency
    /// The order that it would become, unless a gate stopped it.
    public let sizing: SizingResult?
    /// The risk rules on that order.
    public let risk: OrderJudgement?
    /// Wall-clock time in which it had to answer.
    public let timeout: Duration

    /// Asks the agent `name` about `symbol` on a desk whose store looks keys up and takes none.
    ///
    /// - Parameters:
    ///   - name: The agent's configured name.
    ///   - symbol: What it is asked about.
    ///   - market: What the caller says of the market as a whole.
    ///   - decisions: The file that a `file` agent reads.
    ///   - urgency: The caller's, which wins over regime and decision.
    ///   - desk: The account; its store must look keys up and take none.
    /// - Returns: The exchange and all that would come of it.
    /// - Throws: ``StepFailure`` for an unknown agent, symbol or a symbol without price; the stores' errors.
    public static func run(
        _ name: String,
        about symbol: Symbol,
        _ market: DecisionRequest.Context,
        decisions: String? = nil,
        urgency: Urgency? = nil,
        on desk: Desk
    ) async throws -> AgentTrial {
        let entry = try desk.agents.make(name, decisions)
        guard let instrument = desk.instrument(symbol) else {
            let known = desk.market.instruments.prefix(12).map(\.symbol.text).joined(separator: ", ")
            throw StepFailure(
                "symbol_unknown",
                "No instrument is known as \(symbol) in \(desk.market.title). Known are \(known) and others."
            )
        }
        try await desk.clock.watch([symbol])
        let now = await desk.clock.now()
        let inquiry = AgentInquiry(desk: desk, symbol: symbol, entry: entry, market: market, now: now)
        let request = try await inquiry.request(id: "req-trial-\(symbol)", environment: desk.environment)
        let exchange = await desk.agents.runtime.ask(
            entry.agent,
            request,
            timeout: entry.timeout,
            options: entry.options
        )
        guard var decision = exchange.decision(on: symbol) ?? exchange.decisions.first else {
            throw StepFailure("no_answer", "Agent \(name) gave no answer about \(symbol).")
        }
        let receipt = try await desk.store.record(
            inquiry.record(&decision, exchange, run: RunID(unchecked: "trial"), stepPath: "trial")
        )
        let resolved = ResolvedUrgency.resolve(caller: urgency, regime: market.regime, decision: decision)
        let verdict = await inquiry.judge(
            decision,
            resolved,
            try AgentInquiry.prior(receipt, decision),
            breakerIsOpen: exchange.breakerIsOpen
        )
        var (sizing, risk): (SizingResult?, OrderJudgement?)
        if verdict.isAccepted, let trade = decision.trade, let price = await desk.engine.view(symbol)?.mid {
            let context = await PortfolioSize.context(
                instrument,
                price,
                decision,
                urgency: resolved.urgency,
                source: resolved.source.rawValue,
                desk,
                at: now
            )
            let size = PositionSizer(config: desk.sizing).size(trade, context)
            sizing = size
            if let order = size.order {
                let snapshot = await desk.engine.riskSnapshot(at: now, naming: [instrument])
                risk = RiskGate.judge(order, snapshot, desk.limits)
            }
        }
        return AgentTrial(
            exchange: exchange,
            decision: decision,
            verdict: verdict,
            urgency: resolved,
            sizing: sizing,
            risk: risk,
            timeout: entry.timeout
        )
    }
}
