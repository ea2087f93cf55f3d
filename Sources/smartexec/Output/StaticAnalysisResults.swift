import Foundation
import YAMLNodes

/// Findings in the Static Analysis Results Interchange Format, version 2.1.0, which code hosts show beside the lines.
struct StaticAnalysisResults {
    let findings: [Diagnostic]
    let version: String

    /// The document; no final line break.
    var text: String {
        let rules = Set(findings.map(\.rule)).sorted()
        let driver: JSONDocument = .object([
            "name": .string("smartexec"), "version": .string(version),
            "rules": .array(rules.map { .object(["id": .string($0)]) }),
        ])
        let run: JSONDocument = .object([
            "tool": .object(["driver": driver]),
            // Columns count as the diagnostics' do.
            "columnKind": .string("unicodeCodePoints"),
            "results": .array(findings.map { Self.result($0, rules) }),
        ])
        return JSONDocument.object([
            "$schema": .string("https://json.schemastore.org/sarif-2.1.0.json"),
            "version": .string("2.1.0"), "runs": .array([run]),
        ]).pretty
    }

    private static func result(_ finding: Diagnostic, _ rules: [String]) -> JSONDocument {
        let help = finding.help.map { "\nhelp: \($0)" } ?? ""
        let region: JSONDocument = .object([
            "startLine": .integer(finding.range.line), "startColumn": .integer(finding.range.column),
            "endColumn": .integer(finding.endColumn),
        ])
        let place: JSONDocument = .object([
            "artifactLocation": .object(["uri": .string(uri(finding.range.file.name))]), "region": region,
        ])
        return .object([
            "ruleId": .string(finding.rule),
            "ruleIndex": rules.firstIndex(of: finding.rule).map(JSONDocument.integer) ?? .null,
            "level": .string(finding.severity == .error ? "error" : "warning"),
            "message": .object(["text": .string(finding.message + help)]),
            "locations": .array([.object(["physicalLocation": place])]),
        ])
    }

    /// A file's name as a URI reference: as given, with what URIs reserve in percent form.
    private static func uri(_ name: String) -> String {
        let path = name.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? name
        return name.hasPrefix("/") ? "file://\(path)" : path
    }
}

extension Diagnostic {
    /// Behind its last character in its first line.
    var endColumn: Int {
        let first = range.text.unicodeScalars.prefix { $0 != "\n" && $0 != "\r" }
        return range.column + max(1, first.count)
    }
}
