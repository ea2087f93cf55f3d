import Foundation
import TradingDomain

/// JSON of our own values as it is stored: equal values are equal texts.
enum Documents {
    /// Returns the JSON of `value`.
    ///
    /// U+0000, which `jsonb` refuses, is stored as its picture U+2400: a venue's odd message must not stop an account.
    static func encode(_ value: some Encodable) throws -> String {
        String(decoding: try CompactJSON.encode(value), as: UTF8.self)
    }

    /// Returns the value whose JSON is `text`.
    static func decode<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(text.utf8))
    }
}

extension String {
    /// The text with U+0000, which PostgreSQL cannot store, as its picture U+2400.
    var storable: String {
        utf8.contains(0) ? replacing("\0", with: "\u{2400}") : self
    }
}

extension PostgresRow {
    /// Reads a `numeric` as a quantity.
    func quantity(_ column: String) throws -> Quantity { try Quantity(parsing: text(column)) }
    /// Reads a `numeric` as a price, nil for NULL.
    func optionalPrice(_ column: String) throws -> Price? { try optionalText(column).map { try Price(parsing: $0) } }
    /// Reads a `numeric` with the currency of column `currency`.
    func money(_ column: String) throws -> Money { Money(units: try decimal(column).units, try currency()) }
    /// Reads a `numeric`.
    func decimal(_ column: String) throws -> FixedDecimal { try FixedDecimal(parsing: text(column)) }
    /// Reads nanoseconds since 1970.
    func time(_ column: String) throws -> Timestamp { Timestamp(nanoseconds: try int64(column)) }
    /// Reads nanoseconds since 1970, nil for NULL.
    func optionalTime(_ column: String) throws -> Timestamp? {
        try optionalInt64(column).map { Timestamp(nanoseconds: $0) }
    }
    /// Reads a `timestamptz`.
    func recorded(_ column: String) throws -> Timestamp {
        Timestamp(nanoseconds: try timestampNanoseconds(column))
    }
    /// Reads a `timestamptz`, nil for NULL.
    func optionalRecorded(_ column: String) throws -> Timestamp? {
        try optionalTimestampNanoseconds(column).map { Timestamp(nanoseconds: $0) }
    }
    /// Reads a symbol.
    func symbol(_ column: String = "symbol") throws -> Symbol {
        let text = try text(column)
        guard let symbol = Symbol(text) else { throw unreadable(column, "holds no symbol") }
        return symbol
    }
    /// Reads a word of an enumeration.
    func word<Word: RawRepresentable<String>>(_ column: String, _ type: Word.Type = Word.self) throws -> Word {
        guard let word = Word(rawValue: try text(column)) else { throw unreadable(column, "holds an unknown word") }
        return word
    }

    private func currency() throws -> Currency { try word("currency") }

    private func unreadable(_ column: String, _ problem: String) -> PostgresError {
        .unexpectedColumn(column: column, type: "text", problem: problem)
    }
}
