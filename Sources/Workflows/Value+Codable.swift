import TradingDomain

/// JSON form, lossless without knowing the declared type.
///
/// `null`, booleans, texts, whole numbers and lists are JSON's own. Every other scalar is an object of one key that
/// names its type, with decimals as text: `{"$decimal":"1.5"}`, `{"$money":"5 USD"}`. A record is an object with its
/// fields beside `$record` (its type) and `$order` (its field names: jsonb forgets their order), so that SQL reads
/// `output->>'symbol'` of a text field directly. Field names never begin with `$`.
extension Value: Codable {
    private struct Key: CodingKey {
        let stringValue: String
        let intValue: Int? = nil

        init(_ text: String) { stringValue = text }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .null:
            var container = encoder.singleValueContainer()
            try container.encodeNil()
        case .bool(let value): try value.encode(to: encoder)
        case .int(let value): try value.encode(to: encoder)
        case .text(let value): try value.encode(to: encoder)
        case .list(let values): try values.encode(to: encoder)
        case .decimal(let value): try encode("$decimal", value.description, to: encoder)
        case .percent(let value): try encode("$percent", value.description, to: encoder)
        case .money(let value): try encode("$money", value.description, to: encoder)
        case .duration(let value): try encode("$nanoseconds", String(value.nanoseconds), to: encoder)
        case .date(let value): try encode("$date", value.description, to: encoder)
        case .timestamp(let value): try encode("$timestamp", value.description, to: encoder)
        case .ticker(let value): try encode("$ticker", value.text, to: encoder)
        case .record(let record): try record.encode(to: encoder)
        }
    }

    private func encode(_ tag: String, _ text: String, to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(text, forKey: Key(tag))
    }

    public init(from decoder: any Decoder) throws {
        if let keyed = try? decoder.container(keyedBy: Key.self) {  // a failure means: not an object
            self = try Self.object(keyed, decoder)
            return
        }
        let single = try decoder.singleValueContainer()
        if single.decodeNil() {
            self = .null
        } else if let value = try? single.decode(Bool.self) {  // each failure means: another kind of JSON
            self = .bool(value)
        } else if let value = try? single.decode(Int64.self) {
            self = .int(value)
        } else if let value = try? single.decode(String.self) {
            self = .text(value)
        } else {
            self = .list(try single.decode([Value].self))
        }
    }

    private static func object(_ container: KeyedDecodingContainer<Key>, _ decoder: any Decoder) throws -> Value {
        if container.contains(Key("$record")) { return .record(try Record(from: decoder)) }
        guard container.allKeys.count == 1, let key = container.allKeys.first else {
            throw corrupted("an object with \(container.allKeys.count) keys and no $record", decoder)
        }
        let text = try container.decode(String.self, forKey: key)
        guard let value = scalar(tag: key.stringValue, text) else {
            throw corrupted("`\(text)` is not a value tagged \(key.stringValue)", decoder)
        }
        return value
    }

    /// `nil` for an unknown tag or a text that is not of its type; the caller's error names both.
    private static func scalar(tag: String, _ text: String) -> Value? {
        switch tag {
        case "$decimal": (try? FixedDecimal(parsing: text)).map { .decimal($0) }
        case "$percent": (try? FixedDecimal(parsing: text)).map { .percent($0) }
        case "$money": money(text)
        case "$nanoseconds": Int64(text).map { .duration(.nanoseconds($0)) }
        case "$date": CalendarDate(text).map { .date($0) }
        case "$timestamp": Timestamp(text).map { .timestamp($0) }
        case "$ticker": Symbol(text).map { .ticker($0) }
        default: nil
        }
    }

    private static func money(_ text: String) -> Value? {
        let parts = text.split(separator: " ")
        guard parts.count == 2, let currency = Currency(rawValue: String(parts[1])),
            let money = try? Money(parsing: parts[0], currency)  // the caller's error names the text
        else { return nil }
        return .money(money)
    }

    private static func corrupted(_ what: String, _ decoder: any Decoder) -> DecodingError {
        .dataCorrupted(
            .init(codingPath: decoder.codingPath, debugDescription: "a workflow value was expected, found \(what)")
        )
    }
}

extension Value.Record: Codable {
    private struct Key: CodingKey {
        let stringValue: String
        let intValue: Int? = nil

        init(_ text: String) { stringValue = text }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(type, forKey: Key("$record"))
        try container.encode(fields.map(\.name), forKey: Key("$order"))
        for field in fields { try container.encode(field.value, forKey: Key(field.name)) }
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let names = try container.decode([String].self, forKey: Key("$order"))
        self.init(
            try container.decode(String.self, forKey: Key("$record")),
            try names.map { ($0, try container.decode(Value.self, forKey: Key($0))) }
        )
    }
}
