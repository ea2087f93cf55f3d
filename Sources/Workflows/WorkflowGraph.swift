import YAMLNodes

/// Draws a workflow: the order of its steps and which step reads which.
public struct WorkflowGraph: Sendable {
    let plan: WorkflowPlan

    public init(_ plan: WorkflowPlan) { self.plan = plan }

    /// Indented lines, one for each step, with what it reads.
    public var text: String {
        var lines = ["workflow \(plan.name)"]
        append(plan.steps, to: &lines, indent: "  ")
        for (name, steps) in [("on_failure", plan.onFailure), ("finally", plan.finally)] where !steps.isEmpty {
            lines.append(name)
            append(steps, to: &lines, indent: "  ")
        }
        return lines.joined(separator: "\n")
    }

    private func append(_ steps: [PlannedStep], to lines: inout [String], indent: String) {
        for step in steps {
            let condition = step.condition.map { " if \($0.text)" } ?? ""
            let reads = step.reads.isEmpty ? "" : "  ← " + step.reads.joined(separator: ", ")
            lines.append("\(indent)\(step.id)  \(step.label)\(condition)\(reads)")
            switch step.kind {
            case .call, .finish, .child: break
            case .foreach(let each): append(each.steps, to: &lines, indent: indent + "    ")
            case .fork(let branches):
                for branch in branches {
                    lines.append("\(indent)    \(branch.name):")
                    append(branch.steps, to: &lines, indent: indent + "        ")
                }
            }
        }
    }
}

extension PlannedStep {
    var label: String {
        switch kind {
        case .call(let call): call.signature.name
        case .finish: "flow.finish"
        case .child(let child): "workflow.run \(child.workflow)"
        case .foreach(let each): "foreach \(each.variable) in \(each.list.text)"
        case .fork: "parallel"
        }
    }

    /// Ids of the steps whose outputs it reads, sorted.
    var reads: [String] {
        var found: Set<String> = []
        func visit(_ checked: CheckedExpression?) { checked?.expression.collectSteps(into: &found) }
        func visit(_ value: PlannedValue?) {
            switch value {
            case .expression(let checked): visit(checked)
            case .template(let parts): for case .expression(let checked) in parts { visit(checked) }
            case .list(let values): for value in values { visit(value) }
            case .literal, nil: break
            }
        }
        visit(condition)
        switch kind {
        case .call(let call): for argument in call.arguments { visit(argument.value) }
        case .finish(let arguments): for argument in arguments { visit(argument.value) }
        case .child(let child): for argument in child.arguments { visit(argument.value) }
        case .fork(let branches):
            for branch in branches {
                let inside = Set(branch.steps.map(\.id))
                found.formUnion(branch.steps.flatMap(\.reads).filter { !inside.contains($0) })
            }
        case .foreach(let each):
            visit(each.list)
            visit(each.maxConcurrent)
            visit(each.minSuccess)
            let inside = Set(each.steps.map(\.id))
            found.formUnion(each.steps.flatMap(\.reads).filter { !inside.contains($0) })
        }
        return found.sorted()
    }
}

extension Expression {
    fileprivate func collectSteps(into found: inout Set<String>) {
        if let path, path.count > 1, path[0] == "steps" {
            found.insert(path[1])
            return
        }
        switch kind {
        case .literal, .name: break
        case .member(let inner, _), .not(let inner), .negate(let inner), .has(let inner):
            inner.collectSteps(into: &found)
        case .index(let left, let right), .binary(_, let left, let right), .loop(_, let left, _, let right):
            left.collectSteps(into: &found)
            right.collectSteps(into: &found)
        case .list(let elements), .call(_, let elements): for element in elements { element.collectSteps(into: &found) }
        }
    }
}
