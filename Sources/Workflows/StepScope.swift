import YAMLNodes

/// The names in scope at one step: inputs, earlier steps of this and the enclosing lists, items, the run.
struct StepScope: ExpressionScope {
    /// A step that has run before this place.
    struct Visible {
        let id: String
        let type: ValueType
        let line: Int
        /// Why it may be absent, or `nil`.
        let absence: String?
        /// The signature of a call, to name its outputs in help texts.
        let signature: StepSignature?
    }

    /// The item of an enclosing foreach.
    struct Item {
        let name: String
        let type: ValueType
        let list: String
        let line: Int
    }

    /// The lists of steps that a file has.
    enum Place: String {
        case steps
        case onFailure = "on_failure"
        case finally
    }

    let definition: WorkflowDefinition
    var types: TypeRegistry
    var visible: [Visible] = []
    var items: [Item] = []
    /// Steps being checked, outermost first: a foreach and the step inside it.
    var current: [StepDefinition] = []
    /// Which list of the file this is.
    var place = Place.steps
    /// The branch that this place is in, by the id of its fork.
    var branches: [String: String] = [:]
    /// No foreach stands between this place and its branch.
    var isDirectlyInBranch = false
    /// Steps with an error of their own: what reads them is not checked.
    var broken: Set<String> = []
    /// What the conditions around this place have proven present.
    var proven: Set<[String]> = []

    // MARK: - Resolving

    func resolve(_ path: [String]) throws(NameProblem) -> (type: ValueType, names: Int) {
        switch path[0] {
        case "inputs": return (try input(path), 2)
        case "steps": return (try step(path), 2)
        case "run": return (try run(path), 2)
        case "failure": return (try failure(path), 2)
        case "secrets":
            let help = "secrets come from the environment, through the configuration; a workflow never sees them"
            throw NameProblem(index: 0, rule: "secret", message: "a workflow reads no secrets", help: help)
        default:
            guard let item = items.first(where: { $0.name == path[0] }) else { throw unknownRoot(path[0]) }
            guard item.type != .nothing else { throw .alreadyReported(at: 0) }
            return (item.type, 1)
        }
    }

    private func input(_ path: [String]) throws(NameProblem) -> ValueType {
        let names = definition.inputs.map(\.name.value)
        guard path.count > 1 else {
            throw NameProblem(index: 0, rule: "unknown-name", message: "name one input: inputs.<name>")
        }
        guard let declaration = definition.input(path[1]) else {
            if definition.unreadable.inputs.contains(path[1]) { throw .alreadyReported(at: 1) }
            let list = names.isEmpty ? "the workflow has no inputs" : "inputs are \(names.joined(separator: ", "))"
            let help = Suggestion.question(for: path[1], in: names).map { "\($0) \(list)" } ?? list
            throw NameProblem(index: 1, rule: "unknown-name", message: "no input is called `\(path[1])`", help: help)
        }
        return declaration.valueType
    }

    private func run(_ path: [String]) throws(NameProblem) -> ValueType {
        guard path.count > 1, let type = Self.runFields[path[1]] else {
            let help = "run has id, workflow, started_at, and status in `finally`"
            let name = path.count > 1 ? "`\(path[1])`" : "no value of its own"
            throw NameProblem(
                index: path.count > 1 ? 1 : 0,
                rule: "unknown-name",
                message: "`run` has \(name)",
                help: help
            )
        }
        if path[1] == "status", place == .steps {
            let message = "`run.status` is known in `on_failure` and `finally` only"
            throw NameProblem(index: 1, rule: "not-available", message: message)
        }
        return type
    }

