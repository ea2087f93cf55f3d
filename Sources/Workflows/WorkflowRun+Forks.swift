extension WorkflowRun {
    /// A `parallel` at work.
    struct Fork {
        let scope: Int
        let path: StepPath
        let names: [String]
        /// The scopes of its branches, in the order of the file.
        var branches: [Int] = []
        var open: Int
    }

    /// Starts all branches; the fork is done when the last of them is.
    mutating func startFork(_ branches: [PlannedBranch], _ step: PlannedStep, in index: Int) {
        let path = scopes[index].path.appending(step.id)
        let order = position(of: index)
        let fork = forks.count
        forks.append(Fork(scope: index, path: path, names: branches.map(\.name), open: branches.count))
        scopes[index].isWaiting = true
        for (offset, branch) in branches.enumerated() {
            forks[fork].branches.append(scopes.count)
            scopes.append(
                Scope(
                    kind: .branch(fork: fork),
                    path: path.appending(branch.name),
                    parent: index,
                    order: order + [offset],
                    steps: branch.steps
                )
            )
        }
        for branch in forks[fork].branches { advance(branch) }
    }

    mutating func finishBranch(_ index: Int) {
        guard case .branch(let fork) = scopes[index].kind else { return }
        scopes[index].phase = .done
        forks[fork].open -= 1
        if forks[fork].open == 0 { finish(forks[fork]) }
    }

    /// The first branch that failed fails the step around; one that ended early, as by an ABSTAIN, ends it.
    private mutating func finish(_ fork: Fork) {
        let parent = fork.scope
        var failed: (name: String, failure: ScopeFailure)?
        var hasEnded = false
        for (name, index) in zip(fork.names, fork.branches) {
            let branch = scopes[index]
            if let failure = branch.failure { failed = failed ?? (name, failure) }
            hasEnded = hasEnded || branch.hasEndedEarly
            scopes[parent].statuses += branch.statuses
            scopes[parent].notes += branch.notes
            for (id, output) in branch.outputs { scopes[parent].outputs[id] = output }
            scopes[index].outputs = [:]
        }
        if let failed {
            let message = "branch `\(failed.name)` of `\(fork.path)` failed: \(failed.failure.message)"
            fail(parent, code: failed.failure.code, message: message)
        } else if hasEnded {
            end(parent, nil, note: "")
        } else {
            scopes[parent].cursor += 1
            scopes[parent].isWaiting = false
        }
        advance(parent)
    }
}
