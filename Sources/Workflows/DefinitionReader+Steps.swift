import TradingDomain
import YAMLNodes

extension DefinitionReader {
    func steps(
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
            let kind: StepDefinition.Kind?
            if map.has("foreach") {
                kind = foreach(map).map { .foreach($0) }
                if callsOnly { refuseNested(map, "foreach") }
            } else if map.has("parallel") {
                kind = fork(map).map { .parallel($0) }
                if callsOnly { refuseNested(map, "parallel") }
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
        let timeout = located(map, "timeout", map.optional("timeout", .positiveDuration))
        let retry = located(map, "retry", map.mapping("retry", retry))
        let pool = located(map, "pool", map.optional("pool", .nonEmptyText))
        if let node = map.node("pool") { refuse(node, "`pool`") }
        guard let uses else { return nil }
        return CallDefinition(uses: uses, arguments: arguments, timeout: timeout, retry: retry, pool: pool)
    }

    /// A value with the place of its key.
    private func located<Value>(_ map: MappingReader, _ key: String, _ value: Value?) -> Located<Value>? {
        guard let value, let range = map.keyRange(key) else { return nil }
        return Located(value, at: range)
    }

    private func refuseNested(_ map: MappingReader, _ key: String) {
        guard let range = map.keyRange(key) else { return }
        let message = "only calls may stand in `on_failure` and `finally`"
        diagnostics.error("shape", message, at: range, help: "use `uses:` steps")
    }

    private func fork(_ map: MappingReader) -> ParallelDefinition? {
        guard let node = map.requiredNode("parallel") else { return nil }
        guard let entries = node.entries else {
            let message = "`parallel` must be a mapping of branches to steps, found \(node.kindDescription)"
            diagnostics.error("shape", message, at: node.range)
            return nil
        }
        if entries.count < 2 {
            let help = "write its steps in the list itself, or add a branch"
            diagnostics.error(
                "shape",
                "`parallel` has \(entries.count) branches; two or more run",
                at: node.range,
                help: help
            )
        }
        let branches = entries.compactMap { entry -> ParallelDefinition.Branch? in
            checkIdentifier(entry.key, "a branch", at: entry.keyRange)
            guard let nodes = entry.value.sequence else {
                let message = "branch `\(entry.key)` must be a list of steps, found \(entry.value.kindDescription)"
                diagnostics.error("shape", message, at: entry.value.isEmpty ? entry.keyRange : entry.value.range)
                return nil
            }
            if nodes.isEmpty { diagnostics.error("shape", "branch `\(entry.key)` has no steps", at: entry.value.range) }
            let steps = nodes.compactMap { step($0, callsOnly: false) }
            return ParallelDefinition.Branch(name: Located(entry.key, at: entry.keyRange), steps: steps)
        }
        return ParallelDefinition(branches: branches)
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
}

extension StepDefinition.Kind {
    /// Steps inside: of a foreach, or of all branches.
    var inner: [StepDefinition] {
        switch self {
        case .call: []
        case .foreach(let each): each.steps
        case .parallel(let fork): fork.branches.flatMap(\.steps)
        }
    }
}
