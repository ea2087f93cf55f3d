import Foundation
import Testing
import TradingTestKit

@Suite("What goes wrong for a first user: a clear message and the right exit code")
struct BadInputTests {
    /// Runs a line that must fail, as a rule before any database is started, which it shows by what it leaves behind.
    private func refused(
        _ status: Int32,
        _ words: [String],
        startsDatabase: Bool = false,
        variables: [String: String] = [:],
        _ line: (Home) throws -> String
    ) async throws {
        try await Home.with(variables) { home in
            let outcome = try await home.run(try line(home))
            #expect(outcome.status == status, "\(outcome.errors)\(outcome.output)")
            for word in words { #expect(outcome.errors.contains(word), "'\(word)' is not in: \(outcome.errors)") }
            #expect(startsDatabase || !FileManager.default.fileExists(atPath: "\(home.folder)/state/postgres.json"))
        }
    }

    @Test("A broken workflow: every error at once, with place, caret and hint")
    func brokenWorkflow() async throws {
        let text = """
            format: 1
            workflow: broken
            inputs:
              tickers: { type: list<tiker> }
            steps:
              - id: each
                foreach: inputs.tickers
                as: ticker
                key: ticker
                max_concurent: 3
                steps:
                  - id: process
                    uses: agent.decid
                    with: { ticker: "${{ ticker }}" }
            """
        try await refused(
            1,
            ["broken.yaml:4:20", "broken.yaml:10:5", "broken.yaml:13:15", "^^^", "did you mean `max_concurrent`"]
        ) { "run \(try $0.write("broken.yaml", text)) tickers=AAPL" }
        // The validator prints its findings as its result.
        try await Home.with { home in
            let outcome = try await home.run("workflow validate \(try home.write("broken.yaml", text))")
            #expect(outcome.status == 1)
            #expect(outcome.output.contains("did you mean `agent.decide`"), "\(outcome.output)")
        }
    }

    @Test("Eight different errors in one file: all reported at once, each with line, column, caret and hint")
    func manyErrors() async throws {
        let text = """
            format: 1
            workflow: broken
            inputs:
              tickers: { type: list<tiker> }
            steps:
              - id: each
                foreach: inputs.tickers
                as: ticker
                key: ticker
                max_concurent: 3
                steps:
                  - id: process
                    uses: agent.decid
                    with: { ticker: "${{ ticker }}" }
              - id: size
                uses: portfolio.size
                with:
                  decisions: ${{ steps.nowhere.decisions }}
              - id: size
                uses: flow.finish
                if: 1 +
                with: { note: 5, staus: HOLD }
              - id: send
                uses: execute.route
                with: { order: "${{ inputs.tickers }}" }
            """
        try await Home.with { home in
            let outcome = try await home.run("run \(try home.write("broken.yaml", text)) tickers=AAPL")
            #expect(outcome.status == 1)
            let places = outcome.errors.matches(of: /broken\.yaml:(\d+):\d+: error\[([a-z-]+)\]/)
            #expect(places.count >= 8, "\(outcome.errors)")
            #expect(Set(places.map(\.2)).count >= 5, "\(outcome.errors)")
            #expect(places.map { Int($0.1) ?? 0 } == places.map { Int($0.1) ?? 0 }.sorted(), "in the file's order")
            // Every finding shows its line with a caret under the place.
            #expect(outcome.errors.matches(of: /\n +\| +\^+/).count == places.count, "\(outcome.errors)")
            #expect(outcome.errors.matches(of: #/= help:/#).count >= 6, "\(outcome.errors)")
            #expect(!FileManager.default.fileExists(atPath: "\(home.folder)/state/postgres.json"))
        }
    }

    @Test("YAML that is no YAML")
    func notYAML() async throws {
        try await refused(1, ["bad.yaml:4:1", "flow node"]) {
            "run \(try $0.write("bad.yaml", "format: 1\nworkflow: bad\nsteps: [\n"))"
        }
    }

    @Test("Unknown workflow, unknown input, missing input, wrong value")
    func wrongUse() async throws {
        try await refused(2, ["no workflow 'watchlst'", "watchlist"]) { _ in "run watchlst" }
        try await refused(2, ["did you mean `tickers`", "1:1"]) { _ in "run watchlist tikers=AAPL" }
        try await refused(2, ["needs `tickers`"]) { _ in "run watchlist" }
        try await refused(2, ["urgency"]) { _ in "run watchlist tickers=AAPL urgency=SOON" }
        try await refused(2, ["aapl"]) { _ in "run watchlist tickers=aapl" }
        try await refused(2, ["clock"], startsDatabase: true) { _ in "run watchlist tickers=AAPL --clock fast" }
        try await refused(2, ["session"], startsDatabase: true) { _ in "run watchlist tickers=AAPL --session tomorrow" }
        try await refused(2, ["--no-such-option"]) { _ in "run watchlist tickers=AAPL --no-such-option" }
        try await refused(2, ["cannot be read"]) { _ in "batch no-such-list.txt" }
        try await refused(2, ["list.txt:2", "'aapl' is no ticker"]) {
            "batch \(try $0.write("list.txt", "AAPL\naapl\n"))"
        }
        try await refused(2, ["list.txt:3", #"\u{1b}[31m"#]) {
            "batch \(try $0.write("list.txt", "\u{FEFF}AAPL\r\nKO # Coca-Cola\r\n\u{1B}[31mX\r\n"))"
        }
    }

    @Test("A decision file with bad rows is refused whole, each row with file and line")
    func decisionFile() async throws {
        let rows = "symbol,action,position_size\nAAPL,BUY,5\nMSFT,BYE,5\nNVDA,BUY,five\n"
        try await refused(2, ["decisions.csv:3", "BYE", "decisions.csv:4", "five"]) {
            "run watchlist tickers=AAPL agent=file decisions=\(try $0.write("decisions.csv", rows))"
        }
        try await refused(2, ["decisions.csv:1", "position_siz"]) {
            let path = try $0.write("decisions.csv", "symbol,action,position_siz\nAAPL,BUY,5\n")
            return "run watchlist tickers=AAPL agent=file decisions=\(path)"
        }
    }

    @Test("A market file with a bad row: file and line, nothing traded, nothing lost")
    func marketFile() async throws {
        try await Home.onSharedServer { home in
            try FileManager.default.createDirectory(atPath: "\(home.folder)/data", withIntermediateDirectories: true)
            let header = "ts,open,high,low,close,volume"
            let rows = (0..<60).map { minute in
                "2019-02-15T14:\(minute < 10 ? "0" : "")\(minute):00.000Z,10,10,10,10,\(minute == 40 ? "12x" : "1000")"
            }
            let file = "data/TEST_20190215-20190215_trade_1m.csv"
            _ = try home.write(file, ([header] + rows).joined(separator: "\n") + "\n")
            let outcome = try await home.run(
                "order buy TEST 10 --data \(home.folder)/data --session 2019-02-15 --algo market --output json"
            )
            #expect([1, 2].contains(outcome.status), "\(outcome.errors)\(outcome.output)")
            #expect((outcome.errors + outcome.output).contains("trade_1m.csv:42"), "\(outcome.errors)\(outcome.output)")
            #expect((outcome.errors + outcome.output).contains("12x"))
            #expect(try await home.value("SELECT count(*) FROM intents") == "0")
            #expect(try await home.run("verify").status == 0)
        }
    }

    @Test("An unknown configuration key, in the file and in the environment, with the key that was meant")
    func configuration() async throws {
        try await refused(2, ["config.yaml:1:1", "did you mean `market`"]) { home in
            _ = try home.write("config.yaml", "markt:\n  seed: 3\n")
            return "status --config \(home.folder)"
        }
        try await refused(2, ["SMARTEXEC__MARKET__SEDE", "seed"], variables: ["SMARTEXEC__MARKET__SEDE": "3"]) { _ in
            "status"
        }
    }

    @Test("No PostgreSQL, or one that cannot be reached: exit 4 and what to do")
    func database() async throws {
        let empty = NSTemporaryDirectory() + "smartexec-empty-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: true)
        try await refused(4, ["initdb", empty], variables: ["PATH": empty, "SMARTEXEC_PG_BIN": empty]) { _ in
            "run watchlist tickers=AAPL"
        }
        try FileManager.default.removeItem(atPath: empty)
        let url = "postgres://nobody:secret@127.0.0.1:1/nothing"
        try await refused(4, ["127.0.0.1", "refused"], variables: ["SMARTEXEC_DATABASE_URL": url]) { _ in
            "run watchlist tickers=AAPL"
        }
        try await Home.with(["SMARTEXEC_DATABASE_URL": url]) { home in
            let outcome = try await home.run("status")
            #expect(!outcome.errors.contains("secret"), "a password reached an error text (I10)")
        }
    }

    @Test("An agent that prints garbage, is late, dies or is not there ABSTAINs; the others trade")
    func agents() async throws {
        try await Home.onSharedServer { home in
            _ = try home.write(
                "config.yaml",
                """
                agents:
                  garbage: { kind: process, command: [/bin/echo, "buy everything!"] }
                  late: { kind: process, command: [/usr/bin/tail, -f, /dev/null], deadline: 500ms }
                  dies: { kind: process, command: [/bin/false] }
                  missing: { kind: process, command: [/no/such/agent] }
                  deaf: { kind: http, url: "http://127.0.0.1:1", deadline: 2s }
                """
            )
            // Making the cluster is no part of an agent's answer.
            #expect(try await home.run("db start").status == 0)
            for agent in ["garbage", "late", "dies", "missing", "deaf"] {
                let outcome = try await home.run(
                    "decide NVDA --agent \(agent) --config \(home.folder) --output json"
                )
                #expect(outcome.status == 1, "\(agent): \(outcome.errors)\(outcome.output)")
                let item = try #require(try RunDocument(outcome.output).items.first)
                #expect(item.status == "ABSTAIN", "\(agent): \(item.message)")
                #expect(!item.message.isEmpty)
                #expect(item.parent_order == nil)
            }
            #expect(try await home.value("SELECT count(*) FROM parent_orders") == "0")
            #expect(try await home.value("SELECT count(*) FROM decisions") == "5")
            let unknown = try await home.run("decide NVDA --agent nobody --config \(home.folder)")
            #expect(unknown.status != 0)
            #expect((unknown.errors + unknown.output).contains("Known:"))
        }
    }
}
