/// Reads the keys of a mapping, each once and typed, and reports what is wrong instead of throwing.
///
/// Ask for every key that the schema allows, then call ``finish()`` (``YAMLNode/decode(as:_:_:)`` does): keys that
/// nobody asked for are errors with a suggestion.
public final class MappingReader {
    /// How messages call the mapping: `account \`paper\``.
    public let name: String
    public let node: YAMLNode
    public let diagnostics: Diagnostics
    private var known: [String] = []
    private var later: [String: String] = [:]
    private var missing: [String] = []

    /// Starts reading `node`; anything but a mapping is reported, and every key is then absent.
    public init(_ node: YAMLNode, name: String, _ diagnostics: Diagnostics) {
        self.node = node
        self.name = name
        self.diagnostics = diagnostics
        if node.entries == nil {
            diagnostics.error(
                "shape",
                "\(name) must be a mapping of keys to values, found \(node.kindDescription)",
                at: node.range
            )
        }
    }

    /// False when the node is no mapping: its keys are then not worth reporting as missing.
    public var isMapping: Bool { node.entries != nil }

    // MARK: - Scalars

    /// The typed value under `key`, or `nil` when it is absent or wrong (which is reported).
    public func optional<Value>(_ key: String, _ type: ScalarType<Value>) -> Value? {
        guard let value = self.node(key) else { return nil }
        return value.scalar(type, named: "`\(key)`", diagnostics)
    }

    /// The typed value under `key`, or `fallback` when it is absent or wrong (which is reported).
    public func value<Value>(_ key: String, _ type: ScalarType<Value>, default fallback: Value) -> Value {
        optional(key, type) ?? fallback
    }

    /// The typed value under `key`; absence is reported.
    public func required<Value>(_ key: String, _ type: ScalarType<Value>) -> Value? {
        guard let value = requiredNode(key) else { return nil }
        return value.scalar(type, named: "`\(key)`", diagnostics)
    }

    /// The text under `key`, or `nil`.
    public func text(_ key: String) -> String? { optional(key, .text) }

    // MARK: - Lists and mappings

    /// The typed scalars of the list under `key`, or `nil` when it is absent.
    ///
    /// Wrong elements are reported and left out.
    public func list<Value>(_ key: String, _ type: ScalarType<Value>) -> [Value]? {
        guard let nodes = sequence(key) else { return nil }
        return nodes.compactMap { $0.scalar(type, named: "an element of `\(key)`", diagnostics) }
    }

    /// The nodes of the list under `key`, or `nil` when it is absent or no list (which is reported).
    public func sequence(_ key: String) -> [YAMLNode]? {
        guard let value = self.node(key) else { return nil }
        guard let nodes = value.sequence else {
            diagnostics.error("shape", "`\(key)` must be a list, found \(value.kindDescription)", at: value.range)
            return nil
        }
        return nodes
    }

    /// Decodes the mapping under `key`; `nil` when it is absent.
    public func mapping<Value>(_ key: String, _ decode: (MappingReader) -> Value?) -> Value? {
        guard let value = self.node(key) else { return nil }
        return value.decode(as: "`\(key)`", diagnostics, decode)
    }

    /// Decodes a mapping of free names, such as `accounts`, to its values in the order written.
    public func entries<Value>(_ key: String, _ decode: (String, MappingReader) -> Value?) -> [(
        key: String, value: Value
    )] {
        guard let value = self.node(key) else { return [] }
        guard let entries = value.entries else {
            diagnostics.error(
                "shape",
                "`\(key)` must be a mapping of names to values, found \(value.kindDescription)",
                at: value.range
            )
            return []
        }
        return entries.compactMap { entry in
            entry.value.decode(as: "`\(key).\(entry.key)`", diagnostics) { decode(entry.key, $0) }
                .map { (entry.key, $0) }
        }
    }

    // MARK: - Nodes

    /// The node under `key`, or `nil`; an empty value (`key:`) counts as absent.
    public func node(_ key: String) -> YAMLNode? {
        allow(key)
        return node[key].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The node under `key`; absence is reported.
    public func requiredNode(_ key: String) -> YAMLNode? {
        allow(key)
        if let value = node[key] {
            guard value.isEmpty else { return value }
            diagnostics.error("missing-key", "`\(key)` has no value", at: keyRange(key) ?? value.range)
        } else if isMapping {
            missing.append(key)
        }
        return nil
    }

    /// Where `key` stands.
    public func keyRange(_ key: String) -> SourceRange? { node.entries?.first { $0.key == key }?.keyRange }

    /// True when `key` is written, with or without a value.
    public func has(_ key: String) -> Bool { node[key] != nil }

    /// Marks keys as allowed without reading them.
    public func allow(_ keys: String...) {
        for key in keys where !known.contains(key) { known.append(key) }
    }

    /// Marks keys that the grammar knows and this version does not run; finding one is an `unsupported` error.
    public func refuse(_ keys: [String], help: String) {
        for key in keys { later[key] = help }
    }

    /// Reports required keys that are absent, and the keys that nobody asked for.
    ///
    /// A required key with a misspelt one in its place is reported once, at the misspelt one.
    public func finish() {
        let unknown = (node.entries ?? []).map(\.key).filter { !known.contains($0) && later[$0] == nil }
        let misspelt = Set(unknown.compactMap { Suggestion.nearest(to: $0, in: known) })
        for key in missing where !misspelt.contains(key) {
            diagnostics.error("missing-key", "\(name) needs `\(key)`", at: anchor)
        }
        missing = []
        for entry in node.entries ?? [] where !known.contains(entry.key) {
            if let help = later[entry.key] {
                let message = "`\(entry.key)` is not supported yet in this version"
                diagnostics.error("unsupported", message, at: entry.keyRange, help: help)
                continue
            }
            let allowed = "allowed here: \(known.joined(separator: ", "))"
            let question = Suggestion.question(for: entry.key, in: known)
            diagnostics.error(
                "unknown-key",
                "\(name) has no key `\(entry.key)`",
                at: entry.keyRange,
                help: question.map { "\($0) \(allowed)" } ?? allowed
            )
        }
    }

    /// Where a missing key is reported: the first key, so that the line tells which mapping is meant.
    private var anchor: SourceRange { node.entries?.first?.keyRange ?? node.range }
}

extension YAMLNode {
    /// Decodes a mapping, which messages call `name`, and reports the keys that `body` did not ask for.
    public func decode<Value>(as name: String, _ diagnostics: Diagnostics, _ body: (MappingReader) -> Value?) -> Value?
    {
        let reader = MappingReader(self, name: name, diagnostics)
        guard reader.isMapping else { return nil }
        let value = body(reader)
        reader.finish()
        return value
    }

    /// The typed value of a scalar; anything else is reported.
    public func scalar<Value>(_ type: ScalarType<Value>, named name: String, _ diagnostics: Diagnostics) -> Value? {
        guard let scalar else {
            diagnostics.error("shape", "\(name) must be \(type.name), found \(kindDescription)", at: range)
            return nil
        }
        do {
            return try type.parse(scalar.text)
        } catch {
            diagnostics.error("value", "\(name) wants \(type.name): \(error.message)", at: range, help: error.help)
            return nil
        }
    }
}
