import ExecutionEngine
import MarketData
import Portfolio
import RiskRules
import TradingDomain
import Workflows

/// `portfolio.rebalance`: the orders that bring the book to target weights, sells before buys (PF-2).
struct PortfolioRebalance: WorkflowStep {
    let signature = StepSignature(
        "portfolio.rebalance",
        .read,
        inputs: [
            .required("book", .record("Book")),
            .required("targets", .text, doc: "the weights of model.targets"),
            .optional("ignore_drift_below", .percent, doc: "names within this of their target are left alone"),
            .optional(
                "sell_before_buy",
                .bool,
                default: .bool(true),
                doc: "buys may spend what the sells bring, so sells are to end first; false leaves buys the cash of now"
            ),
            .optional(
                "max_turnover",
                .percent,
                doc: "most that all trades may be worth, of equity: exits are cut last, all else by one common factor"
            ),
            .optional("cash_reserve", .percent, default: .percent(.zero), doc: "of equity, left alone by the buys"),
            .optional("urgency", .enumeration("urgency")),
        ],
        outputs: [
            .init("orders", .list(.record("ProposedOrder")), "sells, then buys"),
            .init("turnover", .percent),
            .init("cash_reserve", .money, "what portfolio.resize is to leave alone"),
            .init("notes", .text),
        ],
        doc: "Plans the trades from one snapshot of prices; a trade never moves a name past its target."
    )

    func run(_ call: StepCall, _ context: StepContext) async throws -> StepResult {
        guard let document = call.text("targets") else { throw call.missing("targets") }
        var targets = try StoredJSON.decode(TargetWeights.self, document)
        if let band = call.inputs["ignore_drift_below"]?.percentValue { targets.driftBandPercent = band }
        try await context.desk.clock.watch(targets.weights.map(\.symbol))
        let urgency = call.urgency("urgency")
        let plan: RebalancePlan
        let book = await book(targets, context)
        let bounds = RebalanceBounds(
            sellsFundBuys: call.inputs["sell_before_buy"]?.boolValue ?? true,
            turnoverPercentMax: call.inputs["max_turnover"]?.percentValue,
            cashReservePercent: call.inputs["cash_reserve"]?.percentValue ?? .zero
        )
        do throws(RebalanceRefusal) {
            plan = try Rebalancer(config: context.desk.rebalancing).plan(
                targets,
                book,
                urgency: urgency ?? .medium,
                urgencySource: urgency == nil ? "default" : "caller",
                bounds: bounds
            )
        } catch {
            let notes = targets.weights.map {
                ItemNote.ended($0.symbol, status: .rejected, code: error.code, message: "\(error)")
            }
            return .done(.ended(.rejected, note: "\(error)"), notes: notes)
        }
        let notes =
            [ItemNote.rebalance(PlannedRebalance(plan, book))]
            + plan.lines.filter { $0.outcome != .trade }.map { line in
                ItemNote.ended(
                    line.symbol,
                    status: .hold,
                    code: line.outcome.rawValue,
                    message: "\(line.weightPercent) % held, target \(line.targetPercent) %: \(line.outcome.words)"
                )
            }
        let output = Value.Record(
            "portfolio.rebalance output",
            [
                ("orders", .list(try plan.orders.map { .record(try $0.record()) })),
                ("turnover", .percent(plan.turnoverPercent)),
                ("cash_reserve", .money(book.equity.percent(bounds.cashReservePercent))),
                ("notes", .text(plan.notes.joined(separator: "; "))),
            ]
        )
        return .done(.success(output: output), notes: notes)
    }

    private func book(_ targets: TargetWeights, _ context: StepContext) async -> RebalanceBook {
        let engine = context.desk.engine
        let snapshot = await engine.riskSnapshot(at: context.now)
        let portfolio = await engine.portfolio
        var book = RebalanceBook(
            equity: snapshot.equity,
            cash: snapshot.freeCash,
            held: [:],
            prices: [:],
            instruments: [:]
        )
        for position in portfolio.openPositions { book.held[position.symbol] = position.quantity }
        for symbol in Set(targets.weights.map(\.symbol)).union(book.held.keys) {
            book.instruments[symbol] = context.desk.instrument(symbol)
            book.prices[symbol] = await engine.view(symbol)?.mid
            let open = snapshot.openOrders(symbol)
            let working = open.buys - open.sells
            if !working.isZero { book.working[symbol] = working }
        }
        return book
    }
}

extension RebalancePlan.Outcome {
    /// The outcome for people.
    var words: String {
        switch self {
        case .trade: "traded"
        case .atTarget: "at its target"
        case .inBand: "inside the drift band"
        case .belowMinimum: "the trade is below the minimum"
        case .belowOneLot: "the trade is below one lot"
        case .noCash: "no cash for it"
        case .turnoverCap: "the cap on turnover leaves nothing for it"
        }
    }
}