    private func failure(_ path: [String]) throws(NameProblem) -> ValueType {
        guard place != .steps else {
            let message = "`failure` is known in `on_failure` and `finally` only"
            throw NameProblem(index: 0, rule: "not-available", message: message)
        }
        guard path.count > 1, Self.failureFields.contains(path[1]) else {
            let what = path.count > 1 ? "has no field `\(path[1])`" : "has no value of its own"
            let list = "failure has \(Self.failureFields.joined(separator: ", "))"
            let question = path.count > 1 ? Suggestion.question(for: path[1], in: Self.failureFields) : nil
            throw NameProblem(
                index: path.count > 1 ? 1 : 0,
                rule: "unknown-name",
                message: "`failure` \(what)",
                help: question.map { "\($0) \(list)" } ?? list
            )
        }
        return place == .onFailure ? .text : .optional(.text)
    }

    private static let failureFields = ["step", "code", "message"]

    private static let runFields: [String: ValueType] = [
        "id": .text, "workflow": .text, "started_at": .timestamp, "status": .enumeration("status"),
    ]

    private func step(_ path: [String]) throws(NameProblem) -> ValueType {
        guard path.count > 1 else {
            throw NameProblem(index: 0, rule: "unknown-name", message: "name one step: steps.<id>")
        }
        if let found = visible.first(where: { $0.id == path[1] }) { return found.type }
        if broken.contains(path[1]) || definition.unreadable.steps.contains(path[1]) { throw .alreadyReported(at: 1) }
        throw unavailable(path[1])
    }

    private func unavailable(_ id: String) -> NameProblem {
        if current.contains(where: { $0.id.value == id }) {
            let message = "`\(id)` is not available here: a step cannot use its own output"
            return NameProblem(index: 1, rule: "not-available", message: message)
        }
        let here = current.last?.id.value
        if let (step, enclosing) = Self.find(id, in: definition.steps, inside: []) {
            let line = step.id.range.line
            if case .call(let call) = step.kind, call.uses.value == StepRegistry.finish.name {
                let message = "`\(id)` is a flow.finish (line \(line)), which has no output"
                return NameProblem(index: 1, rule: "not-available", message: message)
            }
            if case .parallel = step.kind {
                let message = "`\(id)` is a `parallel` (line \(line)), which has no output of its own"
                let help = "behind it, read the steps of its branches: steps.<id>"
                return NameProblem(index: 1, rule: "not-available", message: message, help: help)
            }
            for fork in enclosing {
                guard let branch = fork.branch, let own = branches[fork.step.id.value], own != branch else { continue }
                let message = "`\(id)` is not available here: it runs in another branch, `\(branch)` (line \(line))"
                let help = "branches run at once; read it after `\(fork.step.id.value)`"
                return NameProblem(index: 1, rule: "not-available", message: message, help: help)
            }
            let outside = enclosing.first { one in
                guard case .foreach = one.step.kind else { return false }
                return !current.contains { $0.id.value == one.step.id.value }
            }
            if let branch = outside?.step {
                let message = "`\(id)` is not available here: it runs inside `\(branch.id.value)` (line \(line))"
                let help = "export it with `collect:` there and read steps.\(branch.id.value).collected"
                return NameProblem(index: 1, rule: "not-available", message: message, help: help)
            }
            let message = "`\(id)` is not available here: it runs after this step (line \(line))"
            let help = here.map { "move `\(id)` before `\($0)`" }
            return NameProblem(index: 1, rule: "not-available", message: message, help: help)
        }
        for (list, name) in [(definition.onFailure, Place.onFailure), (definition.finally, .finally)] {
            guard let step = list.first(where: { $0.id.value == id }) else { continue }
            let message = "`\(id)` is not available here: it runs in `\(name.rawValue)` (line \(step.id.range.line))"
            return NameProblem(index: 1, rule: "not-available", message: message)
        }
        let names = visible.map(\.id)
        let list =
            names.isEmpty
            ? "no step has run before this one" : "steps before this one: \(names.joined(separator: ", "))"
        let help = Suggestion.question(for: id, in: names).map { "\($0) \(list)" } ?? list
        return NameProblem(index: 1, rule: "unknown-name", message: "no step is called `\(id)`", help: help)
    }

