/// Why bytes are not a JSON document that we accept.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Kind: String, Hashable, Sendable {
        case tooLarge = "TOO_LARGE"
        case notJSON = "NOT_JSON"
        case duplicateKey = "DUPLICATE_KEY"
    }

    public let kind: Kind
    /// Bytes before the place, from 0.
    public let offset: Int
    /// The innermost value being read, as a JSON pointer (RFC 6901).
    public let pointer: String
    public let message: String

    public var description: String { "\(message) (byte \(offset + 1)\(pointer.isEmpty ? "" : ", at \(pointer)"))" }
}

/// Bounds of a document; both keep a hostile one from costing more than a refusal.
public struct JSONLimits: Hashable, Sendable {
    public var maximumBytes: Int
    /// Arrays and objects inside one another, the outermost included.
    public var maximumDepth: Int

    public init(maximumBytes: Int, maximumDepth: Int = 16) {
        self.maximumBytes = maximumBytes
        self.maximumDepth = maximumDepth
    }

    /// One decision: 256 KiB, 16 levels.
    public static let decision = JSONLimits(maximumBytes: 256 * 1024)
    /// What an agent may answer with at once: 1 MiB, 20 levels, since a reply wraps decisions.
    public static let reply = JSONLimits(maximumBytes: 1024 * 1024, maximumDepth: 20)
}

extension JSONValue {
    /// Reads exactly one JSON value by RFC 8259.
    ///
    /// Stricter than the parsers of most languages where these disagree with each other, since the check and the
    /// record must read the same: a name twice in one object (also when one is spelt with escapes), a byte order mark,
    /// invalid UTF-8, half of a surrogate pair, NUL in a text and anything after the value are refused.
    ///
    /// - Throws: ``JSONError`` with the place of the first problem.
    public init(parsing bytes: [UInt8], limits: JSONLimits = .decision) throws(JSONError) {
        var reader = JSONReader(bytes: bytes, limits: limits)
        self = try reader.readDocument()
    }
}

/// Recursive descent over the bytes; depth is bounded, so the stack is.
private struct JSONReader {
    let bytes: [UInt8]
    let limits: JSONLimits
    var position = 0
    var depth = 0
    var path: [String] = []

    init(bytes: [UInt8], limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    mutating func readDocument() throws(JSONError) -> JSONValue {
        guard bytes.count <= limits.maximumBytes else {
            throw failure(
                .tooLarge,
                "The document has \(bytes.count) bytes; at most \(limits.maximumBytes) are accepted."
            )
        }
        guard !bytes.starts(with: [0xEF, 0xBB, 0xBF]) else {
            throw failure(.notJSON, "A byte order mark before the document. Save it as UTF-8 without one.")
        }
        skipSpace()
        let value = try readValue()
        skipSpace()
        guard position == bytes.count else {
            throw failure(.notJSON, "Something follows the document. Send exactly one JSON value.")
        }
        return value
    }

    private mutating func readValue() throws(JSONError) -> JSONValue {
        switch peek() {
        case UInt8(ascii: "{"): return try nested { reader throws(JSONError) in try reader.readObject() }
        case UInt8(ascii: "["): return try nested { reader throws(JSONError) in try reader.readArray() }
        case UInt8(ascii: "\""): return .string(try readString())
        case UInt8(ascii: "t"): return try readWord("true", .bool(true))
        case UInt8(ascii: "f"): return try readWord("false", .bool(false))
        case UInt8(ascii: "n"): return try readWord("null", .null)
        case .some(UInt8(ascii: "-")), .some(UInt8(ascii: "0")...UInt8(ascii: "9")): return try readNumber()
        case nil: throw failure(.notJSON, "The document ends where a value is expected.")
        case .some:
            throw failure(.notJSON, "No JSON value begins here. NaN, Infinity and bare words are not JSON.")
        }
    }

    private mutating func nested(
        _ read: (inout JSONReader) throws(JSONError) -> JSONValue
    ) throws(JSONError) -> JSONValue {
        guard depth < limits.maximumDepth else {
            throw failure(.notJSON, "Nested deeper than \(limits.maximumDepth) levels.")
        }
        depth += 1
        position += 1
        let value = try read(&self)
        depth -= 1
        return value
    }

    private mutating func readObject() throws(JSONError) -> JSONValue {
        var members: [JSONValue.Member] = []
        var names: Set<[UInt8]> = []
        skipSpace()
        if take(UInt8(ascii: "}")) { return .object([]) }
        while true {
            skipSpace()
            guard peek() == UInt8(ascii: "\"") else {
                throw failure(.notJSON, "A member's name in quotes is expected.")
            }
            let start = position
            let name = try readString()
            path.append(name)
            guard names.insert(Array(name.utf8)).inserted else {
                position = start
                throw failure(
                    .duplicateKey,
                    "'\(name)' stands twice in one object. Readers disagree on which one counts."
                )
            }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw failure(.notJSON, "':' is expected after the name '\(name)'.") }
            skipSpace()
            members.append(.init(name, try readValue()))
            path.removeLast()
            skipSpace()
            if take(UInt8(ascii: "}")) { return .object(members) }
            guard take(UInt8(ascii: ",")) else { throw failure(.notJSON, "',' or '}' is expected.") }
        }
    }

