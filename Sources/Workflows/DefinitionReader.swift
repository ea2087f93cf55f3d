import TradingDomain
import YAMLNodes

/// Reads the shape of a workflow file: keys, literals and names, each against the grammar.
struct DefinitionReader {
    let registry: StepRegistry
    let diagnostics: Diagnostics

    /// Keys that the grammar has and a later version runs.
    ///
    /// A key moves from here to a reader when it is supported.
    private static let laterAtTop = ["schedule", "concurrency", "timeout", "defaults", "on_failure"]
    private static let laterInStep = ["retry", "parallel"]

    func read(_ source: SourceFile) -> WorkflowDefinition? {
        guard let root = YAMLReader.read(source, into: diagnostics) else { return nil }
        return root.decode(as: "a workflow", diagnostics) { map in
            readFormat(map)
            let name = map.requiredNode("workflow").flatMap { workflowName($0) }
            let description = map.text("description")
            let inputs = inputs(map)
            let steps = steps(map, isRequired: true)
            let finally = map.has("finally") ? self.steps(map, key: "finally", callsOnly: true) : []
            map.refuse(
                Self.laterAtTop,
                help: "it comes with scheduling and recovery; remove it, or set it where the run is started"
            )
            if let node = map.node("description") { refuse(node, "`description`") }
            guard let name else { return nil }
            return WorkflowDefinition(
                source: source,
                name: name,
                description: description,
                inputs: inputs,
                steps: steps,
                finally: finally,
                unreadable: unreadable(root, inputs, steps + finally)
            )
        }
    }

    /// What is written in the file and was not read.
    private func unreadable(_ root: YAMLNode, _ inputs: [InputDeclaration], _ steps: [StepDefinition])
        -> UnreadableNames
    {
        var names = UnreadableNames()
        names.inputs = Set((root["inputs"]?.entries ?? []).map(\.key)).subtracting(inputs.map(\.name.value))
        func written(_ nodes: [YAMLNode]) -> [String] {
            nodes.flatMap { ([$0["id"]?.scalar?.text].compactMap(\.self)) + written($0["steps"]?.sequence ?? []) }
        }
        func read(_ steps: [StepDefinition]) -> [String] {
            steps.flatMap { step in
                if case .foreach(let each) = step.kind { [step.id.value] + read(each.steps) } else { [step.id.value] }
            }
        }
        let all = written((root["steps"]?.sequence ?? []) + (root["finally"]?.sequence ?? []))
        names.steps = Set(all).subtracting(read(steps))
        return names
    }

    private func refuse(_ node: YAMLNode, _ name: String) {
        _ = ExpressionText.refuse(in: node, named: name, diagnostics)
    }

    private func readFormat(_ map: MappingReader) {
        guard let node = map.requiredNode("format") else { return }
        guard node.scalar?.text == "1" else {
            let message = "this version reads format 1, found \(node.kindDescription)"
            diagnostics.error("value", message, at: node.range, help: "write `format: 1`")
            return
        }
    }

    private func workflowName(_ node: YAMLNode) -> Located<String>? {
        guard let text = node.scalar(.text, named: "`workflow`", diagnostics) else { return nil }
        if !Names.isWorkflow(text) {
            diagnostics.error(
                "name",
                "`\(text)` is no workflow name",
                at: node.range,
                help: "lower-case letters and digits in words joined by `-`, such as process-ticker"
            )
        }
        return Located(text, at: node.range)
    }

    // MARK: - Inputs

    private func inputs(_ map: MappingReader) -> [InputDeclaration] {
        map.entries("inputs") { name, input -> InputDeclaration? in
            let range = map.node["inputs"]?.entries?.first { $0.key == name }?.keyRange ?? input.node.range
            checkIdentifier(name, "an input", at: range)
            let type = inputType(input)
            let written = (
                required: input.optional("required", .bool), default: input.node("default"), min: input.node("min"),
                max: input.node("max"), oneOf: input.sequence("one_of"), description: input.text("description")
            )
            for key in ["default", "min", "max", "one_of", "description"] {
                if let node = input.node(key) { refuse(node, "`\(key)`") }
            }
            if name == "workflow" {
                let help = "workflow.run reads `workflow` as the child's name; choose another"
                diagnostics.error("name", "`workflow` is no name for an input", at: range, help: help)
            }
            guard let type else { return nil }
            let literals = LiteralReader(types: registry.types, diagnostics: diagnostics)
            let fallback = written.default.flatMap { literals.value($0, type, named: "`default`") }
            if written.required == true, let node = written.default {
                let help = "remove one of them"
                diagnostics.error("value", "an input with a default is never required", at: node.range, help: help)
            }
            let element = if case .list(let element) = type { element } else { type }
            let bounded = Self.isOrdered(element)
            for (key, node) in [("min", written.min), ("max", written.max)] {
                guard let node, !bounded else { continue }
                diagnostics.error("value", "`\(key)` means nothing for \(type)", at: node.range, help: "remove it")
            }
            let declaration = InputDeclaration(
                name: Located(name, at: range),
                type: type,
                isRequired: (written.required ?? true) && written.default == nil,
                defaultValue: fallback,
                minimum: bounded ? written.min.flatMap { literals.value($0, element, named: "`min`") } : nil,
                maximum: bounded ? written.max.flatMap { literals.value($0, element, named: "`max`") } : nil,
                oneOf: written.oneOf?.compactMap { literals.value($0, element, named: "an element of `one_of`") },
                description: written.description
            )
            if let fallback, let node = written.default, let problem = declaration.problem(with: fallback) {
                diagnostics.error("value", "the default \(problem)", at: node.range)
            }
            return declaration
        }.map(\.value)
    }

