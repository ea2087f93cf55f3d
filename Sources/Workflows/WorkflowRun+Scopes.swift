import TradingDomain
import YAMLNodes

extension WorkflowRun {
    /// A list of steps that runs in order: a workflow instance or an item of a foreach.
    struct Scope {
        enum Kind {
            case instance(WorkflowPlan, inputs: Value.Record)
            case item(loop: Int, index: Int, variable: String, value: Value)
        }

        enum Phase { case steps, finally, done }

        let kind: Kind
        let path: StepPath
        /// The scope around it: whose step it is, or whose names it sees.
        let parent: Int?
        let order: [Int]
        let steps: [PlannedStep]
        var finally: [PlannedStep] = []
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

        var current: PlannedStep? {
            let list = phase == .finally ? finally : steps
            return phase != .done && cursor < list.count ? list[cursor] : nil
        }
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
        order: [Int]
    ) {
        let kind = Scope.Kind.instance(plan, inputs: inputs)
        var scope = Scope(kind: kind, path: path, parent: parent, order: order, steps: plan.steps)
        scope.finally = plan.finally
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
            case .child(let name, let arguments): try startChild(name, arguments, step, in: index)
            case .foreach(let each): try startLoop(each, step, in: index)
            }
        } catch {
            fail(index, code: error.code, message: "\(step.place.place): step `\(step.id)`: \(error.message)")
        }
    }

    private mutating func start(_ call: PlannedCall, _ step: PlannedStep, in index: Int) throws(RunProblem) {
        var inputs = try values(of: call.arguments, in: index)
        for field in call.signature.inputs where inputs[field.name] == nil {
            if let value = field.defaultValue { inputs[field.name] = value }
        }
        let (instance, workflow, item) = surroundings(of: index)
        let path = scopes[index].path.appending(step.id)
        let call = StepCall(
            path: path,
            uses: call.signature.name,
            effect: call.signature.effect,
            inputs: inputs,
            instance: instance,
            workflow: workflow,
            item: item,
            pool: call.pool,
            timeout: call.timeout,
            place: step.place.place,
            order: position(of: index)
        )
        active[path] = (call, index)
        fresh.append(path)
        scopes[index].isWaiting = true
    }

    private mutating func startChild(
        _ name: String,
        _ arguments: [PlannedArgument],
        _ step: PlannedStep,
        in index: Int
    ) throws(RunProblem) {
        let values = try values(of: arguments, in: index)
        guard let plan = bundle.plan(named: name) else {
            throw RunProblem(code: "unknown_workflow", message: "workflow `\(name)` is not in this run's bundle")
        }
        let inputs: Value.Record
        do {
            inputs = try plan.definition.checked(values, types: bundle.types)
        } catch {
            throw RunProblem(code: "bad_input", message: "workflow `\(name)`: \(error)")
        }
        scopes[index].isWaiting = true
        let path = scopes[index].path.appending(step.id)
        startInstance(of: plan, inputs: inputs, at: path, parent: index, order: position(of: index))
    }

    func position(of index: Int) -> [Int] {
        let scope = scopes[index]
        return scope.order + [scope.phase == .finally ? scope.steps.count + scope.cursor : scope.cursor]
    }

    private func surroundings(of index: Int) -> (instance: StepPath, workflow: String, item: StepPath?) {
        var item: StepPath?
        var current = index
        while true {
            if case .instance(let plan, _) = scopes[current].kind {
                // A child's steps still belong to the item around the child.
                var outer = scopes[current].parent
                while item == nil, let next = outer {
                    if case .item = scopes[next].kind { item = scopes[next].path }
                    outer = scopes[next].parent
                }
                return (scopes[current].path, plan.name, item)
            }
            item = item ?? scopes[current].path
            guard let parent = scopes[current].parent else { return (.root, bundle.root.name, item) }
            current = parent
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

    /// The scope ends here, or in `finally` goes on with the next step.
    mutating func end(_ index: Int, _ status: ItemStatus?, note: String) {
        if let status { scopes[index].statuses.append(status) }
        if !note.isEmpty { scopes[index].notes.append((status, note)) }
        scopes[index].cursor = scopes[index].phase == .finally ? scopes[index].cursor + 1 : scopes[index].steps.count
        scopes[index].isWaiting = false
    }

    mutating func fail(_ index: Int, code: String, message: String) {
        end(index, .failed, note: "\(message) [\(code)]")
    }

    private mutating func endPhase(_ index: Int) {
        guard case .instance(let plan, _) = scopes[index].kind else { return finishItem(index) }
        if scopes[index].phase == .steps, !scopes[index].finally.isEmpty {
            for step in scopes[index].steps where scopes[index].outputs[step.id] == nil {
                guard case .foreach(let each) = step.kind else { continue }
                scopes[index].outputs[step.id] = Self.output(of: each, step.id, items: [])
            }
            scopes[index].phase = .finally
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
}

extension PlannedStep {
    var signature: StepSignature? { if case .call(let call) = kind { call.signature } else { nil } }
}

/// Why a step could not start.
struct RunProblem: Error {
    let code: String
    let message: String
}
