/// Reads YAML text to a tree of nodes with positions, refusing what the strict subset leaves out.
///
/// Every finding is collected; libyaml stops at a syntax error, so nothing after one is seen.
public enum YAMLReader {
    /// Bounds that keep a hostile or broken file cheap.
    ///
    /// Real files stay far below them.
    public enum Limits {
        /// Bytes of a file: a workflow or configuration of 1 MiB is a mistake.
        public static let bytes = 1 << 20
        /// Nesting of mappings and lists.
        public static let depth = 32
        /// Nodes of a tree.
        public static let nodes = 50_000
    }

    /// Parses a file's bytes.
    ///
    /// - Parameters:
    ///   - bytes: UTF-8 without a byte order mark.
    ///   - name: How messages call the file.
    ///   - diagnostics: Where findings go.
    /// - Returns: The source for messages, and the tree; `nil` when an error leaves none worth reading.
    public static func read(
        bytes: [UInt8],
        name: String,
        into diagnostics: Diagnostics
    ) -> (source: SourceFile, node: YAMLNode?) {
        guard bytes.count <= Limits.bytes else {
            let source = SourceFile(name: name, text: "")
            let message = "the file has \(bytes.count) bytes; at most \(Limits.bytes) are read"
            diagnostics.error("limit", message, at: source.range(0..<0), help: "split it into several files")
            return (source, nil)
        }
        let text = String(decoding: bytes, as: UTF8.self)
        let source = SourceFile(name: name, text: text)
        guard String(validating: bytes, as: UTF8.self) != nil else {
            let start = firstReplacement(in: source)
            let message = "the file is not valid UTF-8: a byte here begins no character"
            diagnostics.error("encoding", message, at: source.range(start..<(start + 1)), help: "save it as UTF-8")
            return (source, nil)
        }
        return (source, read(source, into: diagnostics))
    }

    /// Parses a text.
    public static func read(_ source: SourceFile, into diagnostics: Diagnostics) -> YAMLNode? {
        guard source.text.utf8.count <= Limits.bytes else {
            let message = "the text has \(source.text.utf8.count) bytes; at most \(Limits.bytes) are read"
            diagnostics.error("limit", message, at: source.range(0..<0), help: "split it into several files")
            return nil
        }
        guard isReadable(source, diagnostics) else { return nil }
        var parser = EventTreeBuilder(source: source, diagnostics: diagnostics)
        return parser.build()
    }

    private static func firstReplacement(in source: SourceFile) -> Int {
        source.scalars.firstIndex(of: "\u{FFFD}") ?? 0
    }

    /// What libyaml would take or report poorly: a byte order mark, control characters, tabs in the indentation.
    private static func isReadable(_ source: SourceFile, _ diagnostics: Diagnostics) -> Bool {
        if source.scalars.first == "\u{FEFF}" {
            diagnostics.error(
                "encoding",
                "the file begins with a byte order mark",
                at: source.range(0..<1),
                help: "save it as UTF-8 without BOM"
            )
            return false
        }
        var readable = true
        var inIndentation = true
        for (offset, scalar) in source.scalars.enumerated() {
            switch scalar {
            case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": inIndentation = true
            case " ": break
            case "\t":
                guard inIndentation else { continue }
                let message = "a tab in the indentation; YAML counts spaces"
                let help = "replace it with spaces"
                diagnostics.error("tab", message, at: source.range(offset..<(offset + 1)), help: help)
                readable = false
                inIndentation = false
            default:
                inIndentation = false
                guard scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || scalar == "\u{FEFF}" else {
                    continue
                }
                let code = String(scalar.value, radix: 16, uppercase: true)
                let message = "the control character U+\(String(repeating: "0", count: max(0, 4 - code.count)))\(code)"
                diagnostics.error("encoding", message, at: source.range(offset..<(offset + 1)), help: "remove it")
                readable = false
            }
        }
        return readable
    }
}
