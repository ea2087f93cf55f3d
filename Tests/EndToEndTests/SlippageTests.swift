import Foundation
import Testing
import TradingTestKit

@Suite("Slippage control")
struct SlippageTests {
    /// An account's control as `risk slippage` tells it.
    private struct Control: Decodable {
        let account: String
        let limit_bps: Double
        let records: Int
        let action: String
        let orders: [Order]
    }

    private struct Order: Decodable {
        let id: String
        let verdict: Verdict
        let realized_bps: Double?
    }

    private struct Verdict: Decodable {
        let outcome: String
        let predicted_bps: Double?
        let limit_bps: Double
        let message: String
        let inputs: Inputs
    }

    private struct Inputs: Decodable {
        let size: Double
        let liquidity: Double?
        let volatility: Double?
        let horizon_seconds: Double
        let spread_bps: Double?
    }

    private struct Explanation: Decodable {
        let slippage: Verdict?
    }

    private static let key = "SMARTEXEC__ACCOUNTS__PAPER__SLIPPAGE__"

    private func controls(_ home: Home) async throws -> [Control] {
        let outcome = try await home.run("risk slippage --limit 100 --output json")
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try JSONDecoder().decode([Control].self, from: Data(outcome.output.utf8))
    }

    @Test("By default neither generated nor recorded markets are blocked, where the raw formulas block them all")
    func defaultPasses() async throws {
        try await Home.onSharedServer { home in
            for urgency in ["CRITICAL", "HIGH", "MEDIUM", "LOW"] {
                let run = try await home.run(
                    "run watchlist tickers=NVDA,AAPL,XOM urgency=\(urgency) --output json"
                )
                for item in try RunDocument(run.output).items { #expect(item.status != "BLOCKED", "\(item.message)") }
            }
            // One ticker each, so that no limit on positions says anything.
            for (ticker, algorithm) in [("SPY", "market"), ("AAPL", "twap"), ("MSFT", "is"), ("JPM", "vwap")] {
                let run = try await home.run(
                    "order buy \(ticker) 30 --algo \(algorithm) --data \(Home.shared)/data/equity-minute --session 2019-02-15 "
                        + "--output json"
                )
                let item = try #require(try RunDocument(run.output).items.first)
                #expect(item.status != "BLOCKED", "\(algorithm): \(item.message)")
            }
            let controls = try await controls(home)
            #expect(controls.count == 2)
            let orders = controls.flatMap(\.orders)
            #expect(orders.count >= 8)
            for order in orders {
                let verdict = order.verdict
                #expect(verdict.outcome == "pass", "\(verdict.message)")
                #expect(verdict.predicted_bps ?? .infinity <= verdict.limit_bps)
                // The seeds' own: the whole top-5 liquidity as divisor and the volatility of the day.
                let inputs = verdict.inputs
                let liquidity = try #require(inputs.liquidity)
                let volatility = (inputs.volatility ?? 0) * (390 * 60 / max(inputs.horizon_seconds, 1)).squareRoot()
                let raw = 0.5 * min(1, inputs.size / liquidity) + 0.3 * volatility
                if inputs.horizon_seconds > 0 { #expect(raw * 10_000 > verdict.limit_bps, "\(order.id)") }
            }
            for control in controls { #expect(control.records == control.orders.count { $0.realized_bps != nil }) }
        }
    }

    @Test("Above the limit an order ends BLOCKED with exit code 3, and explain shows the numbers and the remedy")
    func blocked() async throws {
        try await Home.onSharedServer([Self.key + "LIMIT_BPS": "0.01"]) { home in
            let run = try await home.run("order buy AAPL 30 --algo twap --output json")
            #expect(run.status == 3, "\(run.errors)")
            let item = try #require(try RunDocument(run.output).items.first)
            #expect(item.status == "BLOCKED")
            #expect(item.message.contains("slippage.limit_bps"), "\(item.message)")
            #expect(try await home.value("SELECT count(*) FROM intents") == "0")
            let order = try #require(item.parent_order)
            let explained = try await home.run("explain \(order)")
            #expect(explained.output.contains("slippage control: blocked, predicted slippage"), "\(explained.output)")
            let document = try await home.run("explain \(order) --output json")
            let found = try JSONDecoder().decode(Explanation.self, from: Data(document.output.utf8))
            let verdict = try #require(found.slippage)
            #expect(verdict.outcome == "blocked" && verdict.limit_bps == 0.01)
            #expect(try await controls(home).first?.orders.map(\.id) == [order])
        }
    }

    @Test("Slow down takes a slower way instead of blocking; the limit and its records are the same in a new process")
    func slowed() async throws {
        try await Home.onSharedServer([Self.key + "LIMIT_BPS": "0.6", Self.key + "ACTION": "slow_down"]) { home in
            let run = try await home.run("order buy AAPL 55 --algo market --output json")
            let item = try #require(try RunDocument(run.output).items.first)
            let first = try #require(try await controls(home).first)
            #expect(first.action == "slow_down")
            let verdict = try #require(first.orders.first).verdict
            #expect(["pass", "slowed", "blocked"].contains(verdict.outcome))
            #expect((verdict.outcome == "blocked") == (item.status == "BLOCKED"))
            #expect(try await controls(home).first?.limit_bps == first.limit_bps)
        }
    }
}
