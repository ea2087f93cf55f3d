import TradingDomain

/// Why an expression that type-checks has no value this time.
struct EvaluationError: Error, Hashable {
    enum Code: String {
        case overflow, divisionByZero = "division_by_zero", outOfRange = "out_of_range", absent, tooCostly =
            "too_costly"
        case mixedCurrencies = "mixed_currencies", empty, notWholeDays = "not_whole_days"
    }

    let code: Code
    let message: String
}

/// Computes the value of a checked expression, exactly and with bounded work.
struct ExpressionEvaluator {
    /// Most evaluation steps of one expression; a list of a thousand orders needs a few thousand.
    static let mostSteps = 200_000

    /// The value of a path's first names, and how many it took; `nil` for an unknown root.
    let lookup: (_ path: [String]) -> (value: Value, names: Int)?
    private var variables: [String: Value] = [:]
    private var steps = 0

    init(lookup: @escaping (_ path: [String]) -> (value: Value, names: Int)?) { self.lookup = lookup }

    mutating func evaluate(_ expression: Expression) throws(EvaluationError) -> Value {
        try charge(1)
        switch expression.kind {
        case .literal(let value): return value
        case .name, .member: return reference(expression, try base(of: expression))
        case .index(let list, let position): return try element(list, position)
        case .list(let elements): return .list(try values(elements))
        case .not(let operand): return .bool(!(try bool(operand)))
        case .negate(let operand): return try Arithmetic.negate(try present(operand))
        case .binary(.and, let left, let right): return .bool(try bool(left) ? try bool(right) : false)
        case .binary(.or, let left, let right): return .bool(try bool(left) ? true : try bool(right))
        case .binary(let operation, let left, let right):
            return try binary(operation, try present(left), try present(right))
        case .call(let function, let arguments): return try call(function, arguments)
        case .has(let argument): return .bool(!(try evaluate(argument).isNull))
        case .loop(let loop, let list, let variable, let body): return try self.loop(loop, list, variable, body)
        }
    }

    // MARK: - Names

    /// For a member of something computed, such as `list[0].symbol`: the computed value.
    private mutating func base(of expression: Expression) throws(EvaluationError) -> Value? {
        guard expression.path == nil, case .member(let inner, _) = expression.kind else { return nil }
        return try evaluate(inner)
    }

    private func reference(_ expression: Expression, _ base: Value?) -> Value {
        if let base {
            guard case .member(_, let name) = expression.kind else { return .null }
            return base.recordValue?[name] ?? .null
        }
        guard let path = expression.path else { return .null }
        var value: Value
        var used = 1
        if let variable = variables[path[0]] {
            value = variable
        } else if let found = lookup(path) {
            (value, used) = found
        } else {
            return .null
        }
        for name in path.dropFirst(used) { value = value.recordValue?[name] ?? .null }
        return value
    }

    private mutating func present(_ expression: Expression) throws(EvaluationError) -> Value {
        let value = try evaluate(expression)
        guard !value.isNull else {
            let name = expression.path.map { "`\($0.joined(separator: "."))`" } ?? "a value"
            throw EvaluationError(code: .absent, message: "\(name) is absent")
        }
        return value
    }

    private mutating func bool(_ expression: Expression) throws(EvaluationError) -> Bool {
        try present(expression).boolValue ?? false
    }

    private mutating func values(_ expressions: [Expression]) throws(EvaluationError) -> [Value] {
        var values: [Value] = []
        for expression in expressions { values.append(try present(expression)) }
        return values
    }

    private mutating func list(_ expression: Expression) throws(EvaluationError) -> [Value] {
        try present(expression).listValue ?? []
    }

    private mutating func element(_ list: Expression, _ position: Expression) throws(EvaluationError) -> Value {
        let values = try self.list(list)
        let index = try present(position).intValue ?? -1
        guard index >= 0, index < values.count else {
            throw EvaluationError(code: .outOfRange, message: "element \(index) of a list of \(values.count)")
        }
        return values[Int(index)]
    }

    // MARK: - Operators and functions

