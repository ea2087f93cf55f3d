import YAMLNodes

/// One value of the configuration in force, as `config show --effective` prints it.
struct EffectiveSetting: Hashable, Sendable, Encodable {
    /// Dotted, such as `accounts.paper.cash`.
    var key: String
    /// As written, secrets masked; lists as `[a, b]`.
    var value: String
    /// `default`, `config/config.yaml:12`, or `environment SMARTEXEC__MARKET__SEED`.
    var source: String

    /// Every value of a tree, in its order.
    static func all(of tree: YAMLNode) -> [EffectiveSetting] {
        tree.leaves.filter { !$0.node.isEmpty && $0.node.entries == nil }.map { path, node in
            let value = Secrets.isSecretName(path.last ?? "") ? "***" : Secrets.masked(node.shown)
            return EffectiveSetting(key: path.joined(separator: "."), value: value, source: node.sourceName)
        }
    }
}

extension YAMLNode {
    fileprivate var shown: String {
        switch content {
        case .scalar(let scalar): scalar.text
        case .sequence(let nodes): "[\(nodes.map(\.shown).joined(separator: ", "))]"
        case .mapping(let entries): "{\(entries.map { "\($0.key): \($0.value.shown)" }.joined(separator: ", "))}"
        }
    }

    /// Files are named with their line; a variable has none.
    fileprivate var sourceName: String {
        let name = range.file.name
        let isFile = name != BuiltInConfiguration.sourceName && !name.contains(" ")
        return isFile ? "\(name):\(range.line)" : name
    }
}
