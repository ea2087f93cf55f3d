public import YAMLNodes

/// Validates workflow files and makes them ready to run: syntax, shape, names, types and safety, all at once.
public struct WorkflowCompiler: Sendable {
    public let registry: StepRegistry
    /// What files may name outside of them; nothing is looked up unless it is given.
    public let surroundings: WorkflowSurroundings

    public init(registry: StepRegistry, surroundings: WorkflowSurroundings = WorkflowSurroundings()) {
        self.registry = registry
        self.surroundings = surroundings
    }

    /// What compiling a file found.
    public struct Result: Sendable {
        /// The workflow with its children, ready to run; `nil` when there is an error.
        public let bundle: WorkflowBundle?
        /// Errors and warnings by position.
        public let diagnostics: [Diagnostic]

        public var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
    }

    /// Compiles a file and the workflows that it runs as children.
    ///
    /// - Parameters:
    ///   - source: The file.
    ///   - resolver: The file of the workflow of a name, or `nil` when there is none. Called once for each name.
    /// - Returns: The bundle, or why there is none.
    public func compile(_ source: SourceFile, resolver: (String) -> SourceFile?) -> Result {
        let diagnostics = Diagnostics()
        return withoutActuallyEscaping(resolver) { resolver in
            let session = CompilationSession(registry: registry, surroundings: surroundings, resolver: resolver)
            guard let plan = session.plan(source, into: diagnostics), !diagnostics.hasErrors else {
                return Result(bundle: nil, diagnostics: diagnostics.sorted)
            }
            let bundle = WorkflowBundle(root: plan, children: session.plans, types: registry.types)
            return Result(bundle: bundle, diagnostics: diagnostics.sorted)
        }
    }

    /// Reads one file's shape alone, for its inputs and description; names and types are not checked.
    public func read(_ source: SourceFile) -> (definition: WorkflowDefinition?, diagnostics: [Diagnostic]) {
        let diagnostics = Diagnostics()
        let definition = DefinitionReader(registry: registry, diagnostics: diagnostics).read(source)
        return (definition, diagnostics.sorted)
    }
}

/// One compilation: the children met so far, and the chain that is being compiled.
private final class CompilationSession {
    private let registry: StepRegistry
    private let surroundings: WorkflowSurroundings
    private let resolver: (String) -> SourceFile?
    private(set) var plans: [String: WorkflowPlan] = [:]
    /// Children that were tried and do not validate, with the first reason.
    private var broken: [String: String] = [:]
    private var chain: [String] = []

    /// Deepest chain of `workflow.run`; a deeper one is a design that nobody can follow.
    private static let deepest = 8

    init(
        registry: StepRegistry,
        surroundings: WorkflowSurroundings,
        resolver: @escaping (String) -> SourceFile?
    ) {
        self.registry = registry
        self.surroundings = surroundings
        self.resolver = resolver
    }

    func plan(_ source: SourceFile, into diagnostics: Diagnostics) -> WorkflowPlan? {
        let reader = DefinitionReader(registry: registry, diagnostics: diagnostics)
        guard let definition = reader.read(source) else { return nil }
        chain.append(definition.name.value)
        defer { chain.removeLast() }
        let builder = PlanBuilder(
            definition: definition,
            registry: registry,
            surroundings: surroundings,
            diagnostics: diagnostics
        ) { [self] name in
            child(name, diagnostics)
        }
        return builder.build()
    }

    private func child(_ name: Located<String>, _ diagnostics: Diagnostics) -> WorkflowDefinition? {
        if let plan = plans[name.value] { return plan.definition }
        if chain.contains(name.value) {
            let way = (chain.drop { $0 != name.value } + [name.value]).joined(separator: " → ")
            let help = "a workflow never runs itself, also not through others"
            diagnostics.error("cycle", "`\(name.value)` is running already: \(way)", at: name.range, help: help)
            return nil
        }
        guard chain.count < Self.deepest else {
            diagnostics.error("limit", "workflows nested deeper than \(Self.deepest)", at: name.range)
            return nil
        }
        if broken[name.value] == nil { compileChild(name.value) }
        if let reason = broken[name.value] {
            let rule = reason.isEmpty ? "unknown-workflow" : "child"
            let message =
                reason.isEmpty
                ? "no workflow is called `\(name.value)`" : "workflow `\(name.value)` does not validate"
            let help = reason.isEmpty ? "its file is `\(name.value).yaml`, beside this one" : "first: \(reason)"
            diagnostics.error(rule, message, at: name.range, help: help)
            return nil
        }
        return plans[name.value]?.definition
    }

    private func compileChild(_ name: String) {
        guard let source = resolver(name) else {
            broken[name] = ""
            return
        }
        let diagnostics = Diagnostics()
        let plan = plan(source, into: diagnostics)
        if let first = diagnostics.sorted.first(where: { $0.severity == .error }) {
            broken[name] = first.headline
        } else if let plan, plan.name != name {
            broken[name] = "\(source.name) holds workflow `\(plan.name)`"
        } else if let plan {
            plans[name] = plan
        }
    }
}
