import YAMLNodes

extension PlanBuilder {
    /// Warnings about what is valid and rarely meant.
    func lint(_ steps: [PlannedStep]) {
        for step in steps {
            switch step.kind {
            case .call(let call):
                guard call.signature.name == "approval.wait", call.timeout == nil else { continue }
                let help = "add `timeout: 45m`, or how long a person has"
                let message = "`\(step.id)` waits for a person without `timeout`"
                diagnostics.warning("no-timeout", message, at: step.place, help: help)
            case .finish, .child: continue
            case .fork(let branches): for branch in branches { lint(branch.steps) }
            case .foreach(let each):
                lint(each.steps)
                guard each.list.type == .list(.ticker), each.maxConcurrent == nil, Self.isUnlimited(each.steps) else {
                    continue
                }
                let help = "add `max_concurrent`, or `pool` to the steps inside"
                let message = "`\(step.id)` starts every ticker at once: nothing limits it"
                diagnostics.warning("no-limit", message, at: step.place, help: help)
            }
        }
    }

    /// True when a step inside does more than compute and nothing limits how many do so at once.
    private static func isUnlimited(_ steps: [PlannedStep]) -> Bool {
        let calls = steps.flatMap { step -> [PlannedCall?] in
            switch step.kind {
            case .call(let call): [call]
            case .child: [nil]
            case .finish: []
            case .foreach(let each): each.maxConcurrent == nil && isUnlimited(each.steps) ? [nil] : []
            case .fork(let branches): isUnlimited(branches.flatMap(\.steps)) ? [nil] : []
            }
        }
        return calls.contains { $0?.signature.effect != .pure } && !calls.contains { $0?.pool != nil }
    }
}
