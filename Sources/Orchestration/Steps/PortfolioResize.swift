import ExecutionEngine
import MarketData
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
            .optional("reserve", .money, doc: "what of it they leave alone"),
        ],
        outputs: [.init("orders", .list(.record("ProposedOrder"))), .init("factor", .decimal, "1 when all fit")],
        doc:
            "Fits buys to the cash and the prices of now: a buy whose price has risen keeps its money, and all shrink by one "
            + "common factor where the cash is short. None grows. risk.check follows."
    )

    func run(_ call: StepCall, _ context: StepContext) async throws -> StepResult {
        guard let cash = call.inputs["cash"]?.moneyValue else { throw call.missing("cash") }
        let orders = try call.list("orders").map { try ProposedOrder($0) }
        if let sell = orders.first(where: { $0.side == .sell }) {
            throw StepFailure("sell_resized", "\(call.path): \(sell.key) is a sell, and only buys are fitted to cash.")
        }
        // In a resumed run the steps that would have asked for the prices are done and not repeated.
        try await context.desk.clock.watch(orders.map(\.symbol))
        var prices: [Symbol: Price] = [:]
        for symbol in orders.map(\.symbol) { prices[symbol] = await context.desk.engine.view(symbol)?.mid }
        let free = call.inputs["reserve"]?.moneyValue.map { cash - $0 } ?? cash
        let fitted = Rebalancer(config: context.desk.rebalancing).resizeBuys(orders, cash: free, at: prices)
        let kept = Dictionary(fitted.orders.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        var notes: [ItemNote] = []
        for order in orders {
            let left = kept[order.key]?.quantity ?? .zero
            guard left < order.quantity else { continue }
            let message = "\(order.quantity) \(order.symbol) were planned, \(free) and the price leave \(left)"
            notes.append(.cut(order.symbol, from: order.quantity, to: left, message: message))
            guard left.isZero else { continue }
            notes.append(.ended(order.symbol, status: .rejected, code: "NO_CASH", message: message))
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