    /// A step around another one; of a fork, which branch.
    private typealias Enclosing = (step: StepDefinition, branch: String?)

    private static func find(_ id: String, in steps: [StepDefinition], inside: [Enclosing]) -> (
        StepDefinition, [Enclosing]
    )? {
        for step in steps {
            if step.id.value == id { return (step, inside) }
            switch step.kind {
            case .call: continue
            case .foreach(let each):
                if let found = find(id, in: each.steps, inside: inside + [(step, nil)]) { return found }
            case .parallel(let fork):
                for branch in fork.branches {
                    let path = inside + [(step, branch.name.value)]
                    if let found = find(id, in: branch.steps, inside: path) { return found }
                }
            }
        }
        return nil
    }

    private func unknownRoot(_ name: String) -> NameProblem {
        let message = "nothing is called `\(name)` here"
        if visible.contains(where: { $0.id == name }) {
            return NameProblem(index: 0, rule: "unknown-name", message: message, help: "did you mean `steps.\(name)`?")
        }
        if definition.input(name) != nil {
            return NameProblem(index: 0, rule: "unknown-name", message: message, help: "did you mean `inputs.\(name)`?")
        }
        let roots = items.map(\.name) + ["inputs", "steps", "run"]
        let list = "known here: \(roots.joined(separator: ", "))"
        let help = Suggestion.question(for: name, in: roots).map { "\($0) \(list)" } ?? list
        return NameProblem(
            index: 0,
            rule: "unknown-name",
            message: message,
            help: help + "; a text is written in quotes"
        )
    }

    // MARK: - Help

    func reasonForAbsence(of path: [String]) -> String? {
        guard path.count > 1 else { return nil }
        if path[0] == "steps" { return visible.first { $0.id == path[1] }?.absence }
        if path[0] == "failure" { return "the run may end without one" }
        if path[0] == "inputs", definition.input(path[1])?.valueType.isOptional == true {
            return "the input is not required and has no default"
        }
        return nil
    }

    /// What to write instead of an expression of the wrong type: where its value comes from, and what in scope fits.
    func help(for expression: Expression, wanting wanted: ValueType, registry: StepRegistry) -> String? {
        let target = wanted.unwrapped
        var parts: [String] = []
        if let root = expression.path?.first, let item = items.first(where: { $0.name == root }) {
            parts.append("foreach runs over `\(item.list)` (line \(item.line))")
        }
        let isItem = !parts.isEmpty
        let candidate = visible.reversed().lazy.compactMap { step -> (name: String, signature: StepSignature?)? in
            guard case .record(let record) = step.type.unwrapped, let fields = types.records[record]?.fields else {
                return nil
            }
            if step.type.unwrapped == target { return ("steps.\(step.id)", step.signature) }
            let field =
                fields.first { $0.type.fits(target) || (isItem && $0.type.fits(.list(target))) }
                ?? fields.first { $0.type.fits(.list(target)) }
            return field.map { ("steps.\(step.id).\($0.name)", step.signature) }
        }.first
        if case .record(let name) = target.element, let candidate {
            let has =
                name == "ApprovedOrder" ? "has passed \(candidate.signature?.name ?? "risk.check")" : "is of that type"
            parts.append("`\(candidate.name)` \(has)")
        } else if case .record(let name) = target.element {
            let makers = registry.signatures.values.filter { signature in
                signature.output.name == name
                    || signature.output.fields.contains { $0.type.unwrapped.element == .record(name) }
            }.map(\.name).sorted()
            if !makers.isEmpty {
                parts.append("only \(makers.joined(separator: ", ")) yields \(name): add such a step before")
            }
        }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }
}

extension ValueType {
    /// What a list is of, through all its levels; the type itself when it is no list.
    var element: ValueType { if case .list(let element) = self { element.element } else { self } }
}
