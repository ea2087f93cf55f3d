import Foundation
import Testing
import TradingTestKit

@Suite("Recorded market data")
struct RealDataTests {
    private static let tickers = ["AAPL", "BAC", "JPM", "MSFT", "SPY", "TRV"]

    /// The run that other checks use, in a fresh home; `body` looks at the home before it goes.
    private func run(_ body: (Home, RunDocument) async throws -> Void) async throws -> RunDocument {
        try await Home.onSharedServer { home in
            let decisions = try home.write(
                "decisions.csv",
                (["symbol,action,position_size,confidence,rationale"]
                    + Self.tickers.map { "\($0),BUY,5,0.7,a test" }).joined(separator: "\n") + "\n"
            )
            let outcome = try await home.run(
                "run workflows/watchlist.yaml tickers=\(Self.tickers.joined(separator: ",")) urgency=LOW agent=file "
                    + "decisions=\(decisions) --data \(Home.shared)/data/equity-minute --session 2019-02-15 "
                    + "--output json"
            )
            #expect(outcome.status == 0, "\(outcome.errors)")
            let document = try RunDocument(outcome.output)
            try await body(home, document)
            return document
        }
    }

    @Test("VWAP fills each ticker whole at a small share of the day; sums are SQL's; a fresh database fills the same")
    func vwap() async throws {
        let first = try await run(check)
        let second = try await run { _, _ in }
        #expect(!first.fills.isEmpty)
        #expect(first.fills == second.fills)
        #expect(first.items.map(\.execution) == second.items.map(\.execution))
        #expect(first.items.map(\.decision) == second.items.map(\.decision))
        #expect(first.items.map(\.parent_order) == second.items.map(\.parent_order))
    }

    private func check(_ home: Home, _ document: RunDocument) async throws {
        #expect(document.status == "SUCCESS")
        #expect(document.items.map(\.ticker) == Self.tickers)
        for item in document.items {
            let fills = try #require(item.execution).fills
            #expect(item.status == "SUCCESS", "\(item.ticker): \(item.message)")
            #expect(item.algorithm == "VWAP")
            #expect(item.filled_quantity == item.quantity)
            #expect(try #require(item.children) > 5)
            let traded = sum(fills.map(\.quantity))
            let volume = try await dayVolume(item.ticker)
            #expect(traded > 0 && traded <= volume / 20, "\(item.ticker): \(traded) of \(volume)")
            #expect(fills.allSatisfy { $0.timestamp > "2019-02-15T14:31" && $0.timestamp < "2019-02-15T21:00" })
            #expect(fills.map(\.timestamp) == fills.map(\.timestamp).sorted())
            try await checkSums(home, item)
        }
        let total = try await home.rows(
            "SELECT count(*)::text AS count, sum(commission)::text AS commission FROM fills WHERE parent_order IN (SELECT id FROM parent_orders WHERE run = '\(document.run)')",
            columns: ["count", "commission"]
        )[0]
        #expect(total[0] == "\(document.items.map { $0.execution?.fills.count ?? 0 }.reduce(0, +))")
        #expect(sum([total[1]]) == sum(document.items.compactMap(\.commission)))
        #expect(try await home.run("verify").status == 0)
    }

    /// The item's sums against PostgreSQL's own arithmetic over `fills`.
    private func checkSums(_ home: Home, _ item: RunDocument.Item) async throws {
        let order = try #require(item.parent_order)
        let row = try await home.rows(
            """
            SELECT sum(quantity)::text AS quantity, sum(commission)::text AS commission, count(*)::text AS count,
                (sum(notional) / sum(quantity))::text AS average, min(side::text) AS side
            FROM fills WHERE parent_order = '\(order)'
            """,
            columns: ["quantity", "commission", "count", "average", "side"]
        )[0]
        #expect(sum([row[0]]) == sum([try #require(item.filled_quantity)]))
        #expect(sum([row[1]]) == sum([try #require(item.commission)]))
        #expect(row[2] == "\(try #require(item.execution).fills.count)")
        #expect(abs(sum([row[3]]) - sum([try #require(item.average_price)])) <= Decimal(string: "0.00000001") ?? 0)
        #expect(row[4] == item.side)
        let arrival = Double("\(sum([try #require(item.arrival_price)]))") ?? 0
        let average = Double(row[3]) ?? 0
        #expect(abs((average - arrival) / arrival * 10_000 - (try #require(item.slippage_arrival_bps))) < 1e-6)
    }

    /// Shares that traded in the regular session, added up by `gunzip` and `awk`, not by our reader.
    private func dayVolume(_ ticker: String) async throws -> Decimal {
        let file = "\(Home.shared)/data/equity-minute/\(ticker)_20190211-20190215_trade_1m.csv.gz"
        try #require(FileManager.default.fileExists(atPath: file), "\(file) is missing; set SMARTEXEC_SHARED")
        let script =
            "gunzip -c '\(file)' | awk -F, '$1 >= \"2019-02-15T14:30\" && $1 < \"2019-02-15T21:00\" {v += $6} END {print v}'"
        let outcome = try await BuiltProgram.installed("sh").run(["-c", script])
        return sum([outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)])
    }
}
