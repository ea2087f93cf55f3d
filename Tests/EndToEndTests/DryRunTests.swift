import Foundation
import Testing
import TradingTestKit

@Suite("Dry runs from the command line (WF-5)")
struct DryRunTests {
    /// Every table with how many rows it has and a digest of all of them.
    private func tables(_ home: Home) async throws -> [String: String] {
        let names = try await home.rows(
            """
            SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
            WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1
            """,
            columns: ["name"]
        ).map { $0[0] }
        #expect(names.count > 20)
        var digests: [String: String] = [:]
        for name in names {
            digests[name] = try await home.value(
                "SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM \(name) t"
            )
        }
        return digests
    }

    private func document(_ outcome: ProgramOutcome) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    }

    @Test("Of every command: orders with algorithm, schedule and predicted cost, and not a row changes")
    func nothingChanges() async throws {
        try await Home.onSharedServer { home in
            #expect(try await home.run("order buy KO 100 --session 2026-03-03").status == 0)
            let before = try await tables(home)
            let order = try await home.run("order buy AAPL 50 --algo vwap --dry-run --output json")
            #expect(order.status == 0, "\(order.errors)")
            let found = try document(order)
            let sent = try #require((found["orders"] as? [[String: Any]])?.first)
            #expect(sent["algorithm"] as? String == "VWAP" && sent["quantity"] as? String == "50")
            #expect(sent["spread_bps"] is Double && sent["impact_bps"] is Double)
            #expect((sent["candidates"] as? [[String: Any]])?.isEmpty == false)
            #expect((found["notes"] as? [String])?.first?.contains("Nothing was written") == true)
            for line in [
                "run rebalance --dry-run", "decide NVDA --urgency HIGH --dry-run",
                "batch watchlists/demo.txt --dry-run", "run workflows/weekly-rebalance.yaml --dry-run",
            ] {
                let outcome = try await home.run(line)
                #expect(outcome.status == 0, "\(line): \(outcome.errors)\(outcome.output)")
                #expect(outcome.output.hasPrefix("DRY RUN of "), "\(outcome.output)")
                #expect(outcome.output.contains("Nothing was written and nothing was sent."))
            }
            let rebalance = try await home.run("run rebalance --dry-run")
            for words in ["Impact bps", "Rebalance ", "check_buys", "(behind a predicted fill)", "predicted cost"] {
                #expect(rebalance.output.contains(words), "\(rebalance.output)")
            }
            let page = try await home.run("run rebalance --dry-run --report \(home.folder)/r.html")
            #expect(page.status == 2 && page.errors.contains("--dry-run"), "\(page.errors)")
            #expect(try await tables(home) == before)
            // What was predicted is what the run then does.
            let run = try await home.run("order buy AAPL 50 --algo vwap --output json")
            let item = try #require(try RunDocument(run.output).items.first)
            #expect(item.algorithm == "VWAP" && item.arrival_price == sent["arrival_price"] as? String)
        }
    }

    @Test("Blocks and an active kill switch are told, with the exit code of a run")
    func blocked() async throws {
        try await Home.onSharedServer { home in
            #expect(try await home.run("kill-switch activate drill").status == 0)
            let outcome = try await home.run("order buy AAPL 100 --dry-run")
            #expect(outcome.status == 3 && outcome.output.contains("drill"), "\(outcome.output)\(outcome.errors)")
            #expect(try await home.value("SELECT count(*) FROM runs") == "0")
        }
    }

    @Test("Works while another program holds the account, and does not disturb it")
    func beside() async throws {
        try await Home.onSharedServer { home in
            _ = try await home.run("db migrate")
            let running = try home.program.start(
                "order buy KO 100 --algo twap --duration-minutes 12 --clock 8x --output json".split(separator: " ")
                    .map(String.init)
            )
            #expect(try await home.wait(until: "SELECT count(*) >= 1 FROM fills", while: running))
            let looked = try await home.run("decide NVDA --clock 30x --dry-run")
            #expect(looked.status == 0, "\(looked.errors)")
            let other = try await home.run("run rebalance --clock 30x --dry-run --output json")
            #expect(other.status == 0, "\(other.errors)")
            #expect(!running.hasEnded)
            #expect(try await home.value("SELECT count(*) FROM runs") == "1")
            let outcome = await running.outcome()
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(try RunDocument(outcome.output).items.map(\.filled_quantity) == ["100"])
            #expect(try await home.run("verify").status == 0)
        }
    }
}
