import ExecutionEngine
import MarketData
import TradingDomain
import Workflows

/// `market.state`: what one instrument's market is like now, as routers see it.
struct ReadMarketState: WorkflowStep {
    let signature = StepSignature(
        "market.state",
        .read,
        inputs: [.required("ticker", .ticker)],
        outputs: [
            .init("state", .text, "such as normal or volatile"),
            .init("price", .optional(.decimal), "the middle of the book, or the last trade"),
            .init("spread_bps", .optional(.decimal), "absent without a usable book"),
            .init(
                "volatility",
                .optional(.decimal),
                "of a minute's returns, in percent; absent before enough were seen"
            ),
        ],
        doc: "Spread, volatility and state of one instrument's market now."
    )

    func run(_ call: StepCall, _ context: StepContext) async throws -> StepResult {
        let symbol = try call.ticker("ticker")
        if let unknown = context.unknown(symbol) { return unknown }
        let desk = context.desk
        try await desk.clock.watch([symbol])
        let view = await desk.engine.view(symbol)
        let conditions = await desk.engine.conditions(symbol)
        let output = Value.Record(
            "market.state output",
            [
                ("state", .text(await desk.engine.marketState(symbol).text)),
                ("price", view?.mid.map { .decimal(FixedDecimal(units: Int128($0.units))) } ?? .null),
                ("spread_bps", Self.decimal(conditions?.spreadBps ?? view?.spreadBps)),
                ("volatility", Self.decimal(conditions?.volatility.map { $0 * 100 })),
            ]
        )
        return .done(.success(output: output), notes: [])
    }

    /// A statistic to four places: more would only be noise.
    private static func decimal(_ value: Double?) -> Value {
        guard let value, value.isFinite, value.magnitude < 1e12 else { return .null }
        return .decimal(FixedDecimal(units: Int128((value * 1e4).rounded()) * 10_000))
    }
}
