/// PostgreSQL's text form of one-dimensional arrays: `{1,NULL,"a \"quoted\" word"}`.
///
/// Source: PostgreSQL manual, "Array Input and Output Syntax".
enum ArrayLiteral {
    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")
    private static let comma = UInt8(ascii: ",")

    /// Appends the literal of `elements`.
    ///
    /// Every text is quoted, so that one reading `NULL` stays a text.
    static func append(_ elements: [String?], to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "{"))
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes.append(comma) }
            guard let element else {
                bytes.append(contentsOf: "NULL".utf8)
                continue
            }
            bytes.append(quote)
            append(escaping: element, to: &bytes)
            bytes.append(quote)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    /// Copies what lies between quotes and backslashes in one piece.
    private static func append(escaping text: String, to bytes: inout [UInt8]) {
        var text = text
        text.withUTF8 { utf8 in
            var start = 0
            for place in utf8.indices where utf8[place] == quote || utf8[place] == backslash {
                bytes.append(contentsOf: utf8[start..<place])
                bytes.append(backslash)
                start = place
            }
            bytes.append(contentsOf: utf8[start...])
        }
    }

    /// Appends the literal of `elements`.
    static func append(_ elements: [Int64?], to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "{"))
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes.append(comma) }
            bytes.append(contentsOf: (element.map(String.init) ?? "NULL").utf8)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    /// Returns the elements of a one-dimensional array in the server's text form, or nil for any other text.
    static func elements(of text: String) -> [String?]? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 2, bytes.first == UInt8(ascii: "{"), bytes.last == UInt8(ascii: "}") else { return nil }
        let end = bytes.count - 1
        var elements: [String?] = []
        var position = 1
        guard position < end else { return elements }
        while true {
            guard let (element, next) = element(in: bytes, from: position, to: end) else { return nil }
            elements.append(element)
            if next == end { return elements }
            guard bytes[next] == comma else { return nil }
            position = next + 1
        }
    }

    private static func element(in bytes: [UInt8], from start: Int, to end: Int) -> (element: String?, next: Int)? {
        guard start < end else { return nil }
        guard bytes[start] == quote else {
            let stop = bytes[start..<end].firstIndex(of: comma) ?? end
            let word = bytes[start..<stop]
            // A nested array or an empty element cannot be written unquoted in one dimension.
            guard !word.isEmpty, !word.contains(UInt8(ascii: "{")), !word.contains(quote) else { return nil }
            let text = String(decoding: word, as: UTF8.self)
            return (text == "NULL" ? nil : text, stop)
        }
        var content: [UInt8] = []
        var position = start + 1
        while position < end {
            switch bytes[position] {
            case quote:
                return (String(decoding: content, as: UTF8.self), position + 1)
            case backslash:
                guard position + 1 < end else { return nil }
                content.append(bytes[position + 1])
                position += 2
            default:
                content.append(bytes[position])
                position += 1
            }
        }
        return nil
    }
}
