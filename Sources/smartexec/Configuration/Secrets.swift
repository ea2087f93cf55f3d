import YAMLNodes

/// What must not stand in a YAML file, and must not be shown.
enum Secrets {
    private static let words: Set<String> = [
        "password", "passwd", "passphrase", "secret", "token", "apikey", "credential", "credentials",
    ]

    /// True for `api_key`, `client-secret`, `token`…: names whose value is a secret.
    static func isSecretName(_ name: String) -> Bool {
        let parts = name.lowercased().split { $0 == "_" || $0 == "-" || $0 == "." }.map(String.init)
        // `secret_env` names the variable that holds one.
        if parts.last == "env" { return false }
        if parts.contains(where: words.contains) { return true }
        let pairs = zip(parts, parts.dropFirst())
        return pairs.contains { ["api", "private", "access"].contains($0) && $1 == "key" }
    }

    /// True when the text carries a password: a URL with one, or libpq's `password=`.
    static func holdsPassword(_ text: String) -> Bool { masked(text) != text }

    /// The text with the passwords of URLs and of `password=` replaced by `***`.
    static func masked(_ text: String) -> String { maskingParameters(maskingUserInfo(text)) }

    private static func maskingUserInfo(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        while let scheme = rest.firstRange(of: "://") {
            let isPostgres =
                rest[..<scheme.lowerBound].hasSuffix("postgres") || rest[..<scheme.lowerBound].hasSuffix("postgresql")
            result += rest[..<scheme.upperBound]
            rest = rest[scheme.upperBound...]
            let word = rest.prefix { !$0.isWhitespace && $0 != "\"" && $0 != "'" && $0 != "`" }
            let authority = word.prefix { !"/?#".contains($0) }
            // A password with a bare `/` is no valid URL, but it is still a password.
            guard let at = authority.lastIndex(of: "@") ?? (isPostgres ? word.lastIndex(of: "@") : nil),
                let colon = word[..<at].firstIndex(of: ":")
            else { continue }
            // A `:` behind the `/` belongs to a path.
            result += word[...colon] + (word.index(after: colon) == at ? "" : "***")
            rest = rest[at...]
        }
        return result + rest
    }

    private static func maskingParameters(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        while let key = rest.firstRange(of: "password=") {
            result += rest[..<key.upperBound]
            rest = rest[key.upperBound...]
            let value = rest.prefix { !$0.isWhitespace && $0 != "&" && $0 != "`" }
            result += value.isEmpty ? "" : "***"
            rest = rest[value.endIndex...]
        }
        return result + rest
    }

    /// The environment variable in which a secret belongs.
    static func variable(for path: [String]) -> String {
        guard path.first != "database" else { return "SMARTEXEC_DATABASE_URL" }
        return "SMARTEXEC__" + path.map { $0.uppercased().replacing("-", with: "_") }.joined(separator: "__")
    }
}

extension Secrets {
    private struct Found {
        var path: [String]
        var range: SourceRange
    }

    /// Reads a file's tree with every secret blanked out, in values and in the lines that messages show; each one
    /// found is an error.
    static func read(_ bytes: [UInt8], name: String, into diagnostics: Diagnostics) -> YAMLNode? {
        let (source, node) = YAMLReader.read(bytes: bytes, name: name, into: Diagnostics())
        let secrets = node.map { Self.secrets(of: $0, []) } ?? []
        let text = node == nil ? blankedByLine(source.text) : blanked(source, secrets)
        guard text != source.text else {
            return YAMLReader.read(bytes: bytes, name: name, into: diagnostics).node
        }
        let clean = YAMLReader.read(SourceFile(name: name, text: text), into: diagnostics)
        for secret in secrets {
            let message = "`\(secret.path.joined(separator: "."))` holds a secret; secrets are not read from YAML files"
            let shown = clean?.range.file.range(secret.range.start..<secret.range.end) ?? secret.range
            let name = variable(for: secret.path)
            let help = "remove it here and set \(name) in the environment or in a `.env` file with mode 0600"
            diagnostics.error("secret", message, at: shown, help: help)
        }
        return clean
    }

    private static func secrets(of node: YAMLNode, _ path: [String]) -> [Found] {
        switch node.content {
        case .mapping(let entries):
            return entries.flatMap { entry -> [Found] in
                let path = path + [entry.key]
                // The names of accounts, agents and models are free: an agent may be called `token-watcher`.
                let isName =
                    path.count == 2 && ["accounts", "agents", "models"].contains(path[0]) && entry.value.entries != nil
                guard isSecretName(entry.key), !isName, !entry.value.isEmpty else {
                    return secrets(of: entry.value, path)
                }
                return [Found(path: path, range: entry.value.range)]
            }
        case .sequence(let nodes):
            return nodes.flatMap { secrets(of: $0, path) }
        case .scalar(let scalar):
            return holdsPassword(scalar.text) ? [Found(path: path, range: behindScheme(node, scalar.text))] : []
        }
    }

    /// Where the secret part of a URL stands; the scheme may be shown.
    private static func behindScheme(_ node: YAMLNode, _ text: String) -> SourceRange {
        guard let scheme = text.firstRange(of: "://") else { return node.range }
        let start = text.unicodeScalars.distance(from: text.startIndex, to: scheme.upperBound)
        return node.range(ofText: start..<text.unicodeScalars.count)
    }

    private static func blanked(_ source: SourceFile, _ secrets: [Found]) -> String {
        var scalars = Array(source.text.unicodeScalars)
        for range in secrets.map(\.range) {
            for offset in range.start..<min(range.end, scalars.count) where !isSpace(scalars[offset]) {
                scalars[offset] = "*"
            }
            // A plain `*` would begin an alias.
            if range.start < scalars.count { scalars[range.start] = "x" }
        }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace }

    /// For a file that cannot be parsed: whatever follows a secret's name on its line is blanked.
    private static func blankedByLine(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let names = line.split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-") }
            guard let name = names.first(where: { isSecretName(String($0)) }) else { return masked(String(line)) }
            return line[..<name.endIndex] + String(repeating: "*", count: line[name.endIndex...].count)
        }.joined(separator: "\n")
    }
}
