import YAMLNodes

/// Draws a workflow: the order of its steps and which step reads which.
public struct WorkflowGraph: Sendable {
    private let plan: WorkflowPlan

    public init(_ plan: WorkflowPlan) { self.plan = plan }

    /// Indented lines, one for each step, with what it reads.
    public var text: String {
        var lines = ["workflow \(plan.name)"]
        append(plan.steps, to: &lines, indent: "  ")
        if !plan.finally.isEmpty {
            lines.append("finally")
            append(plan.finally, to: &lines, indent: "  ")
        }
        return lines.joined(separator: "\n")
    }

    private func append(_ steps: [PlannedStep], to lines: inout [String], indent: String) {
        for step in steps {
            let condition = step.condition.map { " if \($0.text)" } ?? ""
            let reads = step.reads.isEmpty ? "" : "  ← " + step.reads.joined(separator: ", ")
            lines.append("\(indent)\(step.id)  \(step.label)\(condition)\(reads)")
            if case .foreach(let each) = step.kind { append(each.steps, to: &lines, indent: indent + "    ") }
        }
    }

    /// A Mermaid flowchart: solid edges are the order, dotted ones data.
    public var mermaid: String {
        var lines = ["flowchart TD"]
        let last = append(plan.steps, prefix: "", after: nil, to: &lines, indent: "  ")
        append(plan.finally, prefix: "", after: last, to: &lines, indent: "  ")
        return lines.joined(separator: "\n")
    }

    @discardableResult
    private func append(
        _ steps: [PlannedStep],
        prefix: String,
        after first: String?,
        to lines: inout [String],
        indent: String
    ) -> String? {
        var previous = first
        let siblings = Set(steps.map(\.id))
        for step in steps {
            let name = prefix + step.id
            // Mermaid ends a label at `"`; expressions may hold some.
            let label = "\(step.id)<br/>\(step.label)".map { $0 == "\"" ? "'" : $0 }
            if case .foreach(let each) = step.kind {
                lines.append("\(indent)subgraph \(name)[\"\(String(label))\"]")
                append(each.steps, prefix: name + "__", after: nil, to: &lines, indent: indent + "  ")
                lines.append("\(indent)end")
            } else {
                lines.append("\(indent)\(name)[\"\(String(label))\"]")
            }
            if let previous {
                let condition = step.condition.map { "|\"if \($0.text.replacing("\"", with: "'"))\"|" } ?? ""
                lines.append("\(indent)\(previous) -->\(condition) \(name)")
            }
            for source in step.reads where siblings.contains(source) && prefix + source != previous {
                lines.append("\(indent)\(prefix)\(source) -.-> \(name)")
            }
            previous = name
        }
        return previous
    }
}

extension PlannedStep {
    fileprivate var label: String {
        switch kind {
        case .call(let call): call.signature.name
        case .finish: "flow.finish"
        case .child(let name, _): "workflow.run \(name)"
        case .foreach(let each): "foreach \(each.variable) in \(each.list.text)"
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
        case .finish(let arguments), .child(_, let arguments): for argument in arguments { visit(argument.value) }
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
