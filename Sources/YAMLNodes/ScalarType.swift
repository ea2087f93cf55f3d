public import TradingDomain

/// Why a scalar's text is not of the type that its field wants.
public struct ScalarProblem: Error, Hashable, Sendable {
    public let message: String
    public let help: String?

    public init(_ message: String, help: String? = nil) {
        self.message = message
        self.help = help
    }
}

/// How the text of a scalar becomes a value of one type.
///
/// Nothing is guessed: the field says what it is.
public struct ScalarType<Value: Sendable>: Sendable {
    /// The type as messages call it: `a duration such as 1h30m`.
    public let name: String
    private let convert: @Sendable (String) throws(ScalarProblem) -> Value

    public init(_ name: String, parse: @escaping @Sendable (String) throws(ScalarProblem) -> Value) {
        self.name = name
        convert = parse
    }

    /// The value of `text`, the whole of it.
    public func parse(_ text: String) throws(ScalarProblem) -> Value { try convert(text) }

    /// This type narrowed to a range.
    public func within(_ range: ClosedRange<Value>) -> ScalarType where Value: Comparable {
        let outer = self
        return ScalarType(name) { text throws(ScalarProblem) in
            let value = try outer.parse(text)
            guard range.contains(value) else {
                throw ScalarProblem("`\(text)` is outside \(range.lowerBound) to \(range.upperBound)")
            }
            return value
        }
    }

    /// This type with a lower bound.
    public func atLeast(_ minimum: Value) -> ScalarType where Value: Comparable {
        let outer = self
        return ScalarType(name) { text throws(ScalarProblem) in
            let value = try outer.parse(text)
            guard value >= minimum else { throw ScalarProblem("`\(text)` is below \(minimum)") }
            return value
        }
    }
}

extension ScalarType<String> {
    public static var text: ScalarType { ScalarType("text") { text throws(ScalarProblem) in text } }

    /// Text that is not empty.
    public static var nonEmptyText: ScalarType {
        ScalarType("text") { text throws(ScalarProblem) in
            guard !text.isEmpty else { throw ScalarProblem("an empty text") }
            return text
        }
    }

    /// One of several exact texts.
    public static func oneOf(_ allowed: [String]) -> ScalarType {
        ScalarType("one of \(allowed.joined(separator: ", "))") { text throws(ScalarProblem) in
            guard allowed.contains(text) else {
                let list = "allowed are \(allowed.joined(separator: ", "))"
                let question = Suggestion.question(for: text, in: allowed)
                throw ScalarProblem(
                    "`\(text)` is none of the allowed values",
                    help: question.map { "\($0) \(list)" } ?? list
                )
            }
            return text
        }
    }
}

extension ScalarType where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// A case of an enumeration by its exact raw text.
    public static func enumeration(_: Value.Type = Value.self) -> ScalarType {
        let names = Value.allCases.map(\.rawValue)
        let words = ScalarType<String>.oneOf(names)
        return ScalarType(words.name) { text throws(ScalarProblem) in
            guard let value = Value(rawValue: try words.parse(text)) else {
                throw ScalarProblem("`\(text)` is none of the allowed values")
            }
            return value
        }
    }
}

extension ScalarType<Bool> {
    /// `true` or `false` and nothing else.
    public static var bool: ScalarType {
        ScalarType("true or false") { text throws(ScalarProblem) in
            switch text {
            case "true": true
            case "false": false
            default: throw ScalarProblem("`\(text)` is neither `true` nor `false`")
            }
        }
    }
}

extension ScalarType<Int> {
    public static var int: ScalarType {
        ScalarType("a whole number") { text throws(ScalarProblem) in
            let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
            guard let value = Int(text), digits.utf8.allSatisfy({ (48...57).contains($0) }),
                digits.count == 1 || digits.first != "0"
            else { throw ScalarProblem("`\(text)` is not a whole number", help: "write digits, such as 12") }
            return value
        }
    }
}

extension ScalarType<FixedDecimal> {
    /// A plain decimal of at most eight places.
    public static var decimal: ScalarType {
        ScalarType("a decimal number") { text throws(ScalarProblem) in
            do {
                return try FixedDecimal(parsing: text)
            } catch {
                throw ScalarProblem("\(error)")
            }
        }
    }

    /// Percent points: `2.5%` is 2.5.
    public static var percent: ScalarType {
        ScalarType("a percentage such as 2.5%") { text throws(ScalarProblem) in
            guard text.hasSuffix("%"), let value = try? FixedDecimal(parsing: text.dropLast()) else {
                // The decimal's own error would repeat what the next line says better.
                throw ScalarProblem("`\(text)` is not a percentage", help: "write digits and `%`, such as 2.5%")
            }
            return value
        }
    }
}

