import ExecutionAlgorithms
import ExecutionEngine
import MarketData
import TradingDomain
import Workflows

/// `execute.*`: asks the account's engine to work an approved order, and waits until it is final.
struct ExecuteOrder: WorkflowStep {
    let signature: StepSignature
    private let algorithm: AlgorithmName?

    /// A step type `name` that works orders by `algorithm`, or by the router's choice.
    init(_ name: String, _ algorithm: AlgorithmName?, _ doc: String, known: AlgorithmCatalog = AlgorithmCatalog()) {
        self.algorithm = algorithm
        var inputs: [StepSignature.Field] = [
            .required("order", .record("ApprovedOrder"), doc: "only risk.check makes one"),
            .optional("urgency", .enumeration("urgency"), doc: "the caller's, which wins over the decision's"),
        ]
        if algorithm == nil {
            inputs.append(
                .optional(
                    "by",
                    .text,
                    oneOf: RoutingStrategy.standard.map(\.text),
                    doc: "which router chooses; `routing.strategy` of the configuration unless given"
                )
            )
            inputs.append(
                .optional(
                    "algorithm",
                    .text,
                    oneOf: known.names.map(\.text),
                    doc: "an explicit choice, which wins over the router"
                )
            )
        }
        if algorithm != .market { inputs += Self.parameters }
        inputs += Self.shorthands.filter { $0.algorithms.contains(algorithm) }.map(\.field)
        signature = StepSignature(
            name,
            .order,
            inputs: inputs,
            outputs: [
                .init("fills", .record("Fills")),
                .init("status", .enumeration("status")),
                .init("parent_order", .text),
            ],
            doc: "Works an approved order: \(doc)."
        )
    }

    /// What an author may say about how the order is worked; each algorithm refuses what it does not read.
    private static let parameters: [StepSignature.Field] = AlgorithmParameter.all.map { parameter in
        switch parameter.kind {
        case .integer: .optional(parameter.name, .int, doc: parameter.doc)
        case .decimal: .optional(parameter.name, .decimal, doc: parameter.doc)
        case .time: .optional(parameter.name, .timestamp, doc: parameter.doc)
        case .flag: .optional(parameter.name, .bool, doc: parameter.doc)
        case .choice(let names): .optional(parameter.name, .text, oneOf: names, doc: parameter.doc)
        }
    }

    /// What files say in their own words; an algorithm of `nil` is the router's choice.
    private static let shorthands: [(algorithms: [AlgorithmName?], field: StepSignature.Field)] = [
        (
            [.vwap],
            .optional("until", .text, role: .sessionTime, doc: "when it ends at the latest, such as close - 30m")
        ),
        ([.vwap], .optional("participation", .percent, doc: "most of the market's volume that it may be")),
        (
            [nil, .limit],
            .optional("limit_band", .percent, doc: "how much worse than the price now it may trade, such as 0.5%")
        ),
    ]

    func run(_ call: StepCall, _ context: StepContext) async throws -> StepResult {
        guard let record = call.inputs["order"]?.recordValue, let digest = record["digest"].textValue,
            let key = record["id"].textValue
        else { throw call.missing("order") }
        guard let approval = try await context.desk.store.approval(digest), approval.run == context.run.id,
            var order = approval.orders.first(where: { $0.key == key })
        else {
            throw StepFailure("approval_unknown", "\(call.path): order \(key) is in no approval of this run.")
        }
        // In a resumed run the steps that would have asked for the price are done and not repeated.
        try await context.desk.clock.watch([order.symbol])
        let path = order.decisionKey.map { "decision|\($0)|\(key)" } ?? "\(context.run.id)|\(call.path)"
        let id = ParentOrderID(digest: Digest.bytes("\(context.desk.account)|\(path)"))
        // Asked for before a crash: the order belongs to its engine, however long ago its approval was.
        if let known = try await context.desk.journal.parents([id]).first { return .work(known.submission) }
        guard !context.approvals.forbid(record, at: call.path) else {
            throw StepFailure(
                "approval_needed",
                "\(call.path): people were asked about this run's orders, and not about \(key) as it is now. Put an "
                    + "approval.wait behind the risk.check that it comes from."
            )
        }
        guard context.now <= approval.expiresAt else {
            throw StepFailure(
                "approval_expired",
                "\(call.path): the approval of \(key) ended at \(approval.expiresAt). Run risk.check again."
            )
        }
        if let urgency = call.urgency("urgency") {
            order.urgency = urgency
            order.urgencySource = "caller"
        }
        if let band = call.inputs["limit_band"]?.percentValue {
            order = try await banded(order, band, call, context)
        }
        return .work(
            ParentSubmission(
                id: id,
                account: context.desk.account,
                order: order,
                choice: try choice(call, order, context),
                run: context.run.id,
                stepPath: "\(call.path)",
                submittedAt: context.now,
                seed: context.run.seed
            )
        )
    }

