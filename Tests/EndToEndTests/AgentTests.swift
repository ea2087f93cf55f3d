import Foundation
import Testing
import TradingTestKit

@Suite("`agent test` shows what a run would do and does nothing; the tutorial's agents work")
struct AgentTests {
    /// What programs read of a trial.
    private struct Trial: Decodable {
        struct Gate: Decodable {
            let gate: String
            let verdict: String
        }
        struct Order: Decodable {
            let side: String
            let quantity: String
        }
        let request: String
        let answer: String
        let status: String
        let message: String
        let ending: String?
        let gates: [Gate]
        let urgency: String
        let algorithm: String?
        let order: Order?
    }

    /// The request as an agent reads it.
    private struct Request: Decodable {
        struct Context: Decodable { let regime: String? }
        let symbols: [String]
        let as_of: String
        let context: Context
    }

    @Test("Twice the same, nothing recorded, no lease taken; then `decide` does just that; then the key is known")
    func trial() async throws {
        try await Home.onSharedServer { home in
            let decisions = try home.write("decisions.csv", "symbol,action,position_size,urgency\nNVDA,BUY,5,HIGH\n")
            let words = "NVDA --decisions \(decisions) --session 2026-01-05"
            let first = try await home.run("agent test file \(words) --output json")
            #expect(first.status == 0, "\(first.errors)")
            let trial = try JSONDecoder().decode(Trial.self, from: Data(first.output.utf8))
            #expect(trial.status == "ACCEPTED" && trial.urgency == "HIGH" && trial.algorithm == "TWAP_AGGRESSIVE")
            #expect(
                trial.gates.map(\.gate) == [
                    "agent", "idempotency", "environment", "halt", "time", "instrument", "action", "size", "price",
                ]
            )
            #expect(trial.gates.allSatisfy { $0.verdict == "PASS" })
            let request = try JSONDecoder().decode(Request.self, from: Data(trial.request.utf8))
            #expect(request.symbols == ["NVDA"] && request.as_of == "2026-01-05T14:31:00Z")

            let again = try await home.run("agent test file \(words) --output json")
            let steady = /"milliseconds" : [0-9]+/
            #expect(again.output.replacing(steady, with: "") == first.output.replacing(steady, with: ""))
            for table in [
                "runs", "decisions", "decision_keys", "parent_orders", "workers", "account_engines", "ledger_entries",
            ] { #expect(try await home.value("SELECT count(*) FROM \(table)") == "0", "\(table)") }

            // While another program works the account, it can still be looked at.
            let running = try home.program.start(["decide", "KO", "--clock", "10x", "--urgency", "HIGH"])
            let decided = try await home.run(
                "decide NVDA --agent file --decisions \(decisions) --session 2026-01-05 --output json"
            )
            let item = try #require(try RunDocument(decided.output).items.first)
            #expect(item.quantity == trial.order?.quantity && item.side == trial.order?.side)
            #expect(item.algorithm == trial.algorithm)
            #expect(try await home.run("agent test momentum KO --clock 10x").status <= 1)
            running.kill()
            _ = await running.outcome()

            // What was executed is recognised; the answer is then the first outcome.
            let known = try await home.run("agent test file \(words)")
            #expect(known.status == 0, "\(known.output)")
            #expect(known.output.contains("DUPLICATE"), "\(known.output)")
            #expect(known.output.contains("already executed"), "\(known.output)")
        }
    }

