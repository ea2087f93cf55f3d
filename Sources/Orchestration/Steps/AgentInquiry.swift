import ExecutionEngine
import MarketData
import Portfolio
import RiskRules
import TradingAgents
import TradingDomain
import Workflows

/// One question to an agent about one ticker: what it is given, and what its answer is judged by.
///
/// The step `agent.decide` and a trial of an agent ask through here, so that a trial shows what a run would do.
struct AgentInquiry {
    /// Bars before now that agents in this process may look at.
    private static let history = Duration.seconds(7 * 86_400)
    /// Closes of bars that agents outside this process are given.
    private static let closes = 60
    /// Positions that a request lists; a question about one ticker is not to grow with the account.
    private static let positions = 200

    let desk: Desk
    let symbol: Symbol
    let entry: AgentDesk.Entry
    let market: DecisionRequest.Context
    let now: Timestamp

    /// The request as it is sent.
    func request(id: String, environment: TradingEnvironment) async throws -> DecisionRequest {
        let portfolio = await desk.engine.portfolio
        let shown = Self.shown(portfolio, beside: symbol)
        let equity = await desk.engine.equity
        let view = await desk.engine.view(symbol)
        let source = desk.market
        let now = now
        var request = DecisionRequest(
            requestID: id,
            symbols: [symbol],
            asOf: now,
            deadline: now + entry.timeout,
            environment: environment,
            slot: desk.slot(at: now),
            context: market,
            portfolio: DecisionRequest.Portfolio(
                snapshotID: "snap-\(portfolio.entryCount)",
                asOf: now,
                equity: equity.amount,
                cash: portfolio.cash.amount,
                positions: shown.map { position in
                    DecisionRequest.Position(
                        symbol: position.symbol,
                        quantity: position.quantity,
                        averageCost: position.averageCost().flatMap { Int64(exactly: $0.units) }.map {
                            Price(units: $0)
                        }
                    )
                },
                omitted: portfolio.openCount > shown.count ? portfolio.openCount - shown.count : nil
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

    /// The positions that an agent is shown: all, or of very many the largest and its own ticker's, by symbol.
    private static func shown(_ portfolio: PortfolioState, beside symbol: Symbol) -> [Position] {
        guard portfolio.openCount > positions else { return portfolio.openPositions }
        let largest = portfolio.largest(positions)
        let own = portfolio.position(symbol)
        let isMissing = !own.isFlat && !largest.contains { $0.symbol == symbol }
        return (largest + (isMissing ? [own] : [])).sorted { $0.symbol < $1.symbol }
    }

    /// The gates' verdict on an answer, on the account as it is now.
    func judge(
        _ decision: TradingDecision,
        _ urgency: ResolvedUrgency,
        _ prior: IntakeContext.Prior,
        breakerIsOpen: Bool
    ) async -> IntakeVerdict {
        let portfolio = await desk.engine.portfolio
        // One trade is judged by what is held of its own name, target weights by everything.
        let positions = decision.trade.map { [portfolio.position($0.symbol)] } ?? portfolio.openPositions
        let snapshot =
            if let trade = decision.trade {
                await desk.engine.riskSnapshot(at: now, naming: [desk.instrument(trade.symbol)].compactMap(\.self))
            } else {
                await desk.engine.riskSnapshot(at: now)
            }
        var lookups: [Symbol: IntakeContext.InstrumentLookup] = [:]
        var prices: [Symbol: IntakeContext.Price] = [:]
        for name in [symbol] + (decision.trade.map { [$0.symbol] } ?? []) {
            lookups[name] = .unknown
            if let instrument = desk.instrument(name) {
                let availability: IntakeContext.Availability =
                    switch desk.hours.phase(of: instrument, at: now) {
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
        for position in positions where !position.isFlat {
            let open = snapshot.openOrders(position.symbol)
            holdings[position.symbol] = IntakeContext.Holding(
                held: position.quantity,
                working: position.quantity > .zero ? open.sells : open.buys
            )
        }
        var limits = IntakeLimits()
        limits.maximumQuoteAgeSeconds = Int(desk.priceAgeMax.seconds)
        // Beside a living market prices were read after the question's time.
        let context = IntakeContext(
            now: max(now, await desk.clock.now()),
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
        return IntakeGuard.evaluate(decision, context)
    }

    // MARK: The answer's identity

    /// The record of an answer; the decision gets the idempotency key that it is recorded under.
    func record(
        _ decision: inout TradingDecision,
        _ exchange: AgentExchange,
        run: RunID,
        stepPath: String
    ) -> DecisionRecord {
        if case .abstain = decision.body {
            // No opinion takes no key: the same agent may still decide under it.
            decision.idempotencyKey = "abstain:\(Digest.hex("\(run)|\(stepPath)"))"
        }
        let identity = DecisionIdentity(decision, account: desk.account)
        decision.idempotencyKey = identity.key
        return DecisionRecord(
            key: DecisionKey(account: desk.account, agent: decision.agent.id, key: identity.key),
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
            askedBy: exchange.askedBy,
            run: run,
            stepPath: stepPath,
            decidedAt: now
        )
    }

    /// What the gates are told of an earlier decision under the same key.
    static func prior(_ receipt: DecisionReceipt, _ decision: TradingDecision) throws -> IntakeContext.Prior {
        guard let first = receipt.first, decision.actionName != "ABSTAIN" else { return .none }
        let item = try first.outcome.map { try StoredJSON.decode(ItemReport.self, $0) }
        let before = IntakeContext.PriorOutcome(
            decision: first.decision,
            status: (item?.status ?? .partial).rawValue,
            message: "already executed: decision \(first.decision) in run \(first.run)"
        )
        // An agent that is asked again and sees the position that its first answer made says HOLD. That trades
        // nothing and changes nothing: the first outcome is the answer. Any other opinion is a conflict.
        if case .duplicate = receipt { return .same(before) }
        return decision.trade?.action == .hold ? .same(before) : .other(before)
    }
}

extension DecisionReceipt {
    /// Who took the key first, and what became of it; `nil` when it is ours.
    var first: (run: RunID, decision: DecisionID, outcome: String?)? {
        switch self {
        case .new: nil
        case .duplicate(let run, let decision, let outcome), .conflict(let run, let decision, let outcome):
            (run, decision, outcome)
        }
    }
}
