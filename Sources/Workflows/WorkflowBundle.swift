import Crypto
public import YAMLNodes

/// A valid workflow with every child it runs: what a run pins.
public struct WorkflowBundle: Sendable {
    public let root: WorkflowPlan
    /// By name; without the root.
    public let children: [String: WorkflowPlan]
    let types: TypeRegistry
    /// SHA-256 of ``canonicalJSON``, as 64 lower-case hexadecimal digits.
    public let hash: String

    init(root: WorkflowPlan, children: [String: WorkflowPlan], types: TypeRegistry) {
        self.root = root
        self.children = children
        self.types = types
        hash = JSONText.sha256(Self.canonicalJSON(root, children))
    }

    public var definition: WorkflowDefinition { root.definition }

    func plan(named name: String) -> WorkflowPlan? { children[name] }

    /// The files that it was compiled from, the root first and children by name.
    ///
    /// Stored with a run, they compile to the same bundle again, whatever happens to the files on disk.
    public var sources: [(workflow: String, source: SourceFile)] {
        [(root.name, root.definition.source)]
            + children.keys.sorted().compactMap { name in children[name].map { (name, $0.definition.source) } }
    }

    /// The definition with its children as canonical JSON: keys sorted, no spaces, comments and layout gone.
    public var canonicalJSON: String { Self.canonicalJSON(root, children) }

    private static func canonicalJSON(_ root: WorkflowPlan, _ children: [String: WorkflowPlan]) -> String {
        let all = children.keys.sorted().compactMap { name in
            children[name].map { (name, $0.definition.canonical) }
        }
        return JSONText.object([("children", .object(all)), ("workflow", root.definition.canonical)]).text
    }
}

/// JSON with sorted keys and no spaces.
enum JSONText {
    case raw(String)
    case text(String)
    case array([JSONText])
    case object([(String, JSONText)])

    var text: String {
        var output = ""
        write(to: &output)
        return output
    }

    /// With two spaces of indentation, for people.
    var indented: String {
        var output = ""
        write(to: &output, indent: "")
        return output
    }

    private func write(to output: inout String, indent: String) {
        let inner = indent + "  "
        switch self {
        case .raw, .text: write(to: &output)
        case .array(let elements):
            guard !elements.isEmpty else { return output += "[]" }
            for (index, element) in elements.enumerated() {
                output += (index == 0 ? "[\n" : ",\n") + inner
                element.write(to: &output, indent: inner)
            }
            output += "\n\(indent)]"
        case .object(let entries):
            guard !entries.isEmpty else { return output += "{}" }
            let sorted = entries.sorted { $0.0.unicodeScalars.lexicographicallyPrecedes($1.0.unicodeScalars) }
            for (index, entry) in sorted.enumerated() {
                output += (index == 0 ? "{\n" : ",\n") + inner
                Self.quote(entry.0, to: &output)
                output += ": "
                entry.1.write(to: &output, indent: inner)
            }
            output += "\n\(indent)}"
        }
    }

    private func write(to output: inout String) {
        switch self {
        case .raw(let text): output += text
        case .text(let text): Self.quote(text, to: &output)
        case .array(let elements):
            output += "["
            for (index, element) in elements.enumerated() {
                if index > 0 { output += "," }
                element.write(to: &output)
            }
            output += "]"
        case .object(let entries):
            output += "{"
            let sorted = entries.sorted { $0.0.unicodeScalars.lexicographicallyPrecedes($1.0.unicodeScalars) }
            for (index, entry) in sorted.enumerated() {
                if index > 0 { output += "," }
                Self.quote(entry.0, to: &output)
                output += ":"
                entry.1.write(to: &output)
            }
            output += "}"
        }
    }

    private static func quote(_ text: String, to output: inout String) {
        output += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": output += "\\\""
            case "\\": output += "\\\\"
            case "\n": output += "\\n"
            case "\r": output += "\\r"
            case "\t": output += "\\t"
            case _ where scalar.value < 0x20:
                let code = String(scalar.value, radix: 16)
                output += "\\u" + String(repeating: "0", count: 4 - code.count) + code
            default: output.unicodeScalars.append(scalar)
            }
        }
        output += "\""
    }

    static func sha256(_ text: String) -> String {
        SHA256.hash(data: Array(text.utf8)).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }
}
