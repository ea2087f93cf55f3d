import Foundation
import TradingDomain

/// A JSON value whose keys keep the order given, so that the same result is the same text, and reads well.
enum JSONDocument: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int)
    /// Estimates such as basis points. Prices, quantities and money are strings. Not finite is `null`.
    case number(Double)
    case string(String)
    case array([JSONDocument])
    case object([Member])
    /// Text that is JSON already, as it is stored.
    case verbatim(String)

    struct Member: Hashable, Sendable {
        var key: String
        var value: JSONDocument
    }

    /// An object with its keys in the order given.
    static func object(_ members: KeyValuePairs<String, JSONDocument>) -> JSONDocument {
        .object(members.map { Member(key: $0.key, value: $0.value) })
    }

    /// Decimal text, or `null`.
    static func decimal(_ value: FixedDecimal?) -> JSONDocument { text(value?.description) }
    static func decimal(_ value: Price?) -> JSONDocument { text(value?.description) }
    static func decimal(_ value: Quantity?) -> JSONDocument { text(value?.description) }
    /// The amount as decimal text, without its currency, or `null`.
    static func decimal(_ value: Money?) -> JSONDocument { decimal(value?.amount) }

    static func text(_ value: String?) -> JSONDocument { value.map(JSONDocument.string) ?? .null }

    static func estimate(_ value: Double?) -> JSONDocument { value.map(JSONDocument.number) ?? .null }

    /// Anything encodable, its keys sorted; stays on one line.
    ///
    /// - Throws: `EncodingError`.
    static func encoding(_ value: some Encodable) throws -> JSONDocument {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return .verbatim(String(decoding: try encoder.encode(value), as: UTF8.self))
    }
}

extension JSONDocument {
    /// Two spaces a level, one member a line; no final line break.
    var pretty: String { text(indent: "", pretty: true) }

    /// On one line, for JSON lines.
    var compact: String { text(indent: "", pretty: false) }

    private func text(indent: String, pretty: Bool) -> String {
        switch self {
        case .null: return "null"
        case .bool(let value): return value ? "true" : "false"
        case .integer(let value): return String(value)
        case .number(let value): return Self.text(value)
        case .string(let value): return Self.quoted(value)
        case .verbatim(let text): return text
        case .array(let values):
            let inner = indent + "  "
            return Self.block("[", values.map { $0.text(indent: inner, pretty: pretty) }, "]", indent, pretty)
        case .object(let members):
            let inner = indent + "  "
            let texts = members.map { member in
                Self.quoted(member.key) + (pretty ? ": " : ":") + member.value.text(indent: inner, pretty: pretty)
            }
            return Self.block("{", texts, "}", indent, pretty)
        }
    }

    private static func block(_ open: String, _ parts: [String], _ close: String, _ indent: String, _ pretty: Bool)
        -> String
    {
        guard pretty, !parts.isEmpty else { return open + parts.joined(separator: ",") + close }
        return "\(open)\n\(indent)  " + parts.joined(separator: ",\n\(indent)  ") + "\n\(indent)\(close)"
    }

    /// The shortest text that reads back as the same double; JSON knows no infinity and no NaN.
    private static func text(_ value: Double) -> String {
        guard value.isFinite else { return "null" }
        guard value == value.rounded(), abs(value) < 1e15 else { return "\(value)" }
        return String(Int64(value))
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20:
                let code = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - code.count) + code
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
