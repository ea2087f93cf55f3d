import TradingDomain
import YAMLNodes

extension PlanBuilder {
    func plan(
        _ call: CallDefinition,
        _ checker: ArgumentChecker
    ) -> (kind: PlannedStep.Kind?, output: ValueType, signature: StepSignature?) {
        let uses = call.uses
        guard let signature = registry[uses.value] else {
            let names = registry.signatures.keys.sorted()
            let family = names.filter {
                $0.hasPrefix((uses.value.split(separator: ".").first.map(String.init) ?? "") + ".")
            }
            let list = "known: \((family.isEmpty ? names : family).joined(separator: ", "))"
            let help = Suggestion.question(for: uses.value, in: names).map { "\($0) \(list)" } ?? list
            diagnostics.error("unknown-step", "no step type is called `\(uses.value)`", at: uses.range, help: help)
            return (nil, .nothing, nil)
        }
        let output = ValueType.record(signature.output.name)
        if signature.name == StepRegistry.workflowRun.name {
            refuseControls(call, of: signature, timeout: false)
            return (childRun(call, checker), output, signature)
        }
        let fields = signature.inputs.map {
            ArgumentChecker.Field(
                name: $0.name,
                type: $0.type,
                isRequired: $0.isRequired,
                isTemplate: $0.isTemplate,
                oneOf: $0.oneOf,
                role: $0.role
            )
        }
        let arguments = checker.arguments(call.arguments, for: fields, of: signature.name, at: uses.range)
        checker.checkOneInput(of: signature.oneInputOf, call.arguments, owner: signature.name, at: uses.range)
        checkZone(arguments, of: signature, call)
        if signature.name == StepRegistry.finish.name {
            refuseControls(call, of: signature, timeout: true)
            checkFinish(uses.range, checker.scope)
            return (.finish(arguments), .nothing, signature)
        }
        return (.call(planned(call, signature, arguments)), output, signature)
    }

    /// The call with what its effect allows: `retry`, and the file's defaults, for steps that read or notify.
    private func planned(_ call: CallDefinition, _ signature: StepSignature, _ arguments: [PlannedArgument])
        -> PlannedCall
    {
        let mayRepeat = signature.effect == .read || signature.effect == .notify
        if let retry = call.retry, !mayRepeat {
            let why =
                signature.effect == .order
                ? "places orders: the engine asks the broker, and never sends an order again"
                : "only computes: another try gives the same"
            let help = "remove it; `retry` is for steps that read or notify"
            diagnostics.error("effect", "`retry` on \(signature.name), which \(why)", at: retry.range, help: help)
        }
        if let pool = call.pool, let problem = WorkflowSurroundings.problem(pool.value, "pool", surroundings.pools) {
            diagnostics.error("unknown-name", problem.message, at: pool.range, help: problem.help)
        }
        return PlannedCall(
            signature: signature,
            arguments: arguments,
            timeout: call.timeout?.value ?? (mayRepeat ? definition.defaults.timeout : nil),
            retry: mayRepeat ? call.retry?.value ?? definition.defaults.retry : nil,
            pool: call.pool?.value
        )
    }

    /// `flow.finish` and `workflow.run` do nothing that could be retried or take a slot.
    private func refuseControls(_ call: CallDefinition, of signature: StepSignature, timeout: Bool) {
        let written = [
            ("retry", call.retry?.range), ("pool", call.pool?.range), ("timeout", timeout ? call.timeout?.range : nil),
        ]
        for (key, range) in written {
            guard let range else { continue }
            diagnostics.error("effect", "`\(key)` means nothing for \(signature.name)", at: range, help: "remove it")
        }
    }

    /// A zone says whose clocks show a wall time; beside any other time it would do nothing.
    private func checkZone(_ arguments: [PlannedArgument], of signature: StepSignature, _ call: CallDefinition) {
        func argument(_ role: StepSignature.Field.Role) -> PlannedArgument? {
            signature.inputs.first { $0.role == role }.flatMap { input in arguments.first { $0.name == input.name } }
        }
        guard let zone = argument(.zone) else { return }
        let other: String
        if let session = argument(.sessionTime) {
            guard case .literal(.text(let text)) = session.value, let time = try? SessionTime(parsing: text),
                !time.isWall
            else { return }
            other = text
        } else {
            guard let name = signature.oneInputOf.first(where: { name in arguments.contains { $0.name == name } })
            else {
                return
            }
            other = name
        }
        let range = call.arguments.first { $0.key == zone.name }?.keyRange ?? zone.place
        let message = "`\(zone.name)` has no effect on `\(other)`: it goes with a wall time such as \"15:30\""
        diagnostics.error("value", message, at: range, help: "remove it")
    }

    private func checkFinish(_ range: SourceRange, _ scope: StepScope) {
        if scope.place != .steps {
            diagnostics.error("shape", "`flow.finish` in `\(scope.place.rawValue)` would end nothing", at: range)
        } else if scope.isDirectlyInBranch {
            let help = "put it after the `parallel` step, or give the branch's later steps an `if`"
            diagnostics.error(
                "shape",
                "`flow.finish` in a branch would leave the others half done",
                at: range,
                help: help
            )
        }
    }

    private func childRun(_ call: CallDefinition, _ checker: ArgumentChecker) -> PlannedStep.Kind? {
        guard let entry = call.arguments.first(where: { $0.key == "workflow" }), !entry.value.isEmpty else {
            diagnostics.error(
                "missing-key",
                "workflow.run needs `workflow`",
                at: call.uses.range,
                help: "name the child"
            )
            return nil
        }
        guard let name = entry.value.scalar(.nonEmptyText, named: "`workflow` of workflow.run", diagnostics) else {
            return nil
        }
        guard !name.contains("${{") else {
            let help = "write the name out, so that the child can be checked before anything runs"
            diagnostics.error(
                "template",
                "`workflow` of workflow.run must be a literal name",
                at: entry.value.range,
                help: help
            )
            return nil
        }
        guard let child = child(Located(name, at: entry.value.range)) else { return nil }
        let fields = child.inputs.map { input in
            ArgumentChecker.Field(
                name: input.name.value,
                type: input.type,
                isRequired: input.isRequired,
                problem: { input.problem(with: $0) }
            )
        }
        let others = call.arguments.filter { $0.key != "workflow" }
        let arguments = checker.arguments(others, for: fields, of: "workflow `\(name)`", at: call.uses.range)
        return .child(PlannedChild(workflow: name, arguments: arguments, timeout: call.timeout?.value))
    }
}
