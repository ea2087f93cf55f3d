import ExecutionEngine
import Portfolio
import RiskRules
import TradingDomain
import Workflows

/// `risk.check`: judges a basket of proposed orders; the only step whose output `execute.*` takes.
struct RiskCheck: WorkflowStep {
    /// A trading day, since orders that are worked one after another may take that long; admission judges each order
    /// again on the live account.
    private static let validity = Duration.seconds(8 * 3600)

    let signature = StepSignature(
        "risk.check",
        .read,
        inputs: [
            .required("orders", .list(.record("ProposedOrder"))),
            .optional(
                "limits",
                .text,
                default: .text("default"),
                role: .limits,
                doc: "a set of the account's `limit_sets`; its own limits hold besides, at admission too"
            ),
            .optional(
                "valid_for",
                .duration,
                default: .duration(validity),
                doc: "how long the approval may be executed"
            ),
        ],
        outputs: [
            .init("approved", .list(.record("ApprovedOrder"))),
            .init("gross_notional", .money, "value of all approved orders"),
            .init("buy_notional", .money),
            .init("sell_notional", .money),
            .init("gross_after", .money, "all positions together once every approved order has filled"),
            .init("net_after", .money),
            .init("cash_low", .money, "the least free cash while they are worked in their order"),
            .init("summary", .text, "every verdict with its numbers"),
        ],
        doc: "Holds the orders against the account's limits as one basket. It reserves nothing: admission does."
    )

    func run(_ call: StepCall, _ context: StepContext) async throws -> StepResult {
        let orders = try call.list("orders").map { try ProposedOrder($0) }
        // In a resumed run the steps that would have asked for the prices are done and not repeated.
        try await context.desk.clock.watch(orders.map(\.symbol))
        let limits = try context.desk.limits(named: call.text("limits"), call)
        let (snapshot, judgement) = try await judge(orders, limits, call, context)
        var notes: [ItemNote] = []
        for order in judgement.orders {
            if order.approved == nil, let block = order.block {
                notes.append(.ended(order.asked.symbol, status: .blocked, code: block.code, message: block.message))
            } else {
                notes += order.violations.map { .remark(order.asked.symbol, $0.message) }
            }
        }
        let approved = judgement.approved
        let path = BasketPath(approved, snapshot, limits)
        if let violation = path.violation {
            let (code, message) = (violation.code, violation.message)
            notes += approved.map { ItemNote.ended($0.symbol, status: .blocked, code: code, message: message) }
            return .done(.ended(.blocked, note: message), notes: notes)
        }
        let document = try StoredJSON.encode(approved)
        let digest = Digest.hex("\(context.run.id)|\(call.path)|\(document)")
        let record = ApprovalRecord(
            digest: digest,
            run: context.run.id,
            stepPath: "\(call.path)",
            orders: approved,
            expiresAt: context.now + (call.inputs["valid_for"]?.durationValue ?? Self.validity)
        )
        try await context.desk.store.save(record, of: context.claim)
        if approved.isEmpty, let first = judgement.blocked.first?.block {
            return .done(.ended(.blocked, note: first.message), notes: notes)
        }
        let zero = Money.zero(context.desk.currency)
        let buys = approved.filter { $0.side == .buy }.reduce(zero) { $0 + $1.notional }
        let sells = approved.filter { $0.side == .sell }.reduce(zero) { $0 + $1.notional }
        let output = Value.Record(
            "risk.check output",
            [
                ("approved", .list(try approved.map { .record(try $0.approvedRecord(digest: digest)) })),
                ("gross_notional", .money(buys + sells)),
                ("buy_notional", .money(buys)),
                ("sell_notional", .money(sells)),
                ("gross_after", .money(path.grossAfter)),
                ("net_after", .money(path.netAfter)),
                ("cash_low", .money(path.cashLow)),
                (
                    "summary",
                    .text(
                        (judgement.verdicts.map { "\($0.order) \($0.rule): \($0.message)" } + [path.words])
                            .joined(separator: "\n")
                    )
                ),
            ]
        )
        return .done(.success(output: output), notes: notes)
    }

    /// The basket's judgement; where nothing passes because the account is not known to equal its venue, that is waited for
    /// as at admission.
    ///
    /// - Throws: ``StepFailure`` for orders that were sized by other positions than the venue turned out to have.
    private func judge(_ orders: [ProposedOrder], _ limits: RiskLimits, _ call: StepCall, _ context: StepContext)
        async throws -> (RiskSnapshot, BasketJudgement)
    {
        let (desk, instruments) = (context.desk, orders.map(\.instrument))
        let held = await desk.engine.portfolio.positions.mapValues(\.quantity)
        let before = await desk.engine.riskSnapshot(at: context.now, naming: instruments)
        let judged = RiskGate.evaluate(orders, before, limits)
        guard judged.approved.isEmpty, judged.blocked.contains(where: { $0.block?.code == ReconciledRule.code }),
            try await desk.waitForReconciliation(context.checkWishes)
        else { return (before, judged) }
        guard await desk.engine.portfolio.positions.mapValues(\.quantity) == held else {
            throw StepFailure(
                "plan_changed",
                "\(call.place): the comparison with the venue changed the positions that these orders were sized by. "
                    + "Nothing was sent; look at `smartexec reconcile`, and decide again."
            )
        }
        let now = await desk.engine.riskSnapshot(at: await desk.clock.now(), naming: instruments)
        return (now, RiskGate.evaluate(orders, now, limits))
    }
}
