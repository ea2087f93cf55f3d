import Foundation
import Testing
import TradingTestKit

@Suite("approval.wait, approve and reject on the command line", .serialized)
struct ApprovalTests {
    private static let workflow = """
        format: 1
        workflow: signed
        steps:
          - { id: propose, uses: orders.propose, with: { ticker: KO, side: BUY, quantity: 50, urgency: HIGH } }
          - { id: check, uses: risk.check, with: { orders: "${{ steps.propose.orders }}" } }
          - id: sign_off
            uses: approval.wait
            timeout: 45m
            with: { show: "${{ steps.check.summary }}" }
          - id: trade
            foreach: steps.check.approved
            as: order
            key: order.id
            steps:
              - { id: send, uses: execute.twap, with: { order: "${{ order }}", duration_minutes: 5 } }
        """

    private struct Asked: Decodable {
        struct Plan: Decodable {
            struct Order: Decodable { let id: String }
            let orders: [Order]
        }
        let digest: String
        let plan: Plan
        let state: String
    }

    /// Starts a run that nobody sits before; returns its id and what it asks.
    private func ask(_ home: Home) async throws -> (run: String, digest: String) {
        let file = try home.write("signed.yaml", Self.workflow)
        let asked = try await home.run("run \(file) --session 2026-03-03")
        #expect(asked.status == 1, "\(asked.output)\(asked.errors)")
        let run = try await home.value("SELECT id FROM runs ORDER BY number DESC LIMIT 1")
        let list = try await home.run("approvals list --output json")
        let requests = try JSONDecoder().decode([Asked].self, from: Data(list.output.utf8))
        let request = try #require(requests.first)
        #expect(request.plan.orders.map(\.id) == ["KO-BUY"] && request.state == "pending")
        #expect(
            asked.errors.contains("smartexec approve \(run) --digest \(request.digest.prefix(12))"),
            "\(asked.errors)"
        )
        #expect(asked.errors.contains("BUY 50 KO at "), "\(asked.errors)")
        return (run, request.digest)
    }

    @Test("Nobody sits at the terminal: the run is kept, approved from elsewhere, and goes on")
    func approve() async throws {
        try await Home.onSharedServer { home in
            let (run, digest) = try await ask(home)
            #expect(try await home.value("SELECT state FROM runs") == "waiting")
            #expect(try await home.value("SELECT count(*) FROM parent_orders") == "0")
            let wrong = try await home.run("approve \(run) --digest 00000000")
            #expect(wrong.status == 2 && wrong.errors.contains("BUY 50 KO"), "\(wrong.errors)")
            let none = try await home.run("approve \(run)")
            #expect(none.status == 2)
            let yes = try await home.run("approve \(run) --digest \(digest.prefix(8)) --by ada --note fine")
            #expect(yes.status == 0 && yes.output.contains("approved by ada (typed by "), "\(yes.output)\(yes.errors)")
            #expect(try await home.value("SELECT state FROM runs") == "ready")
            let again = try await home.run("reject \(run) --digest \(digest.prefix(8)) --reason late")
            #expect(again.status == 2 && again.errors.contains("was approved by ada"), "\(again.errors)")
            let resumed = try await home.run("runs resume \(run)")
            #expect(resumed.status == 0, "\(resumed.output)\(resumed.errors)")
            #expect(try await home.value("SELECT filled = 50 FROM parent_orders") == "true")
            #expect(try await home.run("approvals").output.contains("Nothing waits"))
            let shown = try await home.run("approvals show \(run)")
            #expect(shown.output.contains("approved by ada") && shown.output.contains("fine"), "\(shown.output)")
            #expect(try await home.run("verify").status == 0)
        }
    }

    @Test("Rejected: the run ends REJECTED, with who and why in its report")
    func reject() async throws {
        try await Home.onSharedServer { home in
            let (run, digest) = try await ask(home)
            let no = try await home.run("reject \(run) --digest \(digest) --reason toolarge")
            #expect(no.status == 0, "\(no.errors)")
            let resumed = try await home.run("runs resume \(run) --output json")
            #expect(resumed.status == 1, "\(resumed.errors)")
            #expect(resumed.output.contains("REJECTED") && resumed.output.contains("toolarge"), "\(resumed.output)")
            #expect(try await home.value("SELECT count(*) FROM parent_orders") == "0")
            let late = try await home.run("approve \(run) --digest \(digest)")
            #expect(late.status == 2 && late.errors.contains("has ended"), "\(late.errors)")
        }
    }

    @Test("Somebody sits there: the run waits with the plan on the screen, and goes on by itself")
    func attended() async throws {
        try await Home.onSharedServer { home in
            _ = try await home.run("db migrate")
            let file = try home.write("signed.yaml", Self.workflow)
            let terminal = try Terminal(home.program, "run \(file) --session 2026-03-03")
            try await terminal.wait(for: "smartexec approve")
            let run = try await home.value("SELECT run FROM approval_requests")
            let digest = try await home.value("SELECT digest FROM approval_requests")
            let yes = try await home.run("approve \(run) --digest \(digest)")
            #expect(yes.status == 0 && yes.output.contains("goes on with the run"), "\(yes.output)\(yes.errors)")
            #expect(try await terminal.end() == 0, "\(terminal.written)")
            #expect(terminal.written.contains("SUCCESS"), "\(terminal.written)")
        }
    }

    @Test("A worker lets go of a run that waits, and goes on with the answer; the terminal that follows shows the plan")
    func worker() async throws {
        try await Home.onSharedServer { home in
            _ = try await home.run("db migrate")
            let worker = try home.program.start(["worker"])
            let isThere = "SELECT count(*) > 0 FROM workers WHERE serves IS NOT NULL"
            #expect(try await home.wait(until: isThere, while: worker))
            // People have the timeout's market time: three minutes of the wall clock.
            let file = try home.write("signed.yaml", Self.workflow.replacing("timeout: 45m", with: "timeout: 6h"))
            let words = ["run", file, "--session", "2026-03-03", "--clock", "120x"]
            let follower = try home.program.start(words)
            let isParked = "SELECT count(*) > 0 FROM runs WHERE state = 'waiting' AND worker IS NULL"
            #expect(try await home.wait(until: isParked, while: follower))
            // An answer that comes before the follower looks would leave nothing to show.
            while !follower.hasEnded, !follower.errorsSoFar.contains("smartexec approve") {
                try await Task.sleep(for: .milliseconds(20))
            }
            let run = try await home.value("SELECT run FROM approval_requests")
            let digest = try await home.value("SELECT digest FROM approval_requests")
            let yes = try await home.run("approve \(run) --digest \(digest)")
            #expect(yes.status == 0, "\(yes.errors)")
            let outcome = await follower.outcome()
            #expect(outcome.status == 0 && outcome.output.contains("SUCCESS"), "\(outcome.output)\(outcome.errors)")
            #expect(outcome.errors.contains("smartexec approve \(run)"), "\(outcome.errors)")
            #expect(try await home.value("SELECT count(*) FROM approval_requests") == "1")
            kill(worker.process, SIGTERM)
            let ended = await worker.outcome()
            #expect(ended.status == 0 && ended.errors.contains("waits for approval"), "\(ended.errors)")
            #expect(try await home.run("verify").status == 0)
        }
    }

    @Test("No agent is given what leads to the database: it could approve its own orders")
    func agents() async throws {
        try await Home.onSharedServer(["SMARTEXEC_HOME_COPY": "x"]) { home in
            for name in ["SMARTEXEC_HOME", "SMARTEXEC_DATABASE_URL", "PGPASSWORD", "DATABASE_URL"] {
                _ = try home.write(
                    "config.yaml",
                    "agents: { own: { kind: process, command: [env], environment: [\(name)] } }\n"
                )
                let shown = try await home.run("config show --config \(home.folder)")
                #expect(shown.status == 2 && shown.errors.contains("never given `\(name)`"), "\(shown.errors)")
            }
            let script = try home.write("agent.sh", "env >> \(home.folder)/seen; echo '{\"action\":\"HOLD\"}'\n")
            _ = try home.write(
                "config.yaml",
                "agents: { own: { kind: process, command: [sh, \(script)], environment: [LANG] } }\nagent: own\n"
            )
            _ = try await home.run("decide KO --session 2026-03-03 --config \(home.folder)")
            let seen = try String(contentsOfFile: "\(home.folder)/seen", encoding: .utf8)
            #expect(!seen.contains("SMARTEXEC") && !seen.contains("PG"), "\(seen)")
        }
    }
}
