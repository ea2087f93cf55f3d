import Foundation
import YAMLNodes

/// The variables of the process with those of a `.env` file below them, each knowing where it comes from.
struct EnvironmentVariables: Sendable {
    private(set) var values: [String: String]
    /// Places of those that a `.env` file gave, such as `.env:3`.
    private var places: [String: String] = [:]

    init(_ values: [String: String]) { self.values = values }

    /// How messages and `config show` call the source of a variable.
    func sourceName(_ name: String) -> String { "\(places[name].map { "\($0)" } ?? "environment") \(name)" }

    /// Adds the variables of a `.env` file where the process has none of that name.
    ///
    /// A file that is not there adds nothing; one that others may read is refused.
    mutating func addFile(_ path: String, name: String, into diagnostics: Diagnostics) {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else { return }  // there is none
        let empty = SourceFile(name: name, text: "").range(0..<0)
        let mode = (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0
        guard mode & 0o077 == 0 else {
            let message = "others may read this file: its mode is \(String(mode, radix: 8)), not 600"
            diagnostics.error("secret", message, at: empty, help: "chmod 600 \(name)")
            return
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            diagnostics.error("file", "the file cannot be read", at: empty, help: "check its owner and mode")
            return
        }
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            let text = line.trimmingCharacters(in: .whitespacesAndNewlines)
            guard !text.isEmpty, !text.hasPrefix("#") else { continue }
            guard let (variable, value) = Self.assignment(text) else {
                // The line is not shown: it may be a secret.
                let source = SourceFile(name: name, text: String(repeating: "\n", count: index))
                let message = "line \(index + 1) is not NAME=value"
                diagnostics.error("dotenv", message, at: source.range(index..<index), help: "write NAME=value")
                continue
            }
            guard values[variable] == nil else { continue }
            values[variable] = value
            places[variable] = "\(name):\(index + 1)"
        }
    }

    private static func assignment(_ text: String) -> (name: String, value: String)? {
        let text = text.hasPrefix("export ") ? text.dropFirst("export ".count) : text[...]
        guard let sign = text.firstIndex(of: "=") else { return nil }
        let name = text[..<sign]
        // Which fault a name has does not matter.
        guard (try? ScalarType.variableName.parse(String(name))) != nil else { return nil }
        let value = text[text.index(after: sign)...]
        for quote in ["\"", "'"] where value.count >= 2 && value.hasPrefix(quote) && value.hasSuffix(quote) {
            return (String(name), String(value.dropFirst().dropLast()))
        }
        return (String(name), String(value))
    }
}