extension ScalarType<Money> {
    /// An amount with its currency: `50000 USD`.
    public static var money: ScalarType {
        ScalarType("an amount such as 50000 USD") { text throws(ScalarProblem) in
            let parts = text.split(separator: " ", omittingEmptySubsequences: false)
            guard parts.count == 2, let currency = Currency(rawValue: String(parts[1])),
                let money = try? Money(parsing: parts[0], currency)  // the message below says more
            else {
                throw ScalarProblem(
                    "`\(text)` is not an amount of money",
                    help: "write the amount, one space and the currency, such as 50000 USD"
                )
            }
            return money
        }
    }
}

extension ScalarType<CalendarDate> {
    public static var date: ScalarType {
        ScalarType("a date such as 2026-11-20") { text throws(ScalarProblem) in
            guard let date = CalendarDate(text) else {
                throw ScalarProblem("`\(text)` is not a date", help: "write year-month-day, such as 2026-11-20")
            }
            return date
        }
    }
}

extension ScalarType<Symbol> {
    public static var ticker: ScalarType {
        ScalarType("a ticker") { text throws(ScalarProblem) in
            guard let symbol = Symbol(text) else {
                let upper = text.uppercased()
                let help = Symbol(upper) == nil ? "1 to 24 of A-Z, 0-9 and . ^ / = _ -" : "did you mean `\(upper)`?"
                throw ScalarProblem("`\(text)` is not a ticker", help: help)
            }
            return symbol
        }
    }
}

extension ScalarType<Timestamp> {
    /// RFC 3339 with `Z` or an offset: `2026-11-20T15:30:00+09:00`.
    public static var timestamp: ScalarType {
        ScalarType("a time such as 2026-11-20T14:30:00Z") { text throws(ScalarProblem) in
            guard let time = parseTimestamp(text) else {
                throw ScalarProblem(
                    "`\(text)` is not a time with its offset",
                    help: "write 2026-11-20T14:30:00Z or 2026-11-20T15:30:00+09:00"
                )
            }
            return time
        }
    }

    private static func parseTimestamp(_ text: String) -> Timestamp? {
        if text.hasSuffix("Z") { return Timestamp(text) }
        let offset = text.suffix(6)
        guard offset.utf8.count == 6, let sign = offset.first, sign == "+" || sign == "-",
            let local = Timestamp(text.dropLast(6) + "Z")
        else { return nil }
        let parts = offset.dropFirst().split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2,
            parts.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy { (48...57).contains($0) } }),
            let hours = Int64(parts[0]), let minutes = Int64(parts[1]), hours < 24, minutes < 60
        else { return nil }
        let shift = (hours * 3600 + minutes * 60) * 1_000_000_000 * (sign == "+" ? 1 : -1)
        let (nanoseconds, overflow) = local.nanoseconds.subtractingReportingOverflow(shift)
        return overflow ? nil : Timestamp(nanoseconds: nanoseconds)
    }
}

extension ScalarType<Duration> {
    /// Whole numbers of `ms s m h d`, largest unit first, each at most once: `1h30m`.
    public static var duration: ScalarType {
        ScalarType("a duration such as 1h30m") { text throws(ScalarProblem) in
            guard let nanoseconds = parseDuration(text) else {
                throw ScalarProblem(
                    "`\(text)` is not a duration",
                    help: "write whole numbers with ms, s, m, h or d, largest first, such as 1h30m"
                )
            }
            return .nanoseconds(nanoseconds)
        }
    }

    private static func parseDuration(_ text: String) -> Int64? {
        let units: [(name: String, nanoseconds: Int64)] = [
            ("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000),
            ("ms", 1_000_000),
        ]
        var rest = text[...]
        var total: Int64 = 0
        var nextUnit = 0
        repeat {
            let digits = rest.prefix { ("0"..."9").contains($0) }
            rest = rest.dropFirst(digits.count)
            let name = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(name.count)
            guard let count = Int64(digits), let unit = units.firstIndex(where: { $0.name == name }), unit >= nextUnit
            else { return nil }
            let (part, tooLarge) = count.multipliedReportingOverflow(by: units[unit].nanoseconds)
            let (sum, overflow) = total.addingReportingOverflow(part)
            guard !tooLarge, !overflow else { return nil }
            total = sum
            nextUnit = unit + 1
        } while !rest.isEmpty
        return total
    }
}
