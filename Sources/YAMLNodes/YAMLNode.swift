/// A node of a YAML file: text as written, with its place.
///
/// Nothing is resolved; the schema gives each scalar its type.
public struct YAMLNode: Hashable, Sendable {
    public enum Content: Hashable, Sendable {
        case scalar(YAMLScalar)
        case sequence([YAMLNode])
        /// In the order written; keys are unique.
        case mapping([YAMLEntry])
    }

    public let content: Content
    public let range: SourceRange

    public init(_ content: Content, at range: SourceRange) {
        self.content = content
        self.range = range
    }

    public var scalar: YAMLScalar? {
        guard case .scalar(let scalar) = content else { return nil }
        return scalar
    }

    public var sequence: [YAMLNode]? {
        guard case .sequence(let nodes) = content else { return nil }
        return nodes
    }

    public var entries: [YAMLEntry]? {
        guard case .mapping(let entries) = content else { return nil }
        return entries
    }

    /// The value under `key`, when this is a mapping that has it.
    public subscript(key: String) -> YAMLNode? { entries?.first { $0.key == key }?.value }

    /// True for `key:` with nothing behind it.
    public var isEmpty: Bool { scalar.map { $0.text.isEmpty && !$0.isQuoted } ?? false }

    /// What it is, for messages: `a mapping`, `a list`, `nothing`, or the text in quotes.
    public var kindDescription: String {
        switch content {
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .scalar(let scalar): isEmpty ? "nothing" : "`\(scalar.text.prefix(60))`"
        }
    }
}

/// A scalar's text, without quotes and with escapes undone, and how it was written.
public struct YAMLScalar: Hashable, Sendable {
    public enum Style: Hashable, Sendable {
        case plain, singleQuoted, doubleQuoted, literal, folded
    }

    public let text: String
    public let style: Style

    public init(_ text: String, style: Style = .plain) {
        self.text = text
        self.style = style
    }

    public var isQuoted: Bool { style != .plain }
}

/// One key of a mapping with its value.
public struct YAMLEntry: Hashable, Sendable {
    public let key: String
    public let keyRange: SourceRange
    public let value: YAMLNode

    public init(key: String, keyRange: SourceRange, value: YAMLNode) {
        self.key = key
        self.keyRange = keyRange
        self.value = value
    }
}

extension YAMLNode {
    /// Maps an offset inside the scalar's text to a range of the file.
    ///
    /// Exact when the text stands in the file as it is (plain or quoted on one line without escapes); otherwise the
    /// whole scalar, since folding and escapes move characters.
    public func range(ofText offsets: Range<Int>) -> SourceRange {
        guard let scalar else { return range }
        let shift: Int
        switch scalar.style {
        case .plain: shift = 0
        case .singleQuoted, .doubleQuoted: shift = 1
        case .literal, .folded: return range
        }
        let start = range.start + shift
        let text = scalar.text.unicodeScalars
        guard offsets.upperBound <= text.count, start + text.count <= range.end,
            range.file.scalars[start..<(start + text.count)].elementsEqual(text)
        else { return range }
        return range.file.range((start + offsets.lowerBound)..<(start + offsets.upperBound))
    }
}
