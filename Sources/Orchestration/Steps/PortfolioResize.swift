import Portfolio
import TradingDomain
import Workflows

/// `portfolio.resize`: fits buys to the cash that sells really brought.
struct PortfolioResize: WorkflowStep {
    let signature = StepSignature(
        "portfolio.resize",
        .read,
        inputs: [
            .required("orders", .list(.record("ProposedOrder")), doc: "buys"),
            .required("cash", .money, doc: "what is there for them"),
        ],
        outputs: [.init("orders", .list(.record("ProposedOrder"))), .init("factor", .decimal, "1 when all fit")],
        doc: "Shrinks all buys by one common factor; risk.check follows."
    )

    func run(_ call: StepCall, _ context: StepContext) async throws -> StepResult {
        guard let cash = call.inputs["cash"]?.moneyValue else { throw call.missing("cash") }
        let orders = try call.list("orders").map { try ProposedOrder($0) }
        if let sell = orders.first(where: { $0.side == .sell }) {
            throw StepFailure("sell_resized", "\(call.path): \(sell.key) is a sell, and only buys are fitted to cash.")
        }
        let fitted = Rebalancer(config: context.desk.rebalancing).resizeBuys(orders, cash: cash)
        let kept = Set(fitted.orders.map(\.key))
        let notes = orders.filter { !kept.contains($0.key) }.map {
            ItemNote.ended(
                $0.symbol,
                status: .rejected,
                code: "NO_CASH",
                message: "no cash is left for \($0.quantity) \($0.symbol)"
            )
        }
        let output = Value.Record(
            "portfolio.resize output",
            [
                ("orders", .list(try fitted.orders.map { .record(try $0.record()) })),
                ("factor", .decimal(fitted.factor)),
            ]
        )
        return .done(.success(output: output), notes: notes)
    }
}
