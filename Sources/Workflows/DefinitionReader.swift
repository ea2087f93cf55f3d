import TradingDomain
import YAMLNodes

/// Reads the shape of a workflow file: keys, literals and names, each against the grammar.
struct DefinitionReader {
    let registry: StepRegistry
    let diagnostics: Diagnostics

    func read(_ source: SourceFile) -> WorkflowDefinition? {
        guard let root = YAMLReader.read(source, into: diagnostics) else { return nil }
        return root.decode(as: "a workflow", diagnostics) { map in
            readFormat(map)
            let name = map.requiredNode("workflow").flatMap { workflowName($0) }
            let description = map.text("description")
            let inputs = inputs(map)
            let schedules = schedules(map)
            let concurrency = map.mapping("concurrency", concurrency)
            let timeout = map.optional("timeout", .positiveDuration)
            let defaults = map.mapping("defaults", defaults)
            let steps = steps(map, isRequired: true)
            let onFailure = self.steps(map, key: "on_failure", callsOnly: true)
            let finally = self.steps(map, key: "finally", callsOnly: true)
            if let node = map.node("description") { refuse(node, "`description`") }
            guard let name else { return nil }
            return WorkflowDefinition(
                source: source,
                name: name,
                description: description,
                inputs: inputs,
                schedules: schedules,
                concurrency: concurrency,
                timeout: timeout,
                defaults: defaults ?? CallDefaults(),
                steps: steps,
                onFailure: onFailure,
                finally: finally,
                unreadable: unreadable(root, inputs, steps + onFailure + finally)
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
            nodes.flatMap { node in
                let branches = (node["parallel"]?.entries ?? []).flatMap { $0.value.sequence ?? [] }
                return [node["id"]?.scalar?.text].compactMap(\.self) + written(node["steps"]?.sequence ?? [])
                    + written(branches)
            }
        }
        func read(_ steps: [StepDefinition]) -> [String] {
            steps.flatMap { [$0.id.value] + read($0.kind.inner) }
        }
        let all = written(["steps", "on_failure", "finally"].flatMap { root[$0]?.sequence ?? [] })
        names.steps = Set(all).subtracting(read(steps))
        return names
    }

    func refuse(_ node: YAMLNode, _ name: String) {
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
            checkNoSecret(name, at: range)
            if name == "workflow" {
                let help = "workflow.run reads `workflow` as the child's name; choose another"
                diagnostics.error("name", "`workflow` is no name for an input", at: range, help: help)
            }
            guard let type else { return nil }
            let literals = LiteralReader(types: registry.types, diagnostics: diagnostics)
            // One with `${{ }}` is reported already.
            let fallback = written.default.flatMap { node in
                node.scalar?.text.contains("${{") == true ? nil : literals.value(node, type, named: "`default`")
            }
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

    /// Inputs are stored with the run and shown; a secret comes from the environment, by the configuration.
    private func checkNoSecret(_ name: String, at range: SourceRange) {
        let words = name.split(separator: "_").map(String.init)
        let pairs = zip(words, words.dropFirst()).map { "\($0)_\($1)" }
        guard words.contains(where: Self.secretWords.contains) || pairs.contains(where: Self.secretWords.contains)
        else {
            return
        }
        let help = "secrets come from the environment, through the configuration; a workflow never sees them"
        diagnostics.error("secret", "`\(name)` would hold a secret: inputs are stored and shown", at: range, help: help)
    }

    private static let secretWords: Set<String> = [
        "secret", "secrets", "password", "passwd", "passphrase", "token", "credential", "credentials", "apikey",
        "api_key",
        "private_key", "access_key",
    ]

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

    func checkIdentifier(_ text: String, _ what: String, at range: SourceRange) {
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