    /// The order with a worst price so far from the market's, or its own where that is tighter.
    private func banded(_ order: ProposedOrder, _ band: FixedDecimal, _ call: StepCall, _ context: StepContext)
        async throws -> ProposedOrder
    {
        guard band > .zero, band < FixedDecimal(100) else {
            throw StepFailure(
                "bad_limit_band",
                "\(call.place): `limit_band` is \(band)%. Give more than 0 and less than 100%."
            )
        }
        guard let price = await context.desk.engine.view(order.symbol)?.mid else {
            throw StepFailure(
                "no_price",
                "\(call.place): `limit_band` needs a price of \(order.symbol), and there is none."
            )
        }
        let worst = price.worsened(byBps: band * FixedDecimal(100), for: order.side)
        return order.limited(to: worst.rounded(to: order.instrument.tick, for: order.side))
    }

    private func choice(_ call: StepCall, _ order: ProposedOrder, _ context: StepContext) throws -> AlgorithmChoice {
        let name = algorithm ?? call.text("algorithm").map { AlgorithmName(unchecked: $0) }
        guard let name else {
            let fields = Self.parameters.map(\.name)
            if let field = fields.first(where: { call.inputs[$0] != nil }) {
                throw StepFailure(
                    "schedule_without_algorithm",
                    "\(call.place): `\(field)` has no effect where a router chooses the schedule. Give `algorithm` too."
                )
            }
            return .byRouter(call.text("by").map { RoutingStrategy(unchecked: $0) })
        }
        var parameters = AlgorithmParameters()
        for parameter in AlgorithmParameter.all {
            guard let value = call.inputs[parameter.name], value != .null else { continue }
            do {
                try AlgorithmParameter.set(parameter.name, to: value.description, in: &parameters)
            } catch {
                throw StepFailure("bad_parameters", "\(call.place): \(error)")
            }
        }
        if let until = call.text("until") {
            guard parameters.endTime == nil else { throw twice("until", "end_time", call) }
            let clock = SessionClock(desk: context.desk)
            parameters.endTime = try clock.time(until, of: order.instrument, around: context.now, call)
        }
        if let share = call.inputs["participation"]?.percentValue {
            guard parameters.maxParticipationPercent == nil else {
                throw twice("participation", "max_participation_percent", call)
            }
            do {
                try AlgorithmParameter.set("max_participation_percent", to: share.description, in: &parameters)
            } catch {
                throw StepFailure("bad_parameters", "\(call.place): `participation`: \(error)")
            }
        }
        return .explicit(name, parameters)
    }

    private func twice(_ one: String, _ other: String, _ call: StepCall) -> StepFailure {
        StepFailure("bad_parameters", "\(call.place): `\(one)` and `\(other)` say the same. Give one of them.")
    }

    /// The outcome of the step when its parent order is final.
    static func outcome(_ parent: ParentRecord, uses: String) -> StepOutcome {
        let item = ReportBuilder.item(parent)
        let submission = parent.submission
        let average = item.averagePrice.map { Value.decimal(FixedDecimal(units: Int128($0.units))) } ?? .null
        let fills = Value.Record(
            "Fills",
            [
                ("parent_order", .text(submission.id.text)),
                ("symbol", .ticker(submission.order.symbol)),
                ("side", .text(submission.order.side.rawValue)),
                ("algorithm", .text(item.algorithm?.text ?? "")),
                ("quantity", .decimal(FixedDecimal(units: Int128(item.quantity?.units ?? 0)))),
                ("filled_quantity", .decimal(FixedDecimal(units: Int128(parent.filled.units)))),
                ("average_price", average),
                ("status", .text(item.status.rawValue)),
            ]
        )
        let output = Value.Record(
            "\(uses) output",
            [
                ("fills", .record(fills)),
                ("status", .text(item.status.rawValue)),
                ("parent_order", .text(submission.id.text)),
            ]
        )
        return .success(output: output, status: item.status, note: item.message.isEmpty ? nil : item.message)
    }
}
