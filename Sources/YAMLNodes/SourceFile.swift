/// A text with a name, against which diagnostics are shown.
///
/// Offsets count Unicode scalars, as libyaml's marks do; lines and columns are derived and start at 1.
public final class SourceFile: Sendable {
    /// How the file is called in messages, such as `workflows/watchlist.yaml`.
    public let name: String
    public let text: String
    let scalars: [Unicode.Scalar]
    private let lineStarts: [Int]

    public init(name: String, text: String) {
        self.name = name
        self.text = text
        scalars = Array(text.unicodeScalars)
        lineStarts = Self.lineStarts(of: scalars)
    }

    /// Number of Unicode scalars.
    public var count: Int { scalars.count }

    /// Number of lines; a text that ends with a line break has an empty last line.
    public var lineCount: Int { lineStarts.count }

    /// Line and column, both from 1, of an offset; offsets beyond the end name the end.
    public func position(of offset: Int) -> SourcePosition {
        let offset = min(max(offset, 0), scalars.count)
        var low = 0
        var high = lineStarts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle }
        }
        return SourcePosition(line: low + 1, column: offset - lineStarts[low] + 1)
    }

    /// The text of a line without its line break; empty for a line that does not exist.
    public func line(_ number: Int) -> String {
        guard lineStarts.indices.contains(number - 1) else { return "" }
        let start = lineStarts[number - 1]
        var end = number < lineStarts.count ? lineStarts[number] : scalars.count
        while end > start, Self.isBreak(scalars[end - 1]) { end -= 1 }
        return string(start..<end)
    }

    /// The text between two offsets.
    public func string(_ offsets: Range<Int>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars[offsets.clamped(to: 0..<scalars.count)])
        return String(view)
    }

    /// A range of this file.
    public func range(_ offsets: Range<Int>) -> SourceRange {
        SourceRange(file: self, start: offsets.lowerBound, end: offsets.upperBound)
    }

    /// The whole of line `number` as a range, without its line break.
    func rangeOfLine(_ number: Int) -> SourceRange {
        let start = lineStarts[min(max(number, 1), lineStarts.count) - 1]
        return range(start..<(start + line(number).unicodeScalars.count))
    }

    /// Breaks lines where libyaml does, so that its line numbers and ours agree.
    private static func lineStarts(of scalars: [Unicode.Scalar]) -> [Int] {
        var starts = [0]
        var index = 0
        while index < scalars.count {
            defer { index += 1 }
            guard isBreak(scalars[index]) else { continue }
            if scalars[index] == "\r", index + 1 < scalars.count, scalars[index + 1] == "\n" { index += 1 }
            starts.append(index + 1)
        }
        return starts
    }

    private static func isBreak(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": true
        default: false
        }
    }
}

/// Line and column of a place in a file, both from 1.
public struct SourcePosition: Hashable, Comparable, Sendable {
    public let line: Int
    public let column: Int

    public static func < (left: SourcePosition, right: SourcePosition) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// A stretch of a file, from `start` up to but without `end`, in Unicode scalars.
public struct SourceRange: Sendable {
    public let file: SourceFile
    public let start: Int
    public let end: Int

    public init(file: SourceFile, start: Int, end: Int) {
        self.file = file
        self.start = start
        self.end = max(start, end)
    }

    public var position: SourcePosition { file.position(of: start) }
    public var line: Int { position.line }
    public var column: Int { position.column }

    /// The text it covers.
    public var text: String { file.string(start..<end) }

    /// `file:line:column`.
    public var place: String { "\(file.name):\(line):\(column)" }

    /// From the start of this range to the end of `other`, which must be of the same file.
    func through(_ other: SourceRange) -> SourceRange {
        SourceRange(file: file, start: start, end: max(end, other.end))
    }
}

extension SourceRange: Hashable {
    public static func == (left: SourceRange, right: SourceRange) -> Bool {
        left.start == right.start && left.end == right.end && left.file.name == right.file.name
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(start)
        hasher.combine(end)
        hasher.combine(file.name)
    }
}
