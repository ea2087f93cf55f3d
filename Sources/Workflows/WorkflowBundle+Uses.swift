extension WorkflowBundle {
    /// Whether this workflow or a child of it has a step of a type.
    public func uses(_ type: String) -> Bool {
        ([root] + children.values).contains { Self.uses(type, in: $0.allSteps) }
    }

    private static func uses(_ type: String, in steps: [PlannedStep]) -> Bool {
        steps.contains { step in
            switch step.kind {
            case .finish, .child: false
            case .call(let call): call.signature.name == type
            case .foreach(let each): uses(type, in: each.steps)
            case .fork(let branches): branches.contains { uses(type, in: $0.steps) }
            }
        }
    }
}
