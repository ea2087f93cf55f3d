/// Where a step stands in a run: ids joined by `/`, a foreach item as `id[key]`: `each[NVDA]/process/decide`.
///
/// Durable: it depends on names and keys only, never on positions, so that a list recomputed in another order after a
/// crash maps to the same steps.
public struct StepPath: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let text: String

    public init(_ text: String) { self.text = text }

    /// The run itself.
    public static let root = StepPath("")

    public var description: String { text }

    public static func < (left: StepPath, right: StepPath) -> Bool { left.text < right.text }

    public func appending(_ id: String) -> StepPath { StepPath(text.isEmpty ? id : "\(text)/\(id)") }

    /// The path of the item `key` of this foreach.
    ///
    /// `%`, `[` and `]` of the key are percent-encoded.
    public func item(_ key: String) -> StepPath {
        var escaped = ""
        for scalar in key.unicodeScalars {
            switch scalar {
            case "%": escaped += "%25"
            case "[": escaped += "%5B"
            case "]": escaped += "%5D"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return StepPath("\(text)[\(escaped)]")
    }

    /// The texts of every path that this one is inside of, the shortest first and its own last.
    public var enclosing: [String] {
        var texts = [""]
        for (place, byte) in zip(text.utf8.indices, text.utf8)
        where byte == UInt8(ascii: "/") || byte == UInt8(ascii: "[") {
            texts.append(String(text[..<place]))
        }
        texts.append(text)
        return texts
    }

    /// True for `other` itself and for what runs below it.
    public func isInside(_ other: StepPath) -> Bool {
        guard !other.text.isEmpty, text.hasPrefix(other.text) else { return other.text.isEmpty }
        let rest = text.dropFirst(other.text.count)
        return rest.isEmpty || rest.hasPrefix("/") || rest.hasPrefix("[")
    }
}

extension StepPath: Codable {
    public init(from decoder: any Decoder) throws { text = try decoder.singleValueContainer().decode(String.self) }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
