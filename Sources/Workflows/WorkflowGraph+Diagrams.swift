extension WorkflowGraph {
    /// A Mermaid flowchart: solid edges are the order, dotted ones data.
    public var mermaid: String {
        var lines = ["flowchart TD"]
        draw(.mermaid, into: &lines)
        return lines.joined(separator: "\n")
    }

    /// A Graphviz digraph: solid edges are the order, dashed ones data.
    public var dot: String {
        var lines = ["digraph \"\(plan.name)\" {", "  rankdir=TB;", "  compound=true;", "  node [shape=box];"]
        draw(.dot, into: &lines)
        return (lines + ["}"]).joined(separator: "\n")
    }

    private enum Language { case mermaid, dot }

    /// A node by its name, and the name that edges use: Graphviz draws edges between nodes only, not clusters.
    private struct Anchor {
        let name: String
        let isGroup: Bool
    }

    private func draw(_ language: Language, into lines: inout [String]) {
        var last: Anchor?
        for steps in [plan.steps, plan.onFailure, plan.finally] {
            last = append(steps, language, prefix: "", after: last, to: &lines, indent: "  ") ?? last
        }
    }

    @discardableResult
    private func append(
        _ steps: [PlannedStep],
        _ language: Language,
        prefix: String,
        after first: Anchor?,
        to lines: inout [String],
        indent: String
    ) -> Anchor? {
        var previous = first
        let siblings = Set(steps.map(\.id))
        var anchors: [String: Anchor] = [:]
        for step in steps {
            let name = prefix + step.id
            let groups = step.groups
            let anchor = Anchor(name: name, isGroup: !groups.isEmpty)
            anchors[step.id] = anchor
            let label = Self.quoted(step.id, step.label, language)
            if groups.isEmpty {
                lines.append(language == .mermaid ? "\(indent)\(name)[\(label)]" : "\(indent)\(name) [label=\(label)];")
            } else {
                open(name, label, language, to: &lines, indent: indent)
                for (group, steps) in groups {
                    guard let group else {
                        append(steps, language, prefix: name + "__", after: nil, to: &lines, indent: indent + "  ")
                        continue
                    }
                    let inner = "\(name)__\(group)"
                    open(inner, Self.quoted(group, nil, language), language, to: &lines, indent: indent + "  ")
                    append(steps, language, prefix: inner + "__", after: nil, to: &lines, indent: indent + "    ")
                    lines.append(language == .mermaid ? "\(indent)  end" : "\(indent)  }")
                }
                lines.append(language == .mermaid ? "\(indent)end" : "\(indent)}")
            }
            if let previous {
                let condition = step.condition.map { "if \($0.text)" }
                lines.append(indent + Self.edge(previous, anchor, condition, isData: false, language))
            }
            for source in step.reads where siblings.contains(source) && prefix + source != previous?.name {
                guard let from = anchors[source] else { continue }
                lines.append(indent + Self.edge(from, anchor, nil, isData: true, language))
            }
            previous = anchor
        }
        return previous
    }

    private func open(
        _ name: String,
        _ label: String,
        _ language: Language,
        to lines: inout [String],
        indent: String
    ) {
        switch language {
        case .mermaid: lines.append("\(indent)subgraph \(name)[\(label)]")
        case .dot:
            lines.append("\(indent)subgraph cluster_\(name) {")
            lines.append("\(indent)  label=\(label);")
            // What edges to the group hold on to.
            lines.append("\(indent)  \(name) [shape=point, style=invis];")
        }
    }

    private static func edge(_ from: Anchor, _ to: Anchor, _ text: String?, isData: Bool, _ language: Language)
        -> String
    {
        switch language {
        case .mermaid:
            let label = text.map { "|\(quoted($0, nil, language))|" } ?? ""
            return isData ? "\(from.name) -.-> \(to.name)" : "\(from.name) -->\(label.isEmpty ? "" : label) \(to.name)"
        case .dot:
            var attributes: [String] = []
            if let text { attributes.append("label=\(quoted(text, nil, language))") }
            if isData { attributes.append("style=dashed") }
            if from.isGroup { attributes.append("ltail=cluster_\(from.name)") }
            if to.isGroup { attributes.append("lhead=cluster_\(to.name)") }
            return "\(from.name) -> \(to.name)"
                + (attributes.isEmpty ? ";" : " [\(attributes.joined(separator: ", "))];")
        }
    }

    /// A label in quotes; expressions may hold some of their own.
    private static func quoted(_ first: String, _ second: String?, _ language: Language) -> String {
        switch language {
        case .mermaid:
            let text = second.map { "\(first)<br/>\($0)" } ?? first
            return "\"\(text.replacing("\"", with: "'"))\""
        case .dot:
            let lines = [first, second].compactMap(\.self).map {
                $0.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            }
            return "\"\(lines.joined(separator: "\\n"))\""
        }
    }
}

extension PlannedStep {
    /// The lists of steps inside: of a foreach without a name, of a fork by branch.
    fileprivate var groups: [(name: String?, steps: [PlannedStep])] {
        switch kind {
        case .call, .finish, .child: []
        case .foreach(let each): [(nil, each.steps)]
        case .fork(let branches): branches.map { ($0.name, $0.steps) }
        }
    }
}
