import Foundation
import Testing
import TradingTestKit

#if canImport(FoundationXML)
    import FoundationXML
#endif

@Suite("Reports as a person and a program see them", .serialized)
struct ReportTests {
    /// The parts of a report that are about cost.
    private struct Costs: Decodable {
        struct Part: Decodable {
            let amount: String
            let bps: Double
        }

        struct Shortfall: Decodable {
            let delay: Part
            let trading: Part
            let opportunity: Part
            let fees: Part
            let total: Part
            let paper_notional: String
        }

        struct Target: Decodable {
            let name: String
            let value: Double?
            let verdict: String?
        }

        struct Item: Decodable {
            let ticker: String
            let status: String
            let decision: String?
            let parent_order: String?
            let quality: String?
            let implementation_shortfall: Shortfall?
            let targets: [Target]?
        }

        let run: String
        let items: [Item]
    }

    private func costs(_ text: String) throws -> Costs { try JSONDecoder().decode(Costs.self, from: Data(text.utf8)) }

    @Test("A generated run: page, exact costs, an order explained down to them and a decision up to its orders")
    func generated() async throws {
        try await Home.onSharedServer { home in
            let page = "\(home.folder)/run.html"
            let run = try await home.run(
                "run workflows/watchlist.yaml tickers=AAPL,NVDA,AMZN,KO --session 2026-01-02 --output json --report \(page)"
            )
            #expect(run.status == 0, "\(run.errors)")
            let document = try costs(run.output)
            let traded = document.items.filter { $0.parent_order != nil }
            try #require(!traded.isEmpty)
            for item in traded { try checkCosts(item) }

            let html = try String(contentsOfFile: page, encoding: .utf8)
            try checkPage(html)
            #expect(html.contains("GENERATED MARKET: the numbers are invented"))
            for item in traded { #expect(html.contains(try #require(item.parent_order))) }
            let printed = try await home.run("report --output html")
            #expect(printed.output == html, "the database alone gives the same page")
            let file = try await home.run("report \(document.run) --output html --file \(home.folder)/again.html")
            #expect(file.status == 0 && file.output.isEmpty, "\(file.errors)")
            #expect(try String(contentsOfFile: "\(home.folder)/again.html", encoding: .utf8) == html)
            try await explain(home, document, traded[0])
            try await aftermath(home, html, run.output)
            try await withoutTape(home, html)
            try await refusals(home)
        }
    }

    private func checkCosts(_ item: Costs.Item) throws {
        let cost = try #require(item.implementation_shortfall)
        let parts = [cost.delay, cost.trading, cost.opportunity, cost.fees]
        #expect(sum(parts.map(\.amount)) == sum([cost.total.amount]), "\(item.ticker)")
        #expect(abs(parts.map(\.bps).reduce(0, +) - cost.total.bps) < 1e-9)
        let targets = try #require(item.targets)
        #expect(targets.map(\.name) == ["slippage", "implementation_shortfall", "fill_rate", "time"])
        #expect(targets.allSatisfy { ["met", "as expected", "missed"].contains($0.verdict) })
        #expect(item.quality == targets[0].verdict)
    }

    /// Well-formed, and nothing from elsewhere.
    private func checkPage(_ html: String) throws {
        let opening = "<!DOCTYPE html>\n"
        try #require(html.hasPrefix(opening))
        let parser = XMLParser(data: Data(html.dropFirst(opening.count).utf8))
        #expect(parser.parse(), "line \(parser.lineNumber): \(String(describing: parser.parserError))")
        let namespaces = ["http://www.w3.org/2000/svg", "http://www.w3.org/1999/xhtml"]
        let rest = namespaces.reduce(html) { $0.replacing($1, with: "") }
        for word in ["http:", "https:", "url(", "<script", "src="] { #expect(!rest.contains(word), "\(word)") }
        #expect(html.contains("<svg") && html.contains("Slippage by item"))
    }

    /// What had not happened when the run ended is absent there, and filled in by whoever asks later.
    private func aftermath(_ home: Home, _ html: String, _ atEnd: String) async throws {
        struct After: Decodable {
            struct Mark: Decodable {
                let horizon_seconds: Int
                let bps: Double?
                let covered: String
            }
            struct Item: Decodable {
                let filled_quantity: String?
                let close_price: String?
                let slippage_close_bps: Double?
                let mark_outs: [Mark]?
                let flags: [String]
            }
            let items: [Item]
        }
        let early = try JSONDecoder().decode(After.self, from: Data(atEnd.utf8)).items
        #expect(early.allSatisfy { $0.close_price == nil && $0.mark_outs?.last?.bps == nil })
        let later = try await home.run("report --output json")
        let items = try JSONDecoder().decode(After.self, from: Data(later.output.utf8)).items
        for item in items where item.mark_outs != nil {
            #expect(item.close_price != nil && item.slippage_close_bps != nil)
            #expect(item.mark_outs?.map(\.horizon_seconds) == [60, 300, 1800])
            #expect(item.mark_outs?.allSatisfy { $0.bps != nil && $0.covered == item.filled_quantity } == true)
        }
        #expect(html.contains("After 30 min") && html.contains("Slippage vs close") && !html.contains("not known yet"))
        #expect(try await home.value("SELECT count(*) FROM execution_aftermaths WHERE NOT is_complete") == "0")
    }

    private func explain(_ home: Home, _ document: Costs, _ item: Costs.Item) async throws {
        let order = try #require(item.parent_order)
        let down = try await home.run("explain \(order)")
        #expect(down.status == 0, "\(down.errors)")
        let total = try #require(item.implementation_shortfall).total.amount
        for words in [
            "1 Decision", "7 Cost", "delay", "- timing", "opportunity", "mark-out after 30 min", "= \(total)\n",
            "fill rate 100 % against ordered: met",
        ] {
            #expect(down.output.contains(words), "\(words) is missing in\n\(down.output)")
        }
        #expect(try await home.run("explain \(order) --output json").output.contains("\"implementation_shortfall\""))

        let decision = try #require(item.decision)
        for id in [decision, String(decision.dropLast(4))] {
            let up = try await home.run("explain \(id)")
            #expect(up.status == 0, "\(up.errors)")
            for words in ["Decision \(decision)", "gate ", "3 Orders 1", order, "SUCCESS", "exactly:"] {
                #expect(up.output.contains(words), "\(words) is missing in\n\(up.output)")
            }
        }
        let hold = try #require(document.items.first { $0.status == "HOLD" }?.decision)
        let held = try await home.run("explain \(hold)")
        #expect(held.output.contains("3 Orders none") && held.output.contains("HOLD"))
        let unclear = try await home.run("explain \(document.run)")
        #expect(unclear.status == 2)
        #expect(unclear.errors.contains("could be decision") && unclear.errors.contains(decision))
        let unknown = try await home.run("explain nothing-like-it")
        #expect(unknown.status == 2 && unknown.errors.contains("No order and no decision begins with"))
    }

    /// A run from before tapes were kept.
    private func withoutTape(_ home: Home, _ html: String) async throws {
        _ = try await home.rows("DELETE FROM market_tapes", columns: [])
        let page = try await home.run("report --output html").output
        try checkPage(page)
        #expect(!html.contains("tape was not kept") && page.contains("tape was not kept"))
    }

    private func refusals(_ home: Home) async throws {
        let other = try await home.run("orders --output html")
        #expect(other.status == 2 && other.errors.contains("--output table or json"))
        let nowhere = try await home.run("report --output html --file \(home.folder)/nowhere/a.html")
        #expect(nowhere.status == 2 && nowhere.errors.contains("There is no folder"))
        let before = try await home.value("SELECT count(*) FROM runs")
        let early = try await home.run("decide KO --report \(home.folder)/nowhere/a.html")
        #expect(early.status == 2 && early.errors.contains("There is no folder"))
        #expect(try await home.value("SELECT count(*) FROM runs") == before, "refused before anything was run")
    }

    @Test("A run on recorded data: its page, with the agent's words as text")
    func recorded() async throws {
        try await Home.onSharedServer { home in
            let decisions = try home.write(
                "decisions.csv",
                "symbol,action,position_size,confidence,rationale\nAAPL,BUY,5,0.7,<script>alert(1)</script>\nSPY,BUY,5,0.7,b\n"
            )
            let outcome = try await home.run(
                "run workflows/watchlist.yaml tickers=AAPL,SPY urgency=LOW agent=file decisions=\(decisions) "
                    + "--data \(Home.shared)/data/equity-minute --session 2019-02-15 --output json "
                    + "--report \(home.folder)/real.html"
            )
            #expect(outcome.status == 0, "\(outcome.errors)")
            for item in try costs(outcome.output).items { try checkCosts(item) }
            let html = try String(contentsOfFile: "\(home.folder)/real.html", encoding: .utf8)
            try checkPage(html)
            #expect(!html.contains("invented"))
            #expect(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
            // Nothing on a tape is later than its execution's end (I9).
            let late = try await home.value(
                """
                SELECT count(*) FROM market_tapes AS kept JOIN parent_bodies AS body USING (parent),
                    json_array_elements(kept.tape->'buckets') AS bucket
                WHERE (bucket->>'end')::timestamptz > (body.result->>'endedAt')::timestamptz
                """
            )
            #expect(late == "0")
            #expect(try await home.value("SELECT count(*) FROM market_tapes") == "2")
        }
    }
}
