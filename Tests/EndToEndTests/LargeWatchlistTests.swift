import Foundation
import Testing
import TradingTestKit

@Suite("A watchlist of 500 tickers", .serialized)
struct LargeWatchlistTests {
    private static let real = ["AAPL", "AMT", "BAC", "BK", "JPM", "MSFT", "SPY", "TRV", "VOO", "XLP"]
    // A name with two digits at its end would read as a future's.
    private static let names = real + (real.count..<500).map { "GEN\($0 + 100)" }
    /// Fails of itself: no answer and exit status 1.
    private static func fails(_ index: Int) -> Bool { index % 10 == 7 }

    @Test("Eight at a time, an agent that fails one in ten: it ends, the report adds up, memory is bounded")
    func fiveHundred() async throws {
        try await Home.onSharedServer { home in
            let folder = try await home.writeMarket(Self.names, from: Self.real.count)
            let failing = Self.names.indices.filter(Self.fails).map { "*'\"\(Self.names[$0])\"'*" }
            let script = try home.write(
                "agent.sh",
                """
                read -r line
                case "$line" in
                \(failing.map { "\($0)) echo broken >&2; exit 1;;" }.joined(separator: "\n"))
                esac
                echo '{"action":"BUY","position_size":0.2,"urgency":"HIGH"}'
                """
            )
            _ = try home.write(
                "config.yaml",
                """
                accounts:
                  paper: { broker: simulated, cash: 1000000, slippage: { limit_bps: 200 } }
                agents:
                  shell: { kind: process, command: [sh, \(script)], deadline: 600s }
                """
            )
            let list = try home.write("inputs.yaml", "tickers: [\(Self.names.joined(separator: ", "))]\n")
            let outcome = try await home.run(
                "run watchlist --file \(list) max_concurrent=8 agent=shell --data \(Home.shared)/data/equity-minute "
                    + "--data \(folder) --session 2019-02-15 --config \(home.folder) --output json"
            )
            let document = try RunDocument(outcome.output)
            #expect(document.items.map(\.ticker) == Self.names)
            var traded = 0
            for (index, item) in document.items.enumerated() {
                let expected = Self.fails(index) ? "ABSTAIN" : "SUCCESS"
                #expect(item.status == expected, "\(item.ticker): \(item.message)")
                traded += item.status == "SUCCESS" ? 1 : 0
            }
            #expect(traded == 450 && outcome.status == 1, "\(traded) traded, \(outcome.errors)")
            try await check(home, document)
            print(
                "500 tickers: \(outcome.processorTime) of processor time, \(outcome.peakMemory / 1024) MiB at most"
            )
            #expect(outcome.peakMemory < 400_000, "\(outcome.peakMemory) KiB")
        }
    }

    /// What is in flight and the sums, in SQL.
    private func check(_ home: Home, _ document: RunDocument) async throws {
        func most(_ spans: String) async throws -> String {
            try await home.value(
                """
                SELECT max(depth) FROM (SELECT sum(change) OVER (ORDER BY at, change) AS depth FROM
                    (SELECT a AS at, 1 AS change FROM (\(spans)) s WHERE b > a UNION ALL
                     SELECT b, -1 FROM (\(spans)) s WHERE b > a) e) d
                """
            )
        }
        let items = """
            SELECT min(started_at_ns) AS a, max(done_at_ns) AS b FROM step_runs WHERE run = '\(document.run)'
            AND path LIKE 'each[%' GROUP BY split_part(path, ']', 1)
            """
        let parents = "SELECT submitted_at_ns AS a, ended_at_ns AS b FROM parent_orders WHERE run = '\(document.run)'"
        #expect(try await most(items) == "8")
        #expect(Int(try await most(parents)) ?? 99 <= 8)
        let sums = try await home.rows(
            """
            SELECT count(DISTINCT parent_order)::text AS parents, sum(quantity)::text AS quantity,
                sum(commission)::text AS commission FROM fills
            """,
            columns: ["parents", "quantity", "commission"]
        )[0]
        #expect(sums[0] == "450")
        #expect(sum([sums[1]]) == sum(document.items.compactMap(\.filled_quantity)))
        #expect(sum([sums[2]]) == sum(document.items.compactMap(\.commission)))
        #expect(try await home.value("SELECT count(*) FROM decisions") == "500")
        #expect(try await home.run("verify").status == 0)
    }
}
