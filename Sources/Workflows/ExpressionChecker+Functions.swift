import YAMLNodes

extension ExpressionChecker {
    func call(
        _ function: Expression.Function,
        _ arguments: [Expression],
        of expression: Expression
    ) throws(ExpressionProblem) -> ValueType {
        let name = function.rawValue
        switch function {
        case .size:
            let type = try value(try only(arguments, of: expression, name))
            guard type.isList || type == .text else {
                throw problem(expression, "`size` needs a list or a text, got \(type)")
            }
            return .int
        case .min, .max:
            let element: ValueType
            if arguments.count == 1, case .list(let inner) = try value(arguments[0]) {
                element = inner
            } else {
                guard !arguments.isEmpty else { throw problem(expression, "`\(name)` needs a list or values") }
                element = try common(arguments)
            }
            guard Self.isOrdered(element) else {
                throw problem(expression, "`\(name)` needs values with an order, got \(element)")
            }
            return element
        case .sum:
            let type = try value(try only(arguments, of: expression, name))
            guard case .list(let element) = type, [.int, .decimal, .percent, .money, .duration].contains(element) else {
                throw problem(expression, "`sum` needs a list of numbers, got \(type)")
            }
            return element
        case .duration, .date:
            let argument = try only(arguments, of: expression, name)
            guard case .literal(.text(let text)) = argument.kind else {
                throw problem(argument, "`\(name)` needs a text written out, such as \(function.example)")
            }
            guard function.constant(text) != nil else {
                throw problem(argument, "\"\(text)\" is no \(name)", help: "write \(function.example)", rule: "value")
            }
            return function == .duration ? .duration : .date
        }
    }

    func only(_ arguments: [Expression], of whole: Expression, _ name: String) throws(ExpressionProblem)
        -> Expression
    {
        guard arguments.count == 1 else { throw problem(whole, "`\(name)` takes one value, got \(arguments.count)") }
        return arguments[0]
    }

    func loop(
        _ loop: Expression.Loop,
        _ list: Expression,
        _ variable: String,
        _ body: Expression,
        of expression: Expression
    ) throws(ExpressionProblem) -> ValueType {
        guard case .list(let element) = try value(list) else {
            throw problem(list, "`\(loop.rawValue)` needs a list, got \(try value(list))")
        }
        guard variables[variable] == nil, (try? scope.resolve([variable])) == nil, !ReservedNames.all.contains(variable)
        else {
            // `try?`: not resolving is what is wanted here.
            throw problem(expression, "`\(variable)` is already a name here", help: "choose another", rule: "name")
        }
        var inner = self
        inner.variables[variable] = element
        switch loop {
        case .map: return .list(try inner.value(body))
        case .filter:
            try inner.require(body, .bool)
            return .list(element)
        case .exists, .all:
            try inner.require(body, .bool)
            return .bool
        }
    }
}

extension ValueType {
    var isList: Bool { if case .list = self { true } else { false } }
}

extension Expression.Function {
    var example: String { self == .duration ? "duration(\"1h30m\")" : "date(\"2026-11-20\")" }

    /// The value of `duration(text)` and `date(text)`.
    func constant(_ text: String) -> Value? {
        // `nil` is the answer for a text of another form.
        switch self {
        case .duration: (try? ScalarType.duration.parse(text)).map { .duration($0) }
        case .date: (try? ScalarType.date.parse(text)).map { .date($0) }
        default: nil
        }
    }
}
