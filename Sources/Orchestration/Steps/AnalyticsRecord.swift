import ExecutionEngine
import TradingDomain
import Workflows

/// `analytics.record`: the cost of what was executed, from the journal.
struct AnalyticsRecord: WorkflowStep {
    let signature = StepSignature(
        "analytics.record",
        .read,
        inputs: [
            .required("fills", .list(.record("Fills"))),
            .optional("before", .record("Book"), doc: "the book before, for reports that compare"),
            .optional("decisions", .list(.record("Decision"))),
        ],
        outputs: [
            .init("executions", .int),
            .init("filled", .int, "executions that are complete"),
            .init("notional", .money),
            .init("commission", .money),
        ],
        doc: "Sums up the executions of this run; the run's report has each with its slippage."
    )

    func run(_ call: StepCall, _ context: StepContext) async throws -> StepResult {
        let ids = call.list("fills").compactMap { $0.recordValue?["parent_order"].textValue }
        let parents = try await context.desk.journal.parents(ids.map { ParentOrderID(unchecked: $0) })
        let items = parents.map { ReportBuilder.item($0) }
        let summary = RunSummary(items)
        func money(_ amount: FixedDecimal) -> Value { .money(Money(units: amount.units, context.desk.currency)) }
        let output = Value.Record(
            "analytics.record output",
            [
                ("executions", .int(Int64(summary.totalExecutions))),
                ("filled", .int(Int64(summary.successful))),
                ("notional", money(summary.totalVolume)),
                ("commission", money(summary.totalCommission)),
            ]
        )
        return .done(.success(output: output), notes: [])
    }
}