    @Test(
        "Exit codes: 1 for an abstention, 2 for wrong use with what is known, 3 under the kill switch, 4 without database"
    )
    func exitCodes() async throws {
        try await Home.onSharedServer { home in
            _ = try home.write(
                "config.yaml",
                #"""
                agents:
                  noisy: { kind: process, command: [/bin/sh, -c, "printf '\\033[31mred'; echo why >&2; exit 3"] }
                """#
            )
            let config = "--config \(home.folder)"
            let abstains = try await home.run("agent test noisy NVDA \(config) --regime RISK_OFF --vix 31.5")
            #expect(abstains.status == 1, "\(abstains.errors)")
            for words in [
                #"\u{1b}[31mred"#, "why", "exit status 3", "ABSTAIN", #""regime":"RISK_OFF""#, #""vix":31.5"#,
                "Nothing is traded",
            ] { #expect(abstains.output.contains(words), "'\(words)' is not in: \(abstains.output)") }
            #expect(!abstains.output.contains("\u{1b}"), "an agent steers no terminal")

            for (line, words) in [
                ("agent test nobody NVDA", "Known: file, momentum, noisy"), ("agent test noisy nvda", "is no ticker"),
                ("agent test noisy ZZZZ", "Known are AAPL"), ("agent test file NVDA", "Give one"),
                ("agent test noisy NVDA --vix 1e999", "no index level"), ("decide NVDA --vix high", "no index level"),
                ("decide NVDA --regime a,vix=1", "is no regime"), ("agent test noisy NVDA --urgency soon", "CRITICAL"),
                ("agent test file NVDA --decisions /nowhere.csv", "/nowhere.csv"), ("runs list --limit=-1", "--limit"),
            ] {
                let outcome = try await home.run("\(line) \(config)")
                #expect(outcome.status == 2, "\(line): \(outcome.errors)")
                #expect(outcome.errors.contains(words), "\(line): \(outcome.errors)")
            }
            let list = try await home.run("agent list \(config)")
            #expect(
                list.status == 0 && list.output.contains("noisy") && list.output.contains("30.0 s"),
                "\(list.output)"
            )

            let decisions = try home.write("decisions.csv", "symbol,action,position_size\nNVDA,BUY,5\n")
            #expect(try await home.run("kill-switch activate drill").status == 0)
            let halted = try await home.run("agent test file NVDA --decisions \(decisions)")
            #expect(halted.status == 3 && halted.output.contains("drill"), "\(halted.output)")
        }
        try await Home.with(["SMARTEXEC_DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing"]) { home in
            let down = try await home.run("agent test momentum NVDA")
            #expect(down.status == 4, "\(down.errors)")
        }
    }

    @Test("The tutorial as written: configuration, test and decision, as a process and over HTTP")
    func tutorial() async throws {
        let text = try String(contentsOfFile: "\(Home.root)/Examples/agents/README.md", encoding: .utf8)
        let block = try #require(text.firstMatch(of: /```yaml\n((.|\n)*?)```/))
        let port = try FreePort.find()
        try await Home.onSharedServer { home in
            _ = try home.write("config.yaml", String(block.1).replacing("8700", with: "\(port)"))
            let service = try home.python(["Examples/agents/http_agent.py", "\(port)"])
            defer { service.kill() }
            for (agent, ending) in [("my-momentum", "exit status 0"), ("my-service", "HTTP 200")] {
                let tested = try await home.run("agent test \(agent) NVDA --config \(home.folder) --output json")
                #expect(tested.status == 0, "\(tested.errors)\(tested.output)")
                let trial = try JSONDecoder().decode(Trial.self, from: Data(tested.output.utf8))
                #expect(trial.ending == ending)
                #expect(["ACCEPTED", "HOLD"].contains(trial.status), "\(trial.message)")
                let decided = try await home.run("decide NVDA --agent \(agent) --config \(home.folder) --output json")
                #expect(decided.status == 0, "\(decided.errors)")
                let item = try #require(try RunDocument(decided.output).items.first)
                #expect(item.status == (trial.status == "HOLD" ? "HOLD" : "SUCCESS"), "\(item.message)")
                #expect(item.quantity == trial.order?.quantity)
            }
            // The shortest answer of the tutorial, from a program in another language.
            let answer = try #require(text.firstMatch(of: /```json\n(.*)\n```/))
            let file = try home.write("answer.json", String(answer.1))
            _ = try home.write("config.yaml", "agents:\n  cat: { kind: process, command: [/bin/cat, \(file)] }\n")
            #expect(try await home.run("agent test cat KO --config \(home.folder)").status == 0)
        }
    }
}
