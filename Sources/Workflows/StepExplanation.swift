/// What a step type takes, gives and does, for people and programs.
public struct StepExplanation: Codable, Hashable, Sendable {
    public struct Field: Codable, Hashable, Sendable {
        public let name: String
        public let type: String
        public let isRequired: Bool
        public let defaultValue: String?
        public let oneOf: [String]?
        public let doc: String
    }

    public let name: String
    public let effect: String
    public let effectMeans: String
    public let doc: String
    public let inputs: [Field]
    /// Exactly one of these inputs is given.
    public let oneInputOf: [String]
    public let outputs: [Field]
    /// Fields of the records that inputs and outputs name, by record.
    public let records: [String: [Field]]

    public init(_ signature: StepSignature, types: TypeRegistry) {
        name = signature.name
        effect = signature.effect.rawValue
        effectMeans = signature.effect.meaning
        doc = signature.doc
        inputs = signature.inputs.map { field in
            Field(
                name: field.name,
                type: field.role.map { "\(field.type) (\($0.rawValue))" } ?? "\(field.type)",
                isRequired: field.isRequired,
                defaultValue: field.defaultValue?.description,
                oneOf: field.oneOf,
                doc: field.doc
            )
        }
        oneInputOf = signature.oneInputOf
        outputs = Self.fields(of: signature.output)
        var records: [String: [Field]] = [:]
        for type in signature.inputs.map(\.type) + signature.output.fields.map(\.type) {
            guard case .record(let name) = type.unwrapped.element, let record = types.records[name],
                !record.fields.isEmpty
            else { continue }
            records[name] = Self.fields(of: record)
        }
        self.records = records
    }

    private static func fields(of record: RecordType) -> [Field] {
        record.fields.map { field in
            Field(
                name: field.name,
                type: "\(field.type)",
                isRequired: !field.type.isOptional,
                defaultValue: nil,
                oneOf: nil,
                doc: field.doc
            )
        }
    }

    /// Text for a terminal: aligned columns, no colours.
    public var text: String {
        var lines = ["\(name)  [\(effect): \(effectMeans)]"]
        if !doc.isEmpty { lines.append(doc) }
        lines += ["", "inputs (with:)"] + Self.table(inputs, isInput: true)
        if !oneInputOf.isEmpty { lines.append("  exactly one of \(oneInputOf.joined(separator: ", "))") }
        lines += ["", "outputs (steps.<id>.…)"] + Self.table(outputs, isInput: false)
        for name in records.keys.sorted() { lines += ["", name] + Self.table(records[name] ?? [], isInput: false) }
        return lines.joined(separator: "\n")
    }

    private static func table(_ fields: [Field], isInput: Bool) -> [String] {
        guard !fields.isEmpty else { return ["  none"] }
        let names = fields.map(\.name.count).max() ?? 0
        let types = fields.map(\.type.count).max() ?? 0
        return fields.map { field in
            var notes: [String] = []
            if isInput, field.isRequired { notes.append("required") }
            if let value = field.defaultValue { notes.append("default \(value)") }
            if let allowed = field.oneOf { notes.append("one of \(allowed.joined(separator: ", "))") }
            if !field.doc.isEmpty { notes.append(field.doc) }
            let line = "  \(padded(field.name, names))  \(padded(field.type, types))  \(notes.joined(separator: "; "))"
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}

extension StepEffect {
    /// What it lets the engine do.
    var meaning: String {
        switch self {
        case .pure: "computes only"
        case .read: "may repeat until its output is committed; `retry` is allowed"
        case .order: "intent first, then reconcile; never sent again, so no `retry`"
        case .notify: "at least once, with a key; `retry` is allowed"
        }
    }
}
