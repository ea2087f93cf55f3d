import ExecutionEngine
import MarketData
import Portfolio
import RiskRules
import TradingAgents
import TradingDomain
import Workflows

/// `portfolio.size`: decisions to orders in whole lots, by the account's own equity and price (SE-1).
struct PortfolioSize: WorkflowStep {
    let signature = StepSignature(
        "portfolio.size",
        .read,
        inputs: [
            .required("decisions", .list(.record("Decision"))),
            .required("book", .record("Book"), doc: "what the decisions were made on; sizes use the live account"),
            .optional(
                "method",
                .text,
                oneOf: BasketMethod.allCases.map(\.rawValue),
                doc: "divides what the buys ask for together among them; without one each has its own size"
            ),
            .optional(
                "max_turnover",
                .percent,
                doc: "most that all orders may be worth, of equity: exits are cut last, all else by one common factor"
            ),
        ],
        outputs: [.init("orders", .list(.record("ProposedOrder")))],
        doc: "Sizes each decision; what cannot be sized is reported with its reason."
    )

    func run(_ call: StepCall, _ context: StepContext) async throws -> StepResult {
        var sized: [ProposedOrder] = []
        var notes: [ItemNote] = []
        var last: (status: ItemStatus, message: String) = (.hold, "nothing to size")
        for value in call.list("decisions") {
            guard let document = value.recordValue?["document"].textValue else { continue }
            let decision = try DecisionParser(form: .stored).parse(Array(document.utf8))
            guard let trade = decision.trade else { continue }
            let symbol = trade.symbol
            try await context.desk.clock.watch([symbol])
            func end(_ status: ItemStatus, _ code: String, _ message: String) {
                last = (status, message)
                notes.append(.ended(symbol, status: status, code: code, message: message))
            }
            guard let instrument = context.desk.instrument(symbol) else {
                end(.rejected, "SYMBOL_UNKNOWN", "No instrument is known as \(symbol).")
                continue
            }
            guard let price = await context.desk.engine.view(symbol)?.mid else {
                end(.rejected, "NO_PRICE", "There is no price of \(symbol) at \(context.now).")
                continue
            }
            let record = value.recordValue
            let sizing = await Self.context(
                instrument,
                price,
                decision,
                urgency: record?["urgency"].textValue.flatMap { Urgency(alias: $0) } ?? .medium,
                source: record?["urgency_source"].textValue ?? "default",
                context.desk,
                at: context.now
            )
            switch PositionSizer(config: context.desk.sizing).size(trade, sizing) {
            case .order(var order, let adjustments):
                order.decisionKey = "\(decision.agent.id)/\(decision.idempotencyKey ?? decision.id.text)"
                sized.append(order)
                notes += adjustments.map { .remark(symbol, $0.message) }
            case .noAction(let code, let message): end(.hold, code.rawValue, message)
            case .refused(let code, let message): end(.rejected, code.rawValue, message)
            }
        }
        if call.inputs["method"] != nil || call.inputs["max_turnover"] != nil {
            let (orders, added) = await BasketSizing(call).sized(sized, context)
            if orders.isEmpty, case .ended(_, let status, _, let message)? = added.last { last = (status, message) }
            sized = orders
            notes += added
        }
        if sized.isEmpty, !notes.isEmpty { return .done(.ended(last.status, note: last.message), notes: notes) }
        let output = Value.Record(
            "portfolio.size output",
            [("orders", .list(try sized.map { .record(try $0.record()) }))]
        )
        return .done(.success(output: output), notes: notes)
    }

    /// What a decision is sized against: the account as it is now.
    static func context(
        _ instrument: Instrument,
        _ price: Price,
        _ decision: TradingDecision,
        urgency: Urgency,
        source: String,
        _ desk: Desk,
        at now: Timestamp
    ) async -> SizingContext {
        let snapshot = await desk.engine.riskSnapshot(at: now, naming: [instrument])
        let open = snapshot.openOrders(instrument.symbol)
        return SizingContext(
            instrument: instrument,
            equity: snapshot.equity,
            price: price,
            held: await desk.engine.portfolio.position(instrument.symbol).quantity,
            workingBuys: open.buys,
            workingSells: open.sells,
            cashAvailable: snapshot.freeCash,
            urgency: urgency,
            urgencySource: source,
            decision: decision.id
        )
    }
}
