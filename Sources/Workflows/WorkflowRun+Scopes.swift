import TradingDomain
import YAMLNodes

extension WorkflowRun {
    /// A list of steps that runs in order: a workflow instance, an item of a foreach or a branch of a fork.
    struct Scope {
        enum Kind {
            case instance(WorkflowPlan, inputs: Value.Record)
            case item(loop: Int, index: Int, variable: String, value: Value)
            case branch(fork: Int)
        }

        enum Phase { case steps, onFailure, finally, done }

        let kind: Kind
        let path: StepPath
        /// The scope around it: whose step it is, or whose names it sees.
        let parent: Int?
        let order: [Int]
        let steps: [PlannedStep]
        var onFailure: [PlannedStep] = []
        var finally: [PlannedStep] = []
        /// The first step that failed.
        var failure: ScopeFailure?
        /// The scope ended before its last step, without a failure.
        var hasEndedEarly = false
        /// When it must have ended, for an instance.
        var deadline: CallDeadline?
        var phase = Phase.steps
        var cursor = 0
        /// The current step has started and is not complete.
        var isWaiting = false
        var isAdvancing = false
        /// Values of complete steps by id.
        var outputs: [String: Value] = [:]
        /// What steps said about this scope.
        var statuses: [ItemStatus] = []
        var notes: [(status: ItemStatus?, text: String)] = []

        var status: ItemStatus { .combined(statuses) }

        /// The last note that goes with the final status, or the last that goes with none.
        var message: String {
            let status = status
            return notes.last { $0.status == status }?.text ?? notes.last { $0.status == nil }?.text ?? ""
        }

        var current: PlannedStep? { cursor < list.count ? list[cursor] : nil }

        /// The steps of the phase it is in.
        var list: [PlannedStep] {
            switch phase {
            case .steps: steps
            case .onFailure: onFailure
            case .finally: finally
            case .done: []
            }
        }
    }

    /// What `failure` is in `on_failure` and `finally`.
    struct ScopeFailure {
        let step: String
        let code: String
        let message: String
    }

    /// A foreach at work.
    struct Loop {
        struct Item {
            let key: String
            let value: Value
            var isStarted = false
            var result: RunResult?
            var collected: Value?
        }

        let scope: Int
        let id: String
        let path: StepPath
        let plan: PlannedForeach
        let limit: Int
        /// Percent points.
        let minSuccess: FixedDecimal?
        let order: [Int]
        var items: [Item]
        var next = 0
        var inFlight = 0
        var stoppedBy: String?
        var isPumping = false
        var isFinished = false
    }

    // MARK: - Instances

    mutating func startInstance(
        of plan: WorkflowPlan,
        inputs: Value.Record,
        at path: StepPath,
        parent: Int?,
        order: [Int],
        timeout: Duration? = nil
    ) {
        let kind = Scope.Kind.instance(plan, inputs: inputs)
        var scope = Scope(kind: kind, path: path, parent: parent, order: order, steps: plan.steps)
        scope.onFailure = plan.onFailure
        scope.finally = plan.finally
        // The shorter of the file's own and that of the `workflow.run` that started it.
        if let limit = [plan.definition.timeout, timeout].compactMap(\.self).min() {
            let reason = "workflow \(plan.name)"
            scope.deadline = CallDeadline(time: now + limit, reason: reason, limit: limit, isOfWorkflow: true)
        }
        scopes.append(scope)
        events.append(.instanceStarted(path, workflow: plan.name, inputs: inputs))
        advance(scopes.count - 1)
    }

    /// Runs the scope's steps until one waits or the scope is done.
    mutating func advance(_ index: Int) {
        guard !scopes[index].isAdvancing else { return }
        scopes[index].isAdvancing = true
        while !scopes[index].isWaiting, scopes[index].phase != .done {
            if let step = scopes[index].current { start(step, in: index) } else { endPhase(index) }
        }
        scopes[index].isAdvancing = false
    }

    private mutating func start(_ step: PlannedStep, in index: Int) {
        do {
            if let condition = step.condition, try value(of: condition, in: index) != .bool(true) {
                events.append(.stepSkipped(scopes[index].path.appending(step.id)))
                scopes[index].cursor += 1
                return
            }
            switch step.kind {
            case .call(let call): try start(call, step, in: index)
            case .finish(let arguments):
                let values = try self.values(of: arguments, in: index)
                let status = values["status"]?.textValue.flatMap { ItemStatus(rawValue: $0) }
                end(index, status, note: values["note"]?.textValue ?? "")
            case .child(let child): try startChild(child, step, in: index)
            case .foreach(let each): try startLoop(each, step, in: index)
            case .fork(let branches): startFork(branches, step, in: index)
            }
        } catch {
            fail(index, code: error.code, message: "\(step.place.place): step `\(step.id)`: \(error.message)")
        }
    }

