import ExecutionAlgorithms
import Foundation
import Testing
import TradingDomain

@Suite("The documentation's pages of algorithms")
struct PageTests {
    /// A page: the names in its title, and the first cells of its table of parameters.
    private struct Page {
        let names: [String]
        let parameters: [String]
        let headings: [String]
    }

    private static func pages() throws -> [Page] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let folder = root.appending(path: "Sources/SmartExecutorKit/Documentation.docc/Algorithms")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return try files.map { file in
            let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
            return Page(
                names: (lines.first?.dropFirst(2) ?? "").components(separatedBy: ", "),
                parameters: lines.filter { $0.hasPrefix("| `") }.map { String($0.dropFirst(3).prefix { $0 != "`" }) },
                headings: lines.filter { $0.hasPrefix("### ") }.map { String($0.dropFirst(4)) }
            )
        }
    }

    @Test("Each algorithm has one page, whose table lists what the code takes, in its order")
    func parameters() throws {
        let (catalog, pages) = (AlgorithmCatalog(), try Self.pages())
        for name in catalog.names {
            let own = pages.filter { $0.names.contains(name.text) }
            #expect(own.count == 1, "\(name) has \(own.count) pages")
            guard let page = own.first else { continue }
            // The order's own limit price is no parameter of an algorithm.
            #expect(page.parameters.filter { $0 != "limit_price" } == catalog.parameters(of: name), "\(name)")
            #expect(page.headings == ["Parameters", "States", "When not to use it", "Source"], "\(name)")
        }
    }
}
