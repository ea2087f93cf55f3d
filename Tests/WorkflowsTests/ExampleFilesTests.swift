import Foundation
import Testing
import Workflows
import YAMLNodes

@Suite("The reference's examples")
struct ExampleFilesTests {
    /// `reference/workflow-examples` in the folder `$SMARTEXEC_SHARED` or `../shared` beside the package.
    static let folder: URL = {
        let shared = ProcessInfo.processInfo.environment["SMARTEXEC_SHARED"]
        let package = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
        return (shared.map { URL(filePath: $0) } ?? package.appending(path: "../shared"))
            .appending(path: "reference/workflow-examples")
    }()

    static let names = ["process-ticker", "single-decision", "watchlist", "watchlist-batch", "weekly-rebalance"]

    private func source(_ name: String) throws -> SourceFile {
        SourceFile(
            name: "\(name).yaml",
            text: try String(contentsOf: Self.folder.appending(path: "\(name).yaml"), encoding: .utf8)
        )
    }

    private func compile(_ name: String) throws -> WorkflowCompiler.Result {
        WorkflowCompiler(registry: Fixtures.registry, surroundings: Fixtures.surroundings)
            .compile(try source(name)) { try? source($0) }  // a missing file is an unknown workflow
    }

    @Test("Each is valid, without a word", arguments: names)
    func valid(_ name: String) throws {
        let result = try compile(name)
        #expect(result.bundle?.definition.name.value == name, "\(result.diagnostics.rendered)")
        #expect(result.diagnostics.isEmpty, "\(result.diagnostics.rendered)")
    }

    @Test("Each is drawn three ways", arguments: names)
    func drawn(_ name: String) throws {
        let bundle = try #require(try compile(name).bundle)
        let graph = WorkflowGraph(bundle.root)
        #expect(graph.text.hasPrefix("workflow \(name)\n") && graph.mermaid.hasPrefix("flowchart TD\n"))
        #expect(graph.dot.hasPrefix("digraph \"\(name)\" {\n") && graph.dot.hasSuffix("\n}"))
        #expect(graph.dot.count { $0 == "{" } == graph.dot.count { $0 == "}" })
    }

    @Test("watchlist-batch runs to its end: one order per ticker, the operator told")
    func batchRuns() throws {
        let bundle = try #require(try compile("watchlist-batch").bundle)
        var run = try WorkflowRun(bundle, inputs: ["tickers": Fixtures.tickers(["ON", "KO"])], facts: Fixtures.facts)
        var uses: [String] = []
        while let call = run.outstanding.first {
            uses.append(call.uses)
            run.complete(call.path, with: Self.outcome(of: call))
        }
        #expect(run.isFinished && run.result?.status == .success, "\(run.result?.message ?? "")")
        #expect(uses.count { $0 == "execute.route" } == 2 && uses.last == "notify.send")
        #expect(!uses.contains("approval.wait") && !uses.contains("orders.cancel_open"))
    }

    private static func outcome(of call: StepCall) -> StepOutcome {
        switch call.uses {
        case "watchlist.load": Fixtures.success([("tickers", call.inputs["tickers"] ?? .list([]))])
        case "market.bars": Fixtures.success([("bars", .text("[]"))])
        default: Fixtures.outcome(of: call)
        }
    }
}
