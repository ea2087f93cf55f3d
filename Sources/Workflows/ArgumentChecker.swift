import YAMLNodes

/// Checks the values and expressions of one step against the types that their fields want.
struct ArgumentChecker {
    let scope: StepScope
    let registry: StepRegistry
    let surroundings: WorkflowSurroundings
    let diagnostics: Diagnostics
    /// What the step's `if` and those around it have proven present.
    var present: Set<[String]>

    init(
        scope: StepScope,
        registry: StepRegistry,
        surroundings: WorkflowSurroundings = WorkflowSurroundings(),
        diagnostics: Diagnostics
    ) {
        self.scope = scope
        self.registry = registry
        self.surroundings = surroundings
        self.diagnostics = diagnostics
        present = scope.proven
    }

    /// A field, whether of a step type or of a child workflow's inputs.
    struct Field {
        let name: String
        let type: ValueType
        let isRequired: Bool
        var isTemplate = false
        var oneOf: [String]?
        var role: StepSignature.Field.Role?
        /// Further limits on a literal: why it is refused, or `nil`.
        var problem: @Sendable (Value) -> String? = { _ in nil }
    }

    // MARK: - with:

    /// The arguments of a call; missing, unknown and ill-typed ones are reported.
    func arguments(_ entries: [YAMLEntry], for fields: [Field], of owner: String, at place: SourceRange)
        -> [PlannedArgument]
    {
        let names = fields.map(\.name)
        var planned: [PlannedArgument] = []
        for entry in entries {
            guard let field = fields.first(where: { $0.name == entry.key }) else {
                let list = names.isEmpty ? "it takes none" : "it takes \(names.joined(separator: ", "))"
                let help = Suggestion.question(for: entry.key, in: names).map { "\($0) \(list)" } ?? list
                diagnostics.error("unknown-key", "\(owner) has no input `\(entry.key)`", at: entry.keyRange, help: help)
                continue
            }
            if entry.value.isEmpty {
                diagnostics.error("missing-key", "`\(entry.key)` has no value", at: entry.keyRange)
                continue
            }
            let name = "`\(field.name)` of \(owner)"
            guard let value = value(entry.value, field, named: name) else { continue }
            checkNames(value, field, named: name, at: entry.value.range)
            planned.append(PlannedArgument(name: field.name, type: field.type, value: value, place: entry.value.range))
        }
        for field in fields where field.isRequired && !entries.contains(where: { $0.key == field.name }) {
            diagnostics.error(
                "missing-key",
                "\(owner) needs `\(field.name)`",
                at: place,
                help: "its type is \(field.type.unwrapped)"
            )
        }
        return planned
    }

    /// One value of `with:`, `max_concurrent:` or `min_success:`.
    func value(_ node: YAMLNode, _ field: Field, named name: String) -> PlannedValue? {
        if let nodes = node.sequence, case .list(let element) = field.type.unwrapped {
            let inner = Field(name: field.name, type: element, isRequired: true)
            let values = nodes.compactMap { value($0, inner, named: "an element of \(name)") }
            return values.count == nodes.count ? .list(values) : nil
        }
        switch ExpressionText.form(of: node, diagnostics) {
        case .broken: return nil
        case .literal: return literal(node, field, named: name)
        case .whole(let text, let start): return whole(text, start, node, field, named: name)
        case .mixed(let parts):
            guard field.isTemplate else {
                let help = "`${{ }}` must be the whole value; text around it is for notes and notifications"
                diagnostics.error(
                    "template",
                    "\(name) wants \(field.type), got text with `${{ }}` inside",
                    at: node.range,
                    help: help
                )
                return nil
            }
            return template(parts, node)
        }
    }

