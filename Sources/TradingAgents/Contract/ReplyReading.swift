import TradingDomain

/// Turns an agent's replies into decisions on what was asked: each through the same encoder and the same parser.
struct ReplyReading {
    let stamp: DecisionStamp
    private(set) var refusals: [AgentReplyRefusal] = []
    private var answers: [Symbol: TradingDecision] = [:]
    private var targets: TradingDecision?
    private var failure: (code: TradingDecision.Abstention.Code, message: String)?

    init(stamp: DecisionStamp) { self.stamp = stamp }

    private var request: DecisionRequest { stamp.request }

    mutating func read(_ replies: [AgentReply]) {
        for reply in replies {
            do {
                try read(reply)
            } catch {
                refuse(.malformed, "\(error)")
            }
        }
    }

    mutating func fail(_ code: TradingDecision.Abstention.Code, _ message: String) {
        failure = (code, message)
    }

    /// One decision per asked symbol in the order asked, with abstentions where nothing usable came.
    func decisions() -> [TradingDecision] {
        if request.kind == .rebalance { return [targets ?? missing(request.symbols)] }
        return request.symbols.map { answers[$0] ?? missing([$0]) }
    }

    private func missing(_ symbols: [Symbol]) -> TradingDecision {
        if let failure { return stamp.abstention(failure.code, symbols, failure.message) }
        if !refusals.isEmpty {
            let reasons = refusals.map(\.description).joined(separator: "; ")
            return stamp.abstention(.unparseable, symbols, "No usable answer. \(reasons)")
        }
        return stamp.abstention(.noView, symbols, "The agent did not answer.")
    }

    private mutating func read(_ reply: AgentReply) throws(DecisionRefusal) {
        switch reply {
        case .decision(let draft): try place(draft)
        case .document(let bytes, let key):
            let value: JSONValue
            do {
                value = try JSONValue(parsing: bytes)
            } catch {
                throw DecisionRefusal(error)
            }
            if LegacyDecision.matches(value) {
                var draft = try LegacyDecision.draft(from: value, asked: request.symbols, basis: stamp.legacyBasis)
                draft.idempotencyKey = key
                try place(draft)
            } else {
                var decision = try DecisionParser(acceptsAliases: true).decode(value)
                if decision.idempotencyKey == nil { decision.idempotencyKey = key }
                place(decision)
            }
        case .abstain(let code, let symbols, let message): abstain(code, symbols, message)
        }
    }

    /// A draft on a foreign symbol is refused as that, and not for the price that nobody gave for it.
    private mutating func place(_ draft: DecisionDraft) throws(DecisionRefusal) {
        guard request.symbols.contains(draft.symbol) else {
            return refuse(.foreignSymbol, "\(draft.symbol) was not asked about.")
        }
        place(try checked(stamp.complete(draft)))
    }

    /// Sends what we made ourselves through the parser as well, so that no way in is shorter.
    private func checked(_ decision: TradingDecision) throws(DecisionRefusal) -> TradingDecision {
        try DecisionParser(form: .stored).parse(decision.canonicalBytes(.stored))
    }

    private mutating func place(_ decision: TradingDecision) {
        switch decision.body {
        case .trade(let trade):
            guard request.kind != .rebalance else {
                return refuse(.wrongKind, "A trade, but target weights were asked.")
            }
            place(decision, on: trade.symbol)
        case .targets(let weights):
            guard request.kind == .rebalance else {
                return refuse(.wrongKind, "Target weights, but trades were asked.")
            }
            let known = Set(request.symbols).union(request.portfolio?.positions.map(\.symbol) ?? [])
            let foreign = (weights.weights.map(\.symbol) + (weights.closes ?? [])).filter { !known.contains($0) }
            guard foreign.isEmpty else {
                return refuse(.foreignSymbol, "Not asked about: \(foreign.map(\.text).joined(separator: ", ")).")
            }
            guard targets == nil else { return refuse(.answeredTwice, "Target weights twice; the first count.") }
            targets = decision
        case .abstain(let abstention):
            guard request.kind != .rebalance else {
                if targets == nil { targets = decision }
                return
            }
            let symbols = abstention.symbols ?? request.symbols
            for symbol in symbols { place(decision, on: symbol) }
        }
    }

    private mutating func place(_ decision: TradingDecision, on symbol: Symbol) {
        guard request.symbols.contains(symbol) else {
            return refuse(.foreignSymbol, "\(symbol) was not asked about.")
        }
        guard answers[symbol] == nil else {
            return refuse(.answeredTwice, "A second answer about \(symbol); the first counts.")
        }
        answers[symbol] = decision
    }

    private mutating func abstain(_ code: TradingDecision.Abstention.Code, _ symbols: [Symbol], _ message: String) {
        if request.kind == .rebalance {
            if targets == nil { targets = stamp.abstention(code, symbols.isEmpty ? request.symbols : symbols, message) }
            return
        }
        for symbol in symbols.isEmpty ? request.symbols : symbols {
            place(stamp.abstention(code, [symbol], message), on: symbol)
        }
    }

    private mutating func refuse(_ code: AgentReplyRefusal.Code, _ message: String) {
        refusals.append(AgentReplyRefusal(code: code, message: String(message.prefix(2000))))
    }
}
