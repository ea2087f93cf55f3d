import YAMLNodes

/// A workflow whose names and types hold: what ``WorkflowRun`` interprets.
public struct WorkflowPlan: Sendable {
    public let definition: WorkflowDefinition
    /// When it starts by itself.
    public let schedules: [WorkflowSchedule]
    let concurrencyKey: CheckedExpression?
    let steps: [PlannedStep]
    let onFailure: [PlannedStep]
    let finally: [PlannedStep]

    public var name: String { definition.name.value }
    var allSteps: [PlannedStep] { steps + onFailure + finally }
}

/// A checked step.
struct PlannedStep: Sendable {
    enum Kind: Sendable {
        case call(PlannedCall)
        /// `flow.finish`.
        case finish([PlannedArgument])
        /// `workflow.run` of the named child.
        case child(PlannedChild)
        case foreach(PlannedForeach)
        case fork([PlannedBranch])
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
    let retry: RetryPolicy?
    let pool: String?
}

struct PlannedChild: Sendable {
    let workflow: String
    let arguments: [PlannedArgument]
    let timeout: Duration?
}

/// One list of a `parallel`.
struct PlannedBranch: Sendable {
    let name: String
    let steps: [PlannedStep]
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
    let place: SourceRange
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
