import TradingDomain
import YAMLNodes

/// Checks names and types of a definition and builds its plan; every finding is reported.
struct PlanBuilder {
    let definition: WorkflowDefinition
    let registry: StepRegistry
    let surroundings: WorkflowSurroundings
    let diagnostics: Diagnostics
    /// The definition of a child workflow, or `nil` after reporting why there is none.
    let child: (Located<String>) -> WorkflowDefinition?

    func build() -> WorkflowPlan {
        var scope = StepScope(definition: definition, types: registry.types)
        let key = definition.concurrency.flatMap { concurrencyKey($0, scope) }
        let schedules = definition.schedules.compactMap { plan($0, scope) }
        let steps = plan(definition.steps, &scope, outerIDs: [])
        var ids = Self.ids(of: definition.steps)
        let visible = scope.visible.map { Self.atEnd($0) }
        var ends: [[PlannedStep]] = []
        for (list, place) in [(definition.onFailure, StepScope.Place.onFailure), (definition.finally, .finally)] {
            var last = scope
            last.place = place
            last.visible = visible
            ends.append(plan(list, &last, outerIDs: ids))
            ids.formUnion(list.map(\.id.value))
        }
        lint(steps)
        return WorkflowPlan(
            definition: definition,
            schedules: schedules,
            concurrencyKey: key,
            steps: steps,
            onFailure: ends[0],
            finally: ends[1]
        )
    }

    /// The names that steps of a list take: their own, and those of the branches inside, which are read from outside too.
    static func ids(of steps: [StepDefinition]) -> Set<String> {
        Set(
            steps.flatMap { step -> [String] in
                guard case .parallel(let fork) = step.kind else { return [step.id.value] }
                return [step.id.value] + fork.branches.flatMap { ids(of: $0.steps) }
            }
        )
    }

    /// In `on_failure` and `finally` any call may be missing; a foreach always has its counts, 0 by default.
    private static func atEnd(_ step: StepScope.Visible) -> StepScope.Visible {
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

    func plan(_ steps: [StepDefinition], _ scope: inout StepScope, outerIDs: Set<String>) -> [PlannedStep] {
        var lines: [String: Int] = [:]
        let ids = outerIDs.union(Self.ids(of: steps))
        var planned: [PlannedStep] = []
        for step in steps {
            checkID(step, &lines, outerIDs, scope)
            scope.current.append(step)
            defer { scope.current.removeLast() }
            let checker = checker(scope)
            let condition = step.condition.flatMap { checker.bare($0, named: "`if`", .bool) }
            var inner = checker
            if let condition { inner.present.formUnion(ExpressionChecker.proven(by: condition.expression)) }
            let absence = step.condition.map { "step `\(step.id.value)` has `if` (line \($0.range.line))" }
            let outcome: (kind: PlannedStep.Kind?, output: ValueType, signature: StepSignature?)
            switch step.kind {
            case .call(let call): outcome = plan(call, inner)
            case .foreach(let each):
                let (kind, output) = plan(each, step, inner, ids: ids, &scope)
                outcome = (kind, output, nil)
            case .parallel(let fork):
                planned.append(
                    PlannedStep(
                        id: step.id.value,
                        condition: condition,
                        kind: .fork(plan(fork, inner, ids: ids, &lines, absence, &scope)),
                        place: step.id.range
                    )
                )
                continue
            }
            let isOptional = absence != nil || scope.place != .steps
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

    func checker(_ scope: StepScope) -> ArgumentChecker {
        ArgumentChecker(scope: scope, registry: registry, surroundings: surroundings, diagnostics: diagnostics)
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
}
