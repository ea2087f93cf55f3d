import Crypto
public import YAMLNodes

/// A valid workflow with every child it runs: what a run pins.
public struct WorkflowBundle: Sendable {
    public let root: WorkflowPlan
    /// By name; without the root.
    public let children: [String: WorkflowPlan]
    let types: TypeRegistry

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
    public var canonicalJSON: String {
        let all = children.keys.sorted().compactMap { name in
            children[name].map { (name, $0.definition.canonical) }
        }
        return JSONText.object([("children", .object(all)), ("workflow", root.definition.canonical)]).text
    }

    /// SHA-256 of ``canonicalJSON``, as 64 lower-case hexadecimal digits.
    public var hash: String { JSONText.sha256(canonicalJSON) }
}

extension WorkflowDefinition {
    /// This definition alone as canonical JSON.
    public var canonicalJSON: String { canonical.text }

    /// SHA-256 of ``canonicalJSON``, as 64 lower-case hexadecimal digits.
    public var hash: String { JSONText.sha256(canonicalJSON) }

    var canonical: JSONText {
        var keys: [(String, JSONText)] = [("format", .raw("1")), ("workflow", .text(name.value))]
        if let description { keys.append(("description", .text(description))) }
        if !inputs.isEmpty { keys.append(("inputs", .object(inputs.map { ($0.name.value, $0.canonical) }))) }
        keys.append(("steps", .array(steps.map(\.canonical))))
        if !finally.isEmpty { keys.append(("finally", .array(finally.map(\.canonical)))) }
        return .object(keys)
    }
}

extension InputDeclaration {
    var canonical: JSONText {
        var keys: [(String, JSONText)] = [("type", .text("\(type)"))]
        if let defaultValue { keys.append(("default", defaultValue.canonical)) }
        if !isRequired, defaultValue == nil { keys.append(("required", .raw("false"))) }
        if let minimum { keys.append(("min", minimum.canonical)) }
        if let maximum { keys.append(("max", maximum.canonical)) }
        if let oneOf { keys.append(("one_of", .array(oneOf.map(\.canonical)))) }
        if let description { keys.append(("description", .text(description))) }
        return .object(keys)
    }
}

extension StepDefinition {
    var canonical: JSONText {
        var keys: [(String, JSONText)] = [("id", .text(id.value))]
        if let condition { keys.append(("if", condition.canonical)) }
        switch kind {
        case .call(let call):
            keys.append(("uses", .text(call.uses.value)))
            if !call.arguments.isEmpty {
                keys.append(("with", .object(call.arguments.map { ($0.key, $0.value.canonical) })))
            }
            if let timeout = call.timeout { keys.append(("timeout", .text(DurationText.print(timeout)))) }
            if let pool = call.pool { keys.append(("pool", .text(pool))) }
        case .foreach(let each):
            keys.append(("foreach", each.list.canonical))
            keys.append(("as", .text(each.variable.value)))
            keys.append(("key", each.key.canonical))
            keys.append(("on_item_failure", .text(each.onItemFailure.rawValue)))
            if let limit = each.maxConcurrent { keys.append(("max_concurrent", limit.canonical)) }
            if let success = each.minSuccess { keys.append(("min_success", success.canonical)) }
            if let collect = each.collect { keys.append(("collect", collect.canonical)) }
            keys.append(("steps", .array(each.steps.map(\.canonical))))
        }
        return .object(keys)
    }
}

extension YAMLNode {
    /// Scalars by their text, whatever their quotes.
    var canonical: JSONText {
        switch content {
        case .scalar(let scalar): .text(scalar.text)
        case .sequence(let nodes): .array(nodes.map(\.canonical))
        case .mapping(let entries): .object(entries.map { ($0.key, $0.value.canonical) })
        }
    }
}

extension Value {
    var canonical: JSONText {
        switch self {
        case .list(let values): .array(values.map(\.canonical))
        case .record(let record): .object(record.fields.map { ($0.name, $0.value.canonical) })
        default: .text(description)
        }
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
