/// Something found in a file: where, what, and what to do about it.
public struct Diagnostic: Hashable, Sendable {
    public enum Severity: String, Hashable, Sendable, Codable {
        case error
        /// The file is usable.
        case warning
    }

    public let severity: Severity
    /// Stable name of the rule in kebab-case, such as `unknown-key`.
    public let rule: String
    public let message: String
    public let range: SourceRange
    /// What to do next; shown as `= help:`.
    public let help: String?

    public init(
        _ severity: Severity = .error,
        rule: String,
        _ message: String,
        at range: SourceRange,
        help: String? = nil
    ) {
        self.severity = severity
        self.rule = rule
        self.message = message
        self.range = range
        self.help = help
    }

    /// The first line alone: `file:line:col: error[rule]: message`.
    public var headline: String { "\(range.place): \(severity.rawValue)[\(rule)]: \(message)" }
}

extension Diagnostic {
    /// Longest source line shown whole; a longer one is cut to a window around the caret.
    private static let widestLine = 160

    /// The diagnostic as people read it: headline, source line, carets and help.
    public var rendered: String {
        let position = range.position
        let number = String(position.line)
        let gutter = String(repeating: " ", count: number.count)
        var line = Array(range.file.line(position.line)).map { $0 == "\t" ? " " : $0 }
        // Columns count Unicode scalars, and the line is shown in characters: count again in characters.
        let before = String.UnicodeScalarView(
            range.file.line(position.line).unicodeScalars.prefix(position.column - 1)
        )
        var column = String(before).count
        let covered = SourceRange(file: range.file, start: range.start, end: range.end).text
        let firstLine = covered.prefix { !$0.isNewline }
        var width = max(1, min(firstLine.count, max(1, line.count - column)))
        if line.count > Self.widestLine {
            let start = max(0, min(column - Self.widestLine / 3, line.count - Self.widestLine))
            line = Array(line[start..<min(line.count, start + Self.widestLine)])
            column -= start
            width = max(1, min(width, line.count - column))
        }
        var text = "\(headline)\n\(gutter) |\n\(number) | \(String(line))\n"
        text += "\(gutter) | \(String(repeating: " ", count: column))\(String(repeating: "^", count: width))"
        if let help { text += "\n\(gutter) = help: \(help)" }
        return text
    }
}

/// Collects what is found, so that one reading reports everything at once.
///
/// Not shared between tasks: one reader makes one, fills it and reads it.
public final class Diagnostics {
    public private(set) var items: [Diagnostic] = []
    private var seen: Set<Diagnostic> = []

    /// Most diagnostics kept; what follows in a hopeless file helps nobody.
    public static let limit = 200

    public init() {}

    public func add(_ diagnostic: Diagnostic) {
        guard items.count < Self.limit, seen.insert(diagnostic).inserted else { return }
        items.append(diagnostic)
    }

    public func error(_ rule: String, _ message: String, at range: SourceRange, help: String? = nil) {
        add(Diagnostic(.error, rule: rule, message, at: range, help: help))
    }

    public func warning(_ rule: String, _ message: String, at range: SourceRange, help: String? = nil) {
        add(Diagnostic(.warning, rule: rule, message, at: range, help: help))
    }

    public var hasErrors: Bool { items.contains { $0.severity == .error } }

    /// By file in the order first met, then by position; equal positions keep the order in which they were found.
    public var sorted: [Diagnostic] {
        var rank: [String: Int] = [:]
        for item in items where rank[item.range.file.name] == nil { rank[item.range.file.name] = rank.count }
        return items.enumerated().sorted { left, right in
            let leftKey = (rank[left.element.range.file.name, default: 0], left.element.range.start, left.offset)
            let rightKey = (rank[right.element.range.file.name, default: 0], right.element.range.start, right.offset)
            return leftKey < rightKey
        }.map(\.element)
    }
}

extension Sequence<Diagnostic> {
    /// All of them as people read them, with an empty line between.
    public var rendered: String { map(\.rendered).joined(separator: "\n\n") }
}
