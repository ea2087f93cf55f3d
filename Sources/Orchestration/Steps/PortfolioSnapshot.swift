import ExecutionEngine
import Portfolio
import TradingDomain
import Workflows

/// `portfolio.snapshot`: the account as it is now.
struct PortfolioSnapshot: WorkflowStep {
    let signature = StepSignature(
        "portfolio.snapshot",
        .read,
        inputs: [.optional("max_age", .duration, doc: "accepted for files of later versions; the book is always live")],
        output: TypeRegistry.standard.records["Book"] ?? RecordType("Book", []),
        doc: "Cash, equity and positions of the account, from the engine's ledger."
    )

    func run(_ call: StepCall, _ context: StepContext) async throws -> StepResult {
        let engine = context.desk.engine
        let portfolio = await engine.portfolio
        let book = Value.Record(
            "Book",
            [
                ("snapshot_id", .text("snap-\(portfolio.entryCount)-\(context.now.nanoseconds / 1_000_000)")),
                ("as_of", .timestamp(context.now)),
                ("equity", .money(await engine.equity)),
                ("cash", .money(portfolio.cash)),
                ("positions", .list(portfolio.openPositions.map(\.record))),
            ]
        )
        return .done(.success(output: book), notes: [])
    }
}
