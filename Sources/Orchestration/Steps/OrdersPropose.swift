import ExecutionEngine
import MarketData
import TradingDomain
import Workflows

/// `orders.propose`: an order by hand, as a proposal that risk still has to pass.
struct OrdersPropose: WorkflowStep {
    let signature = StepSignature(
        "orders.propose",
        .read,
        inputs: [
            .required("ticker", .ticker),
            .required("side", .enumeration("side")),
            .required("quantity", .decimal, doc: "in units of the instrument; whole lots"),
            .optional("limit_price", .decimal, doc: "the worst price that may be paid or taken"),
            .optional("urgency", .enumeration("urgency")),
        ],
        outputs: [.init("orders", .list(.record("ProposedOrder")))],
        doc: "One proposed order from its parts."
    )

    func run(_ call: StepCall, _ context: StepContext) async throws -> StepResult {
        let symbol = try call.ticker("ticker")
        guard let sideText = call.text("side"), let side = Side(rawValue: sideText) else { throw call.missing("side") }
        guard let amount = call.inputs["quantity"]?.decimalValue else { throw call.missing("quantity") }
        try await context.desk.clock.watch([symbol])
        func refused(_ code: String, _ message: String) -> StepResult {
            .done(
                .ended(.rejected, note: message),
                notes: [.ended(symbol, status: .rejected, code: code, message: message)]
            )
        }
        guard let instrument = context.desk.instrument(symbol) else {
            return refused("SYMBOL_UNKNOWN", "No instrument is known as \(symbol) in \(context.desk.market.title).")
        }
        guard let units = Int64(exactly: amount.units), units > 0,
            Quantity(units: units).rounded(toLot: instrument.lot).units == units
        else {
            return refused(
                "ODD_LOT",
                "A quantity of \(amount) \(symbol) is no positive multiple of lot \(instrument.lot)."
            )
        }
        guard let price = await context.desk.engine.view(symbol)?.mid else {
            return refused("NO_PRICE", "There is no price of \(symbol) at \(context.now).")
        }
        var limit: Price?
        if let text = call.inputs["limit_price"]?.decimalValue {
            guard let units = Int64(exactly: text.units), units > 0 else {
                return refused("BAD_LIMIT", "A limit price of \(text) makes no sense for \(symbol).")
            }
            limit = Price(units: units).rounded(to: instrument.tick, for: side)
        }
        let urgency = call.urgency("urgency")
        let order = ProposedOrder(
            instrument: instrument,
            side: side,
            quantity: Quantity(units: units),
            referencePrice: price,
            urgency: urgency ?? .medium,
            urgencySource: urgency == nil ? "default" : "caller",
            limitPrice: limit,
            note: "by hand: \(amount) \(symbol)"
        )
        let output = Value.Record("orders.propose output", [("orders", .list([.record(try order.record())]))])
        return .done(.success(output: output), notes: [])
    }
}
