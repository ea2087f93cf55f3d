import ExecutionEngine
import TradingDomain
import Workflows

/// `orders.cancel_open`: cancels what this run still has at the venue, and nothing of anybody else.
struct OrdersCancelOpen: WorkflowStep {
    let signature = StepSignature(
        "orders.cancel_open",
        .order,
        inputs: [],
        outputs: [.init("cancelled", .int, "orders that were open and were asked to end")],
        doc: "Cancels this run's open orders; fills that arrive meanwhile count."
    )

    func run(_ call: StepCall, _ context: StepContext) async throws -> StepResult {
        let engine = context.desk.engine
        let open = await engine.progress(of: context.parents).filter { !$0.state.isFinal }.map(\.id)
        await engine.enqueue(
            open.map { .command(ParentCommand(parent: $0, kind: .cancel, reason: "cancelled by step \(call.path)")) }
        )
        if !open.isEmpty { try await context.desk.clock.settle() }
        let output = Value.Record("orders.cancel_open output", [("cancelled", .int(Int64(open.count)))])
        return .done(.success(output: output), notes: [])
    }
}
