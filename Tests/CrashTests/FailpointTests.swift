import Foundation
import Testing
import TradingTestKit

@testable import Failpoints

@Suite("Every failpoint, crash and restart")
struct FailpointTests {
    /// Where a failpoint is reached, and which time it is that kills.
    struct Case: Sendable, CustomTestStringConvertible {
        let scene: Scene
        let plan: String
        var testDescription: String { "\(scene.rawValue), \(plan)" }

        var names: [String] {
            plan.split(separator: ",").map { String($0.prefix { $0 != ":" }) }
        }
    }

    private static func at(_ scene: Scene, _ plans: String) -> [Case] {
        plans.split(whereSeparator: \.isWhitespace).map { Case(scene: scene, plan: String($0)) }
    }

    /// Runs in a terminal, in virtual time: the same moment in every run.
    static let typedCases = at(
        .typed,
        """
        run.before_begin run.begun account.written account.taken decision.before_record:2 decision.recorded:2
        steps.before_complete:3 steps.completed:3 approval.before_save:2 approval.saved
        batch.written batch.written:6 batch.snapshots_written:4 batch.committed batch.committed:9
        orders.before_send orders.before_send:3 orders.sent orders.sent:4
        venue.before_save:2 venue.saved venue.saved:3 reports.received reports.received:5
        transaction.before_commit:4 transaction.before_commit:21 transaction.before_commit:34
        transaction.committed:7 transaction.committed:25 transaction.committed:38
        batch.written:3:pass,transaction.committed:1:error,batch.repeated
        decisions.before_resolve decisions.resolved run.before_finish run.finished account.before_release account.released
        """
    )
    /// Dies again while it goes on.
    static let resumedCases = at(
        .resumed,
        "run.claim_written run.claimed account.taken question.answered batch.written batch.committed:2 orders.before_send"
    )
    static let otherCases =
        at(.handedOver, "run.written run.created")
        // The lease of a worker that has the run already.
        + at(.queued, "queue.claimed queue.claimed:1:pass,lease.before_renewal queue.claimed:1:pass,lease.renewed")
        + at(.drained, "worker.before_drain worker.drained run.before_put_back run.put_back")
        + at(.asking, "request.written request.asked run.park_written run.parked")
        + at(.answered, "answer.written answer.given") + at(.scheduled, "tick.written tick.recorded")

    @Test("In a terminal: no order twice, none lost, positions equal the venue's fills", arguments: typedCases)
    func typed(_ this: Case) async throws { try await play(this) }

    @Test("In a run that is being resumed, twice", arguments: resumedCases)
    func resumed(_ this: Case) async throws { try await play(this) }

    @Test("At workers, schedulers and people", arguments: otherCases)
    func others(_ this: Case) async throws { try await play(this) }

    private func play(_ this: Case) async throws {
        try await Home.onSharedServer { home in
            try await this.scene.play(home, this.plan)
        }
    }

    @Test(
        "An answer to COMMIT that is lost, or a connection cut before it: the run goes on and ends",
        arguments: [
            "batch.written:2:pass,transaction.committed:1:error",
            "batch.written:5:pass,transaction.before_commit:1:error",
            "batch.written:1:pass,transaction.committed:1:error",
            "steps.before_complete:3:pass,transaction.committed:1:error",
            "run.before_begin:1:pass,transaction.committed:1:error",
            "run.before_finish:1:pass,transaction.committed:1:error",
            "venue.before_save:2:pass,transaction.committed:1:error",
            "account.written:1:pass,transaction.committed:1:error",
            "decision.before_record:1:pass,transaction.committed:1:error",
        ]
    )
    func lost(_ plan: String) async throws {
        try await Home.onSharedServer { home in
            let outcome = await (try home.start(try home.line(pace: "virtual"), failing: plan)).outcome()
            try home.checkRun(outcome, try await home.value("SELECT id FROM runs"))
            try await home.checkBooks()
        }
    }

