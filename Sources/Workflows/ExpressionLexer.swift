import TradingDomain

/// Splits an expression into tokens.
struct ExpressionLexer {
    enum Token: Hashable {
        case int(Int64)
        case decimal(FixedDecimal)
        case text(String)
        case identifier(String)
        case symbol(String)
        case end
    }

    struct Located {
        let token: Token
        let offsets: Range<Int>
    }

    private let scalars: [Unicode.Scalar]
    private var index = 0

    init(_ text: String) { scalars = Array(text.unicodeScalars) }

    /// - Throws: For a character that begins no token, an open text, or a number that cannot be held.
    static func tokens(of text: String) throws(ExpressionProblem) -> [Located] {
        var lexer = ExpressionLexer(text)
        var tokens: [Located] = []
        repeat { tokens.append(try lexer.next()) } while tokens.last?.token != .end
        return tokens
    }

    private mutating func next() throws(ExpressionProblem) -> Located {
        while index < scalars.count, scalars[index].properties.isWhitespace { index += 1 }
        let start = index
        guard index < scalars.count else { return Located(token: .end, offsets: start..<start) }
        let scalar = scalars[index]
        if isLetter(scalar) {
            while index < scalars.count, isLetter(scalars[index]) || isDigit(scalars[index]) { index += 1 }
            return Located(token: .identifier(string(start..<index)), offsets: start..<index)
        }
        if isDigit(scalar) { return try number(from: start) }
        if scalar == "\"" || scalar == "'" { return try text(from: start, quote: scalar) }
        return try symbol(from: start)
    }

    private mutating func number(from start: Int) throws(ExpressionProblem) -> Located {
        while index < scalars.count, isDigit(scalars[index]) { index += 1 }
        var isDecimal = false
        if index + 1 < scalars.count, scalars[index] == ".", isDigit(scalars[index + 1]) {
            isDecimal = true
            index += 1
            while index < scalars.count, isDigit(scalars[index]) { index += 1 }
        }
        if index < scalars.count, isLetter(scalars[index]) || scalars[index] == "%" {
            while index < scalars.count, isLetter(scalars[index]) || isDigit(scalars[index]) || scalars[index] == "%" {
                index += 1
            }
            let help = "a number is digits, such as 12 or 0.5; a duration is written duration(\"1h30m\")"
            throw ExpressionProblem(
                offsets: start..<index,
                message: "`\(string(start..<index))` is no number",
                help: help
            )
        }
        let text = string(start..<index)
        if isDecimal {
            guard let value = try? FixedDecimal(parsing: text) else {  // the message below says more
                throw ExpressionProblem(
                    offsets: start..<index,
                    message: "`\(text)` cannot be held exactly with 8 decimals"
                )
            }
            return Located(token: .decimal(value), offsets: start..<index)
        }
        guard let value = Int64(text), text == "0" || !text.hasPrefix("0") else {
            throw ExpressionProblem(offsets: start..<index, message: "`\(text)` is no whole number that can be held")
        }
        return Located(token: .int(value), offsets: start..<index)
    }

    private mutating func text(from start: Int, quote: Unicode.Scalar) throws(ExpressionProblem) -> Located {
        index += 1
        var value = String.UnicodeScalarView()
        while index < scalars.count, scalars[index] != quote {
            if scalars[index] == "\\" {
                index += 1
                guard index < scalars.count, let escaped = Self.escapes[scalars[index]] else {
                    let help = "known are \\\\ \\\" \\' \\n \\t"
                    throw ExpressionProblem(offsets: (index - 1)..<index, message: "an unknown escape", help: help)
                }
                value.append(escaped)
            } else {
                value.append(scalars[index])
            }
            index += 1
        }
        guard index < scalars.count else {
            throw ExpressionProblem(offsets: start..<index, message: "a text without its closing quote")
        }
        index += 1
        return Located(token: .text(String(value)), offsets: start..<index)
    }

    private static let escapes: [Unicode.Scalar: Unicode.Scalar] = [
        "\\": "\\", "\"": "\"", "'": "'", "n": "\n", "t": "\t",
    ]

    private mutating func symbol(from start: Int) throws(ExpressionProblem) -> Located {
        let two = string(start..<min(start + 2, scalars.count))
        if ["<=", ">=", "==", "!=", "&&", "||"].contains(two) {
            index += 2
            return Located(token: .symbol(two), offsets: start..<index)
        }
        index += 1
        let one = string(start..<index)
        guard "()[].,+-*/<>!".contains(one) else {
            throw ExpressionProblem(
                offsets: start..<index,
                message: "`\(one)` is not used in expressions",
                help: Self.hint(one)
            )
        }
        return Located(token: .symbol(one), offsets: start..<index)
    }

    private static func hint(_ symbol: String) -> String? {
        switch symbol {
        case "?", ":": "there is no `? :`; write two steps with `if`, or choose before"
        case "=": "compare with `==`"
        case "&": "and is `&&`"
        case "|": "or is `||`"
        case "%": "a percentage comes from an input of type percent; remainders are not used here"
        case "$", "{", "}": "this field is an expression already: write it without `${{ }}`"
        case "#": "` #` begins a comment in YAML; quote the whole value"
        default: nil
        }
    }

    private func string(_ range: Range<Int>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars[range])
        return String(view)
    }

    private func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        (97...122).contains(scalar.value) || (65...90).contains(scalar.value) || scalar == "_"
    }

    private func isDigit(_ scalar: Unicode.Scalar) -> Bool { (48...57).contains(scalar.value) }
}
