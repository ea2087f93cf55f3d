import ExecutionEngine
import MarketData
import Portfolio
import RiskRules
import TradingAgents
import TradingDomain
import Workflows

/// `agent.decide`: asks an agent about one ticker and lets the intake guard judge the answer.
struct AgentDecide: WorkflowStep {
    let signature = StepSignature(
        "agent.decide",
        .read,
        inputs: [
            .required("ticker", .ticker),
            .optional(
                "agent",
                .text,
                default: .text("momentum"),
                role: .agent,
                doc: "a name under `agents:` of the configuration"
            ),
            .optional("decisions", .text, role: .file, doc: "the file that a `file` agent reads"),
            .optional("context", .record("market_context"), doc: "regime, vix and the like"),
            .optional("holdings", .list(.record("Position")), doc: "what the agent is told is held; the live book is"),
            .optional("bars", .text, doc: "what market.bars gave; the agent reads it in its context as `bars`"),
            .optional("profile", .text, doc: "how the agent is to look at the market; in its context as `profile`"),
            .optional("urgency", .enumeration("urgency"), doc: "the caller's, which wins (DI-6)"),
        ],
        outputs: [.init("decision", .record("Decision"))],
        doc: "A decision that passed the intake gates; ABSTAIN, refusals and repeats end the item here."
    )

    func run(_ call: StepCall, _ context: StepContext) async throws -> StepResult {
        let symbol = try call.ticker("ticker")
        let desk = context.desk
        if let unknown = context.unknown(symbol) { return unknown }
        try await desk.clock.watch([symbol])
        let name = call.text("agent") ?? "momentum"
        let entry = try desk.agents.entry(name, call.text("decisions"))
        let market = try marketContext(call)
        let inquiry = AgentInquiry(desk: desk, symbol: symbol, entry: entry, market: market, now: context.now)
        let path = "\(call.path)"
        var decision: TradingDecision
        var breakerIsOpen = false
        var prior = IntakeContext.Prior.none  // not Optional.none: a key that nobody holds
        var notes: [ItemNote] = []
        if let stored = try await desk.store.decision(run: context.run.id, stepPath: path) {
            decision = try DecisionParser(form: .stored).parse(Array(stored.envelope.utf8))
            breakerIsOpen = stored.breakerIsOpen
        } else {
            let request = try await inquiry.request(
                id: "req-\(context.run.id.text.prefix(13))-\(symbol)",
                environment: context.run.environment
            )
            let exchange = await desk.agents.runtime.ask(
                entry.agent,
                request,
                timeout: entry.timeout,
                options: entry.options,
                origin: entry.fingerprint.map {
                    AgentErrand.Origin(
                        run: context.claim.run,
                        epoch: context.claim.epoch,
                        account: desk.account,
                        path: path,
                        fingerprint: $0
                    )
                }
            )
            if exchange.isCancelled {
                // By the step's time limit or a stop; else the run is to end early.
                try Task.checkCancellation()
                let wish = try await desk.store.cancellation(of: context.run.id)
                throw StepFailure("cancelled", wish?.text ?? "The run was cancelled while it waited for agent \(name).")
            }
            guard let answer = exchange.decision(on: symbol) ?? exchange.decisions.first else {
                throw StepFailure("no_answer", "Agent \(name) gave no answer about \(symbol).")
            }
            decision = answer
            breakerIsOpen = exchange.breakerIsOpen
            let receipt = try await desk.store.record(
                inquiry.record(&decision, exchange, run: context.run.id, stepPath: path)
            )
            prior = try AgentInquiry.prior(receipt, decision)
            if case .same = prior, let first = receipt.first {
                let item = try first.outcome.map { try StoredJSON.decode(ItemReport.self, $0) }
                notes.append(.repeated(symbol, decision: first.decision, run: first.run, outcome: item))
            }
        }
        let urgency = ResolvedUrgency.resolve(
            caller: call.urgency("urgency"),
            regime: market.regime,
            decision: decision
        )
        let verdict = await inquiry.judge(decision, urgency, prior, breakerIsOpen: breakerIsOpen)
        let key = decision.idempotencyKey ?? decision.id.text
        if prior == IntakeContext.Prior.none {
            notes.append(
                .decision(
                    symbol,
                    id: decision.id,
                    key: key,
                    agent: decision.agent.id,
                    action: decision.actionName,
                    checks: verdict.checks
                )
            )
        }
        return .done(try outcome(verdict, decision, urgency, symbol, &notes), notes: notes)
    }

    private func outcome(
        _ verdict: IntakeVerdict,
        _ decision: TradingDecision,
        _ urgency: ResolvedUrgency,
        _ symbol: Symbol,
        _ notes: inout [ItemNote]
    ) throws -> StepOutcome {
        func end(_ status: ItemStatus) -> StepOutcome {
            notes.append(.ended(symbol, status: status, code: verdict.code?.rawValue ?? "", message: verdict.message))
            return .ended(status, note: verdict.message)
        }
        switch verdict.outcome {
        case .accepted:
            return .success(output: try Self.output(decision, urgency))
        case .duplicate(let prior):
            return .ended(ItemStatus(rawValue: prior.status) ?? .partial, note: prior.message)
        case .noAction:
            guard decision.trade?.action == .hold else { return end(.hold) }
            _ = end(.hold)
            return .success(output: try Self.output(decision, urgency), status: .hold, note: verdict.message)
        case .abstained: return end(.abstain)
        case .rejected: return end(.rejected)
        case .blocked: return end(.blocked)
        }
    }

    static func output(_ decision: TradingDecision, _ urgency: ResolvedUrgency) throws -> Value.Record {
        let record = Value.Record(
            "Decision",
            [
                ("id", .text(decision.id.text)),
                ("action", .text(decision.actionName)),
                ("symbol", decision.trade.map { .ticker($0.symbol) } ?? .null),
                ("urgency", .text(urgency.urgency.rawValue)),
                ("urgency_source", .text(urgency.source.rawValue)),
                (
                    "confidence",
                    decision.confidence.flatMap { try? FixedDecimal(parsing: "\($0)") }.map { .decimal($0) } ?? .null
                ),
                ("document", .text(String(decoding: decision.canonicalBytes(.stored), as: UTF8.self))),
            ]
        )
        return Value.Record("agent.decide output", [("decision", .record(record))])
    }

    // MARK: What the agent is given

    private func marketContext(_ call: StepCall) throws -> DecisionRequest.Context {
        var context = DecisionRequest.Context()
        for name in ["bars", "profile"] { context.extra[name] = call.text(name) }
        for field in call.inputs["context"]?.recordValue?.fields ?? [] {
            guard let text = field.value.textValue ?? field.value.decimalValue?.description else { continue }
            switch field.name {
            case "regime": context.regime = text
            case "vix":
                guard let vix = Double(text) else {
                    throw StepFailure("bad_context", "\(call.place): vix is '\(text)', which is no number.")
                }
                context.vix = vix
            default: context.extra[field.name] = text
            }
        }
        return context
    }
}