    @Test("Every name is in the sources and in a case here, and the sources have no other")
    func names() throws {
        let cases = Self.typedCases + Self.resumedCases + Self.otherCases
        #expect(Set(cases.flatMap(\.names)) == Set(failpointNames))
        #expect(Set(failpointNames).count == failpointNames.count)
        var marked: Set<String> = []
        let folder = URL(fileURLWithPath: "\(Home.root)/Sources")
        for case let file as URL in FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
            ?? .init()
        where file.pathExtension == "swift" && !file.path.contains("/Failpoints/") {
            let text = try String(contentsOf: file, encoding: .utf8)
            marked.formUnion(text.matches(of: #/failpoint\("([^"]+)"/#).map { String($0.1) })
        }
        #expect(marked == Set(failpointNames))
    }

    @Test("What is asked for happens once, at the time that is named, and then what comes after it")
    func plans() throws {
        let plan = try FailpointPlan("batch.written:2:stop,orders.sent:1:delay:5,orders.sent:1:error")
        #expect(plan.take("orders.sent") == nil)
        #expect(plan.take("batch.written") == nil)
        #expect(plan.take("batch.written") == .stop)
        #expect(plan.take("batch.written") == nil)
        #expect(plan.take("orders.sent") == .delay(milliseconds: 5))
        #expect(plan.take("orders.sent") == .error)
        #expect(plan.take("orders.sent") == nil)
        #expect(try FailpointPlan("orders.sent").take("orders.sent") == .kill)
        for wrong in ["orders.send", "orders.sent:0", "orders.sent:x", "orders.sent:1:die", "orders.sent:1:delay", ""] {
            #expect(throws: FailpointPlan.Problem.self, "\(wrong)") {
                // Nothing asked for is no plan; an empty name is a wrong one.
                _ = try FailpointPlan(wrong.isEmpty ? ":1" : wrong)
            }
        }
    }

    @Test("A release build has neither the names nor the calls")
    func release() async throws {
        try await Home.with { home in
            let caller = """
                import Failpoints
                struct Cut: Error {}
                public func commit(_ reports: [Int]) throws -> Int {
                    failpoint("batch.written")
                    failpoint("reports.received", if: !reports.isEmpty)
                    if failpoint("transaction.committed") { throw Cut() }
                    return reports.count
                }
                """
            _ = try home.write("caller.swift", caller)
            let room = ["Failpoints", "FailpointPlan"].map { "\(Home.root)/Sources/Failpoints/\($0).swift" }
            let options = ["-swift-version", "6", "-O", "-parse-as-library", "-c"]
            try await tool(home, "swiftc", options + ["-emit-module", "-module-name", "Failpoints", "-wmo"] + room)
            try await tool(home, "swiftc", options + ["-I", ".", "-module-name", "Caller", "caller.swift"])
            #expect(try await !tool(home, "nm", ["caller.o"]).localizedCaseInsensitiveContains("failpoint"))
            let names = try await tool(home, "strings", ["-a", "caller.o", "Failpoints.o"])
            #expect(!names.contains("batch.written") && !names.contains("SMARTEXEC_FAILPOINT"))
        }
    }

    @discardableResult
    private func tool(_ home: Home, _ name: String, _ words: [String]) async throws -> String {
        let program = BuiltProgram(path: name, folder: home.folder, environment: home.program.environment)
        let outcome = try await program.run(words)
        #expect(outcome.status == 0, "\(name): \(outcome.errors)")
        return outcome.output
    }

    @Test("A name that is unknown is told, with those that are known, before anything is done")
    func unknown() async throws {
        try await Home.with { home in
            let outcome = await (try home.start("db migrate", failing: "orders.send")).outcome()
            #expect(outcome.status == 2)
            #expect(outcome.errors.contains("'orders.send'") && outcome.errors.contains("orders.before_send"))
        }
    }
}
