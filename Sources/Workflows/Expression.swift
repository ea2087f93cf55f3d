/// A parsed expression of the CEL subset; offsets count Unicode scalars of its text.
struct Expression: Hashable, Sendable {
    indirect enum Kind: Hashable, Sendable {
        case literal(Value)
        case name(String)
        case member(Expression, String)
        case index(Expression, Expression)
        case list([Expression])
        case not(Expression)
        case negate(Expression)
        case binary(Operator, Expression, Expression)
        case call(Function, [Expression])
        case has(Expression)
        /// `list.filter(variable, body)` and its kin.
        case loop(Loop, list: Expression, variable: String, body: Expression)
    }

    enum Operator: String, Hashable, Sendable {
        case multiply = "*"
        case divide = "/"
        case add = "+"
        case subtract = "-"
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
        case equal = "=="
        case notEqual = "!="
        case isIn = "in"
        case and = "&&"
        case or = "||"

        /// Binding strength; higher binds first.
        var precedence: Int {
            switch self {
            case .or: 1
            case .and: 2
            case .less, .lessOrEqual, .greater, .greaterOrEqual, .equal, .notEqual, .isIn: 3
            case .add, .subtract: 4
            case .multiply, .divide: 5
            }
        }
    }

    enum Function: String, Hashable, Sendable, CaseIterable {
        case size, min, max, sum, duration, date
    }

    enum Loop: String, Hashable, Sendable, CaseIterable {
        case filter, map, exists, all
    }

    let kind: Kind
    let offsets: Range<Int>

    /// The dotted path of names that this is, such as `steps.check.approved`, or `nil`.
    var path: [String]? {
        switch kind {
        case .name(let name): [name]
        case .member(let base, let name): base.path.map { $0 + [name] }
        default: nil
        }
    }
}

/// What is wrong with an expression's text, and where in it.
struct ExpressionProblem: Error {
    let offsets: Range<Int>
    let message: String
    var help: String?
    var rule = "expression"
}
