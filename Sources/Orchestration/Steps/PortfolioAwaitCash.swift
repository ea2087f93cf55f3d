import ExecutionEngine
import RiskRules
import TradingDomain
import Workflows

/// `portfolio.await_cash`: the cash that is free once sells have filled.
struct PortfolioAwaitCash: WorkflowStep {
    let signature = StepSignature(
        "portfolio.await_cash",
        .read,
        inputs: [.optional("at_least", .money, doc: "what the next steps would like; less is reported, not refused")],
        outputs: [.init("available", .money, "cash that no live order may need"), .init("enough", .bool)],
        doc: "Reads the cash that is really there. Sells before it have ended, so their proceeds are booked."
    )

    func run(_ call: StepCall, _ context: StepContext) async throws -> StepResult {
        let free = await context.desk.engine.riskSnapshot(at: context.now, naming: []).freeCash
        let available = max(free, .zero(free.currency))
        let wanted = call.inputs["at_least"]?.moneyValue
        let output = Value.Record(
            "portfolio.await_cash output",
            [("available", .money(available)), ("enough", .bool(wanted.map { available >= $0 } ?? true))]
        )
        return .done(.success(output: output), notes: [])
    }
}
