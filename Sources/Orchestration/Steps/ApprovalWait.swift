import ExecutionEngine
import TradingDomain
import Workflows

/// `approval.wait`: shows a plan to people and goes on when one of them approves just that.
///
/// It answers no questions itself: an answer comes from outside of the run, by `smartexec approve` or `reject`, and names
/// the plan's digest. No step, agent or workflow can give one.
struct ApprovalWait: WorkflowStep {
    static let name = "approval.wait"

    /// Time for people where the file gives no `timeout`: a trading day, as long as a risk check's approval holds.
    private static let patience = Duration.seconds(8 * 3600)

    let signature = StepSignature(
        ApprovalWait.name,
        .notify,
        inputs: [
            .optional(
                "orders",
                .list(.record("ApprovedOrder")),
                doc: "what is to be approved; all that the risk.check before it let through, unless given"
            ),
            .optional(
                "on_timeout",
                .text,
                default: .text("reject"),
                oneOf: ApprovalRequest.Timeout.allCases.map(\.rawValue),
                doc: "what silence means; `approve` is refused on a live account"
            ),
            .optional("show", .text, isTemplate: true, doc: "what the person is shown beside the orders"),
        ],
        outputs: [
            .init("by", .text, "who approved, or `timeout`"),
            .init("at", .timestamp, "when the run went on"),
            .init("digest", .text, "of the plan"),
            .init("note", .optional(.text)),
            .init("orders", .list(.record("ApprovedOrder")), "what was approved"),
        ],
        doc: "Waits for a person. A rejection, or a timeout, ends the run or the item REJECTED."
    )

    func run(_ call: StepCall, _ context: StepContext) async throws -> StepResult {
        let onTimeout = call.text("on_timeout").flatMap { ApprovalRequest.Timeout(rawValue: $0) } ?? .reject
        guard onTimeout == .reject || context.run.environment != .live else {
            throw StepFailure(
                "approval_by_timeout",
                "\(call.place): `on_timeout: approve` on the live account \(context.desk.account): silence is no "
                    + "approval where money is real. Write `on_timeout: reject`."
            )
        }
        let given = call.inputs["orders"].flatMap { $0 == .null ? nil : $0.listValue }
        let records = given ?? context.approvals.lastCheck(for: call.path)
        let (orders, expiresAt) = try await stored(records, call, context)
        let plan = ApprovalPlan(
            account: context.desk.account,
            environment: context.run.environment,
            run: context.run.id,
            workflow: context.run.workflow,
            definitionHash: context.run.definitionHash,
            stepPath: "\(call.path)",
            orders: try await lines(orders, context),
            expiresAt: expiresAt,
            show: call.text("show") ?? ""
        )
        let own = call.timeout.flatMap { $0 == .zero ? nil : $0 } ?? Self.patience
        let ends = [call.startedAt + own, expiresAt].compactMap { $0 }.min() ?? call.startedAt + own
        // People's time is the wall clock's: where the market's runs faster, they have so much less of it.
        let left = max(.zero, ends - context.now) / (context.desk.clock.speed ?? 1)
        let request = ApprovalRequest(plan: plan, onTimeout: onTimeout, patience: left, askedAt: context.now)
        try await context.desk.store.ask(request, of: context.claim)
        return .ask(ApprovalQuestion(request: request, records: records, orders: orders))
    }

    private func lines(_ orders: [ProposedOrder], _ context: StepContext) async throws -> [ApprovalPlan.Order] {
        // In a resumed run the steps that would have asked for the prices are done and not repeated.
        try await context.desk.clock.watch(orders.map(\.symbol))
        var lines: [ApprovalPlan.Order] = []
        for order in orders {
            let routed = await context.desk.engine.preview(order, at: context.now)
            let cost = routed?.predicted?.totalBps ?? routed?.predictedCostBps
            let document = try StoredJSON.encode(order)
            lines.append(ApprovalPlan.Order(order, document: document, expectedCostBps: cost))
        }
        return lines
    }

    /// The orders as risk.check stored them, and when the first of their approvals ends.
    private func stored(_ records: [Value], _ call: StepCall, _ context: StepContext) async throws
        -> ([ProposedOrder], Timestamp?)
    {
        var approvals: [String: ApprovalRecord] = [:]
        var orders: [ProposedOrder] = []
        for record in records.compactMap(\.recordValue) {
            guard let digest = record["digest"].textValue, let key = record["id"].textValue else {
                throw call.missing("orders")
            }
            if approvals[digest] == nil { approvals[digest] = try await context.desk.store.approval(digest) }
            guard let approval = approvals[digest], approval.run == context.run.id,
                let order = approval.orders.first(where: { $0.key == key })
            else {
                throw StepFailure("approval_unknown", "\(call.path): order \(key) is in no approval of this run.")
            }
            orders.append(order)
        }
        return (orders, approvals.values.map(\.expiresAt).min())
    }
}
