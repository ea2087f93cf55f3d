import YAMLNodes

/// What an expression may name, at one place of a file.
protocol ExpressionScope {
    var types: TypeRegistry { get }
    /// The type of the longest known prefix of `path`, and how many names it took.
    func resolve(_ path: [String]) throws(NameProblem) -> (type: ValueType, names: Int)
    /// Why a value of this path may be absent: `step \`a\` has \`if\` (line 4)`.
    func reasonForAbsence(of path: [String]) -> String?
}

/// A name that cannot be used at some place, and what to do.
struct NameProblem: Error {
    /// The rule of a name whose own error has been reported: its uses are not worth another.
    static let reported = "reported"

    static func alreadyReported(at index: Int) -> NameProblem { NameProblem(index: index, rule: reported, message: "") }

    /// Which of the path's names is at fault.
    let index: Int
    let rule: String
    let message: String
    var help: String?
}

/// An expression whose type is known.
struct CheckedExpression: Hashable, Sendable {
    let expression: Expression
    let type: ValueType
    /// As written, without `${{ }}`.
    let text: String
    let place: SourceRange
}

/// Names that no id, item or variable may take.
enum ReservedNames {
    static let roots: Set<String> = ["inputs", "steps", "run", "failure"]
    static let all = roots.union(Expression.Function.allCases.map(\.rawValue)).union([
        "has", "true", "false", "null", "in",
    ])
}
