import Orchestration
import Synchronization
import Testing
import TradingDomain
import TradingTestKit
import Workflows
import YAMLNodes

@Suite("Workflows are compiled once, and again when a file changes")
struct CompiledWorkflowTests {
    private static let root = """
        format: 1
        workflow: root
        steps:
          - id: child
            uses: workflow.run
            with: { workflow: child }
        """

    private static func child(_ status: String) -> String {
        """
        format: 1
        workflow: child
        steps:
          - id: end
            uses: flow.finish
            with: { status: \(status) }
        """
    }

    @Test("A child that was edited runs as it is now; each run keeps the texts that it ran")
    func editedChild() async throws {
        let ground = Ground()
        let floor = try await Floor.open(on: ground)
        let texts = Mutex(["root": Self.root, "child": Self.child("HOLD")])
        let executor = SmartExecutor(
            desk: floor.desk,
            library: { name in texts.withLock { $0[name] }.map { SourceFile(name: "\(name).yaml", text: $0) } }
        )
        var statuses: [ItemStatus] = []
        var hashes: [String] = []
        for status in ["HOLD", "HOLD", "SUCCESS", "HOLD"] {
            texts.withLock { $0["child"] = Self.child(status) }
            let report = try await executor.run("root", inputs: [:])
            statuses.append(report.status)
            let record = try #require(await ground.runs.record(report.run))
            #expect(record.sources == ["root": Self.root, "child": Self.child(status)])
            hashes.append(record.definitionHash)
        }
        #expect(statuses == [.hold, .hold, .success, .hold])
        #expect(hashes[0] == hashes[1] && hashes[0] == hashes[3] && hashes[0] != hashes[2])
        await #expect(throws: WorkflowFileError.self) {
            texts.withLock { $0["child"] = nil }
            _ = try await executor.run("root", inputs: [:])
        }
    }
}
