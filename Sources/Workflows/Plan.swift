import YAMLNodes

/// A workflow whose names and types hold: what ``WorkflowRun`` interprets.
public struct WorkflowPlan: Sendable {
    public let definition: WorkflowDefinition
    let steps: [PlannedStep]
    let finally: [PlannedStep]

    public var name: String { definition.name.value }
}

/// A checked step.
struct PlannedStep: Sendable {
    enum Kind: Sendable {
        case call(PlannedCall)
        /// `flow.finish`.
        case finish([PlannedArgument])
        /// `workflow.run` of the named child.
        case child(String, [PlannedArgument])
        case foreach(PlannedForeach)
    }

    let id: String
    let condition: CheckedExpression?
    let kind: Kind
    let place: SourceRange
}

struct PlannedCall: Sendable {
    let signature: StepSignature
    let arguments: [PlannedArgument]
    let timeout: Duration?
    let pool: String?
}

struct PlannedForeach: Sendable {
    let list: CheckedExpression
    let variable: String
    let key: CheckedExpression
    let maxConcurrent: PlannedValue?
    let onItemFailure: ForeachDefinition.FailurePolicy
    let minSuccess: PlannedValue?
    let collect: CheckedExpression?
    let steps: [PlannedStep]
}

/// One value of `with:`, of the type that its field wants.
struct PlannedArgument: Sendable {
    let name: String
    let type: ValueType
    let value: PlannedValue
}

enum PlannedValue: Hashable, Sendable {
    case literal(Value)
    case expression(CheckedExpression)
    case template([TemplatePart])
    case list([PlannedValue])
}

enum TemplatePart: Hashable, Sendable {
    case text(String)
    case expression(CheckedExpression)
}