    private static func isOrdered(_ type: ValueType) -> Bool {
        switch type {
        case .int, .decimal, .percent, .money, .duration, .date, .timestamp: true
        default: false
        }
    }

    private func inputType(_ input: MappingReader) -> ValueType? {
        guard let node = input.requiredNode("type"),
            let text = node.scalar(.text, named: "`type`", diagnostics)
        else { return nil }
        let type = registry.types.type(named: text)
        guard let type, isWritable(type) else {
            let names = registry.types.typeNames
            let known = "known types: \(names.joined(separator: ", "))"
            let help = Suggestion.question(for: text, in: names).map { "\($0) \(known)" } ?? known
            let message =
                type == nil ? "no type is called `\(text)`" : "an input cannot be of type \(text): only steps yield one"
            diagnostics.error("type", message, at: node.range, help: help)
            return nil
        }
        return type
    }

    /// Records come from steps only; otherwise a caller could hand in an ApprovedOrder.
    private func isWritable(_ type: ValueType) -> Bool {
        switch type {
        case .record(let name): registry.types.records[name]?.isOpen == true
        case .list(let element): isWritable(element)
        default: true
        }
    }

    // MARK: - Steps

    private func steps(
        _ map: MappingReader,
        key: String = "steps",
        isRequired: Bool = false,
        callsOnly: Bool = false
    ) -> [StepDefinition] {
        guard let node = isRequired ? map.requiredNode(key) : map.node(key) else { return [] }
        guard let nodes = node.sequence else {
            diagnostics.error(
                "shape",
                "`\(key)` must be a list of steps, found \(node.kindDescription)",
                at: node.range
            )
            return []
        }
        if nodes.isEmpty { diagnostics.error("shape", "`\(key)` has no steps", at: node.range) }
        return nodes.compactMap { step($0, callsOnly: callsOnly) }
    }

    private func step(_ node: YAMLNode, callsOnly: Bool) -> StepDefinition? {
        node.decode(as: "a step", diagnostics) { map in
            let id = map.requiredNode("id").flatMap { node -> Located<String>? in
                guard let text = node.scalar(.text, named: "`id`", diagnostics) else { return nil }
                checkIdentifier(text, "a step", at: node.range)
                return Located(text, at: node.range)
            }
            let condition = map.node("if")
            map.refuse(Self.laterInStep, help: "it comes with a later version; remove it")
            let kind: StepDefinition.Kind?
            if map.has("foreach") {
                kind = foreach(map).map { .foreach($0) }
                if callsOnly, let range = map.keyRange("foreach") {
                    diagnostics.error(
                        "shape",
                        "only calls may stand in `finally`",
                        at: range,
                        help: "use `uses:` steps"
                    )
                }
            } else if map.has("parallel") {
                kind = nil  // `refuse` reports it.
            } else {
                kind = call(map).map { .call($0) }
            }
            guard let id, let kind else { return nil }
            return StepDefinition(id: id, condition: condition, kind: kind, range: node.range)
        }
    }

    private func call(_ map: MappingReader) -> CallDefinition? {
        let uses = map.requiredNode("uses").flatMap { node in
            node.scalar(.text, named: "`uses`", diagnostics).map { Located($0, at: node.range) }
        }
        var arguments: [YAMLEntry] = []
        if let with = map.node("with") {
            arguments = with.entries ?? []
            if with.entries == nil {
                let message = "`with` must be a mapping of inputs to values, found \(with.kindDescription)"
                diagnostics.error("shape", message, at: with.range)
            }
        }
        let timeout = map.optional("timeout", .duration)
        let pool = map.optional("pool", .nonEmptyText)
        if let node = map.node("pool") { refuse(node, "`pool`") }
        guard let uses else { return nil }
        return CallDefinition(uses: uses, arguments: arguments, timeout: timeout, pool: pool)
    }

    private func foreach(_ map: MappingReader) -> ForeachDefinition? {
        let list = map.requiredNode("foreach")
        let variable = map.requiredNode("as").flatMap { node -> Located<String>? in
            guard let text = node.scalar(.text, named: "`as`", diagnostics) else { return nil }
            checkIdentifier(text, "an item", at: node.range)
            return Located(text, at: node.range)
        }
        let key = map.requiredNode("key")
        let maxConcurrent = map.node("max_concurrent")
        let policy = map.value("on_item_failure", .enumeration(ForeachDefinition.FailurePolicy.self), default: .stop)
        let minSuccess = map.node("min_success")
        let steps = steps(map, isRequired: true)
        let collect = map.node("collect")
        guard let list, let variable, let key else { return nil }
        return ForeachDefinition(
            list: list,
            variable: variable,
            key: key,
            maxConcurrent: maxConcurrent,
            onItemFailure: policy,
            minSuccess: minSuccess,
            collect: collect,
            steps: steps
        )
    }

    private func checkIdentifier(_ text: String, _ what: String, at range: SourceRange) {
        guard !Names.isIdentifier(text) else { return }
        let help = "lower-case letters, digits and `_`, beginning with a letter, at most 64"
        diagnostics.error("name", "`\(text)` is no name for \(what)", at: range, help: help)
    }
}

/// The spelling of names in files.
enum Names {
    static func isIdentifier(_ text: String) -> Bool {
        guard (1...64).contains(text.utf8.count), let first = text.utf8.first, (97...122).contains(first) else {
            return false
        }
        return text.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 95 }
    }

    static func isWorkflow(_ text: String) -> Bool {
        guard (1...64).contains(text.utf8.count), let first = text.utf8.first, (97...122).contains(first) else {
            return false
        }
        return text.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
            && !text.hasSuffix("-") && !text.contains("--")
    }
}
