import Foundation
import Testing
import TradingTestKit

@Suite("Routers, market conditions and what is learned, from the command line", .serialized)
struct RoutingTests {
    /// What `explain` says of a plan, by stable names.
    private struct Explanation: Decodable {
        struct Plan: Decodable {
            struct Candidate: Decodable {
                let algorithm: String
                let cost_bps: Double
                let note: String
            }
            struct Inputs: Decodable {
                struct Conditions: Decodable {
                    let spread_bps: Double?
                    let liquidity_score: Double?
                    let minute_volume: String?
                    let liquidity_basis: String?
                }
                let router: String
                let missing: [String]
                let conditions: Conditions?
                let size_to_minute_volume: Double?
                let size_to_daily_volume: Double?
            }
            let algorithm: String
            let rule: String
            let market_state: String?
            let predicted_cost_bps: Double?
            let candidates: [Candidate]?
            let inputs: Inputs?
        }
        let plan: Plan
    }

    private func explain(_ home: Home, _ order: String) async throws -> Explanation.Plan {
        let outcome = try await home.run("explain \(order) --output json")
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try JSONDecoder().decode(Explanation.self, from: Data(outcome.output.utf8)).plan
    }

    @Test("`routing --symbol` shows what a market is like; the same each time; bad words are refused")
    func conditions() async throws {
        try await Home.onSharedServer { home in
            let words = "routing --symbol AAPL --session 2026-01-05 --at 2026-01-05T16:00:00Z"
            let table = try await home.run(words)
            #expect(table.status == 0, "\(table.errors)")
            for name in ["Spread", "Liquidity score", "Volatility of a minute", "Market state", "0 withheld"] {
                #expect(table.output.contains(name), "\(table.output)")
            }
            let json = try await home.run("\(words) --output json")
            let again = try await home.run("\(words) --output json")
            #expect(json.output == again.output)
            for name in ["\"market_state\"", "\"liquidity_score\"", "\"minute_volume\"", "\"data_quality\""] {
                #expect(json.output.contains(name), "\(json.output)")
            }
            for (line, hint) in [
                ("routing --symbol aapl", "is no ticker"), ("routing --symbol NOPE", "There is no NOPE"),
                ("routing --at 2026-01-05T16:00:00Z", "--symbol"), ("\(words)x", "is no time"),
                ("routing --symbol AAPL --session 2026-01-05 --at 2026-01-05T03:00:00Z", "outside session"),
            ] {
                let refused = try await home.run(line)
                #expect(refused.status == 2, "\(line)")
                #expect(refused.errors.contains(hint), "\(line): \(refused.errors)")
            }
        }
    }

    @Test("`explain` says why: inputs, rule and each candidate's predicted cost; `routing.strategy` chooses the router")
    func verdicts() async throws {
        try await Home.onSharedServer(["SMARTEXEC__ROUTING__STRATEGY": "market"]) { home in
            var plans: [String: Explanation.Plan] = [:]
            for (words, urgency) in [("AAPL 20", "LOW"), ("KO 20", "CRITICAL")] {
                let outcome = try await home.run("order buy \(words) --urgency \(urgency) --output json")
                #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
                let order = try #require(try RunDocument(outcome.output).items.first?.parent_order)
                plans[urgency] = try await explain(home, order)
                let page = try await home.run("explain \(order)")
                #expect(page.output.contains("chosen by market") && page.output.contains("predicted"), "\(page.output)")
            }
            let taken = try #require(plans["CRITICAL"])
            #expect(taken.algorithm == "AGGRESSIVE" && taken.inputs?.router == "market")
            let small = try #require(plans["LOW"])
            #expect(small.rule.hasPrefix("market: size"), "\(small.rule)")
            #expect(["PASSIVE", "AGGRESSIVE"].contains(small.algorithm))
            #expect(small.market_state != nil)
            let inputs = try #require(small.inputs)
            #expect(inputs.missing.isEmpty, "\(inputs.missing)")
            #expect(inputs.conditions?.liquidity_basis == "touch")
            let score = try #require(inputs.conditions?.liquidity_score)
            #expect((0...1).contains(score))
            let candidates = try #require(small.candidates)
            #expect(candidates.first?.algorithm == small.algorithm)
            #expect(candidates.first?.cost_bps == small.predicted_cost_bps && candidates.count > 3)
            let shown = try await home.run("routing")
            #expect(shown.output.contains("routed by the market router"))
            let effective = try await home.run("config show --effective")
            #expect(effective.output.contains("environment SMARTEXEC__ROUTING__STRATEGY"))
        }
    }

    @Test("The learned router learns from its own past, keeps the table, and shows it")
    func learned() async throws {
        try await Home.onSharedServer([
            "SMARTEXEC__ROUTING__STRATEGY": "learned", "SMARTEXEC__ROUTING__EXPLORE_PERCENT": "0",
        ]) {
            home in
            let empty = try await home.run("routing --learned")
            #expect(empty.output.contains("Nothing has been learned yet"), "\(empty.output)\(empty.errors)")
            // A dozen orders that AGGRESSIVE works, then one that is left to the router: sessions follow one another.
            for _ in 0..<12 {
                let outcome = try await home.run("order buy KO 5 --algo aggressive --urgency CRITICAL --output json")
                #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
            }
            let outcome = try await home.run("order buy KO 5 --urgency CRITICAL --output json")
            let order = try #require(try RunDocument(outcome.output).items.first?.parent_order)
            let plan = try await explain(home, order)
            #expect(
                plan.inputs?.router == "learned" && plan.rule.hasPrefix("learned, urgency CRITICAL"),
                "\(plan.rule)"
            )
            let table = try await home.run("routing --learned")
            #expect(table.output.contains("AGGRESSIVE") && table.output.contains("12"), "\(table.output)")
            let json = try await home.run("routing --learned --output json")
            #expect(json.output.contains("\"cost_bps\"") && json.output.contains("\"learned_at\""))
            let stored = try await home.value("SELECT sum(samples) FROM learned_route_cells")
            #expect(stored == "12")
        }
    }

    @Test("On recorded trades and quotes the conditions are those of the tape")
    func recorded() async throws {
        try await Home.onSharedServer { home in
            let outcome = try await home.run(
                "routing --symbol SPY --data \(Home.shared)/data/equity-minute --session 2019-02-15 "
                    + "--at 2019-02-15T16:30:00Z --output json"
            )
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output.contains("\"volatility\""), "\(outcome.output)")
        }
    }
}
