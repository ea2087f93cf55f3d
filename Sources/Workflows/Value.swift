public import TradingDomain

/// A value of a running workflow, exact: no binary floating point anywhere.
public enum Value: Hashable, Sendable {
    /// Absent: an optional that has no value.
    case null
    case bool(Bool)
    case int(Int64)
    case decimal(FixedDecimal)
    /// Percent points: 2.5 for `2.5%`.
    case percent(FixedDecimal)
    case money(Money)
    /// In whole nanoseconds.
    case duration(Duration)
    case date(CalendarDate)
    case timestamp(Timestamp)
    case ticker(Symbol)
    /// A text, and a case of an enumeration.
    case text(String)
    case list([Value])
    case record(Record)

    /// A named record with its fields in order.
    public struct Record: Hashable, Sendable {
        public let type: String
        public private(set) var fields: [Field]

        public struct Field: Hashable, Sendable {
            public let name: String
            public let value: Value
        }

        /// A record with its fields in order; a repeated name keeps the last value.
        public init(_ type: String, _ fields: [(String, Value)] = []) {
            self.type = type
            self.fields = []
            for (name, value) in fields { self[name] = value }
        }

        /// The value of a field, ``Value/null`` when it has none; setting appends a new field.
        public subscript(name: String) -> Value {
            get { fields.first { $0.name == name }?.value ?? .null }
            set {
                let field = Field(name: name, value: newValue)
                if let index = fields.firstIndex(where: { $0.name == name }) {
                    fields[index] = field
                } else {
                    fields.append(field)
                }
            }
        }
    }

    // MARK: - Reading

    public var isNull: Bool { self == .null }

    public var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }
    public var intValue: Int64? { if case .int(let value) = self { value } else { nil } }
    /// A decimal, also of an int.
    public var decimalValue: FixedDecimal? {
        switch self {
        case .decimal(let value): value
        case .int(let value): FixedDecimal(units: Int128(value) * Int128(FixedDecimal.scale))
        default: nil
        }
    }
    /// Percent points.
    public var percentValue: FixedDecimal? { if case .percent(let value) = self { value } else { nil } }
    public var moneyValue: Money? { if case .money(let value) = self { value } else { nil } }
    public var durationValue: Duration? { if case .duration(let value) = self { value } else { nil } }
    public var dateValue: CalendarDate? { if case .date(let value) = self { value } else { nil } }
    public var timestampValue: Timestamp? { if case .timestamp(let value) = self { value } else { nil } }
    public var tickerValue: Symbol? { if case .ticker(let value) = self { value } else { nil } }
    /// A text, also of a ticker.
    public var textValue: String? {
        switch self {
        case .text(let value): value
        case .ticker(let value): value.text
        default: nil
        }
    }
    public var listValue: [Value]? { if case .list(let value) = self { value } else { nil } }
    public var recordValue: Record? { if case .record(let value) = self { value } else { nil } }
}

extension Value: CustomStringConvertible {
    /// Text for people: exact numbers, `–` for what is absent.
    public var description: String {
        switch self {
        case .null: "–"
        case .bool(let value): "\(value)"
        case .int(let value): "\(value)"
        case .decimal(let value): "\(value)"
        case .percent(let value): "\(value)%"
        case .money(let value): "\(value)"
        case .duration(let value): DurationText.print(value)
        case .date(let value): "\(value)"
        case .timestamp(let value): "\(value)"
        case .ticker(let value): "\(value)"
        case .text(let value): value
        case .list(let values): values.map(\.description).joined(separator: ", ")
        case .record(let record):
            "\(record.type)(\(record.fields.map { "\($0.name): \($0.value)" }.joined(separator: ", ")))"
        }
    }
}

/// Durations as files write them.
enum DurationText {
    static func print(_ duration: Duration) -> String {
        var rest = duration.nanoseconds.magnitude
        guard rest > 0 else { return "0s" }
        var text = duration.nanoseconds < 0 ? "-" : ""
        let units: [(String, UInt64)] = [
            ("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000),
            ("ms", 1_000_000), ("ns", 1),
        ]
        for (name, size) in units where rest >= size {
            text += "\(rest / size)\(name)"
            rest %= size
        }
        return text
    }
}

extension TypeRegistry {
    /// True when `value` is one of `type`, so that a step's output can be trusted by later expressions.
    public func conforms(_ value: Value, to type: ValueType) -> Bool {
        switch (type, value) {
        case (.optional(let wrapped), _): value == .null || conforms(value, to: wrapped)
        case (.bool, .bool), (.int, .int), (.decimal, .decimal), (.percent, .percent), (.money, .money): true
        case (.duration, .duration), (.date, .date), (.timestamp, .timestamp), (.ticker, .ticker), (.text, .text): true
        case (.enumeration(let name), .text(let text)): enumerations[name]?.contains(text) == true
        case (.list(let element), .list(let values)): values.allSatisfy { conforms($0, to: element) }
        case (.record(let name), .record(let record)):
            record.type == name && misfit(of: record, in: name) == nil
        default: false
        }
    }

    /// The first field of `record` that breaks the declaration `name`, or `nil`.
    public func misfit(of record: Value.Record, in name: String) -> String? {
        guard let declared = records[name] else { return name }
        if let field = declared.fields.first(where: { !conforms(record[$0.name], to: $0.type) }) { return field.name }
        let further = record.fields.filter { declared.field($0.name) == nil }
        return further.first { !declared.isOpen || !conforms($0.value, to: .optional(.text)) }?.name
    }

    /// `value` as a value of the wider type that it fits: an int as decimal, a ticker as text.
    func widened(_ value: Value, to type: ValueType) -> Value {
        switch (type, value) {
        case (.optional(let wrapped), _): widened(value, to: wrapped)
        case (.decimal, .int): value.decimalValue.map { .decimal($0) } ?? value
        case (.text, .ticker(let symbol)): .text(symbol.text)
        case (.list(let element), .list(let values)): .list(values.map { widened($0, to: element) })
        default: value
        }
    }
}
