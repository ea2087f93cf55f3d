import Foundation
import Testing
import TradingTestKit

@Suite("Workflow files from the command line")
struct WorkflowCommandTests {
    static let examples = ["process-ticker", "single-decision", "watchlist", "watchlist-batch", "weekly-rebalance"]

    private static func example(_ name: String) -> String {
        "\(Home.shared)/reference/workflow-examples/\(name).yaml"
    }

    @Test("The reference's examples validate in silence and are drawn", arguments: examples)
    func valid(_ name: String) async throws {
        try await Home.onSharedServer { home in
            let valid = try await home.run("workflow validate \(Self.example(name))")
            #expect(valid.status == 0 && valid.output.isEmpty, "\(valid.output)\(valid.errors)")
            for (form, words) in [
                ("", "workflow \(name)\n"), ("--mermaid", "flowchart TD\n"), ("--dot", "digraph \"\(name)\""),
            ] {
                let drawn = try await home.run("workflow graph \(form) \(Self.example(name))")
                #expect(drawn.status == 0 && drawn.output.hasPrefix(words), "\(drawn.output)\(drawn.errors)")
            }
        }
    }

    @Test("--deep looks around: what is not configured, as JSON with places")
    func deep() async throws {
        try await Home.onSharedServer { home in
            let outcome = try await home.run(
                "workflow validate --deep --output json \(Self.example("watchlist-batch"))"
            )
            #expect(outcome.status == 1, "\(outcome.errors)")
            let found = try #require(
                try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [[String: Any]]
            )
            let rules = found.compactMap { $0["rule"] as? String }
            #expect(rules.contains("environment"), "\(rules)")
            for finding in found {
                #expect((finding["line"] as? Int ?? 0) > 0 && (finding["end_column"] as? Int ?? 0) > 1)
                #expect((finding["file"] as? String)?.hasSuffix("watchlist-batch.yaml") == true)
            }
        }
    }

    @Test("Exit codes: 0 silent, 1 findings, 2 for a file that cannot be read")
    func exitCodes() async throws {
        try await Home.onSharedServer { home in
            #expect(
                try await home.run("workflow validate watchlist process-ticker rebalance manual-order").output.isEmpty
            )
            let lint = "format: 1\nworkflow: t\nschedule: [{ id: m, cron: 0 9 * * *, timezone: Asia/Seoul }]\nsteps:\n"
            let file = try home.write("t.yaml", lint + "  - { id: a, uses: portfolio.snapshot, pool: lmm }\n")
            let outcome = try await home.run("workflow validate \(file)")
            #expect(outcome.status == 1)
            #expect(outcome.output.contains("warning[late-by]"), "\(outcome.output)")
            #expect(
                outcome.output.contains("help: did you mean `llm`? known: agents, broker, llm"),
                "\(outcome.output)"
            )
            #expect(try await home.run("workflow validate nowhere.yaml").status == 2)
            #expect(try await home.run("status --output sarif").status == 2)
        }
    }

    @Test("Findings as SARIF name their rule, level, file and region")
    func sarif() async throws {
        try await Home.onSharedServer { home in
            let file = try home.write("t.yaml", "format: 1\nworkflow: t\nsteps:\n  - { id: a, uses: risk.chek }\n")
            let outcome = try await home.run("workflow validate --output sarif \(file)")
            #expect(outcome.status == 1, "\(outcome.errors)")
            let log = try JSONDecoder().decode(SARIFLog.self, from: Data(outcome.output.utf8))
            #expect(log.version == "2.1.0")
            let run = try #require(log.runs.first)
            let result = try #require(run.results.first)
            #expect(result.level == "error" && result.message.text.contains("risk.check"), "\(result)")
            #expect(run.tool.driver.rules[result.ruleIndex].id == result.ruleId)
            let place = try #require(result.locations.first).physicalLocation
            #expect(place.artifactLocation.uri == "file://\(file)")
            #expect(place.region == .init(startLine: 4, startColumn: 20, endColumn: 29))
            let none = try await home.run("workflow validate --output sarif watchlist")
            #expect(none.status == 0)
            #expect(try JSONDecoder().decode(SARIFLog.self, from: Data(none.output.utf8)).runs[0].results.isEmpty)
        }
    }

    @Test("init begins a file that is valid and never overwrites one; explain tells of a step")
    func authoring() async throws {
        try await Home.onSharedServer { home in
            let begun = try await home.run("workflow init \(home.folder)/my-list")
            #expect(begun.status == 0, "\(begun.errors)")
            let schema = try Data(contentsOf: URL(filePath: "\(home.folder)/.smartexec/workflow.schema.json"))
            #expect(try JSONSerialization.jsonObject(with: schema) is [String: Any])
            let valid = try await home.run("workflow validate \(home.folder)/my-list.yaml")
            #expect(valid.status == 0 && valid.output.isEmpty, "\(valid.output)")
            #expect(try await home.run("workflow init \(home.folder)/my-list.yaml").status == 2)
            #expect(try await home.run("workflow init \(home.folder)/My_List").status == 2)
            let explained = try await home.run("workflow explain risk.check")
            #expect(explained.output.hasPrefix("risk.check  [read: may repeat until its output is committed"))
            #expect(explained.output.contains("list<ApprovedOrder>"), "\(explained.output)")
            let unknown = try await home.run("workflow explain risk.chek")
            #expect(unknown.status == 2 && unknown.errors.contains("did you mean `risk.check`?"))
            #expect(try await home.run("workflow explain").output.contains("wait.until"))
        }
    }

    @Test("next counts in the schedule's zone, through a change of the clocks, holidays and half days")
    func next() async throws {
        try await Home.onSharedServer { home in
            let text = """
                format: 1
                workflow: t
                schedule:
                  - { id: gap, cron: 30 2 * * *, timezone: America/New_York, late_by: 5m }
                  - { id: twice, cron: 30 1 * * *, timezone: America/New_York, late_by: 5m }
                  - { id: open, market: XNYS, session: every, at: open + 15m, late_by: 5m }
                  - { id: seoul, market: XKRX, session: first_of_week, at: "09:30", late_by: 5m }
                  - { id: month, market: XNYS, session: last_of_month, at: close - 60m, late_by: 5m }
                steps:
                  - { id: a, uses: portfolio.snapshot }
                """
            let file = try home.write("t.yaml", text)
            func times(_ from: String, _ id: String) async throws -> [String] {
                let outcome = try await home.run("workflow next \(file) --count 3 --output json --from \(from)")
                let rows = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [[String: String]]
                return (rows ?? []).filter { $0["schedule"] == id }.compactMap { $0["at"] }
            }
            // 2026-03-08: 02:00 EST becomes 03:00 EDT, so 02:30 runs at 03:00, which is 07:00 UTC.
            #expect(
                try await times("2026-03-07T00:00:00Z", "gap") == [
                    "2026-03-07T07:30:00Z", "2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z",
                ]
            )
            // 2026-11-01: 01:30 comes twice and fires once, the first time (EDT).
            #expect(
                try await times("2026-10-31T12:00:00Z", "twice") == [
                    "2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z", "2026-11-03T06:30:00Z",
                ]
            )
            // Thanksgiving is closed, the day after is a half day, then a weekend.
            #expect(
                try await times("2026-11-25T00:00:00Z", "open") == [
                    "2026-11-25T14:45:00Z", "2026-11-27T14:45:00Z", "2026-11-30T14:45:00Z",
                ]
            )
            // Seoul has no summer time: 09:30 is 00:30 UTC.
            #expect(
                try await times("2026-11-20T00:00:00Z", "seoul") == [
                    "2026-11-23T00:30:00Z", "2026-11-30T00:30:00Z", "2026-12-07T00:30:00Z",
                ]
            )
            // The last session of December 2026 is the 31st; New Year's Eve is a full day.
            #expect(
                try await times("2026-11-25T00:00:00Z", "month") == [
                    "2026-11-30T20:00:00Z", "2026-12-31T20:00:00Z", "2027-01-29T20:00:00Z",
                ]
            )
        }
    }

    @Test("Inputs come from a file, and name=value wins over it")
    func inputsFile() async throws {
        try await Home.onSharedServer { home in
            let file = try home.write("in.yaml", "ticker: KO\nside: BUY\nquantity: 5\nalgorithm: MARKET\n")
            let run = try await home.run("run manual-order quantity=7 --file \(file) --output json")
            #expect(run.status == 0, "\(run.errors)")
            #expect(run.output.contains("\"quantity\" : \"7\""), "\(run.output)")
            let wrong = try home.write("bad.yaml", "ticker: ko\nsied: BUY\nquantity: 5\n")
            let refused = try await home.run("run manual-order --file \(wrong)")
            #expect(refused.status == 2 && refused.errors.contains("bad.yaml:1:9: error[value]"), "\(refused.errors)")
            #expect(refused.errors.contains("did you mean `side`?"))
        }
    }
}

/// What is read of a SARIF document.
private struct SARIFLog: Decodable {
    struct Run: Decodable {
        struct Tool: Decodable { let driver: Driver }
        struct Driver: Decodable { let rules: [Rule] }
        struct Rule: Decodable { let id: String }
        let tool: Tool
        let results: [Result]
    }
    struct Result: Decodable {
        struct Message: Decodable { let text: String }
        let ruleId: String
        let ruleIndex: Int
        let level: String
        let message: Message
        let locations: [Location]
    }
    struct Location: Decodable { let physicalLocation: Place }
    struct Place: Decodable {
        struct Artifact: Decodable { let uri: String }
        struct Region: Decodable, Equatable { let startLine, startColumn, endColumn: Int }
        let artifactLocation: Artifact
        let region: Region
    }
    let version: String
    let runs: [Run]
}
