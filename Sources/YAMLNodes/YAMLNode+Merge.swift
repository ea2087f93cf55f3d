extension YAMLNode {
    /// This tree with `overlay` on top: mappings merge key by key, everything else is replaced.
    ///
    /// Each value keeps the range of the file that it came from, so messages name the right file.
    public func merging(_ overlay: YAMLNode) -> YAMLNode {
        guard case .mapping(var merged) = content, case .mapping(let upper) = overlay.content else { return overlay }
        for entry in upper {
            if let index = merged.firstIndex(where: { $0.key == entry.key }) {
                let value = merged[index].value.merging(entry.value)
                merged[index] = YAMLEntry(key: entry.key, keyRange: entry.keyRange, value: value)
            } else {
                merged.append(entry)
            }
        }
        return YAMLNode(.mapping(merged), at: range)
    }

    /// This tree with the value at `path` replaced by a scalar; mappings on the way are made when missing.
    ///
    /// For overrides from outside, such as environment variables: `source` holds `text` alone and names the variable.
    public func setting(_ path: [String], to text: String, source: SourceFile) -> YAMLNode {
        let range = source.range(0..<source.count)
        guard let key = path.first else { return YAMLNode(.scalar(YAMLScalar(text, style: .doubleQuoted)), at: range) }
        let old = self[key] ?? YAMLNode(.mapping([]), at: range)
        let value = old.setting(Array(path.dropFirst()), to: text, source: source)
        let entry = YAMLEntry(key: key, keyRange: range, value: value)
        let base = entries == nil ? YAMLNode(.mapping([]), at: range) : self
        return base.replacing(entry)
    }

    private func replacing(_ entry: YAMLEntry) -> YAMLNode {
        var all = entries ?? []
        if let index = all.firstIndex(where: { $0.key == entry.key }) { all[index] = entry } else { all.append(entry) }
        return YAMLNode(.mapping(all), at: range)
    }

    /// Every scalar and list of the tree with its dotted path, in the order written: what `config show` prints.
    public var leaves: [(path: [String], node: YAMLNode)] {
        guard let entries else { return [([], self)] }
        return entries.flatMap { entry in
            entry.value.leaves.map { ([entry.key] + $0.path, $0.node) }
        }
    }
}
