import ExecutionEngine
import Portfolio
import TradingDomain
import Workflows

/// `portfolio.snapshot`: the account as it is now.
struct PortfolioSnapshot: WorkflowStep {
    let signature = StepSignature(
        "portfolio.snapshot",
        .read,
        inputs: [
            .optional("max_age", .duration, doc: "accepted for files of later versions; the book is always live"),
            .optional("tickers", .list(.ticker), doc: "whose positions are listed; all when absent"),
        ],
        output: TypeRegistry.standard.records["Book"] ?? RecordType("Book", []),
        doc: "Cash, equity and positions of the account, from the engine's ledger."
    )

    func run(_ call: StepCall, _ context: StepContext) async throws -> StepResult {
        let engine = context.desk.engine
        let portfolio = await engine.portfolio
        let asked = call.inputs["tickers"]?.listValue?.compactMap(\.tickerValue)
        let positions = asked.map { $0.map(portfolio.position).filter { !$0.isFlat } } ?? portfolio.openPositions
        let book = Value.Record(
            "Book",
            [
                ("snapshot_id", .text("snap-\(portfolio.entryCount)-\(context.now.nanoseconds / 1_000_000)")),
                ("as_of", .timestamp(context.now)),
                ("equity", .money(await engine.equity)),
                ("cash", .money(portfolio.cash)),
                ("positions", .list(positions.map(\.record))),
            ]
        )
        return .done(.success(output: book), notes: [])
    }
}
