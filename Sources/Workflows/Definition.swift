public import YAMLNodes

/// A workflow file as written: shape checked, names and types not yet.
public struct WorkflowDefinition: Sendable {
    public let source: SourceFile
    public let name: Located<String>
    public let description: String?
    public let inputs: [InputDeclaration]
    public let schedules: [ScheduleDefinition]
    public let concurrency: ConcurrencyDefinition?
    /// How long a run may take, by its own clock; then nothing more starts.
    public let timeout: Duration?
    public let defaults: CallDefaults
    public let steps: [StepDefinition]
    /// Calls that run when a step failed, before ``finally``.
    public let onFailure: [StepDefinition]
    /// Calls that run at the end whatever happened.
    public let finally: [StepDefinition]
    /// Names of what could not be read and has its own error.
    let unreadable: UnreadableNames

    public func input(_ name: String) -> InputDeclaration? { inputs.first { $0.name.value == name } }
}

/// What calls that `read` or `notify` have unless they say otherwise.
public struct CallDefaults: Hashable, Sendable {
    public var timeout: Duration?
    public var retry: RetryPolicy?
}

/// Inputs and steps that are written but have an error in their shape.
struct UnreadableNames: Hashable, Sendable {
    var inputs: Set<String> = []
    var steps: Set<String> = []
}

/// A value and where it stands.
public struct Located<Value: Hashable & Sendable>: Hashable, Sendable {
    public let value: Value
    public let range: SourceRange

    public init(_ value: Value, at range: SourceRange) {
        self.value = value
        self.range = range
    }
}

/// One input of a workflow.
public struct InputDeclaration: Hashable, Sendable {
    public let name: Located<String>
    public let type: ValueType
    /// False with `required: false` or a default.
    public let isRequired: Bool
    public let defaultValue: Value?
    public let minimum: Value?
    public let maximum: Value?
    public let oneOf: [Value]?
    public let description: String?

    /// What `inputs.<name>` is: optional when the caller may leave it out and there is no default.
    public var valueType: ValueType { isRequired || defaultValue != nil ? type : .optional(type) }
}

/// One entry of `steps:`.
public struct StepDefinition: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        case call(CallDefinition)
        case foreach(ForeachDefinition)
        case parallel(ParallelDefinition)
    }

    public let id: Located<String>
    /// The expression of `if:`.
    public let condition: YAMLNode?
    public let kind: Kind
    /// The whole step.
    public let range: SourceRange
}

/// A step that calls a step type.
public struct CallDefinition: Hashable, Sendable {
    public let uses: Located<String>
    public let arguments: [YAMLEntry]
    public let timeout: Located<Duration>?
    public let retry: Located<RetryPolicy>?
    /// Which pool's slot it takes while it executes.
    public let pool: Located<String>?
}

/// A step that runs several lists of steps at once and goes on when all have ended.
public struct ParallelDefinition: Hashable, Sendable {
    public struct Branch: Hashable, Sendable {
        public let name: Located<String>
        public let steps: [StepDefinition]
    }

    public let branches: [Branch]
}

/// A step that runs steps for each element of a list.
public struct ForeachDefinition: Hashable, Sendable {
    public enum FailurePolicy: String, Hashable, Sendable, CaseIterable {
        /// Other items go on, and the step succeeds unless `min_success` says otherwise.
        case `continue`
        /// No further item starts, those in flight end, and the step fails. The default.
        case stop
    }

    public let list: YAMLNode
    public let variable: Located<String>
    public let key: YAMLNode
    /// Items in flight, waiting ones included: a literal or `${{ }}`; all at once when absent.
    public let maxConcurrent: YAMLNode?
    public let onItemFailure: FailurePolicy
    /// Percent points of items that must not fail; a literal or `${{ }}`.
    public let minSuccess: YAMLNode?
    public let collect: YAMLNode?
    public let steps: [StepDefinition]
}
