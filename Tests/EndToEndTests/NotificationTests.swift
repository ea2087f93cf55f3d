import Foundation
import Testing
import TradingTestKit

@Suite("People are told: channels, notify.send, alerts and questions", .serialized)
struct NotificationTests {
    private static func workflow(_ channel: String) -> String {
        """
        format: 1
        workflow: told
        steps:
          - { id: propose, uses: orders.propose, with: { ticker: KO, side: BUY, quantity: 50, urgency: HIGH } }
          - { id: check, uses: risk.check, with: { orders: "${{ steps.propose.orders }}" } }
          - { id: tell, uses: notify.send, with: { to: \(channel), text: "worth ${{ steps.check.gross_notional }}" } }
          - { id: sign_off, uses: approval.wait, timeout: 45m }
        """
    }

    /// A home whose channel `ops` appends to the file `told`, and whose channel `hook` is not reached.
    private func with(_ more: String = "", _ body: (Home, String) async throws -> Void) async throws {
        try await Home.onSharedServer(["HOOK_SECRET": "hush-hush"]) { home in
            let told = "\(home.folder)/told"
            try "".write(toFile: told, atomically: true, encoding: .utf8)
            _ = try home.write(
                "config.yaml",
                """
                notifications:
                  ops: { command: [sh, -c, "{ echo \\"$NOTIFY_LEVEL $NOTIFY_KEY\\"; cat; echo; } >> \(told)"], timeout: 600s }
                  hook: { webhook: "http://127.0.0.1:1/T0/token", secret_env: HOOK_SECRET }
                  unset: { webhook_env: NOWHERE }
                \(more)
                """
            )
            try await body(home, "--config \(home.folder)")
        }
    }

    private func told(_ home: Home) throws -> String {
        try String(contentsOfFile: "\(home.folder)/told", encoding: .utf8)
    }

    @Test("notify test says whether a channel took it, and never a secret")
    func channels() async throws {
        try await with { home, options in
            let list = try await home.run("notify list --output json \(options)")
            #expect(
                list.status == 0 && list.output.contains("webhook 127.0.0.1, signed"),
                "\(list.output)\(list.errors)"
            )
            let taken = try await home.run("notify test ops --text hello \(options)")
            #expect(taken.status == 0, "\(taken.output)\(taken.errors)")
            #expect(try told(home).contains("\nhello\n"))
            let away = try await home.run("notify test hook \(options)")
            #expect(away.status == 1 && away.errors.contains("not reached"), "\(away.errors)")
            let unset = try await home.run("notify test unset \(options)")
            #expect(unset.status == 1 && unset.errors.contains("NOWHERE"), "\(unset.errors)")
            let unknown = try await home.run("notify test opps \(options)")
            #expect(unknown.status == 2 && unknown.errors.contains("known: hook, ops, unset"), "\(unknown.errors)")
            for outcome in [list, taken, away, unset, unknown] {
                #expect(!(outcome.output + outcome.errors).contains("hush-hush"))
                #expect(!outcome.errors.contains("token"), "\(outcome.errors)")
            }
        }
    }

    @Test("A run tells its text and asks its question; a channel that is not there is found before it begins")
    func run() async throws {
        try await with("  approvals: { to: ops }") { home, options in
            let file = try home.write("told.yaml", Self.workflow("ops"))
            let asked = try await home.run("run \(file) --session 2026-03-03 \(options)")
            #expect(asked.status == 1, "\(asked.errors)")
            let text = try told(home)
            #expect(text.contains("\nworth ") && text.contains("waits for approval at step sign_off"), "\(text)")
            let run = try await home.value("SELECT id FROM runs")
            #expect(text.contains("info \(run)/tell\n"), "\(text)")
            let wrong = try home.write("wrong.yaml", Self.workflow("oops"))
            let refused = try await home.run("run \(wrong) --session 2026-03-03 \(options)")
            #expect(refused.status == 1 && refused.errors.contains("no channel is called `oops`"), "\(refused.errors)")
            #expect(try await home.value("SELECT count(*) FROM runs") == "1")
            #expect(try await home.run("workflow validate \(wrong) \(options)").status == 0)
            let deep = try await home.run("workflow validate --deep \(wrong) \(options)")
            #expect(deep.status == 1 && deep.output.contains("oops"), "\(deep.output)\(deep.errors)")
        }
    }

    @Test("A webhook that nobody answers does not stop the run; its secret is in no row")
    func away() async throws {
        try await with { home, options in
            let file = try home.write("told.yaml", Self.workflow("hook"))
            let asked = try await home.run("run \(file) --session 2026-03-03 \(options)")
            #expect(asked.errors.contains("waits for approval"), "\(asked.errors)")
            let outcome = try await home.value("SELECT outcome FROM step_runs WHERE path = 'tell'")
            #expect(outcome.contains("notify") && outcome.contains("not delivered"), "\(outcome)")
            #expect(!outcome.contains("hush") && !outcome.contains("token"), "\(outcome)")
            #expect(!(asked.output + asked.errors).contains("hush"))
        }
    }

    @Test("An execution that was bad enough is told as it happens, in a run beside a clock")
    func alerts() async throws {
        try await with(
            """
              alerts: { to: ops, level: warning }
            quality: { slippage_bps: 0, shortfall_bps: 0 }
            """
        ) { home, options in
            let order = "order buy KO 100 --algo market --session 2026-03-03"
            let paced = try await home.run("\(order) --clock 120x \(options)")
            #expect(paced.status == 0, "\(paced.output)\(paced.errors)")
            let count = Int(try await home.value("SELECT count(*) FROM alerts WHERE level <> 'info'")) ?? 0
            #expect(count > 0)
            let text = try told(home)
            #expect(text.components(separatedBy: "warning alert/").count == count + 1, "\(text)")
            // A rehearsal's stay in the list.
            _ = try await home.run("\(order) \(options)")
            #expect(try told(home) == text)
        }
    }
}
