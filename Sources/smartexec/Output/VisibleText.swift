/// Text of unknown origin as it may be shown: whatever would steer a terminal or hide itself is spelt out.
enum VisibleText {
    /// `text` on one line.
    static func of(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars { result += spelt(scalar) ?? String(scalar) }
        return result
    }

    /// The lines of `bytes`, at most `limit` of them, with a note of what is left out.
    static func lines(_ bytes: [UInt8], limit: Int) -> [String] {
        var lines = String(decoding: bytes.prefix(limit), as: UTF8.self).unicodeScalars
            .split(separator: "\n", omittingEmptySubsequences: false).map { of(String($0)) }
        if lines.last?.isEmpty == true { lines.removeLast() }
        if bytes.count > limit { lines.append("… \(bytes.count - limit) more of \(bytes.count) bytes") }
        return lines
    }

    private static func spelt(_ scalar: Unicode.Scalar) -> String? {
        // Joiners belong to letters and emoji of many scripts.
        guard scalar != "\t" else { return " " }
        guard scalar != "\u{200C}", scalar != "\u{200D}" else { return nil }
        return switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: "\\u{\(String(scalar.value, radix: 16))}"
        default: nil
        }
    }
}
