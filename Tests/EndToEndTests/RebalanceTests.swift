import Foundation
import Testing
import TradingTestKit

@Suite("A weekly rebalance on recorded minutes, killed between its phases", .serialized)
struct RebalanceTests {
    private static let market = "--data \(Home.shared)/data/equity-minute --session 2019-02-15"
    private static let models = """
        accounts:
          paper:
            broker: simulated
            limits: { max_position_percent: 40, max_order_notional: 50000 }
            slippage: { limit_bps: 50 }
        models:
          old: { AAPL: 25, BAC: 20, JPM: 20, SPY: 25 }
          new: { AAPL: 10, BAC: 0, JPM: 10, MSFT: 25, SPY: 25, TRV: 25 }
        """

    /// The rebalance part of a run's JSON.
    private struct Document: Decodable {
        struct Name: Decodable {
            let symbol: String
            let target: String
            let weight: String?
            let planned: String
            let filled: String
            let held: String
            let reason: String?
        }
        struct Rebalance: Decodable {
            let state: String
            let cash: String
            let names: [Name]
        }
        let run: String
        let status: String
        let rebalance: Rebalance
    }

    private func document(_ outcome: ProgramOutcome) throws -> Document {
        try JSONDecoder().decode(Document.self, from: Data(outcome.output.utf8))
    }

    /// The account at `old`, in a home with the models.
    private func prepare(_ home: Home) async throws {
        _ = try home.write("config.yaml", Self.models)
        let first = try await home.run(
            "run rebalance model=old urgency=CRITICAL \(Self.market) --clock 600x --config \(home.folder) --output json"
        )
        #expect(first.status == 0, "\(first.errors)\(first.output)")
        #expect(try document(first).rebalance.state == "COMPLETE", "\(first.output)")
    }

    private static let week =
        "run workflows/weekly-rebalance.yaml model=new max_turnover=150% urgency=HIGH \(market) --clock 20x"

    @Test(
        "Killed with a sell at work, and when all have ended: resumed, nothing is sold again",
        arguments: [
            """
            SELECT (SELECT count(*) = 3 FROM parent_orders WHERE side = 'SELL') AND EXISTS (
                SELECT FROM fills f JOIN parent_orders p ON p.id = f.parent_order WHERE p.side = 'SELL'
            )
            """,
            "SELECT count(*) = 3 FROM parent_orders WHERE side = 'SELL' AND ended_at_ns IS NOT NULL",
            "SELECT count(*) = 1 FROM step_done WHERE path = 'rebalance/check_buys'",
        ]
    )
    func killed(at moment: String) async throws {
        try await Home.onSharedServer { home in
            try await prepare(home)
            let words = "\(Self.week) --config \(home.folder)".split(separator: " ").map(String.init)
            let running = try home.program.start(words)
            #expect(try await home.wait(until: moment, while: running))
            running.kill()
            #expect(await running.outcome().status == -9)
            let run = try await home.value("SELECT id FROM runs ORDER BY number DESC LIMIT 1")
            let sold = try await home.value("SELECT count(*) FROM parent_orders WHERE run = '\(run)' AND side = 'SELL'")
            let outcome = try await home.run(
                "runs resume \(run) --clock virtual --config \(home.folder) --output json"
            )
            #expect(outcome.status == 0, "\(outcome.errors)\(outcome.output)")
            let report = try document(outcome)
            #expect(report.run == run && report.status == "SUCCESS")
            #expect(["COMPLETE", "ROLLED_FORWARD"].contains(report.rebalance.state), "\(report.rebalance.state)")
            try await check(home, run, report)
            #expect(
                try await home.value("SELECT count(*) FROM parent_orders WHERE run = '\(run)' AND side = 'SELL'") == "3"
            )
            #expect(sold == "3")
            let shown = try await home.run("report \(run)")
            #expect(shown.output.contains("Rebalance \(report.rebalance.state)"), "\(shown.output)")
            let page = try await home.run("report \(run) --output html")
            #expect(page.output.contains("Target and reached weights"))
        }
    }

    /// Weights, books and order of the phases, by the tables alone.
    private func check(_ home: Home, _ run: String, _ report: Document) async throws {
        let rows = try await home.rows(
            """
            SELECT symbol, side::text AS side, count(*)::text AS orders, sum(filled)::text AS filled FROM parent_orders
            WHERE run = '\(run)' GROUP BY symbol, side ORDER BY symbol
            """,
            columns: ["symbol", "side", "orders", "filled"]
        )
        #expect(rows.map { "\($0[1]) \($0[0])" } == ["SELL AAPL", "SELL BAC", "SELL JPM", "BUY MSFT", "BUY TRV"])
        #expect(rows.allSatisfy { $0[2] == "1" })
        for name in report.rebalance.names {
            let row = rows.first { $0[0] == name.symbol }
            let signed = row.map { sum([$0[3]]) * ($0[1] == "SELL" ? -1 : 1) } ?? 0
            #expect(sum([name.filled]) == signed, "\(name.symbol)")
            let away = sum([try #require(name.weight)]) - sum([name.target])
            #expect(abs(away) < 2, "\(name.symbol) is \(away) away: \(name.reason ?? "")")
        }
        let phases = try await home.value(
            """
            SELECT (SELECT max(ended_at_ns) FROM parent_orders WHERE run = '\(run)' AND side = 'SELL')
                <= (SELECT min(submitted_at_ns) FROM parent_orders WHERE run = '\(run)' AND side = 'BUY')
            """
        )
        #expect(phases == "true")
        let cash = try await home.value("SELECT sum(cash_change) FROM ledger_entries")
        #expect(sum([cash]) == sum([report.rebalance.cash]) && sum([cash]) > 0)
        let verified = try await home.run("verify")
        #expect(verified.status == 0, "\(verified.output)")
    }
}
