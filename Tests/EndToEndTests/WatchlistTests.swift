import Foundation
import Testing
import TradingTestKit

@Suite("A first user's session on the generated market", .serialized)
struct WatchlistTests {
    @Test("Run, run again, run the same session, ask for everything, stop the database")
    func session() async throws {
        try await Home.with { home in
            try await firstRun(home)
            try await secondRun(home)
            try await readCommands(home)
        }
    }

    private func firstRun(_ home: Home) async throws {
        let run = "run workflows/watchlist.yaml tickers=AAPL,MSFT,NVDA,AMZN,JPM,XOM --session 2026-01-02"
        let first = try await home.run("\(run) --output json")
        #expect(!first.outputStayedOpen, "a pipe behind the first run would wait for the database server")
        let document = try RunDocument(first.output)
        #expect(document.items.map(\.ticker) == ["AAPL", "MSFT", "NVDA", "AMZN", "JPM", "XOM"])
        for item in document.items {
            #expect(["SUCCESS", "HOLD"].contains(item.status), "\(item.ticker): \(item.message)\(first.errors)")
        }
        #expect(first.status == 0, "\(first.errors)")
        let traded = document.items.filter { $0.parent_order != nil }
        try #require(!traded.isEmpty)
        for item in traded {
            let execution = try #require(item.execution)
            #expect(item.side == "BUY")
            #expect(item.filled_quantity == item.quantity)
            #expect(execution.total_quantity == item.quantity)
            #expect(execution.avg_fill_price == item.average_price)
            #expect(sum(execution.fills.map(\.quantity)) == sum([try #require(item.quantity)]))
            #expect(sum(execution.fills.map(\.commission)) == sum([try #require(item.commission)]))
            #expect(execution.total_commission == item.commission)
            #expect(item.decision?.isEmpty == false)
            #expect(item.arrival_price != nil && item.slippage_arrival_bps != nil)
        }
        let orders = try await home.value("SELECT count(*) FROM parent_orders")

        let again = try await home.run("\(run) --output json")
        let repeated = try RunDocument(again.output)
        #expect(again.status == 0, "\(again.output)")
        #expect(repeated.run != document.run)
        #expect(repeated.items.allSatisfy { $0.message.contains("already executed") })
        #expect(repeated.items.map(\.execution) == document.items.map(\.execution))
        #expect(repeated.items.map(\.status) == document.items.map(\.status))
        #expect(try await home.value("SELECT count(*) FROM parent_orders") == orders)
    }

    private func secondRun(_ home: Home) async throws {
        let second = try await home.run("run workflows/watchlist.yaml tickers=AAPL,MSFT,NVDA")
        #expect(second.status == 0, "\(second.errors)")
        #expect(second.processorTime < .seconds(5), "\(second.processorTime)")
        let headline = try #require(second.output.split(separator: "\n").first)
        for words in ["Account paper@generated-7", "GENERATED MARKET (seed 7)", "session 2026-01-05", "clock virtual"] {
            #expect(headline.contains(words), "\(headline)")
        }
        for column in ["Ticker", "Status", "Algorithm", "Filled", "Slip bps", "Commission"] {
            #expect(second.output.contains(column))
        }
        #expect(!second.output.contains("\u{1B}"), "no colours where there is no terminal")
    }

    private func readCommands(_ home: Home) async throws {
        let run = try await home.value("SELECT id FROM runs ORDER BY number LIMIT 1")
        let order = try await home.value("SELECT id FROM parent_orders ORDER BY number LIMIT 1")
        let expected = [
            "status": "paper@generated-7", "runs list": run, "runs show \(run)": "decide", "orders": order,
            "fills": order, "positions": "paper@generated-7", "routing": "TWAP_AGGRESSIVE", "report \(run)": run,
            "explain \(order)": "gate", "kill-switch status": "off", "verify": "holds", "db status": "running",
            "doctor": "ok", "workflow validate workflows/watchlist.yaml": "", "workflow graph watchlist": "process",
            "config show --effective": "simulation",
        ]
        for (command, words) in expected.sorted(by: { $0.key < $1.key }) {
            let outcome = try await home.run(command)
            #expect(outcome.status == 0, "\(command): \(outcome.errors)")
            #expect(words.isEmpty || outcome.output.contains(words), "\(command): \(outcome.output)")
        }
        let report = try RunDocument(try await home.run("report \(run) --output json").output)
        #expect(report.run == run)
    }

