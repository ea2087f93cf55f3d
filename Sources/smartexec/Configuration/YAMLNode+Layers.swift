import YAMLNodes

extension YAMLNode {
    /// This tree with `overlay` on top.
    ///
    /// A key with nothing behind it, as after commenting out a whole section,
    /// leaves what the layers below say.
    func layered(under overlay: YAMLNode) -> YAMLNode { merging(overlay.withoutEmptyKeys(of: self)) }

    /// The same, but a model that `overlay` gives replaces the one below as a whole: weights left over from another
    /// list would buy what nobody asked for.
    func layered(underFile overlay: YAMLNode) -> YAMLNode {
        let replaced = Set((overlay["models"]?.entries ?? []).filter { !$0.value.isEmpty }.map(\.key))
        guard !replaced.isEmpty, let models = self["models"], let below = models.entries else {
            return layered(under: overlay)
        }
        let kept = YAMLNode(.mapping(below.filter { !replaced.contains($0.key) }), at: models.range)
        let entries = (entries ?? []).map { entry in
            entry.key == "models" ? YAMLEntry(key: entry.key, keyRange: entry.keyRange, value: kept) : entry
        }
        return YAMLNode(.mapping(entries), at: range).layered(under: overlay)
    }

    private func withoutEmptyKeys(of base: YAMLNode) -> YAMLNode {
        guard let entries, base.entries != nil else { return self }
        let kept = entries.compactMap { entry -> YAMLEntry? in
            guard let below = base[entry.key] else { return entry }
            guard !entry.value.isEmpty else { return nil }
            return YAMLEntry(key: entry.key, keyRange: entry.keyRange, value: entry.value.withoutEmptyKeys(of: below))
        }
        return YAMLNode(.mapping(kept), at: range)
    }

    /// This mapping with the keys of `template` that it lacks behind its own, so that its own come first in messages.
    func filled(from template: YAMLNode) -> YAMLNode {
        guard let entries, let defaults = template.entries else { return isEmpty ? template : self }
        var filled = entries.map { entry in
            guard let below = template[entry.key] else { return entry }
            return YAMLEntry(key: entry.key, keyRange: entry.keyRange, value: entry.value.filled(from: below))
        }
        filled += defaults.filter { self[$0.key] == nil }
        return YAMLNode(.mapping(filled), at: range)
    }

    /// This mapping with each value of the mapping under `key` changed.
    func mappingEntries(of key: String, _ change: (YAMLNode) -> YAMLNode) -> YAMLNode {
        guard let entries else { return self }
        let changed = entries.map { entry in
            guard entry.key == key, let inner = entry.value.entries else { return entry }
            let values = inner.map { YAMLEntry(key: $0.key, keyRange: $0.keyRange, value: change($0.value)) }
            let value = YAMLNode(.mapping(values), at: entry.value.range)
            return YAMLEntry(key: entry.key, keyRange: entry.keyRange, value: value)
        }
        return YAMLNode(.mapping(changed), at: range)
    }
}
