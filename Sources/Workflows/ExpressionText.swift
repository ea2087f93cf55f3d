import YAMLNodes

/// Finds `${{ }}` in a scalar, and reports the known traps.
struct ExpressionText {
    enum Form {
        case literal
        /// `${{ ... }}` as the whole value: the expression's text and where it begins in the scalar.
        case whole(text: String, start: Int)
        /// Text with expressions inside.
        case mixed([Part])
        /// Already reported.
        case broken
    }

    enum Part {
        case text(String)
        case expression(text: String, start: Int)
    }

    static func form(of node: YAMLNode, _ diagnostics: Diagnostics) -> Form {
        guard let text = node.scalar?.text, text.contains("${{") else { return .literal }
        let scalars = Array(text.unicodeScalars)
        var parts: [Part] = []
        var index = 0
        var plainStart = 0
        while index < scalars.count {
            guard matches(scalars, index, "${{") else {
                index += 1
                continue
            }
            if index > plainStart { parts.append(.text(string(scalars[plainStart..<index]))) }
            guard let end = closing(scalars, from: index + 3) else {
                reportOpen(node, from: index, count: scalars.count, diagnostics)
                return .broken
            }
            parts.append(.expression(text: string(scalars[(index + 3)..<end]), start: index + 3))
            index = end + 2
            plainStart = index
        }
        if plainStart < scalars.count { parts.append(.text(string(scalars[plainStart...]))) }
        var inner = parts
        if node.scalar?.style == .literal || node.scalar?.style == .folded {
            // A block scalar ends with a line break that nobody wrote as text.
            inner.removeAll { if case .text(let text) = $0 { text.allSatisfy(\.isWhitespace) } else { false } }
        }
        if inner.count == 1, case .expression(let text, let start) = inner[0] {
            return .whole(text: text, start: start)
        }
        return .mixed(parts)
    }

    /// Reports `${{` anywhere in a node that holds literals only; true when there is none.
    static func refuse(in node: YAMLNode, named name: String, _ diagnostics: Diagnostics) -> Bool {
        switch node.content {
        case .scalar(let scalar):
            guard scalar.text.contains("${{") else { return true }
            let help = "expressions stand in `with`, `max_concurrent` and `min_success`, as the whole value"
            diagnostics.error("template", "\(name) takes no `${{ }}` here", at: node.range, help: help)
            return false
        case .sequence(let nodes): return nodes.allSatisfy { refuse(in: $0, named: name, diagnostics) }
        case .mapping(let entries): return entries.allSatisfy { refuse(in: $0.value, named: name, diagnostics) }
        }
    }

    /// The `}}` that ends an expression, outside of its quoted texts.
    private static func closing(_ scalars: [Unicode.Scalar], from start: Int) -> Int? {
        var quote: Unicode.Scalar?
        var index = start
        while index < scalars.count {
            let scalar = scalars[index]
            if let open = quote {
                if scalar == "\\" { index += 1 } else if scalar == open { quote = nil }
            } else if scalar == "\"" || scalar == "'" {
                quote = scalar
            } else if matches(scalars, index, "}}") {
                return index
            }
            index += 1
        }
        return nil
    }

    private static func reportOpen(_ node: YAMLNode, from index: Int, count: Int, _ diagnostics: Diagnostics) {
        let line = node.range.file.line(node.range.line)
        let rest = line.unicodeScalars.dropFirst(node.range.column - 1)
        let help =
            String(rest).contains(" #") && node.scalar?.isQuoted == false
            ? "` #` begins a comment; quote the whole value: \"${{ ... }}\""
            : "close it with `}}`"
        diagnostics.error("template", "`${{` without `}}`", at: node.range(ofText: index..<count), help: help)
    }

    private static func matches(_ scalars: [Unicode.Scalar], _ index: Int, _ text: String) -> Bool {
        let wanted = text.unicodeScalars
        return index + wanted.count <= scalars.count && scalars[index..<(index + wanted.count)].elementsEqual(wanted)
    }

    private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }
}
