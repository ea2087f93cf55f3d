import Foundation
import Testing
import Workflows
import YAMLNodes

/// Every file of `Broken/` has beside it `<name>.expected`: one line `line:column rule message` for each diagnostic.
///
/// After a deliberate change of a message, run with `SMARTEXEC_RECORD_DIAGNOSTICS=1` and read the difference.
@Suite("Broken files")
struct BrokenFilesTests {
    static let names: [String] = {
        let folder = Fixtures.folder.appending(path: "Broken")
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
    }()

    @Test("The corpus is there")
    func corpus() { #expect(Self.names.count >= 200) }

    @Test("Each gives exactly its diagnostics, in order of position", arguments: names)
    func diagnostics(_ name: String) throws {
        let folder = Fixtures.folder.appending(path: "Broken")
        let text = try String(contentsOf: folder.appending(path: "\(name).yaml"), encoding: .utf8)
        let result = Fixtures.compile(SourceFile(name: "\(name).yaml", text: text))
        #expect(result.bundle == nil && result.hasErrors)
        let found = result.diagnostics.map { diagnostic in
            let help = diagnostic.help.map { "\n    help: \($0)" } ?? ""
            return
                "\(diagnostic.range.line):\(diagnostic.range.column) \(diagnostic.rule) \(diagnostic.message)\(help)\n"
        }.joined()
        let file = folder.appending(path: "\(name).expected")
        if ProcessInfo.processInfo.environment["SMARTEXEC_RECORD_DIAGNOSTICS"] != nil {
            try found.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(found == (try String(contentsOf: file, encoding: .utf8)))
    }

    @Test("An unchecked order gives the error of the reference, caret and help included")
    func safetyExample() throws {
        let url = Fixtures.folder.appending(path: "Broken/safety-unchecked-order.yaml")
        let source = SourceFile(name: "t.yaml", text: try String(contentsOf: url, encoding: .utf8))
        let diagnostics = Fixtures.compile(source).diagnostics
        #expect(
            diagnostics.rendered == """
                t.yaml:27:18: error[type]: `order` of execute.vwap wants ApprovedOrder, got ProposedOrder
                   |
                27 |           order: ${{ order }}
                   |                  ^^^^^^^^^^^^
                   = help: foreach runs over `steps.size.orders` (line 20); `steps.check.approved` has passed risk.check
                """
        )
    }
}
