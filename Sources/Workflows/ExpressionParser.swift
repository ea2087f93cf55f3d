import TradingDomain
import YAMLNodes

/// Parses the CEL subset of the file format by precedence climbing, with bounded length and depth.
struct ExpressionParser {
    /// Longest expression, in Unicode scalars; a longer one belongs in a step type.
    static let longest = 2048
    /// Deepest nesting of operators, brackets and members.
    static let deepest = 48

    private let tokens: [ExpressionLexer.Located]
    private var index = 0
    private var depth = 0

    static func parse(_ text: String) throws(ExpressionProblem) -> Expression {
        let length = text.unicodeScalars.count
        guard length <= longest else {
            let message = "the expression has \(length) characters; at most \(longest) are read"
            throw ExpressionProblem(offsets: 0..<length, message: message)
        }
        var parser = ExpressionParser(tokens: try ExpressionLexer.tokens(of: text))
        guard parser.current.token != .end else {
            throw ExpressionProblem(offsets: 0..<length, message: "the expression is empty")
        }
        let expression = try parser.expression(minimum: 1)
        guard parser.current.token == .end else { throw parser.unexpected("the end of the expression") }
        return expression
    }

    private init(tokens: [ExpressionLexer.Located]) { self.tokens = tokens }

    private var current: ExpressionLexer.Located { tokens[index] }

    private mutating func advance() { if index < tokens.count - 1 { index += 1 } }

    private mutating func take(_ symbol: String) -> Bool {
        guard current.token == .symbol(symbol) else { return false }
        advance()
        return true
    }

    private mutating func expect(_ symbol: String) throws(ExpressionProblem) {
        guard take(symbol) else { throw unexpected("`\(symbol)`") }
    }

    private func unexpected(_ wanted: String) -> ExpressionProblem {
        let found =
            switch current.token {
            case .end: "the end"
            case .identifier(let name): "`\(name)`"
            case .symbol(let symbol): "`\(symbol)`"
            case .text(let text): "\"\(text)\""
            case .int(let value): "\(value)"
            case .decimal(let value): "\(value)"
            }
        return ExpressionProblem(offsets: current.offsets, message: "expected \(wanted), found \(found)")
    }

    private mutating func nested<Result>(
        _ body: (inout ExpressionParser) throws(ExpressionProblem) -> Result
    ) throws(ExpressionProblem) -> Result {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else {
            throw ExpressionProblem(offsets: current.offsets, message: "nested deeper than \(Self.deepest) levels")
        }
        return try body(&self)
    }

    // MARK: - Grammar

    private mutating func expression(minimum: Int) throws(ExpressionProblem) -> Expression {
        try nested { parser throws(ExpressionProblem) in
            var left = try parser.unary()
            var length = 0
            while let operation = parser.binaryOperator, operation.precedence >= minimum {
                length += 1
                guard length <= Self.deepest else { throw parser.unexpected("fewer operators in a row") }
                parser.advance()
                let right = try parser.expression(minimum: operation.precedence + 1)
                let offsets = left.offsets.lowerBound..<right.offsets.upperBound
                left = Expression(kind: .binary(operation, left, right), offsets: offsets)
            }
            return left
        }
    }

    private var binaryOperator: Expression.Operator? {
        switch current.token {
        case .symbol(let symbol): Expression.Operator(rawValue: symbol)
        case .identifier("in"): .isIn
        default: nil
        }
    }

    private mutating func unary() throws(ExpressionProblem) -> Expression {
        let start = current.offsets.lowerBound
        for symbol in ["!", "-"] where take(symbol) {
            let operand = try nested { parser throws(ExpressionProblem) in try parser.unary() }
            let offsets = start..<operand.offsets.upperBound
            return Expression(kind: symbol == "!" ? .not(operand) : .negate(operand), offsets: offsets)
        }
        return try postfix()
    }

    private mutating func postfix() throws(ExpressionProblem) -> Expression {
        var value = try primary()
        var length = 0
        while current.token == .symbol(".") || current.token == .symbol("[") {
            length += 1
            guard length <= Self.deepest else { throw unexpected("a shorter chain") }
            if take(".") {
                guard case .identifier(let name) = current.token else { throw unexpected("a field's name") }
                let nameOffsets = current.offsets
                advance()
                if take("(") {
                    value = try method(name, nameOffsets, on: value)
                } else {
                    let offsets = value.offsets.lowerBound..<nameOffsets.upperBound
                    value = Expression(kind: .member(value, name), offsets: offsets)
                }
            } else {
                advance()
                if case .text(let name) = current.token, tokens[index + 1].token == .symbol("]") {
                    // `context["risk.mode"]` is the field of that name, as in CEL.
                    advance()
                    let offsets = value.offsets.lowerBound..<current.offsets.upperBound
                    advance()
                    value = Expression(kind: .member(value, name), offsets: offsets)
                    continue
                }
                let position = try expression(minimum: 1)
                let end = current.offsets.upperBound
                try expect("]")
                value = Expression(kind: .index(value, position), offsets: value.offsets.lowerBound..<end)
            }
        }
        return value
    }

