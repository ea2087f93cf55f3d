import TradingDomain
import YAMLNodes

extension WorkflowRun {
    mutating func start(_ call: PlannedCall, _ step: PlannedStep, in index: Int) throws(RunProblem) {
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
            retry: call.retry,
            startedAt: now,
            workflowDeadline: instanceDeadline(of: index),
            place: step.place.place,
            order: position(of: index)
        )
        active[path] = (call, index)
        fresh.append(path)
        scopes[index].isWaiting = true
    }

    mutating func startChild(_ child: PlannedChild, _ step: PlannedStep, in index: Int) throws(RunProblem) {
        let values = try values(of: child.arguments, in: index)
        let name = child.workflow
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
        let order = position(of: index)
        startInstance(of: plan, inputs: inputs, at: path, parent: index, order: order, timeout: child.timeout)
    }

    /// The earliest deadline of the workflows around a scope.
    ///
    /// What runs in `on_failure` and `finally` has none: it must be able to clean up after a timeout.
    private func instanceDeadline(of index: Int) -> CallDeadline? {
        var earliest: CallDeadline?
        var current: Int? = index
        while let scope = current.map({ scopes[$0] }) {
            guard scope.phase == .steps else { return nil }
            if let deadline = scope.deadline, earliest.map({ deadline.time < $0.time }) ?? true { earliest = deadline }
            current = scope.parent
        }
        return earliest
    }

    func position(of index: Int) -> [Int] {
        let scope = scopes[index]
        let before =
            switch scope.phase {
            case .steps, .done: 0
            case .onFailure: scope.steps.count
            case .finally: scope.steps.count + scope.onFailure.count
            }
        return scope.order + [before + scope.cursor]
    }

    /// The instance around a scope, its workflow, and the innermost item around it.
    private func surroundings(of index: Int) -> (instance: StepPath, workflow: String, item: StepPath?) {
        var item: StepPath?
        var instance: (path: StepPath, workflow: String)?
        var current: Int? = index
        while let scope = current.map({ scopes[$0] }) {
            switch scope.kind {
            case .instance(let plan, _): instance = instance ?? (scope.path, plan.name)
            // A child's steps still belong to the item around the child.
            case .item: item = item ?? scope.path
            case .branch: break
            }
            current = scope.parent
        }
        return (instance?.path ?? .root, instance?.workflow ?? bundle.root.name, item)
    }
}

/// Why a step could not start.
struct RunProblem: Error {
    let code: String
    let message: String
}
