import ExecutionEngine
import MarketData
public import TradingDomain
public import Workflows

/// Goes through a workflow without doing anything: a dry run (WF-5).
///
/// Steps that compute or read are done as in a run, agents asked included. An order is admitted and routed as its engine
/// would, and the fill that is predicted of it is what the steps behind it see. Notifications and approvals are told
/// instead of done. The clock stands still.
public struct WorkflowRehearsal: Sendable {
    private let desk: Desk
    private let memory: RehearsalStore
    private let catalog: StepCatalog
    private let commissionRate: FixedDecimal

    /// A rehearsal on a desk that nobody trades on: its stores must take nothing, its engine's journal neither.
    ///
    /// `commissionRate` is a fraction of the value traded.
    public init(desk: Desk, catalog: StepCatalog = .standard, commissionRate: FixedDecimal) {
        memory = RehearsalStore(over: desk)
        var own = desk
        own.store = memory
        own.journal = memory
        self.desk = own
        self.catalog = catalog
        self.commissionRate = commissionRate
    }

    /// What happened so far.
    private struct State {
        var notes = RunNotes()
        var approvals = RunApprovals()
        var orders: [RehearsalReport.Order] = []
        var steps: [RehearsalReport.Step] = []
    }

    /// Goes through the workflow to its end.
    ///
    /// - Throws: The errors of the surroundings, such as a database that is gone; a step that fails fails its item as in
    ///   a run.
    public func run(_ bundle: WorkflowBundle, inputs: [String: Value]) async throws -> RehearsalReport {
        let now = await desk.clock.now()
        let record = try record(bundle, inputs, at: now)
        let claim = RunClaim(run: record.id, epoch: 0)
        var run = try WorkflowRun(bundle, inputs: inputs, facts: RunFacts(id: record.id, startedAt: now))
        var state = State()
        while !run.isFinished {
            for event in run.takeEvents() { state.notes.take(event) }
            let calls = run.ready()
            guard !calls.isEmpty else {
                throw StepFailure(
                    "run_stuck",
                    "The dry run of \(bundle.root.name) has nothing to do and has not ended."
                )
            }
            let parents = state.notes.parents
            let context = StepContext(
                desk: desk,
                run: record,
                claim: claim,
                now: now,
                parents: { parents },
                approvals: state.approvals
            )
            for (call, result) in zip(calls, await results(of: calls, context)) {
                let outcome = try await take(try result.get(), of: call, &state, at: now)
                run.complete(call.path, with: outcome, at: now)
            }
        }
        for event in run.takeEvents() { state.notes.take(event) }
        return try await report(bundle, run, state, at: now)
    }

    /// The run as it would be recorded, with the seed that it would have.
    private func record(_ bundle: WorkflowBundle, _ inputs: [String: Value], at now: Timestamp) throws -> RunRecord {
        let text = try StoredJSON.encode(inputs)
        return RunRecord(
            id: RunID(unchecked: "dry-run"),
            workflow: bundle.root.name,
            definitionHash: bundle.hash,
            sources: [:],
            inputs: text,
            account: desk.account,
            environment: desk.environment,
            launch: "{}",
            startedAt: now,
            seed: Digest.seed("\(bundle.hash)|\(text)|\(desk.market.fingerprint)|\(now)")
        )
    }

    // MARK: Steps

