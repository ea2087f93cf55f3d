import TradingDomain
import YAMLNodes

extension PlanBuilder {
    func plan(
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
        inner.isDirectlyInBranch = false
        let key = itemKey(each.key, self.checker(inner))
        let limit = each.maxConcurrent.flatMap { maxConcurrent($0, checker) }
        let success = each.minSuccess.flatMap { minSuccess($0, checker) }
        let steps = plan(each.steps, &inner, outerIDs: ids)
        var outputType = ValueType.nothing
        var collect: CheckedExpression?
        if let node = each.collect {
            let collector = self.checker(inner)
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
