import TradingDomain
import YAMLNodes

extension ExpressionChecker {
    func binary(
        _ operation: Expression.Operator,
        _ left: Expression,
        _ right: Expression,
        of expression: Expression
    ) throws(ExpressionProblem) -> ValueType {
        switch operation {
        case .and, .or:
            try require(left, .bool)
            var inner = self
            inner.present.formUnion(operation == .and ? Self.proven(by: left) : Self.disproven(by: left))
            try inner.require(right, .bool)
            return .bool
        case .equal, .notEqual:
            try checkEquatable(left, right, of: expression)
            return .bool
        case .isIn:
            guard case .list(let element) = try value(right) else {
                throw problem(right, "`in` needs a list on its right, got \(try value(right))")
            }
            try checkEquatable(left, try value(left), right, element, of: expression)
            return .bool
        case .less, .lessOrEqual, .greater, .greaterOrEqual:
            let (leftType, rightType) = (try value(left), try value(right))
            guard Self.isOrdered(leftType), Self.isOrdered(rightType), Self.common(leftType, rightType) != nil else {
                throw problem(expression, "\(leftType) and \(rightType) cannot be ordered by `\(operation.rawValue)`")
            }
            return .bool
        case .add, .subtract, .multiply, .divide:
            let (leftType, rightType) = (try value(left), try value(right))
            guard let type = Self.arithmetic(operation, leftType, rightType) else {
                throw problem(expression, "`\(operation.rawValue)` is not defined for \(leftType) and \(rightType)")
            }
            return type
        }
    }

    static func isOrdered(_ type: ValueType) -> Bool {
        switch type {
        case .int, .decimal, .percent, .money, .duration, .date, .timestamp, .text, .ticker: true
        default: false
        }
    }

    /// The result of an arithmetic operator, or `nil`.
    static func arithmetic(_ operation: Expression.Operator, _ left: ValueType, _ right: ValueType)
        -> ValueType?
    {
        switch (operation, left, right) {
        case (_, .int, .int): .int
        case (_, .int, .decimal), (_, .decimal, .int), (_, .decimal, .decimal): .decimal
        case (.add, .money, .money), (.subtract, .money, .money): .money
        case (.add, .percent, .percent), (.subtract, .percent, .percent): .percent
        case (.add, .duration, .duration), (.subtract, .duration, .duration): .duration
        case (.add, .timestamp, .duration), (.subtract, .timestamp, .duration), (.add, .duration, .timestamp):
            .timestamp
        case (.subtract, .timestamp, .timestamp), (.subtract, .date, .date): .duration
        case (.add, .date, .duration), (.subtract, .date, .duration), (.add, .duration, .date): .date
        case (.multiply, .money, .int), (.multiply, .money, .decimal), (.divide, .money, .int),
            (.divide, .money, .decimal),
            (.multiply, .int, .money), (.multiply, .decimal, .money), (.multiply, .money, .percent),
            (.multiply, .percent, .money):
            .money
        case (.divide, .money, .money), (.divide, .percent, .percent): .decimal
        case (.multiply, .percent, .int), (.multiply, .percent, .decimal), (.multiply, .int, .percent),
            (.multiply, .decimal, .percent), (.divide, .percent, .int), (.divide, .percent, .decimal):
            .percent
        case (.multiply, .duration, .int), (.multiply, .int, .duration), (.divide, .duration, .int): .duration
        case (.add, .text, .text), (.add, .text, .ticker), (.add, .ticker, .text): .text
        case (.add, .list(let left), .list(let right)): common(left, right).map { .list($0) }
        default: nil
        }
    }

    func checkEquatable(_ left: Expression, _ right: Expression, of whole: Expression) throws(ExpressionProblem) {
        try checkEquatable(left, try value(left), right, try value(right), of: whole)
    }

    func checkEquatable(
        _ left: Expression,
        _ leftType: ValueType,
        _ right: Expression,
        _ rightType: ValueType,
        of whole: Expression
    ) throws(ExpressionProblem) {
        try checkCase(left, rightType)
        try checkCase(right, leftType)
        guard Self.common(leftType, rightType) != nil else {
            throw problem(whole, "\(leftType) never equals \(rightType)")
        }
    }

    /// A text literal compared with an enumeration or a ticker must be one of its texts.
    func checkCase(_ expression: Expression, _ type: ValueType) throws(ExpressionProblem) {
        if case .list(let elements) = expression.kind {
            for element in elements { try checkCase(element, type) }
            return
        }
        guard case .literal(.text(let text)) = expression.kind else { return }
        switch type {
        case .enumeration(let name):
            let cases = scope.types.enumerations[name] ?? []
            guard !cases.contains(text) else { return }
            let list = "\(name) is one of \(cases.joined(separator: ", "))"
            let help = Suggestion.question(for: text, in: cases).map { "\($0) \(list)" } ?? list
            throw problem(expression, "\"\(text)\" is no \(name)", help: help, rule: "enum")
        case .ticker where Symbol(text) == nil:
            throw problem(expression, "\"\(text)\" is no ticker", help: "tickers are upper-case", rule: "enum")
        case .list(let element): try checkCase(expression, element)
        default: return
        }
    }

    /// The type that values of both can be read as, or `nil`.
    static func common(_ left: ValueType, _ right: ValueType) -> ValueType? {
        if left.fits(right) { return right }
        if right.fits(left) { return left }
        switch (left, right) {
        case (.ticker, .enumeration), (.enumeration, .ticker): return nil
        case (.list(let left), .list(let right)): return common(left, right).map { .list($0) }
        default: return nil
        }
    }

    func common(_ elements: [Expression]) throws(ExpressionProblem) -> ValueType {
        var type = ValueType.nothing
        for element in elements {
            let next = try value(element)
            guard let wider = Self.common(type, next) else {
                throw problem(element, "a list has elements of one type: \(next) beside \(type)")
            }
            type = wider
        }
        return type
    }
}
