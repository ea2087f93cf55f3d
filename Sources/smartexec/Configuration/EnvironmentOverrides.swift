import YAMLNodes

/// Puts `SMARTEXEC__A__B=value` into the tree as `a.b`, and `SMARTEXEC_DATABASE_URL` as `database.url`.
enum EnvironmentOverrides {
    static let prefix = "SMARTEXEC__"
    static let databaseVariable = "SMARTEXEC_DATABASE_URL"

    /// The tree with all overrides, in the order of their names.
    ///
    /// The tree's keys decide what `MY_AGENT` means: `my-agent` where there is one. Ranges point into the variable's
    /// name, never at its value, which may be a secret.
    static func apply(_ variables: EnvironmentVariables, to tree: YAMLNode, _ diagnostics: Diagnostics) -> YAMLNode {
        var tree = tree
        for (name, value) in variables.values.sorted(by: { $0.key < $1.key }) where name.hasPrefix(prefix) {
            let source = SourceFile(name: variables.sourceName(name), text: name)
            guard let segments = segments(of: source) else {
                let help = "write SMARTEXEC__MARKET__SEED for `market.seed`"
                let message = "the variable's name has an empty part"
                diagnostics.error("variable", message, at: source.range(0..<source.count), help: help)
                continue
            }
            // No setting has a secret's name, so this becomes an error, and an error may quote the value.
            let isSecret = segments.last.map { Secrets.isSecretName($0.text) } ?? false
            let leaf = leaf(isSecret ? "***" : value, source, diagnostics)
            tree = tree.layered(under: overlay(segments[...], leaf, below: tree))
        }
        if let url = variables.values[databaseVariable], !url.isEmpty {
            let source = SourceFile(name: variables.sourceName(databaseVariable), text: databaseVariable)
            let range = source.range(0..<source.count)
            let segments = [Segment(text: "database", range: range), Segment(text: "url", range: range)]
            let leaf = YAMLNode(.scalar(YAMLScalar(url, style: .doubleQuoted)), at: range)
            tree = tree.layered(under: overlay(segments[...], leaf, below: tree))
        }
        return tree
    }

    private struct Segment {
        var text: String
        var range: SourceRange
    }

    private static func segments(of source: SourceFile) -> [Segment]? {
        var segments: [Segment] = []
        var offset = prefix.count
        for part in source.text.dropFirst(prefix.count).split(separator: "__", omittingEmptySubsequences: false) {
            guard !part.isEmpty else { return nil }
            segments.append(Segment(text: String(part), range: source.range(offset..<(offset + part.count))))
            offset += part.count + 2
        }
        return segments
    }

    /// `[a, b]` is a list; everything else is a text, which the schema gives its type.
    private static func leaf(_ value: String, _ source: SourceFile, _ diagnostics: Diagnostics) -> YAMLNode {
        let range = source.range(0..<source.count)
        guard value.hasPrefix("["), value.hasSuffix("]") else {
            return YAMLNode(.scalar(YAMLScalar(value, style: .doubleQuoted)), at: range)
        }
        let found = Diagnostics()
        guard let list = YAMLReader.read(SourceFile(name: source.name, text: value), into: found)?.sequence,
            !found.hasErrors
        else {
            diagnostics.error("variable", "the value is no list", at: range, help: "write [first, second]")
            return YAMLNode(.sequence([]), at: range)
        }
        return YAMLNode(.sequence(list.map { YAMLNode($0.content, at: range) }), at: range)
    }

    private static func overlay(_ segments: ArraySlice<Segment>, _ leaf: YAMLNode, below tree: YAMLNode?) -> YAMLNode {
        guard let segment = segments.first else { return leaf }
        let key = key(segment.text, among: (tree?.entries ?? []).map(\.key))
        let value = overlay(segments.dropFirst(), leaf, below: tree?[key])
        return YAMLNode(
            .mapping([YAMLEntry(key: key, keyRange: segment.range, value: value)]),
            at: segment.range
        )
    }

    /// The key that differs from the segment only in case and in `-` for `_`, else the segment in lower case.
    private static func key(_ segment: String, among keys: [String]) -> String {
        let wanted = segment.lowercased()
        return keys.first { $0.lowercased() == wanted }
            ?? keys.first { $0.lowercased().replacing("-", with: "_") == wanted } ?? wanted
    }
}
