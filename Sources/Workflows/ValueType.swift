/// The type of a value in a workflow file.
public indirect enum ValueType: Hashable, Sendable {
    case bool, int, decimal, percent, money, duration, date, timestamp, ticker, text
    /// One of the exact texts that ``TypeRegistry`` lists under this name, such as `urgency`.
    case enumeration(String)
    /// A record declared in ``TypeRegistry`` under this name, such as `ApprovedOrder`.
    case record(String)
    case list(ValueType)
    /// A value that may be absent.
    case optional(ValueType)
    /// The element of an empty list; fits everything.
    case nothing
}

extension ValueType: CustomStringConvertible {
    /// As files and messages write it: `list<ticker>`, `optional<Decision>`.
    public var description: String {
        switch self {
        case .bool: "bool"
        case .int: "int"
        case .decimal: "decimal"
        case .percent: "percent"
        case .money: "money"
        case .duration: "duration"
        case .date: "date"
        case .timestamp: "timestamp"
        case .ticker: "ticker"
        case .text: "text"
        case .enumeration(let name), .record(let name): name
        case .list(.nothing): "an empty list"
        case .list(let element): "list<\(element)>"
        case .optional(let wrapped): "optional<\(wrapped)>"
        case .nothing: "nothing"
        }
    }

    /// The type without its outermost `optional`.
    public var unwrapped: ValueType {
        if case .optional(let wrapped) = self { wrapped.unwrapped } else { self }
    }

    public var isOptional: Bool {
        if case .optional = self { true } else { false }
    }

    /// This type made optional once.
    public var madeOptional: ValueType { isOptional ? self : .optional(self) }

    /// True when a value of this type may stand where `wanted` is asked for.
    ///
    /// An int fits a decimal, a ticker and an enumeration fit a text, a list fits a list of what its elements fit, and a
    /// present value fits an optional field.
    public func fits(_ wanted: ValueType) -> Bool {
        switch (self, wanted) {
        case (_, _) where self == wanted: true
        case (.nothing, _): true
        case (.optional(let own), .optional(let other)): own.fits(other)
        case (.optional, _): false
        case (_, .optional(let other)): fits(other)
        case (.int, .decimal), (.ticker, .text), (.enumeration, .text): true
        case (.list(let own), .list(let other)): own.fits(other)
        default: false
        }
    }

    /// Scalar types that a literal of a file or of the command line can have, by name.
    static let literalNames: [String: ValueType] = [
        "bool": .bool, "int": .int, "decimal": .decimal, "percent": .percent, "money": .money, "duration": .duration,
        "date": .date, "timestamp": .timestamp, "ticker": .ticker, "text": .text,
    ]
}

/// A record that step types export: its name and fields.
public struct RecordType: Hashable, Sendable {
    public struct Field: Hashable, Sendable {
        public let name: String
        /// `optional<T>` for a field that may be absent.
        public let type: ValueType
        public let doc: String

        public init(_ name: String, _ type: ValueType, _ doc: String = "") {
            self.name = name
            self.type = type
            self.doc = doc
        }
    }

    public let name: String
    public let fields: [Field]
    /// An open record takes any further field as an optional text: `market_context`.
    public let isOpen: Bool

    public init(_ name: String, _ fields: [Field], isOpen: Bool = false) {
        self.name = name
        self.fields = fields
        self.isOpen = isOpen
    }

    public func field(_ name: String) -> Field? { fields.first { $0.name == name } }
}

/// The records and enumerations that files may name.
public struct TypeRegistry: Sendable {
    public private(set) var records: [String: RecordType] = [:]
    /// Exact texts of each enumeration.
    public private(set) var enumerations: [String: [String]] = [:]
    /// Other texts that ``Value`` parsing accepts for an enumeration's case: `IMMEDIATE` for `CRITICAL`.
    private(set) var aliases: [String: [String: String]] = [:]

    public init() {}

    public mutating func register(_ record: RecordType) { records[record.name] = record }

    public mutating func register(enumeration name: String, _ cases: [String], aliases: [String: String] = [:]) {
        enumerations[name] = cases
        self.aliases[name] = aliases
    }

    /// The exact text that `text` names in an enumeration, by itself or by alias.
    func enumerationCase(_ text: String, of name: String) -> String? {
        if enumerations[name]?.contains(text) == true { return text }
        return aliases[name]?[text]
    }

    /// The type that a text such as `list<ticker>` names, or `nil`.
    public func type(named text: String) -> ValueType? { type(named: text, depth: 0) }

    private func type(named text: String, depth: Int) -> ValueType? {
        if let scalar = ValueType.literalNames[text] { return scalar }
        if enumerations[text] != nil { return .enumeration(text) }
        if records[text] != nil { return .record(text) }
        guard depth < 4, text.hasPrefix("list<"), text.hasSuffix(">") else { return nil }
        return type(named: String(text.dropFirst(5).dropLast()), depth: depth + 1).map { .list($0) }
    }

    /// Names for suggestions, sorted.
    var typeNames: [String] {
        (Array(ValueType.literalNames.keys) + enumerations.keys + records.keys.filter { records[$0]?.isOpen == true })
            .sorted() + ["list<ticker>"]
    }

    /// The type of `name` on a record, or `nil` when it has no such field.
    func fieldType(_ name: String, of record: String) -> ValueType? {
        guard let type = records[record] else { return nil }
        return type.field(name)?.type ?? (type.isOpen ? .optional(.text) : nil)
    }
}