    /// Does what may be done; the rest is told.
    private func results(of calls: [StepCall], _ context: StepContext) async -> [Result<StepResult, any Error>] {
        let performer = StepPerformer(catalog: catalog, context: context, control: RunControl())
        return await withTaskGroup(of: (Int, Result<StepResult, any Error>).self) { group in
            for (index, call) in calls.enumerated() {
                if let output = told(call, at: context.now) {
                    group.addTask { (index, .success(.done(.success(output: output), notes: []))) }
                } else {
                    group.addTask { (index, await performer.perform(call)) }
                }
            }
            var results: [(Int, Result<StepResult, any Error>)] = []
            for await result in group { results.append(result) }
            return results.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    /// Stands for the output of a step that acts and is no order for the market; `nil` for others.
    private func told(_ call: StepCall, at now: Timestamp) -> Value.Record? {
        let acts =
            call.effect == .notify && call.uses != ApprovalWait.name
            || call.effect == .order && !call.uses.hasPrefix("execute.")
        guard acts, let signature = catalog.registry[call.uses] else { return nil }
        let fields = signature.output.fields.map { ($0.name, Self.stand(in: $0.type, catalog.registry.types, at: now)) }
        return Value.Record(signature.output.name, fields)
    }

    private static func stand(in type: ValueType, _ types: TypeRegistry, at now: Timestamp) -> Value {
        switch type {
        case .bool: .bool(true)
        case .int: .int(0)
        case .decimal: .decimal(.zero)
        case .percent: .percent(.zero)
        case .duration: .duration(.zero)
        case .timestamp: .timestamp(now)
        case .date: .date(now.utcDate)
        case .text: .text("dry-run")
        case .enumeration(let name): .text(types.enumerations[name]?.first ?? "")
        case .list: .list([])
        case .money, .ticker, .record, .optional, .nothing: .null
        }
    }

    private func take(
        _ result: StepResult,
        of call: StepCall,
        _ state: inout State,
        at now: Timestamp
    ) async throws -> StepOutcome {
        var step = RehearsalReport.Step(
            step: "\(call.path)",
            uses: call.uses,
            effect: call.effect,
            words: "",
            isPredicted: state.orders.contains { $0.quantity != nil }
        )
        defer { state.steps.append(step) }
        switch result {
        case .done(let outcome, let notes):
            step.words = Self.words(call, outcome)
            state.notes.add(notes, at: call.path)
            state.approvals.take(call.uses, at: call.path, outcome)
            return outcome
        case .wait(let time):
            step.words = time > now ? "would wait until \(time)" : "would not wait: \(time) has passed"
            return .success(output: Value.Record("\(call.uses) output", [("at", .timestamp(time))]))
        case .ask(let question):
            let outcome = Self.approved(question, call, at: now)
            step.words =
                "would ask people to approve \(question.orders.count) orders; gone on as if they had at once"
            state.approvals.take(call.uses, at: call.path, outcome)
            return outcome
        case .work(let submission):
            let rehearsed = await desk.engine.rehearse(submission, commissionRate: commissionRate, at: now)
            memory.keep(rehearsed.record)
            let order = RehearsalReport.Order(rehearsed, at: call.path)
            state.orders.append(order)
            state.notes.add([.parent(submission.order.symbol, submission.id)], at: call.path)
            step.words = order.words
            return ExecuteOrder.outcome(rehearsed.record, uses: call.uses)
        }
    }

    /// A plan as if somebody had approved it.
    private static func approved(_ question: ApprovalQuestion, _ call: StepCall, at now: Timestamp) -> StepOutcome {
        .success(
            output: Value.Record(
                "\(call.uses) output",
                [
                    ("by", .text("dry-run")), ("at", .timestamp(now)), ("digest", .text(question.request.digest)),
                    ("note", .null), ("orders", .list(question.records)),
                ]
            )
        )
    }

    private static func words(_ call: StepCall, _ outcome: StepOutcome) -> String {
        switch outcome {
        case .failed(let code, let message): return "fails: \(message) [\(code)]"
        case .ended(let status, let note): return "\(status): \(note)"
        case .success(_, let status, let note):
            let said = [status?.rawValue, note].compactMap(\.self).filter { !$0.isEmpty }.joined(separator: ": ")
            switch call.effect {
            case .notify:
                return "would tell \(call.text("to") ?? "nobody"): \(call.text("text") ?? "")"
            case .order where !call.uses.hasPrefix("execute."):
                return "would cancel this run's open orders; there are none in a dry run"
            case .pure, .read, .order: return said.isEmpty ? "done" : said
            }
        }
    }

    // MARK: End

    private func report(
        _ bundle: WorkflowBundle,
        _ run: WorkflowRun,
        _ state: State,
        at now: Timestamp
    ) async throws -> RehearsalReport {
        let notes = state.notes.ordered(by: run.items)
        let parents = try await memory.parents(state.notes.parents)
        let items = ReportBuilder(parents).items(notes)
        let statuses = items.map(\.status) + [run.result?.status ?? .failed]
        let sent = state.orders.filter { $0.quantity != nil }
        let zero = Money.zero(desk.currency)
        return RehearsalReport(
            workflow: bundle.root.name,
            status: items.isEmpty ? (run.result?.status ?? .failed) : ItemStatus.combined(statuses),
            message: run.result.flatMap { $0.message.isEmpty ? nil : $0.message },
            account: desk.account,
            market: desk.market.title,
            at: now,
            orders: state.orders,
            outcomes: items.filter { $0.parentOrder == nil || $0.duplicate == true }.map {
                RehearsalReport.Outcome(ticker: $0.ticker, status: $0.status, message: $0.message)
            },
            steps: state.steps,
            rebalance: await RebalanceReport.make(notes, parents, on: desk),
            notional: sent.compactMap(\.notional).reduce(zero) { $0 + $1 },
            fees: sent.compactMap(\.fees).reduce(zero) { $0 + $1 },
            predictedCost: sent.compactMap(\.predictedCost).reduce(zero) { $0 + $1 },
            notes: RehearsalReport.notes(state.orders, state.steps)
        )
    }
}

extension RehearsalReport.Order {
    /// The order in one line.
    var words: String {
        guard let quantity, let algorithm else {
            return "would be refused: \(side) \(asked) \(ticker): \(message ?? status.rawValue)"
        }
        return "would \(side == .buy ? "buy" : "sell") \(quantity) \(ticker) by \(algorithm)"
    }
}
