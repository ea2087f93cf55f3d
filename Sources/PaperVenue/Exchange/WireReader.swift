/// Reads a JSON text, for the lists that requests carry.
struct WireReader {
    /// Deepest nesting that is read; requests need two.
    private static let deepest = 8

    private let bytes: [UInt8]
    private var place = 0

    /// - Returns: `nil` when the text is not one JSON value.
    static func read(_ text: String) -> WireValue? {
        var reader = WireReader(bytes: Array(text.utf8))
        guard let value = reader.value(depth: 0) else { return nil }
        reader.skipSpace()
        return reader.place == reader.bytes.count ? value : nil
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || (0x09...0x0D).contains(byte) { place += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard next == UInt8(ascii: character) else { return false }
        place += 1
        return true
    }

    private mutating func take(word: String) -> Bool {
        guard bytes[place...].starts(with: word.utf8) else { return false }
        place += word.utf8.count
        return true
    }

    private mutating func value(depth: Int) -> WireValue? {
        guard depth < Self.deepest else { return nil }
        skipSpace()
        switch next {
        case UInt8(ascii: "\""): return text().map { .text($0) }
        case UInt8(ascii: "["): return list(depth: depth)
        case UInt8(ascii: "{"): return object(depth: depth)
        case UInt8(ascii: "t"): return take(word: "true") ? .flag(true) : nil
        case UInt8(ascii: "f"): return take(word: "false") ? .flag(false) : nil
        case UInt8(ascii: "n"): return take(word: "null") ? .null : nil
        default: return number()
        }
    }

    private mutating func number() -> WireValue? {
        let start = place
        while let byte = next, (48...57).contains(byte) || "+-.eE".utf8.contains(byte) { place += 1 }
        guard place > start else { return nil }
        return .number(String(decoding: bytes[start..<place], as: UTF8.self))
    }

    private mutating func list(depth: Int) -> WireValue? {
        guard take("[") else { return nil }
        var values: [WireValue] = []
        if take("]") { return .list(values) }
        while let element = value(depth: depth + 1) {
            values.append(element)
            if take("]") { return .list(values) }
            guard take(",") else { return nil }
        }
        return nil
    }

    private mutating func object(depth: Int) -> WireValue? {
        guard take("{") else { return nil }
        var members: [WireValue.Member] = []
        if take("}") { return .object(members) }
        while true {
            skipSpace()
            guard let key = text(), take(":"), let element = value(depth: depth + 1) else { return nil }
            members.append(WireValue.Member(key: key, value: element))
            if take("}") { return .object(members) }
            guard take(",") else { return nil }
        }
    }

    private mutating func text() -> String? {
        guard next == UInt8(ascii: "\"") else { return nil }
        place += 1
        var found: [UInt8] = []
        while let byte = next {
            place += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: found, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let escaped = escape() else { return nil }
                found.append(contentsOf: escaped.utf8)
            default: found.append(byte)
            }
        }
        return nil
    }

    /// What follows a backslash; a character beyond the basic plane is two of them and is not needed here.
    private mutating func escape() -> String? {
        guard let byte = next else { return nil }
        place += 1
        switch byte {
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            return String(decoding: [byte], as: UTF8.self)
        case UInt8(ascii: "u"):
            guard place + 4 <= bytes.count,
                let code = UInt32(String(decoding: bytes[place..<place + 4], as: UTF8.self), radix: 16),
                let scalar = Unicode.Scalar(code)
            else { return nil }
            place += 4
            return String(Character(scalar))
        default: return nil
        }
    }
}