    private mutating func method(
        _ name: String,
        _ nameOffsets: Range<Int>,
        on value: Expression
    ) throws(ExpressionProblem) -> Expression {
        if let loop = Expression.Loop(rawValue: name) {
            guard case .identifier(let variable) = current.token else { throw unexpected("the name of the element") }
            advance()
            try expect(",")
            let body = try expression(minimum: 1)
            let offsets = value.offsets.lowerBound..<current.offsets.upperBound
            try expect(")")
            return Expression(kind: .loop(loop, list: value, variable: variable, body: body), offsets: offsets)
        }
        if name == "size" || name == "sum" || name == "min" || name == "max",
            let function = Expression.Function(rawValue: name)
        {
            let offsets = value.offsets.lowerBound..<current.offsets.upperBound
            try expect(")")
            return Expression(kind: .call(function, [value]), offsets: offsets)
        }
        let known = Expression.Loop.allCases.map(\.rawValue) + ["size", "sum", "min", "max"]
        let list = "known are \(known.joined(separator: ", "))"
        let help = Suggestion.question(for: name, in: known).map { "\($0) \(list)" } ?? list
        throw ExpressionProblem(offsets: nameOffsets, message: "no method is called `\(name)`", help: help)
    }

    private mutating func primary() throws(ExpressionProblem) -> Expression {
        let offsets = current.offsets
        switch current.token {
        case .int(let value):
            advance()
            return Expression(kind: .literal(.int(value)), offsets: offsets)
        case .decimal(let value):
            advance()
            return Expression(kind: .literal(.decimal(value)), offsets: offsets)
        case .text(let value):
            advance()
            return Expression(kind: .literal(.text(value)), offsets: offsets)
        case .identifier(let name):
            advance()
            return try named(name, offsets)
        case .symbol("("):
            advance()
            let inner = try expression(minimum: 1)
            try expect(")")
            return inner
        case .symbol("["):
            advance()
            let elements = try arguments(closedBy: "]")
            let end = tokens[index - 1].offsets.upperBound
            return Expression(kind: .list(elements), offsets: offsets.lowerBound..<end)
        case .symbol, .end:
            throw unexpected("a value")
        }
    }

    private mutating func named(_ name: String, _ offsets: Range<Int>) throws(ExpressionProblem) -> Expression {
        switch name {
        case "true", "false": return Expression(kind: .literal(.bool(name == "true")), offsets: offsets)
        case "null":
            let help = "ask `has(...)` whether a value is there"
            throw ExpressionProblem(offsets: offsets, message: "`null` is not used here", help: help)
        case "in": throw ExpressionProblem(offsets: offsets, message: "expected a value, found `in`")
        default: break
        }
        guard take("(") else { return Expression(kind: .name(name), offsets: offsets) }
        if name == "has" {
            let argument = try expression(minimum: 1)
            let end = current.offsets.upperBound
            try expect(")")
            guard let path = argument.path, path.count > 1 else {
                let message = "`has` asks for a field, such as has(inputs.urgency)"
                throw ExpressionProblem(offsets: argument.offsets, message: message)
            }
            return Expression(kind: .has(argument), offsets: offsets.lowerBound..<end)
        }
        guard let function = Expression.Function(rawValue: name) else {
            let known = Expression.Function.allCases.map(\.rawValue) + ["has"]
            let help: String
            if Expression.Loop(rawValue: name) != nil {
                help = "write it behind the list: list.\(name)(x, ...)"
            } else {
                let list = "known are \(known.joined(separator: ", "))"
                help = Suggestion.question(for: name, in: known).map { "\($0) \(list)" } ?? list
            }
            throw ExpressionProblem(offsets: offsets, message: "no function is called `\(name)`", help: help)
        }
        let elements = try arguments(closedBy: ")")
        let end = tokens[index - 1].offsets.upperBound
        return Expression(kind: .call(function, elements), offsets: offsets.lowerBound..<end)
    }

    private mutating func arguments(closedBy end: String) throws(ExpressionProblem) -> [Expression] {
        var elements: [Expression] = []
        if take(end) { return elements }
        repeat { elements.append(try expression(minimum: 1)) } while take(",")
        try expect(end)
        return elements
    }
}
