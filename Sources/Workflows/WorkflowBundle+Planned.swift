public import YAMLNodes

extension WorkflowBundle {
    /// What this workflow and its children use that the program does not carry out yet, as errors at their places.
    ///
    /// A run of a workflow with any is refused; the file itself is valid.
    public var planned: [Diagnostic] {
        let plans = [root] + children.keys.sorted().compactMap { children[$0] }
        return plans.flatMap { plan in Self.planned(in: plan.allSteps) }
    }

    private static func planned(in steps: [PlannedStep]) -> [Diagnostic] {
        steps.flatMap { step -> [Diagnostic] in
            switch step.kind {
            case .finish, .child: []
            case .foreach(let each): planned(in: each.steps)
            case .fork(let branches): branches.flatMap { planned(in: $0.steps) }
            case .call(let call): planned(in: call, of: step)
            }
        }
    }

    private static func planned(in call: PlannedCall, of step: PlannedStep) -> [Diagnostic] {
        let name = call.signature.name
        let help = "the file is valid; leave this out to run it now"
        if call.signature.isPlanned {
            let message = "this version cannot run \(name)"
            return [Diagnostic(rule: "not-runnable", message, at: step.place, help: help)]
        }
        return call.arguments.filter { call.signature.input($0.name)?.isPlanned == true }.map { argument in
            let message = "this version cannot honour `\(argument.name)` of \(name)"
            return Diagnostic(rule: "not-runnable", message, at: argument.place, help: help)
        }
    }
}
