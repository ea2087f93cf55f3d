import TradingDomain
import YAMLNodes

/// Checks names and types of a definition and builds its plan; every finding is reported.
struct PlanBuilder {
    let definition: WorkflowDefinition
    let registry: StepRegistry
    let diagnostics: Diagnostics
    /// The definition of a child workflow, or `nil` after reporting why there is none.
    let child: (Located<String>) -> WorkflowDefinition?

    func build() -> WorkflowPlan {
        var scope = StepScope(definition: definition, types: registry.types)
        let steps = plan(definition.steps, &scope, outerIDs: [])
        let mainIDs = Set(definition.steps.map(\.id.value))
        var last = scope
        last.isFinally = true
        last.visible = scope.visible.map { Self.inFinally($0) }
        let finally = plan(definition.finally, &last, outerIDs: mainIDs)
        return WorkflowPlan(definition: definition, steps: steps, finally: finally)
    }

    /// In `finally` any call may be missing; a foreach always has its counts, 0 by default.
    private static func inFinally(_ step: StepScope.Visible) -> StepScope.Visible {
        guard step.signature != nil else {
            return .init(id: step.id, type: step.type.unwrapped, line: step.line, absence: nil, signature: nil)
        }
        let absence = step.absence ?? "the run may end before step `\(step.id)` (line \(step.line))"
        return .init(
            id: step.id,
            type: step.type.madeOptional,
            line: step.line,
            absence: absence,
            signature: step.signature
        )
    }

    // MARK: - Steps

    private func plan(_ steps: [StepDefinition], _ scope: inout StepScope, outerIDs: Set<String>) -> [PlannedStep] {
        var lines: [String: Int] = [:]
        let ids = outerIDs.union(steps.map(\.id.value))
        var planned: [PlannedStep] = []
        for step in steps {
            checkID(step, &lines, outerIDs, scope)
            scope.current.append(step)
            defer { scope.current.removeLast() }
            let checker = ArgumentChecker(scope: scope, registry: registry, diagnostics: diagnostics)
            let condition = step.condition.flatMap { checker.bare($0, named: "`if`", .bool) }
            var inner = checker
            if let condition { inner.present.formUnion(ExpressionChecker.proven(by: condition.expression)) }
            let outcome: (kind: PlannedStep.Kind?, output: ValueType, signature: StepSignature?)
            switch step.kind {
            case .call(let call): outcome = plan(call, inner)
            case .foreach(let each):
                let (kind, output) = plan(each, step, inner, ids: ids, &scope)
                outcome = (kind, output, nil)
            }
            let absence = step.condition.map { "step `\(step.id.value)` has `if` (line \($0.range.line))" }
            let isOptional = absence != nil || scope.isFinally
            if outcome.output != .nothing {
                scope.visible.append(
                    .init(
                        id: step.id.value,
                        type: isOptional ? outcome.output.madeOptional : outcome.output,
                        line: step.id.range.line,
                        absence: absence,
                        signature: outcome.signature
                    )
                )
            }
            if outcome.output == .nothing, outcome.signature == nil { scope.broken.insert(step.id.value) }
            guard let kind = outcome.kind else { continue }
            planned.append(PlannedStep(id: step.id.value, condition: condition, kind: kind, place: step.id.range))
        }
        return planned
    }

    private func checkID(
        _ step: StepDefinition,
        _ lines: inout [String: Int],
        _ outerIDs: Set<String>,
        _ scope: StepScope
    ) {
        let id = step.id.value
        if let line = lines[id] {
            let help = "every step of a list needs its own name"
            diagnostics.error(
                "duplicate-id",
                "`\(id)` names a step already (line \(line))",
                at: step.id.range,
                help: help
            )
        } else if outerIDs.contains(id) {
            diagnostics.error("duplicate-id", "`\(id)` names an enclosing or earlier step already", at: step.id.range)
        }
        lines[id] = lines[id] ?? step.id.range.line
    }

    private func plan(
        _ call: CallDefinition,
        _ checker: ArgumentChecker
    ) -> (kind: PlannedStep.Kind?, output: ValueType, signature: StepSignature?) {
        let uses = call.uses
        guard let signature = registry[uses.value] else {
            let names = registry.signatures.keys.sorted()
            let family = names.filter {
                $0.hasPrefix((uses.value.split(separator: ".").first.map(String.init) ?? "") + ".")
            }
            let list = "known: \((family.isEmpty ? names : family).joined(separator: ", "))"
            let help = Suggestion.question(for: uses.value, in: names).map { "\($0) \(list)" } ?? list
            diagnostics.error("unknown-step", "no step type is called `\(uses.value)`", at: uses.range, help: help)
            return (nil, .nothing, nil)
        }
        let output = ValueType.record(signature.output.name)
        if signature.name == StepRegistry.workflowRun.name {
            return (childRun(call, checker), output, signature)
        }
        let fields = signature.inputs.map {
            ArgumentChecker.Field(
                name: $0.name,
                type: $0.type,
                isRequired: $0.isRequired,
                isTemplate: $0.isTemplate,
                oneOf: $0.oneOf
            )
        }
        let arguments = checker.arguments(call.arguments, for: fields, of: signature.name, at: uses.range)
        if signature.name == StepRegistry.finish.name {
            let isInFinally = checker.scope.isFinally
            if isInFinally {
                diagnostics.error("shape", "`flow.finish` in `finally` would end nothing", at: uses.range)
            }
            return (.finish(arguments), .nothing, signature)
        }
        let planned = PlannedCall(signature: signature, arguments: arguments, timeout: call.timeout, pool: call.pool)
        return (.call(planned), output, signature)
    }

