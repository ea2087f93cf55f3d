import TradingDomain
import YAMLNodes

/// Turns texts into values by their declared type: of a file's literals and of the command line.
struct LiteralReader {
    let types: TypeRegistry
    let diagnostics: Diagnostics

    /// The value of a literal node; what is wrong is reported.
    func value(_ node: YAMLNode, _ type: ValueType, named name: String) -> Value? {
        switch type {
        case .optional(let wrapped): return value(node, wrapped, named: name)
        case .list(let element):
            guard let nodes = node.sequence else {
                diagnostics.error("shape", "\(name) must be a list, found \(node.kindDescription)", at: node.range)
                return nil
            }
            let values = nodes.compactMap { value($0, element, named: "an element of \(name)") }
            return values.count == nodes.count ? .list(values) : nil
        case .record(let record) where types.records[record]?.isOpen == true:
            guard let entries = node.entries else {
                diagnostics.error("shape", "\(name) must be a mapping, found \(node.kindDescription)", at: node.range)
                return nil
            }
            let fields = entries.compactMap { entry in
                entry.value.scalar(.text, named: "`\(entry.key)`", diagnostics).map { (entry.key, Value.text($0)) }
            }
            return .record(Value.Record(record, fields))
        default:
            let scalarType = ScalarType<Value>(Self.describe(type)) { [types] text throws(ScalarProblem) in
                try Self.scalar(text, type, types)
            }
            return node.scalar(scalarType, named: name, diagnostics)
        }
    }

    /// The value of a scalar's text.
    static func scalar(_ text: String, _ type: ValueType, _ types: TypeRegistry) throws(ScalarProblem) -> Value {
        switch type {
        case .bool: return .bool(try ScalarType.bool.parse(text))
        case .int: return .int(Int64(try ScalarType.int.parse(text)))
        case .decimal: return .decimal(try ScalarType.decimal.parse(text))
        case .percent: return .percent(try ScalarType.percent.parse(text))
        case .money: return .money(try ScalarType.money.parse(text))
        case .duration: return .duration(try ScalarType.duration.parse(text))
        case .date: return .date(try ScalarType.date.parse(text))
        case .timestamp: return .timestamp(try ScalarType.timestamp.parse(text))
        case .ticker: return .ticker(try ScalarType.ticker.parse(text))
        case .text: return .text(text)
        case .enumeration(let name):
            if let known = types.enumerationCase(text, of: name) { return .text(known) }
            return .text(try ScalarType.oneOf(types.enumerations[name] ?? []).parse(text))
        case .optional(let wrapped): return try scalar(text, wrapped, types)
        case .list, .record, .nothing:
            throw ScalarProblem("`\(text)` cannot be a \(type)", help: "only a step yields one; use `${{ }}`")
        }
    }

    private static func describe(_ type: ValueType) -> String {
        switch type {
        case .bool: ScalarType.bool.name
        case .int: ScalarType.int.name
        case .decimal: ScalarType.decimal.name
        case .percent: ScalarType.percent.name
        case .money: ScalarType.money.name
        case .duration: ScalarType.duration.name
        case .date: ScalarType.date.name
        case .timestamp: ScalarType.timestamp.name
        case .ticker: ScalarType.ticker.name
        default: "\(type)"
        }
    }
}

extension InputDeclaration {
    /// Why `value` is outside what the declaration allows, or `nil`: `42 is above the maximum 10`.
    func problem(with value: Value) -> String? {
        if case .list(let values) = value { return values.lazy.compactMap { problem(with: $0) }.first }
        if let minimum, Comparison.isLess(value, minimum) == true {
            return "`\(value)` is below the minimum \(minimum)"
        }
        if let maximum, Comparison.isLess(maximum, value) == true {
            return "`\(value)` is above the maximum \(maximum)"
        }
        for limit in [minimum, maximum].compactMap(\.self) where Comparison.isLess(value, limit) == nil {
            return "`\(value)` cannot be compared with the limit \(limit)"
        }
        if let oneOf, !oneOf.contains(value) {
            return "`\(value)` is none of \(oneOf.map(\.description).joined(separator: ", "))"
        }
        return nil
    }
}

/// Order between values of one type.
enum Comparison {
    /// `nil` when the two have no order, such as money of two currencies.
    static func isLess(_ left: Value, _ right: Value) -> Bool? {
        switch (left, right) {
        case (.int(let left), .int(let right)): left < right
        case (.percent(let left), .percent(let right)): left < right
        case (.money(let left), .money(let right)): left.currency == right.currency ? left < right : nil
        case (.duration(let left), .duration(let right)): left < right
        case (.date(let left), .date(let right)): left < right
        case (.timestamp(let left), .timestamp(let right)): left < right
        case (.text, .text), (.ticker, .ticker), (.text, .ticker), (.ticker, .text):
            zip2(left.textValue, right.textValue).map {
                $0.0.unicodeScalars.lexicographicallyPrecedes($0.1.unicodeScalars)
            }
        // The sum of an empty list is a plain 0, of whatever its elements would have been.
        case (.int(0), .money(let right)): 0 < right.units
        case (.money(let left), .int(0)): left.units < 0
        case (.int(0), .percent(let right)): .zero < right
        case (.percent(let left), .int(0)): left < .zero
        case (.int(0), .duration(let right)): .zero < right
        case (.duration(let left), .int(0)): left < .zero
        default: zip2(left.decimalValue, right.decimalValue).map { $0.0 < $0.1 }
        }
    }

    /// Equality after widening: an int equals the decimal of its value, a ticker its text.
    static func isEqual(_ left: Value, _ right: Value) -> Bool {
        switch (left, right) {
        case (.int, .decimal), (.decimal, .int): left.decimalValue == right.decimalValue
        case (.ticker, .text), (.text, .ticker): left.textValue == right.textValue
        case (.list(let left), .list(let right)):
            left.count == right.count && zip(left, right).allSatisfy { isEqual($0, $1) }
        default: left == right
        }
    }

    private static func zip2<A, B>(_ left: A?, _ right: B?) -> (A, B)? {
        guard let left, let right else { return nil }
        return (left, right)
    }
}
