import TradingDomain
public import YAMLNodes

/// Why values are no inputs of a workflow.
public struct WorkflowInputError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One sentence for each problem.
    public let problems: [String]

    public var code: String { "bad_input" }
    public var description: String { problems.joined(separator: "; ") }
}

extension WorkflowDefinition {
    /// `values` as the inputs of this workflow, in the declared order, with defaults filled in.
    func checked(_ values: [String: Value], types: TypeRegistry) throws(WorkflowInputError) -> Value.Record {
        var problems: [String] = []
        var record = Value.Record("inputs of \(name.value)")
        for name in values.keys.sorted() where input(name) == nil {
            problems.append("there is no input `\(name)`")
        }
        for declaration in inputs {
            let name = declaration.name.value
            guard let given = values[name] ?? declaration.defaultValue, !given.isNull else {
                if declaration.isRequired { problems.append("`\(name)` is required") }
                continue
            }
            let value = types.widened(given, to: declaration.type)
            if !types.conforms(value, to: declaration.type) {
                problems.append("`\(name)` wants \(declaration.type), got `\(value)`")
            } else if let problem = declaration.problem(with: value) {
                problems.append("`\(name)`: \(problem)")
            }
            record[name] = value
        }
        guard problems.isEmpty else { throw WorkflowInputError(problems: problems) }
        return record
    }
}

/// Reads inputs from the command line: `tickers=AAPL,BAC urgency=LOW`.
public struct InputParser: Sendable {
    private let types: TypeRegistry

    public init(types: TypeRegistry = .standard) { self.types = types }

    /// What parsing gave: every value that is right, and a diagnostic for everything that is not.
    public struct Result: Sendable {
        public let values: [String: Value]
        /// Their places are `argument N:1:column`.
        public let diagnostics: [Diagnostic]
    }

    /// Parses `name=value` arguments, and a file of inputs that they win over, against what a workflow declares.
    ///
    /// A list is written with commas, `market_context` as `context=regime=RISK_OFF,vix=31`; in a file as YAML has them.
    /// Defaults are not filled in: the run does that.
    public func parse(_ arguments: [String], file: SourceFile? = nil, against definition: WorkflowDefinition) -> Result
    {
        let diagnostics = Diagnostics()
        let written = file.map { read($0, definition, diagnostics) }
        var values = written?.values ?? [:]
        var given: Set<String> = []
        let names = definition.inputs.map(\.name.value)
        for (index, argument) in arguments.enumerated() {
            let source = SourceFile(name: "argument \(index + 1)", text: argument)
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else {
                let help =
                    names.isEmpty
                    ? "this workflow has no inputs" : "write name=value; inputs: \(names.joined(separator: ", "))"
                diagnostics.error(
                    "value",
                    "`\(argument)` is no name=value",
                    at: source.range(0..<source.count),
                    help: help
                )
                continue
            }
            let name = String(parts[0])
            let nameRange = source.range(0..<name.unicodeScalars.count)
            guard let declaration = definition.input(name) else {
                let list = names.isEmpty ? "this workflow has no inputs" : "inputs: \(names.joined(separator: ", "))"
                let help = Suggestion.question(for: name, in: names).map { "\($0) \(list)" } ?? list
                diagnostics.error(
                    "unknown-key",
                    "\(definition.name.value) has no input `\(name)`",
                    at: nameRange,
                    help: help
                )
                continue
            }
            guard given.insert(name).inserted else {
                diagnostics.error("duplicate-key", "`\(name)` is given twice", at: nameRange, help: "keep one of them")
                continue
            }
            let start = name.unicodeScalars.count + 1
            if let value = value(String(parts[1]), declaration, source.range(start..<source.count), diagnostics) {
                values[name] = value
            }
        }
        given.formUnion(written?.names ?? [])
        for declaration in definition.inputs where declaration.isRequired && !given.contains(declaration.name.value) {
            let name = declaration.name.value
            let message = "\(definition.name.value) needs `\(name)`"
            let help = "add \(name)=<\(declaration.type)>"
            diagnostics.error("missing-key", message, at: declaration.name.range, help: help)
        }
        return Result(values: values, diagnostics: diagnostics.items)
    }

    /// The values of an inputs file, and the names that it gives, right or wrong.
    private func read(_ file: SourceFile, _ definition: WorkflowDefinition, _ diagnostics: Diagnostics) -> (
        values: [String: Value], names: Set<String>
    ) {
        guard let root = YAMLReader.read(file, into: diagnostics) else { return ([:], []) }
        var values: [String: Value] = [:]
        let reader = LiteralReader(types: types, diagnostics: diagnostics)
        _ = root.decode(as: "the inputs of \(definition.name.value)", diagnostics) { map -> Void? in
            for declaration in definition.inputs {
                let name = declaration.name.value
                guard let node = map.node(name), ExpressionText.refuse(in: node, named: "`\(name)`", diagnostics),
                    let value = reader.value(node, declaration.type, named: "`\(name)`")
                else { continue }
                if let problem = declaration.problem(with: value) {
                    diagnostics.error("value", "`\(name)`: \(problem)", at: node.range)
                } else {
                    values[name] = value
                }
            }
            return ()
        }
        return (values, Set((root.entries ?? []).map(\.key)))
    }

    private func value(
        _ text: String,
        _ declaration: InputDeclaration,
        _ range: SourceRange,
        _ diagnostics: Diagnostics
    ) -> Value? {
        let name = "`\(declaration.name.value)`"
        let reader = LiteralReader(types: types, diagnostics: diagnostics)
        let node = node(text, declaration.type, range)
        guard let value = reader.value(node, declaration.type, named: name) else { return nil }
        if let problem = declaration.problem(with: value) {
            diagnostics.error("value", "\(name): \(problem)", at: range)
            return nil
        }
        return value
    }

    /// The text as a node of the shape that its type has.
    private func node(_ text: String, _ type: ValueType, _ range: SourceRange) -> YAMLNode {
        switch type {
        case .list(let element):
            guard !text.isEmpty else { return YAMLNode(.sequence([]), at: range) }
            let nodes = pieces(text, range).map { node($0.text, element, $0.range) }
            return YAMLNode(.sequence(nodes), at: range)
        case .record:
            let entries = pieces(text, range).map { piece -> YAMLEntry in
                let parts = piece.text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                let value = YAMLScalar(parts.count == 2 ? String(parts[1]) : "", style: .doubleQuoted)
                let scalar = YAMLNode(.scalar(value), at: piece.range)
                return YAMLEntry(key: String(parts[0]), keyRange: piece.range, value: scalar)
            }
            return YAMLNode(.mapping(entries), at: range)
        default:
            return YAMLNode(.scalar(YAMLScalar(text, style: .doubleQuoted)), at: range)
        }
    }

    /// The parts between commas, without the spaces around them.
    private func pieces(_ text: String, _ range: SourceRange) -> [(text: String, range: SourceRange)] {
        var start = range.start
        return text.split(separator: ",", omittingEmptySubsequences: false).map { piece in
            defer { start += piece.unicodeScalars.count + 1 }
            let leading = piece.unicodeScalars.prefix { $0 == " " }.count
            let trimmed = piece.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
            let text = String(trimmed)
            let first = start + leading
            return (text, range.file.range(first..<(first + text.unicodeScalars.count)))
        }
    }
}
