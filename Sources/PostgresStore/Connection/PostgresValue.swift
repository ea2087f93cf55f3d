/// A value bound to a parameter `$n` of a statement, sent in PostgreSQL's text form, or in the binary one where it says so.
///
/// The server infers each parameter's type from the statement, so arrays in `unnest` need a cast: `unnest($1::text[])`.
public enum PostgresValue: Hashable, Sendable {
    case null
    /// Text without the character U+0000, which PostgreSQL cannot store.
    case text(String)
    case int64(Int64)
    case bool(Bool)
    /// Raw bytes for a `bytea`.
    case bytes([UInt8])
    /// A plain decimal for a `numeric`, such as `-12.50`. The server refuses other text.
    case decimal(String)
    /// An instant for a `timestamptz`, in nanoseconds since 1970 UTC; rounded down to PostgreSQL's microseconds.
    /// Event times that need all nanoseconds belong in a `bigint` column.
    case timestamp(nanoseconds: Int64)
    /// A JSON document for a `jsonb` or `json`.
    case json(String)
    /// A one-dimensional `text[]` (or any type whose elements have a text form: cast it), nil for NULL elements.
    case textArray([String?])
    /// A one-dimensional `bigint[]`, nil for NULL elements.
    case int64Array([Int64?])
    /// An array of many elements, in binary form.
    case array(PostgresArray)

    /// Returns `.text`, or `.null` for nil.
    public static func optional(_ text: String?) -> PostgresValue {
        text.map { .text($0) } ?? .null
    }

    /// Returns `.int64`, or `.null` for nil.
    public static func optional(_ number: Int64?) -> PostgresValue {
        number.map { .int64($0) } ?? .null
    }
}

extension PostgresValue {
    /// Whether ``encode(into:index:)`` writes the binary form.
    var isBinary: Bool {
        guard case .array = self else { return false }
        return true
    }

    /// Appends the text form and a terminating zero byte, or the binary form; appends nothing for NULL.
    ///
    /// - Parameters:
    ///   - bytes: What to append to.
    ///   - index: The parameter's number from 1, for the error.
    /// - Returns: False for NULL.
    /// - Throws: ``PostgresError/invalidParameter(index:problem:)`` for text that holds U+0000.
    func encode(into bytes: inout [UInt8], index: Int) throws(PostgresError) -> Bool {
        let start = bytes.count
        switch self {
        case .null: return false
        case .text(let text), .decimal(let text), .json(let text): bytes.append(contentsOf: text.utf8)
        case .int64(let number): bytes.append(contentsOf: String(number).utf8)
        case .bool(let flag): bytes.append(flag ? UInt8(ascii: "t") : UInt8(ascii: "f"))
        case .bytes(let raw): HexBytes.append(raw, to: &bytes)
        case .timestamp(let nanoseconds): bytes.append(contentsOf: TimestampText.text(nanoseconds: nanoseconds).utf8)
        case .textArray(let elements): ArrayLiteral.append(elements, to: &bytes)
        case .int64Array(let elements): ArrayLiteral.append(elements, to: &bytes)
        case .array(let array):
            array.encode(into: &bytes)
            return true
        }
        // libpq takes C strings: without this check the server would store the part before the zero.
        guard !bytes[start...].contains(0) else {
            throw .invalidParameter(index: index, problem: "holds the character U+0000, which PostgreSQL cannot store")
        }
        bytes.append(0)
        return true
    }
}

/// The text form of `bytea`: `\x` and two digits per byte.
enum HexBytes {
    private static let digits = [UInt8]("0123456789abcdef".utf8)

    static func append(_ raw: [UInt8], to bytes: inout [UInt8]) {
        bytes.append(contentsOf: #"\x"#.utf8)
        for byte in raw {
            bytes.append(digits[Int(byte >> 4)])
            bytes.append(digits[Int(byte & 15)])
        }
    }

    /// Returns the bytes of `text`, or nil when it is not of this form.
    static func bytes(of text: String) -> [UInt8]? {
        let characters = Array(text.utf8)
        guard characters.starts(with: #"\x"#.utf8), characters.count.isMultiple(of: 2) else { return nil }
        var result: [UInt8] = []
        result.reserveCapacity(characters.count / 2 - 1)
        for index in stride(from: 2, to: characters.count, by: 2) {
            guard let high = digits.firstIndex(of: characters[index]),
                let low = digits.firstIndex(of: characters[index + 1])
            else { return nil }
            result.append(UInt8(high << 4 | low))
        }
        return result
    }
}
