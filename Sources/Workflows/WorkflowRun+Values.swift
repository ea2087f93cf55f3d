import TradingDomain
import YAMLNodes

extension WorkflowRun {
    /// The values of `with:`; absent optionals are left out.
    func values(of arguments: [PlannedArgument], in index: Int) throws(RunProblem) -> [String: Value] {
        var values: [String: Value] = [:]
        for argument in arguments {
            guard let value = try value(of: argument.value, argument.type, in: index) else { continue }
            values[argument.name] = value
        }
        return values
    }

    /// A planned value as one of `type`; `nil` when it is absent.
    func value(of planned: PlannedValue, _ type: ValueType, in index: Int) throws(RunProblem) -> Value? {
        let value: Value
        switch planned {
        case .literal(let literal): value = literal
        case .expression(let expression): value = try self.value(of: expression, in: index)
        case .template(let parts):
            var text = ""
            for part in parts {
                switch part {
                case .text(let piece): text += piece
                case .expression(let expression): text += try self.value(of: expression, in: index).description
                }
            }
            value = .text(text)
        case .list(let elements):
            var values: [Value] = []
            for element in elements {
                let elementType = if case .list(let inner) = type.unwrapped { inner } else { type }
                if let value = try self.value(of: element, elementType, in: index) { values.append(value) }
            }
            value = .list(values)
        }
        return value.isNull ? nil : bundle.types.widened(value, to: type)
    }

    /// The value of an expression in a scope, with the item of a foreach that is about to start.
    func value(
        of checked: CheckedExpression,
        in index: Int,
        variable: (name: String, value: Value)? = nil
    ) throws(RunProblem) -> Value {
        var evaluator = ExpressionEvaluator { path in lookup(path, in: index, variable) }
        do {
            return try Self.settled(try evaluator.evaluate(checked.expression), as: checked.type)
        } catch {
            let message = "`\(checked.text)`: \(error.message)"
            throw RunProblem(code: "expression_\(error.code.rawValue)", message: message)
        }
    }

    /// Gives the 0 that is the sum of an empty list its unit.
    private static func settled(_ value: Value, as type: ValueType) throws(EvaluationError) -> Value {
        guard value == .int(0) else { return value }
        switch type.unwrapped {
        case .percent: return .percent(.zero)
        case .duration: return .duration(.zero)
        case .decimal: return .decimal(.zero)
        case .money:
            throw EvaluationError(code: .empty, message: "the sum of no money has no currency; ask for size(...) first")
        default: return value
        }
    }

    private func lookup(
        _ path: [String],
        in index: Int,
        _ variable: (name: String, value: Value)?
    ) -> (value: Value, names: Int)? {
        if let variable, path[0] == variable.name { return (variable.value, 1) }
        var current = index
        while true {
            let scope = scopes[current]
            switch scope.kind {
            case .item(_, _, let name, let value):
                if path[0] == name { return (value, 1) }
                if path[0] == "steps", path.count > 1, let output = scope.outputs[path[1]] { return (output, 2) }
                guard let parent = scope.parent else { return nil }
                current = parent
            case .branch:
                if path[0] == "steps", path.count > 1, let output = scope.outputs[path[1]] { return (output, 2) }
                guard let parent = scope.parent else { return nil }
                current = parent
            case .instance(let plan, let inputs):
                guard path.count > 1 else { return nil }
                switch path[0] {
                case "inputs": return (inputs[path[1]], 2)
                case "steps": return (scope.outputs[path[1]] ?? .null, 2)
                case "run": return (fact(path[1], of: plan, scope), 2)
                case "failure": return (Self.fact(path[1], of: scope.failure), 2)
                default: return nil
                }
            }
        }
    }

    private static func fact(_ name: String, of failure: ScopeFailure?) -> Value {
        guard let failure else { return .null }
        return switch name {
        case "step": .text(failure.step)
        case "code": .text(failure.code)
        case "message": .text(failure.message)
        default: .null
        }
    }

    private func fact(_ name: String, of plan: WorkflowPlan, _ scope: Scope) -> Value {
        switch name {
        case "id": .text(facts.id.text)
        case "workflow": .text(plan.name)
        case "started_at": .timestamp(facts.startedAt)
        case "status": .text(scope.status.rawValue)
        default: .null
        }
    }
}
