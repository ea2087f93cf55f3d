import Testing
import TradingTestKit

@Suite("The kill switch, from another terminal")
struct KillSwitchTests {
    @Test("Blocks before a run with its reason and exit code 3; ending it needs a reason, which is kept")
    func before() async throws {
        try await Home.onSharedServer { home in
            #expect(try await home.run("kill-switch activate drill").status == 0)
            let blocked = try await home.run("order buy BAC 10 --output json")
            #expect(blocked.status == 3, "\(blocked.errors)")
            let item = try #require(try RunDocument(blocked.output).items.first)
            #expect(item.status == "BLOCKED")
            #expect(item.message.contains("drill"), "\(item.message)")
            #expect(try await home.value("SELECT count(*) FROM intents") == "0")
            #expect(try await home.run("kill-switch deactivate").status == 2)
            #expect(try await home.run("kill-switch deactivate done").status == 0)
            #expect(try await home.value("SELECT reason FROM halt_ends") == "done")
            #expect(try await home.run("order buy BAC 10 --output json").status == 0)
        }
    }

    @Test("During a run nothing is sent after it, and what is left reports BLOCKED with its reason")
    func during() async throws {
        try await Home.onSharedServer { home in
            _ = try await home.run("db migrate")
            let decisions = try home.write("decisions.csv", "symbol,action,position_size\nBAC,BUY,5\nKO,BUY,5\n")
            let running = try home.program.start(
                "run watchlist tickers=BAC,KO urgency=HIGH agent=file decisions=\(decisions) --clock 5x --output json"
                    .split(separator: " ").map(String.init)
            )
            #expect(try await home.wait(until: "SELECT count(*) >= 2 FROM intents", while: running))
            #expect(try await home.run("halt drill").status == 0)
            let sent = try await home.value("SELECT count(*) FROM intents")
            let outcome = await running.outcome()
            #expect(outcome.status == 3, "\(outcome.errors)\(outcome.output)")
            let document = try RunDocument(outcome.output)
            #expect(document.status == "BLOCKED")
            for item in document.items {
                #expect(item.status == "BLOCKED", "\(item.ticker): \(item.status)")
                #expect(item.message.contains("drill"), "\(item.message)")
            }
            #expect(try await home.value("SELECT count(*) FROM intents") == sent)
            #expect(try await home.run("verify").status == 0)
        }
    }
}