    // MARK: - Outcomes

    mutating func apply(_ outcome: StepOutcome, of call: StepCall, in index: Int) {
        switch outcome {
        case .success(let output, let status, let note):
            guard let signature = scopes[index].current?.signature else { return }
            let fields = output.fields.map { field -> (String, Value) in
                let type = signature.output.field(field.name)?.type
                return (field.name, type.map { bundle.types.widened(field.value, to: $0) } ?? field.value)
            }
            let record = Value.Record(signature.output.name, fields)
            if let name = bundle.types.misfit(of: record, in: signature.output.name) {
                let message =
                    "step `\(call.path)` (\(call.uses)) gave `\(name)` = \(record[name]), against its declaration"
                fail(index, code: "bad_output", message: message)
                return
            }
            if let status { scopes[index].statuses.append(status) }
            if let note { scopes[index].notes.append((status, note)) }
            succeed(index, with: .record(record))
        case .failed(let code, let message): fail(index, code: code, message: message)
        case .ended(let status, let note): end(index, status, note: note)
        }
    }

    /// The current step is complete.
    mutating func succeed(_ index: Int, with output: Value) {
        if let step = scopes[index].current { scopes[index].outputs[step.id] = output }
        scopes[index].cursor += 1
        scopes[index].isWaiting = false
    }

    /// The scope ends here, or in `on_failure` and `finally` goes on with the next step.
    mutating func end(_ index: Int, _ status: ItemStatus?, note: String) {
        if let status { scopes[index].statuses.append(status) }
        if !note.isEmpty { scopes[index].notes.append((status, note)) }
        if scopes[index].phase == .steps {
            scopes[index].hasEndedEarly = true
            scopes[index].cursor = scopes[index].steps.count
        } else {
            scopes[index].cursor += 1
        }
        scopes[index].isWaiting = false
    }

    mutating func fail(_ index: Int, code: String, message: String) {
        if scopes[index].phase == .steps, scopes[index].failure == nil, let step = scopes[index].current {
            scopes[index].failure = ScopeFailure(step: step.id, code: code, message: message)
        }
        end(index, .failed, note: "\(message) [\(code)]")
    }

    private mutating func endPhase(_ index: Int) {
        let plan: WorkflowPlan
        switch scopes[index].kind {
        case .item: return finishItem(index)
        case .branch: return finishBranch(index)
        case .instance(let own, _): plan = own
        }
        if let next = nextPhase(of: index) {
            Self.giveCounts(to: &scopes[index].outputs, of: scopes[index].steps)
            scopes[index].phase = next
            scopes[index].cursor = 0
            return
        }
        scopes[index].phase = .done
        let ended = RunResult(status: scopes[index].status, message: scopes[index].message)
        events.append(.instanceFinished(scopes[index].path, workflow: plan.name, ended))
        guard let parent = scopes[index].parent else {
            result = ended
            return
        }
        scopes[index].outputs = [:]
        noteFailure(of: ended, in: parent)
        scopes[parent].statuses.append(ended.status)
        if !ended.message.isEmpty { scopes[parent].notes.append((ended.status, ended.message)) }
        let record = Value.Record(
            "RunResult",
            [("status", .text(ended.status.rawValue)), ("message", .text(ended.message))]
        )
        succeed(
            parent,
            with: .record(Value.Record(StepRegistry.workflowRun.output.name, [("result", .record(record))]))
        )
        advance(parent)
    }

    /// A child that FAILED is a failed step of the instance that ran it: that goes on, and has its `on_failure` at its end.
    private mutating func noteFailure(of child: RunResult, in index: Int) {
        guard child.status == .failed, case .instance = scopes[index].kind, scopes[index].phase == .steps,
            scopes[index].failure == nil, let step = scopes[index].current
        else { return }
        scopes[index].failure = ScopeFailure(step: step.id, code: "workflow_failed", message: child.message)
    }

    /// `on_failure` runs once a step of the instance failed; `finally` always does.
    private func nextPhase(of index: Int) -> Scope.Phase? {
        let scope = scopes[index]
        if scope.phase == .steps, scope.failure != nil, !scope.onFailure.isEmpty { return .onFailure }
        return scope.phase != .finally && !scope.finally.isEmpty ? .finally : nil
    }

    /// A foreach that did not run counts as one without items where a run ends.
    private static func giveCounts(to outputs: inout [String: Value], of steps: [PlannedStep]) {
        for step in steps {
            switch step.kind {
            case .call, .finish, .child: continue
            case .foreach(let each):
                if outputs[step.id] == nil { outputs[step.id] = output(of: each, step.id, items: []) }
            case .fork(let branches): for branch in branches { giveCounts(to: &outputs, of: branch.steps) }
            }
        }
    }
}

extension PlannedStep {
    var signature: StepSignature? { if case .call(let call) = kind { call.signature } else { nil } }
}
