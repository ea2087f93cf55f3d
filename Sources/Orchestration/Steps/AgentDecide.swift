import ExecutionEngine
import MarketData
import Portfolio
import RiskRules
import TradingAgents
import TradingDomain
import Workflows

/// `agent.decide`: asks an agent about one ticker and lets the intake guard judge the answer.
struct AgentDecide: WorkflowStep {
    /// Bars before now that agents in this process may look at.
    private static let history = Duration.seconds(7 * 86_400)
    /// Closes of bars that agents outside this process are given.
    private static let closes = 60

    let signature = StepSignature(
        "agent.decide",
        .read,
        inputs: [
            .required("ticker", .ticker),
            .optional("agent", .text, default: .text("momentum"), doc: "a name under `agents:` of the configuration"),
            .optional("decisions", .text, doc: "the file that a `file` agent reads"),
            .optional("context", .record("market_context"), doc: "regime, vix and the like"),
            .optional("holdings", .list(.record("Position")), doc: "what the agent is told is held; the live book is"),
            .optional("urgency", .enumeration("urgency"), doc: "the caller's, which wins (DI-6)"),
        ],
        outputs: [.init("decision", .record("Decision"))],
        doc: "A decision that passed the intake gates; ABSTAIN, refusals and repeats end the item here."
    )