    @Test("Urgency changes algorithm, schedule and children, and `explain` says who chose (SE-2)")
    func urgency() async throws {
        try await Home.onSharedServer { home in
            let decisions = try home.write(
                "decisions.csv",
                "symbol,action,position_size\nBAC,BUY,5\n"
            )
            var children: [String: Int] = [:]
            for (urgency, algorithm) in [
                ("CRITICAL", "MARKET"), ("HIGH", "TWAP_AGGRESSIVE"), ("MEDIUM", "TWAP_STANDARD"), ("LOW", "VWAP"),
            ] {
                // A seed is an account of its own, so the one decision is new in each.
                let seed = 10 + children.count
                let outcome = try await home.run(
                    "decide BAC --urgency \(urgency) --agent file --decisions \(decisions) --seed \(seed) --output json"
                )
                #expect(outcome.status == 0, "\(outcome.errors) \(outcome.output)")
                let item = try #require(try RunDocument(outcome.output).items.first)
                #expect(item.algorithm == algorithm)
                children[urgency] = item.execution?.num_slices
                let order = try #require(item.parent_order)
                let explained = try await home.run("explain \(order)").output
                #expect(explained.contains("urgency \(urgency) (caller)"), "\(explained)")
                #expect(explained.contains("4 Plan \(algorithm)"), "\(explained)")
            }
            #expect(children["CRITICAL"] == 1)
            #expect(children["HIGH"] == 5)
            #expect(children["MEDIUM"] == 10)
            #expect(try #require(children["LOW"]) > 10)
        }
    }

    @Test("The three uses of the README work as written")
    func threeUses() async throws {
        try await Home.onSharedServer { home in
            for command in [
                "batch watchlists/demo.txt --max-concurrent 3", "run workflows/rebalance.yaml",
                "decide NVDA --urgency CRITICAL", "order buy AAPL 100 --algo twap --duration-minutes 10",
            ] {
                let outcome = try await home.run(command)
                #expect(outcome.status == 0, "\(command): \(outcome.errors) \(outcome.output)")
                #expect(outcome.output.contains("GENERATED MARKET"))
            }
            let verified = try await home.run("verify")
            #expect(verified.status == 0, "\(verified.output)")
        }
    }

    @Test("The example decision files do what their README says")
    func examples() async throws {
        try await Home.onSharedServer { home in
            let folder = "\(Home.root)/Examples/decisions"
            let expected: [(line: String, statuses: [String])] = [
                (
                    "run watchlist tickers=AAPL,MSFT,NVDA,JPM agent=file decisions=\(folder)/decisions.csv --session 2026-03-09",
                    ["SUCCESS", "SUCCESS", "SUCCESS", "HOLD"]
                ),
                ("decide NVDA --agent file --decisions \(folder)/decisions.jsonl --session 2026-03-09", ["SUCCESS"]),
                ("decide AAPL --agent file --decisions \(folder)/decisions.json --session 2026-03-10", ["SUCCESS"]),
                ("decide MSFT --agent file --decisions \(folder)/decisions.json --session 2026-03-10", ["ABSTAIN"]),
                ("decide IBM --agent file --decisions \(folder)/decisions.csv --session 2026-03-10", ["ABSTAIN"]),
            ]
            for (line, statuses) in expected {
                let outcome = try await home.run("\(line) --output json")
                let document = try RunDocument(outcome.output)
                #expect(document.items.map(\.status) == statuses, "\(line): \(document.items.map(\.message))")
                #expect(outcome.status == (statuses.contains("ABSTAIN") ? 1 : 0))
            }
        }
    }
}
