/// A JSON document whose numbers are still text, so that nothing passes through a binary floating-point number.
///
/// Objects keep their members in the order of the document and never hold a name twice.
public enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    /// A number as it was written, such as `5`, `-0.25` or `1e3`.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([Member])

    /// One name and its value.
    public struct Member: Hashable, Sendable {
        public let name: String
        public let value: JSONValue

        public init(_ name: String, _ value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// The value of an object's member; `nil` for other kinds and for a missing member.
    ///
    /// Names are compared byte by byte: Swift's own `==` holds the Kelvin sign for a `K`.
    public subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
    }

    /// The text of a string.
    public var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// What the value is, for messages: `a string`, `an object`.
    package var kindName: String {
        switch self {
        case .null: "null"
        case .bool: "true or false"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

extension JSONValue {
    /// The document as UTF-8 bytes on one line, members and numbers as they stand.
    public func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        write(into: &bytes)
        return bytes
    }

    /// The same document with members sorted by the bytes of their names and numbers in plain decimal form.
    ///
    /// Two documents that say the same are equal in this form, so it is what gets hashed. A number whose exponent is
    /// too large to write out keeps its text.
    public func canonical() -> JSONValue {
        switch self {
        case .null, .bool, .string: self
        case .number(let text): .number(JSONNumber.plain(text) ?? text)
        case .array(let items): .array(items.map { $0.canonical() })
        case .object(let members):
            .object(
                members.map { Member($0.name, $0.value.canonical()) }
                    .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
            )
        }
    }

    private func write(into bytes: inout [UInt8]) {
        switch self {
        case .null: bytes += "null".utf8
        case .bool(let value): bytes += (value ? "true" : "false").utf8
        case .number(let text): bytes += text.utf8
        case .string(let text): Self.write(text, into: &bytes)
        case .array(let items):
            bytes.append(UInt8(ascii: "["))
            for (index, item) in items.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                item.write(into: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                Self.write(member.name, into: &bytes)
                bytes.append(UInt8(ascii: ":"))
                member.value.write(into: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private static func write(_ text: String, into bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case UInt8(ascii: "\n"): bytes += "\\n".utf8
            case UInt8(ascii: "\r"): bytes += "\\r".utf8
            case UInt8(ascii: "\t"): bytes += "\\t".utf8
            case 0..<0x20: bytes += "\\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))".utf8
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

/// Exact conversion of JSON's number texts.
enum JSONNumber {
    /// Largest exponent that is written out; beyond it a number cannot be a percent, a price or a count of ours.
    private static let maximumExponent = 40

    /// Plain decimal text without exponent, trailing zeros or negative zero: `5.0e1` gives `50`.
    ///
    /// - Parameter text: A number by JSON's grammar.
    /// - Returns: `nil` when the exponent is beyond ±40.
    static func plain(_ text: String) -> String? {
        let negative = text.hasPrefix("-")
        let unsigned = negative ? text.dropFirst() : text[...]
        let parts = unsigned.split(whereSeparator: { $0 == "e" || $0 == "E" })
        guard let mantissa = parts.first else { return nil }
        var exponent = 0
        if parts.count > 1 {
            guard let value = Int(parts[1]), abs(value) <= maximumExponent else { return nil }
            exponent = value
        }
        let pieces = mantissa.split(separator: ".", omittingEmptySubsequences: false)
        var whole = String(pieces[0])
        var fraction = pieces.count > 1 ? String(pieces[1]) : ""
        while exponent > 0 {
            whole.append(fraction.isEmpty ? "0" : fraction.removeFirst())
            exponent -= 1
        }
        while exponent < 0 {
            fraction.insert(whole.popLast() ?? "0", at: fraction.startIndex)
            exponent += 1
        }
        whole = String(whole.drop { $0 == "0" })
        while fraction.last == "0" { fraction.removeLast() }
        if whole.isEmpty { whole = "0" }
        let magnitude = fraction.isEmpty ? whole : "\(whole).\(fraction)"
        return negative && magnitude != "0" ? "-\(magnitude)" : magnitude
    }
}