    private func childRun(_ call: CallDefinition, _ checker: ArgumentChecker) -> PlannedStep.Kind? {
        guard let entry = call.arguments.first(where: { $0.key == "workflow" }), !entry.value.isEmpty else {
            diagnostics.error(
                "missing-key",
                "workflow.run needs `workflow`",
                at: call.uses.range,
                help: "name the child"
            )
            return nil
        }
        guard let name = entry.value.scalar(.nonEmptyText, named: "`workflow` of workflow.run", diagnostics) else {
            return nil
        }
        guard !name.contains("${{") else {
            let help = "write the name out, so that the child can be checked before anything runs"
            diagnostics.error(
                "template",
                "`workflow` of workflow.run must be a literal name",
                at: entry.value.range,
                help: help
            )
            return nil
        }
        guard let child = child(Located(name, at: entry.value.range)) else { return nil }
        let fields = child.inputs.map { input in
            ArgumentChecker.Field(
                name: input.name.value,
                type: input.type,
                isRequired: input.isRequired,
                problem: { input.problem(with: $0) }
            )
        }
        let others = call.arguments.filter { $0.key != "workflow" }
        let arguments = checker.arguments(others, for: fields, of: "workflow `\(name)`", at: call.uses.range)
        return .child(name, arguments)
    }

    // MARK: - Foreach

    private func plan(
        _ each: ForeachDefinition,
        _ step: StepDefinition,
        _ checker: ArgumentChecker,
        ids: Set<String>,
        _ scope: inout StepScope
    ) -> (PlannedStep.Kind?, ValueType) {
        let list = checker.bare(each.list, named: "`foreach`")
        var element = ValueType.nothing
        if let list {
            if case .list(let inner) = list.type {
                element = inner
            } else if list.type.unwrapped.isList {
                checker.report(ExpressionChecker(scope: checker.scope).absent(list.expression), 0, each.list)
            } else {
                diagnostics.error("type", "`foreach` wants a list, got \(list.type)", at: each.list.range)
            }
        }
        checkVariable(each.variable, checker.scope)
        var inner = checker.scope
        inner.items.append(
            .init(
                name: each.variable.value,
                type: element,
                list: list?.text ?? "",
                line: each.list.range.line
            )
        )
        inner.proven = checker.present
        let key = itemKey(each.key, ArgumentChecker(scope: inner, registry: registry, diagnostics: diagnostics))
        let limit = each.maxConcurrent.flatMap { maxConcurrent($0, checker) }
        let success = each.minSuccess.flatMap { minSuccess($0, checker) }
        let steps = plan(each.steps, &inner, outerIDs: ids)
        var outputType = ValueType.nothing
        var collect: CheckedExpression?
        if let node = each.collect {
            let collector = ArgumentChecker(scope: inner, registry: registry, diagnostics: diagnostics)
            collect = collector.bare(node, named: "`collect`")
            outputType = collect?.type.unwrapped ?? .nothing
        }
        scope.types = inner.types
        let output = register(outputType, collects: each.collect != nil, step, &scope)
        guard let list, let key else { return (nil, output) }
        let planned = PlannedForeach(
            list: list,
            variable: each.variable.value,
            key: key,
            maxConcurrent: limit,
            onItemFailure: each.onItemFailure,
            minSuccess: success,
            collect: collect,
            steps: steps
        )
        return (.foreach(planned), output)
    }

    /// Declares what `steps.<id>` of a foreach is, as a record of its own.
    private func register(_ element: ValueType, collects: Bool, _ step: StepDefinition, _ scope: inout StepScope)
        -> ValueType
    {
        var fields: [RecordType.Field] = [.init("succeeded", .int), .init("failed", .int)]
        if collects { fields.insert(.init("collected", .list(element)), at: 0) }
        let name = "foreach `\(step.id.value)`"
        scope.types.register(RecordType(name, fields))
        return .record(name)
    }

    private func itemKey(_ node: YAMLNode, _ checker: ArgumentChecker) -> CheckedExpression? {
        guard let key = checker.bare(node, named: "`key`") else { return nil }
        if case .enumeration = key.type { return key }
        guard [.text, .ticker, .int, .date].contains(key.type) else {
            let help = "name a field that tells the items apart, such as order.id"
            diagnostics.error("type", "`key` wants a text, got \(key.type)", at: node.range, help: help)
            return nil
        }
        return key
    }

    private func maxConcurrent(_ node: YAMLNode, _ checker: ArgumentChecker) -> PlannedValue? {
        let field = ArgumentChecker.Field(
            name: "max_concurrent",
            type: .int,
            isRequired: true,
            problem: { ($0.intValue ?? 1) < 1 ? "\($0) lets nothing run; write 1 or more" : nil }
        )
        return checker.value(node, field, named: "`max_concurrent`")
    }

    private func minSuccess(_ node: YAMLNode, _ checker: ArgumentChecker) -> PlannedValue? {
        let field = ArgumentChecker.Field(
            name: "min_success",
            type: .percent,
            isRequired: true,
            problem: { value in
                guard let percent = value.percentValue, percent.units < 0 || percent.units > 100 * 100_000_000 else {
                    return nil
                }
                return "\(value) is outside 0% to 100%"
            }
        )
        return checker.value(node, field, named: "`min_success`")
    }

    private func checkVariable(_ variable: Located<String>, _ scope: StepScope) {
        let name = variable.value
        guard ReservedNames.all.contains(name) || scope.items.contains(where: { $0.name == name }) else { return }
        diagnostics.error("name", "`\(name)` is already a name here", at: variable.range, help: "choose another")
    }
}