    func run(_ call: StepCall, _ context: StepContext) async throws -> StepResult {
        let symbol = try call.ticker("ticker")
        let desk = context.desk
        guard desk.instrument(symbol) != nil else {
            let message = "No instrument is known as \(symbol) in \(desk.market.title). Check the spelling."
            return .done(
                .ended(.rejected, note: message),
                notes: [.ended(symbol, status: .rejected, code: "SYMBOL_UNKNOWN", message: message)]
            )
        }
        try await desk.clock.watch([symbol])
        let name = call.text("agent") ?? "momentum"
        let entry = try desk.agents.make(name, call.text("decisions"))
        let market = try marketContext(call)
        let path = "\(call.path)"
        var decision: TradingDecision
        var breakerIsOpen = false
        var prior = IntakeContext.Prior.none  // not Optional.none: a key that nobody holds
        var notes: [ItemNote] = []
        if let stored = try await desk.store.decision(run: context.run.id, stepPath: path) {
            decision = try DecisionParser(form: .stored).parse(Array(stored.envelope.utf8))
            breakerIsOpen = stored.breakerIsOpen
        } else {
            let request = try await request(symbol, market, entry, context)
            let exchange = await desk.agents.runtime.ask(
                entry.agent,
                request,
                timeout: entry.timeout,
                options: entry.options
            )
            guard let answer = exchange.decision(on: symbol) ?? exchange.decisions.first else {
                throw StepFailure("no_answer", "Agent \(name) gave no answer about \(symbol).")
            }
            decision = answer
            breakerIsOpen = exchange.breakerIsOpen
            var identity = DecisionIdentity(decision, account: desk.account)
            if case .abstain = decision.body {
                // No opinion takes no key: the same agent may still decide under it.
                decision.idempotencyKey = "abstain:\(Digest.hex("\(context.run.id)|\(path)"))"
                identity = DecisionIdentity(decision, account: desk.account)
            }
            decision.idempotencyKey = identity.key
            let key = DecisionKey(account: desk.account, agent: decision.agent.id, key: identity.key)
            let receipt = try await desk.store.record(
                DecisionRecord(
                    key: key,
                    decision: decision.id,
                    economicHash: identity.economicHash,
                    symbol: symbol,
                    kind: decision.actionName,
                    envelope: String(decoding: decision.canonicalBytes(.stored), as: UTF8.self),
                    request: String(decoding: exchange.requestBytes, as: UTF8.self),
                    reply: String(decoding: exchange.replyBytes, as: UTF8.self),
                    log: (exchange.refusals.map(\.description) + [String(decoding: exchange.errorTail, as: UTF8.self)])
                        .filter { !$0.isEmpty }.joined(separator: "\n"),
                    breakerIsOpen: exchange.breakerIsOpen,
                    run: context.run.id,
                    stepPath: path,
                    decidedAt: context.now
                )
            )
            switch receipt {
            case .new: break
            case .duplicate(let run, let first, let outcome), .conflict(let run, let first, let outcome):
                guard decision.actionName != "ABSTAIN" else { break }
                let item = try outcome.map { try StoredJSON.decode(ItemReport.self, $0) }
                let before = IntakeContext.PriorOutcome(
                    decision: first,
                    status: (item?.status ?? .partial).rawValue,
                    message: "already executed: decision \(first) in run \(run)"
                )
                // An agent that is asked again and sees the position that its first answer made says HOLD. That trades
                // nothing and changes nothing: the first outcome is the answer. Any other opinion is a conflict.
                var isFirst = decision.trade?.action == .hold
                if case .duplicate = receipt { isFirst = true }
                prior = isFirst ? .same(before) : .other(before)
                if isFirst { notes.append(.repeated(symbol, decision: first, run: run, outcome: item)) }
            }
        }
        let urgency = ResolvedUrgency.resolve(
            caller: call.urgency("urgency"),
            regime: market.regime,
            decision: decision
        )
        let intake = await self.intake(symbol, decision, entry, urgency, prior, breakerIsOpen, context)
        let verdict = IntakeGuard.evaluate(decision, intake)
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

    private static func output(_ decision: TradingDecision, _ urgency: ResolvedUrgency) throws -> Value.Record {
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
        guard let record = call.inputs["context"]?.recordValue else { return DecisionRequest.Context() }
        var context = DecisionRequest.Context()
        for field in record.fields {
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

    private func request(
        _ symbol: Symbol,
        _ market: DecisionRequest.Context,
        _ entry: AgentDesk.Entry,
        _ context: StepContext
    ) async throws -> DecisionRequest {
        let desk = context.desk
        let portfolio = await desk.engine.portfolio
        let equity = await desk.engine.equity
        let view = await desk.engine.view(symbol)
        let source = desk.market
        let now = context.now
        var request = DecisionRequest(
            requestID: "req-\(context.run.id.text.prefix(13))-\(symbol)",
            symbols: [symbol],
            asOf: now,
            deadline: now + entry.timeout,
            environment: context.run.environment,
            slot: desk.slot(at: now),
            context: market,
            portfolio: DecisionRequest.Portfolio(
                snapshotID: "snap-\(portfolio.entryCount)",
                asOf: now,
                equity: equity.amount,
                cash: portfolio.cash.amount,
                positions: portfolio.openPositions.map { position in
                    DecisionRequest.Position(
                        symbol: position.symbol,
                        quantity: position.quantity,
                        averageCost: position.averageCost().flatMap { Int64(exactly: $0.units) }.map {
                            Price(units: $0)
                        }
                    )
                }
            )
        )
        if let view, let at = view.pricedAt {
            request.market[symbol] = DecisionRequest.Market(
                last: view.last,
                bid: view.quote?.bid,
                ask: view.quote?.ask,
                at: at
            )
        }
        let bars = try source.bars(symbol, from: now - Self.history, to: now)
        // Agents outside this process get the recent past as texts; those inside read bars through `tools`.
        request.context.extra["open.\(symbol)"] = bars.first { $0.start.utcDate == now.utcDate }?.open.description
        request.context.extra["closes.\(symbol)"] = bars.suffix(Self.closes).map(\.close.description).joined(
            separator: ","
        )
        request.tools = AgentTools(history: { try source.bars($0, from: now - Self.history, to: now) })
        return request
    }

    private func intake(
        _ symbol: Symbol,
        _ decision: TradingDecision,
        _ entry: AgentDesk.Entry,
        _ urgency: ResolvedUrgency,
        _ prior: IntakeContext.Prior,
        _ breakerIsOpen: Bool,
        _ context: StepContext
    ) async -> IntakeContext {
        let desk = context.desk
        let portfolio = await desk.engine.portfolio
        let snapshot = await desk.engine.riskSnapshot(at: context.now)
        var lookups: [Symbol: IntakeContext.InstrumentLookup] = [:]
        var prices: [Symbol: IntakeContext.Price] = [:]
        for name in [symbol] + (decision.trade.map { [$0.symbol] } ?? []) {
            lookups[name] = .unknown
            if let instrument = desk.instrument(name) {
                let availability: IntakeContext.Availability =
                    switch desk.hours.phase(of: instrument, at: context.now) {
                    case .open: .open
                    case .closed(let next): .closed(nextOpen: next)
                    }
                lookups[name] = .found(instrument, inUniverse: true, availability)
            }
            if let view = await desk.engine.view(name), let at = view.pricedAt {
                prices[name] = IntakeContext.Price(bid: view.quote?.bid, ask: view.quote?.ask, last: view.last, at: at)
            }
        }
        var holdings: [Symbol: IntakeContext.Holding] = [:]
        for position in portfolio.openPositions {
            let open = snapshot.openOrders(position.symbol)
            holdings[position.symbol] = IntakeContext.Holding(
                held: position.quantity,
                working: position.quantity > .zero ? open.sells : open.buys
            )
        }
        var limits = IntakeLimits()
        limits.maximumQuoteAgeSeconds = Int(desk.priceAgeMax.seconds)
        return IntakeContext(
            now: context.now,
            authenticatedAgent: entry.agent.descriptor.id,
            profile: desk.agents.profile(entry.agent.descriptor.id),
            account: desk.account,
            accountName: desk.account.text.split(separator: "@").first.map(String.init) ?? desk.account.text,
            accountCurrency: desk.currency,
            environment: desk.environment,
            halt: snapshot.halt.halt.map { .halted(reason: $0.reason) } ?? .clear,
            prior: prior,
            instruments: lookups,
            holdings: holdings,
            equity: snapshot.equity.amount,
            prices: prices,
            urgency: urgency,
            shortingIsEnabled: desk.limits.allowShort,
            breakerIsOpen: breakerIsOpen,
            limits: limits
        )
    }
}
