import YAMLNodes

extension PlanBuilder {
    /// Plans the branches of a `parallel`; behind it their steps are read like any other.
    func plan(
        _ fork: ParallelDefinition,
        _ checker: ArgumentChecker,
        ids: Set<String>,
        _ lines: inout [String: Int],
        _ absence: String?,
        _ scope: inout StepScope
    ) -> [PlannedBranch] {
        var planned: [PlannedBranch] = []
        var produced: [StepScope.Visible] = []
        var taken = ids.subtracting(fork.branches.flatMap { Self.ids(of: $0.steps) })
        let before = scope.visible.count
        for branch in fork.branches {
            var inner = checker.scope
            inner.types = scope.types
            inner.proven = checker.present
            if let id = scope.current.last?.id.value { inner.branches[id] = branch.name.value }
            inner.isDirectlyInBranch = true
            let steps = plan(branch.steps, &inner, outerIDs: taken)
            planned.append(PlannedBranch(name: branch.name.value, steps: steps))
            produced += inner.visible[before...].map { step in
                guard let absence else { return step }
                return .init(
                    id: step.id,
                    type: step.type.madeOptional,
                    line: step.line,
                    absence: step.absence ?? absence,
                    signature: step.signature
                )
            }
            scope.types = inner.types
            scope.broken.formUnion(inner.broken)
            taken.formUnion(Self.ids(of: branch.steps))
            for step in branch.steps { lines[step.id.value] = lines[step.id.value] ?? step.id.range.line }
        }
        scope.visible += produced
        return planned
    }
}