    private mutating func readArray() throws(JSONError) -> JSONValue {
        var items: [JSONValue] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return .array([]) }
        while true {
            skipSpace()
            path.append(String(items.count))
            items.append(try readValue())
            path.removeLast()
            skipSpace()
            if take(UInt8(ascii: "]")) { return .array(items) }
            guard take(UInt8(ascii: ",")) else { throw failure(.notJSON, "',' or ']' is expected.") }
        }
    }

    private mutating func readNumber() throws(JSONError) -> JSONValue {
        let start = position
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")), skipDigits() == 0 { throw failure(.notJSON, "A digit is expected after '-'.") }
        if take(UInt8(ascii: ".")), skipDigits() == 0 { throw failure(.notJSON, "A digit is expected after '.'.") }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "-")) { _ = take(UInt8(ascii: "+")) }
            if skipDigits() == 0 { throw failure(.notJSON, "A digit is expected in the exponent.") }
        }
        if let next = peek(), isDigit(next) {
            throw failure(.notJSON, "A number begins with '0' only before its point.")
        }
        return .number(String(decoding: bytes[start..<position], as: UTF8.self))
    }

    /// Reads a text: unescapes into bytes, then has the whole of it validated as UTF-8.
    private mutating func readString() throws(JSONError) -> String {
        let start = position
        position += 1
        var text: [UInt8] = []
        while true {
            guard let byte = peek() else {
                position = start
                throw failure(.notJSON, "The text that begins here has no end.")
            }
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let valid = String(validating: text, as: UTF8.self) else {
                    position = start
                    throw failure(.notJSON, "The text that begins here is not valid UTF-8.")
                }
                return valid
            case UInt8(ascii: "\\"): try readEscape(into: &text)
            case 0..<0x20: throw failure(.notJSON, "A control character stands in a text; write it as an escape.")
            default: text.append(byte)
            }
        }
    }

    private mutating func readEscape(into text: inout [UInt8]) throws(JSONError) {
        let escape = peek()
        position += 1
        switch escape {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(bytes[position - 1])
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            var code = try readHexadecimal()
            if (0xD800..<0xDC00).contains(code), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) {
                let low = try readHexadecimal()
                guard (0xDC00..<0xE000).contains(low) else {
                    throw failure(.notJSON, "Half of a surrogate pair stands alone.")
                }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else {
                throw failure(.notJSON, "Half of a surrogate pair stands alone.")
            }
            guard code != 0 else { throw failure(.notJSON, "NUL in a text; it cannot be stored.") }
            text += Array(String(Character(scalar)).utf8)
        default: throw failure(.notJSON, "An escape that JSON does not have.")
        }
    }

    private mutating func readHexadecimal() throws(JSONError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw failure(.notJSON, "Four hexadecimal digits are expected after \\u.")
            }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        return code
    }

    private mutating func readWord(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        let expected = Array(String(describing: word).utf8)
        guard bytes[position...].starts(with: expected) else { throw failure(.notJSON, "No JSON value begins here.") }
        position += expected.count
        return value
    }

    private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek(), [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
    }

    private mutating func skipDigits() -> Int {
        let start = position
        while let byte = peek(), isDigit(byte) { position += 1 }
        return position - start
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    private func failure(_ kind: JSONError.Kind, _ message: String) -> JSONError {
        JSONError(kind: kind, offset: min(position, bytes.count), pointer: JSONPointer.text(path), message: message)
    }
}

/// JSON pointers (RFC 6901) for messages.
enum JSONPointer {
    static func text(_ path: [String]) -> String {
        path.map { "/" + $0.split(separator: "~", omittingEmptySubsequences: false).joined(separator: "~0") }
            .map {
                "/" + $0.dropFirst().split(separator: "/", omittingEmptySubsequences: false).joined(separator: "~1")
            }
            .joined()
    }
}
