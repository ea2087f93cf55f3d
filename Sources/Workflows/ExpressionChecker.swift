import YAMLNodes

/// Finds the type of an expression, or the first reason why it has none.
struct ExpressionChecker {
    let scope: any ExpressionScope
    /// Paths that `has()` has proven present on the way here.
    var present: Set<[String]> = []
    var variables: [String: ValueType] = [:]

    init(scope: any ExpressionScope, present: Set<[String]> = []) {
        self.scope = scope
        self.present = present
    }

    /// Paths that are surely present when `expression` is true.
    static func proven(by expression: Expression) -> Set<[String]> {
        switch expression.kind {
        case .has(let argument):
            argument.path.map { path in Set((2...path.count).map { Array(path.prefix($0)) }) } ?? []
        case .binary(.and, let left, let right): proven(by: left).union(proven(by: right))
        default: []
        }
    }

    /// Paths that are surely present when `expression` is false.
    static func disproven(by expression: Expression) -> Set<[String]> {
        switch expression.kind {
        case .not(let inner): proven(by: inner)
        case .binary(.or, let left, let right): disproven(by: left).union(disproven(by: right))
        default: []
        }
    }

    // MARK: - Types

    /// The type of `expression`, which may be optional.
    func type(of expression: Expression) throws(ExpressionProblem) -> ValueType {
        switch expression.kind {
        case .literal(let value): return Self.type(ofLiteral: value)
        case .name, .member: return try reference(expression)
        case .index(let list, let position):
            guard case .list(let element) = try value(list) else {
                throw problem(list, "only a list has elements, got \(try value(list))")
            }
            try require(position, .int)
            return element
        case .list(let elements): return .list(try common(elements))
        case .not(let operand):
            try require(operand, .bool)
            return .bool
        case .negate(let operand):
            let type = try value(operand)
            guard [.int, .decimal, .percent, .money, .duration].contains(type) else {
                throw problem(operand, "`-` needs a number, got \(type)")
            }
            return type
        case .binary(let operation, let left, let right):
            return try binary(operation, left, right, of: expression)
        case .call(let function, let arguments):
            return try call(function, arguments, of: expression)
        case .has(let argument):
            _ = try type(of: argument)
            return .bool
        case .loop(let loop, let list, let variable, let body):
            return try self.loop(loop, list, variable, body, of: expression)
        }
    }

    static func type(ofLiteral value: Value) -> ValueType {
        switch value {
        case .bool: .bool
        case .int: .int
        case .decimal: .decimal
        default: .text
        }
    }

    /// The type of an expression whose value is needed, so it must be present.
    func value(_ expression: Expression) throws(ExpressionProblem) -> ValueType {
        let type = try type(of: expression)
        guard type.isOptional else { return type }
        throw absent(expression)
    }

    /// The error for using something that may be absent.
    func absent(_ expression: Expression) -> ExpressionProblem {
        let path = expression.path ?? []
        let name = path.isEmpty ? "this value" : "`\(path.joined(separator: "."))`"
        let reason = scope.reasonForAbsence(of: path).map { ": \($0)" } ?? ""
        let help =
            path.isEmpty ? nil : "guard it: `has(\(path.joined(separator: "."))) && ...`, also in the step's `if`"
        return problem(expression, "\(name) may be absent\(reason)", help: help, rule: "optional")
    }

    func reference(_ expression: Expression) throws(ExpressionProblem) -> ValueType {
        guard let path = expression.path else {
            guard case .member(let base, let name) = expression.kind else {
                throw problem(expression, "this cannot be read")
            }
            return try field(name, of: try type(of: base), expression)
        }
        var type: ValueType
        var used = 1
        if let variable = variables[path[0]] {
            type = variable
        } else {
            do {
                (type, used) = try scope.resolve(path)
            } catch {
                throw ExpressionProblem(
                    offsets: offsets(ofName: error.index, in: expression, count: path.count),
                    message: error.message,
                    help: error.help,
                    rule: error.rule
                )
            }
        }
        if present.contains(Array(path.prefix(used))) { type = type.unwrapped }
        while used < path.count {
            type = try field(path[used], of: type, prefix(of: expression, names: used + 1, count: path.count))
            used += 1
            if present.contains(Array(path.prefix(used))) { type = type.unwrapped }
        }
        return type
    }

    /// The sub-expression that is the first `names` names of a dotted path.
    func prefix(of expression: Expression, names: Int, count: Int) -> Expression {
        var current = expression
        var remaining = count - names
        while remaining > 0, case .member(let base, _) = current.kind {
            current = base
            remaining -= 1
        }
        return current
    }

    func offsets(ofName index: Int, in expression: Expression, count: Int) -> Range<Int> {
        let part = prefix(of: expression, names: index + 1, count: count)
        guard case .member(let base, let name) = part.kind else { return part.offsets }
        return Self.offsets(of: name, base, in: part)
    }

    /// Where a member's name stands; of `base["name"]` everything behind the base.
    private static func offsets(of name: String, _ base: Expression, in whole: Expression) -> Range<Int> {
        let start = whole.offsets.upperBound - name.unicodeScalars.count
        return max(start, min(base.offsets.upperBound, whole.offsets.upperBound))..<whole.offsets.upperBound
    }

    func field(_ name: String, of type: ValueType, _ expression: Expression) throws(ExpressionProblem)
        -> ValueType
    {
        let base = if case .member(let base, _) = expression.kind { base } else { expression }
        let nameOffsets = Self.offsets(of: name, base, in: expression)
        guard case .record(let record) = type.unwrapped else {
            let help = type.unwrapped.isList ? "name an element: [0], or use map, filter, exists, all" : nil
            throw ExpressionProblem(
                offsets: nameOffsets,
                message: "\(type.unwrapped) has no fields",
                help: help,
                rule: "type"
            )
        }
        guard let field = scope.types.fieldType(name, of: record) else {
            let names = scope.types.records[record]?.fields.map(\.name) ?? []
            let list = names.isEmpty ? "it has none" : "it has \(names.joined(separator: ", "))"
            let help = Suggestion.question(for: name, in: names).map { "\($0) \(list)" } ?? list
            throw ExpressionProblem(
                offsets: nameOffsets,
                message: "\(record) has no field `\(name)`",
                help: help,
                rule: "unknown-name"
            )
        }
        return type.isOptional ? field.madeOptional : field
    }

    func require(_ expression: Expression, _ wanted: ValueType) throws(ExpressionProblem) {
        let type = try value(expression)
        guard type == wanted else { throw problem(expression, "expected \(wanted), got \(type)") }
    }

    func problem(
        _ expression: Expression,
        _ message: String,
        help: String? = nil,
        rule: String = "type"
    ) -> ExpressionProblem {
        ExpressionProblem(offsets: expression.offsets, message: message, help: help, rule: rule)
    }
}