    private func literal(_ node: YAMLNode, _ field: Field, named name: String) -> PlannedValue? {
        if case .record(let record) = field.type.unwrapped.element, registry.types.records[record]?.isOpen != true {
            let help = scope.help(
                for: Expression(kind: .list([]), offsets: 0..<0),
                wanting: field.type,
                registry: registry
            )
            let advice = ["write an expression: ${{ ... }}", help].compactMap(\.self).joined(separator: "; ")
            let message = "\(name) wants \(field.type.unwrapped), got \(node.kindDescription)"
            diagnostics.error("type", message, at: node.range, help: advice)
            return nil
        }
        guard ExpressionText.refuse(in: node, named: name, diagnostics) else { return nil }
        let reader = LiteralReader(types: registry.types, diagnostics: diagnostics)
        guard let value = reader.value(node, field.type, named: name) else { return nil }
        if let allowed = field.oneOf, let text = value.textValue {
            guard node.scalar(.oneOf(allowed), named: name, diagnostics) == text else { return nil }
        }
        if let problem = field.problem(value) {
            diagnostics.error("value", "\(name): \(problem)", at: node.range)
            return nil
        }
        return .literal(value)
    }

    private func whole(
        _ text: String,
        _ start: Int,
        _ node: YAMLNode,
        _ field: Field,
        named name: String
    ) -> PlannedValue? {
        let wanted = field.isRequired || field.type.isOptional ? field.type : .optional(field.type)
        guard let checked = expression(text, start, node) else { return nil }
        if checked.type.fits(wanted) { return .expression(checked) }
        if field.isTemplate { return .template([.expression(checked)]) }
        if checked.type.unwrapped.fits(wanted.unwrapped) {
            report(ExpressionChecker(scope: scope).absent(checked.expression), start, node)
            return nil
        }
        diagnostics.error(
            "type",
            "\(name) wants \(field.type.unwrapped), got \(checked.type.unwrapped)",
            at: node.range,
            help: scope.help(for: checked.expression, wanting: wanted, registry: registry)
        )
        return nil
    }

    private func template(_ parts: [ExpressionText.Part], _ node: YAMLNode) -> PlannedValue? {
        var planned: [TemplatePart] = []
        for part in parts {
            switch part {
            case .text(let text): planned.append(.text(text))
            case .expression(let text, let start):
                guard let checked = expression(text, start, node) else { continue }
                planned.append(.expression(checked))
            }
        }
        return planned.count == parts.count ? .template(planned) : nil
    }

    // MARK: - Expressions

    /// A field that is an expression by itself: `if`, `foreach`, `key`, `collect`.
    func bare(_ node: YAMLNode, named name: String) -> CheckedExpression? {
        guard let text = node.scalar?.text else {
            diagnostics.error("shape", "\(name) must be an expression, found \(node.kindDescription)", at: node.range)
            return nil
        }
        guard !text.contains("${{") else {
            let help = "\(name) is an expression already: write it without `${{ }}`"
            diagnostics.error("template", "`${{ }}` in \(name)", at: node.range, help: help)
            return nil
        }
        return expression(text, 0, node)
    }

    /// A bare expression whose type must be `wanted`.
    func bare(_ node: YAMLNode, named name: String, _ wanted: ValueType) -> CheckedExpression? {
        guard let checked = bare(node, named: name) else { return nil }
        guard checked.type != wanted else { return checked }
        if checked.type.unwrapped == wanted {
            report(ExpressionChecker(scope: scope).absent(checked.expression), 0, node)
        } else {
            diagnostics.error("type", "\(name) wants \(wanted), got \(checked.type)", at: node.range)
        }
        return nil
    }

    private func expression(_ text: String, _ start: Int, _ node: YAMLNode) -> CheckedExpression? {
        do {
            let expression = try ExpressionParser.parse(text)
            let type = try ExpressionChecker(scope: scope, present: present).type(of: expression)
            try ExpressionCost.check(expression)
            let trimmed = text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed()
            return CheckedExpression(expression: expression, type: type, text: String(trimmed), place: node.range)
        } catch {
            report(error, start, node)
            return nil
        }
    }

    func report(_ problem: ExpressionProblem, _ start: Int, _ node: YAMLNode) {
        guard problem.rule != NameProblem.reported else { return }
        let offsets = (problem.offsets.lowerBound + start)..<(problem.offsets.upperBound + start)
        diagnostics.error(problem.rule, problem.message, at: node.range(ofText: offsets), help: problem.help)
    }
}