    private mutating func binary(
        _ operation: Expression.Operator,
        _ left: Value,
        _ right: Value
    ) throws(EvaluationError) -> Value {
        switch operation {
        case .equal, .notEqual:
            try charge(min(Self.size(left), Self.size(right)))
            return .bool(Comparison.isEqual(left, right) == (operation == .equal))
        case .isIn:
            let values = right.listValue ?? []
            try charge(values.count)
            try charge(Self.size(right))
            return .bool(values.contains { Comparison.isEqual(left, $0) })
        case .less: return .bool(try isLess(left, right))
        case .greater: return .bool(try isLess(right, left))
        case .lessOrEqual: return .bool(!(try isLess(right, left)))
        case .greaterOrEqual: return .bool(!(try isLess(left, right)))
        case .add, .subtract, .multiply, .divide:
            if case .list(let left) = left, case .list(let right) = right {
                try charge(left.count + right.count)
                return .list(left + right)
            }
            if let left = left.textValue, let right = right.textValue {
                try charge((left.utf8.count + right.utf8.count) / Self.bytesPerStep)
            }
            return try Arithmetic.combine(operation, left, right)
        case .and, .or: return .null  // decided in `evaluate`, which must not compute both sides
        }
    }

    /// Text that costs as much as one step to copy.
    private static let bytesPerStep = 64

    /// Values inside a value, with long texts counted by their length.
    private static func size(_ value: Value) -> Int {
        switch value {
        case .list(let values): values.reduce(1) { $0 + size($1) }
        case .record(let record): record.fields.reduce(1) { $0 + size($1.value) }
        case .text(let text): text.utf8.count / bytesPerStep
        default: 0
        }
    }

    /// Counts work that is not an evaluation of its own, before it is done.
    private mutating func charge(_ more: Int) throws(EvaluationError) {
        steps += more
        guard steps <= Self.mostSteps else {
            throw EvaluationError(code: .tooCostly, message: "the expression took more than \(Self.mostSteps) steps")
        }
    }

    private func isLess(_ left: Value, _ right: Value) throws(EvaluationError) -> Bool {
        guard let isLess = Comparison.isLess(left, right) else {
            throw EvaluationError(code: .mixedCurrencies, message: "\(left) and \(right) have no order")
        }
        return isLess
    }

    private mutating func call(_ function: Expression.Function, _ arguments: [Expression]) throws(EvaluationError)
        -> Value
    {
        var values = try values(arguments)
        switch function {
        case .size:
            if let list = values.first?.listValue { return .int(Int64(list.count)) }
            return .int(Int64(values.first?.textValue?.unicodeScalars.count ?? 0))
        case .min, .max:
            if values.count == 1, let list = values[0].listValue { values = list }
            try charge(values.count)
            guard var best = values.first else {
                throw EvaluationError(code: .empty, message: "`\(function.rawValue)` of an empty list")
            }
            for value in values.dropFirst() {
                let isBetter = function == .min ? try isLess(value, best) : try isLess(best, value)
                if isBetter { best = value }
            }
            return best
        case .sum:
            let list = values.first?.listValue ?? []
            try charge(list.count)
            guard var total = list.first else { return .int(0) }
            for value in list.dropFirst() { total = try Arithmetic.combine(.add, total, value) }
            return total
        case .duration, .date: return values.first?.textValue.flatMap { function.constant($0) } ?? .null
        }
    }

    private mutating func loop(
        _ loop: Expression.Loop,
        _ list: Expression,
        _ variable: String,
        _ body: Expression
    ) throws(EvaluationError) -> Value {
        let elements = try self.list(list)
        let outer = variables[variable]
        defer { variables[variable] = outer }
        var results: [Value] = []
        for element in elements {
            variables[variable] = element
            let result = try present(body)
            switch loop {
            case .map: results.append(result)
            case .filter: if result == .bool(true) { results.append(element) }
            case .exists: if result == .bool(true) { return .bool(true) }
            case .all: if result == .bool(false) { return .bool(false) }
            }
        }
        switch loop {
        case .map, .filter: return .list(results)
        case .exists: return .bool(false)
        case .all: return .bool(true)
        }
    }
}
