import Foundation
import MarketData
import Testing
import TradingDomain
import Workflows
import YAMLNodes

@testable import Orchestration

@Suite("Schedules of files")
struct ShippedScheduleTests {
    private static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// Every workflow of ours and of the reference, by path.
    private static func files() throws -> [URL] {
        let examples = URL(filePath: ThreeYears.golden).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "reference/workflow-examples")
        return try [package.appending(path: "workflows"), examples].flatMap { folder in
            try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
                .filter { $0.pathExtension == "yaml" }
        }
    }

    @Test("Each schedule of each file fires, on sessions and inside its exchange's day")
    func fire() throws {
        let start = try Timestamp(at: "2026-11-20T00:00:00Z")
        var seen = 0
        for file in try Self.files() {
            let source = SourceFile(name: file.path, text: try String(contentsOf: file, encoding: .utf8))
            let result = WorkflowCompiler(registry: StepCatalog.standard.registry).compile(source) { name in
                let beside = file.deletingLastPathComponent().appending(path: "\(name).yaml")
                return (try? String(contentsOf: beside, encoding: .utf8)).map {
                    SourceFile(name: beside.path, text: $0)
                }
            }
            let bundle = try #require(result.bundle, "\(result.diagnostics.rendered)")
            for schedule in bundle.root.schedules {
                seen += 1
                let times = try bundle.fireTimes(
                    of: schedule.id,
                    around: start,
                    calendar: { try TradingCalendar.named($0) }
                )
                let next = times.next(12, after: start)
                #expect(next.count == 12, "\(file.lastPathComponent) \(schedule.id)")
                let calendar = try TradingCalendar.named("XNYS")
                #expect(try next.allSatisfy { try calendar.isOpen(at: $0) }, "\(file.lastPathComponent) \(schedule.id)")
            }
        }
        #expect(seen >= 2)
    }
}
