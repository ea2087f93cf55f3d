import Foundation
import Testing
import TradingTestKit

@Suite("kill -9 in the middle of a run, then `runs resume`", .serialized)
struct CrashTests {
    private static let tickers = ["BAC", "KO", "AAPL"]
    /// 300 market seconds in one: the five slices of HIGH take a second.
    private static let pace = "300x"
    /// Slow enough that other commands find the run alive, also on a busy machine.
    private static let slowPace = "10x"

    /// When the process dies: once so many of these rows are committed.
    struct Moment: Sendable, CustomTestStringConvertible {
        let table: String
        let count: Int
        var testDescription: String { "\(table) ≥ \(count)" }
    }

    @Test(
        "No order twice, none lost, positions equal the fold of the fills",
        arguments: [
            Moment(table: "runs", count: 1), .init(table: "decisions", count: 1), .init(table: "approvals", count: 2),
            .init(table: "parent_orders", count: 1), .init(table: "intents", count: 1), .init(table: "fills", count: 1),
            .init(table: "intents", count: 8), .init(table: "fills", count: 12), .init(table: "intents", count: 15),
        ]
    )
    func resume(_ moment: Moment) async throws {
        try await Home.with { home in
            let run = try await crash(home, at: moment)
            if let run {
                let outcome = try await home.run("runs resume \(run) --clock virtual --output json")
                try check(outcome, run)
                let again = try await home.run("runs resume \(run)")
                #expect(again.status == 2, "\(again.errors)")
                #expect(again.errors.contains("has ended"), "\(again.errors)")
            }
            try await checkBooks(home)
        }
    }

    @Test("Dying again while resuming changes nothing")
    func twice() async throws {
        try await Home.with { home in
            let run = try #require(try await crash(home, at: Moment(table: "intents", count: 4)))
            for count in [7, 10] {
                let resuming = try home.program.start(["runs", "resume", run, "--clock", Self.pace])
                #expect(try await home.wait(until: "SELECT count(*) >= \(count) FROM intents", while: resuming))
                resuming.kill()
                #expect(await resuming.outcome().status == -9)
            }
            try check(try await home.run("runs resume \(run) --clock virtual --output json"), run)
            try await checkBooks(home)
        }
    }

    @Test("Two at once on one account: the second is told who holds it, and the first is not disturbed")
    func twoAtOnce() async throws {
        try await Home.with { home in
            let first = try await start(home, pace: Self.slowPace)
            #expect(try await home.wait(until: "SELECT count(*) >= 1 FROM intents", while: first))
            let second = try await home.run("decide MSFT --session 2026-03-03 --clock 300x")
            #expect(second.status == 4, "\(second.errors)\(second.output)")
            #expect(second.errors.contains("paper@generated-7"), "\(second.errors)")
            #expect(!first.hasEnded)
            let run = try await home.value("SELECT id FROM runs")
            let resumed = try await home.run("runs resume \(run)")
            #expect(resumed.status == 4, "\(resumed.errors)\(resumed.output)")
            try check(await first.outcome(), run)
            try await checkBooks(home)
        }
    }

    // MARK: Pieces

    private func start(_ home: Home, pace: String = Self.pace) async throws -> RunningProgram {
        _ = try await home.run("db migrate")
        let rows = Self.tickers.map { "\($0),BUY,5" }.joined(separator: "\n")
        let decisions = try home.write("decisions.csv", "symbol,action,position_size\n\(rows)\n")
        let line =
            "run workflows/watchlist.yaml tickers=\(Self.tickers.joined(separator: ",")) urgency=HIGH agent=file "
            + "decisions=\(decisions) --session 2026-03-03 --clock \(pace) --output json"
        return try home.program.start(line.split(separator: " ").map(String.init))
    }

    /// Starts a run and kills it.
    ///
    /// - Returns: The run to resume; `nil` when it had ended before it could be killed.
    private func crash(_ home: Home, at moment: Moment) async throws -> String? {
        let running = try await start(home)
        #expect(
            try await home.wait(until: "SELECT count(*) >= \(moment.count) FROM \(moment.table)", while: running)
        )
        running.kill()
        let outcome = await running.outcome()
        guard outcome.status == -9 else {
            #expect(outcome.status == 0, "\(outcome.errors)")
            return nil
        }
        return try await home.value("SELECT id FROM runs")
    }

    private func check(_ outcome: ProgramOutcome, _ run: String) throws {
        #expect(outcome.status == 0, "\(outcome.errors)\(outcome.output)")
        let document = try RunDocument(outcome.output)
        #expect(document.run == run)
        #expect(document.items.map(\.ticker) == Self.tickers)
        for item in document.items {
            #expect(item.status == "SUCCESS", "\(item.ticker): \(item.message)")
            #expect(item.filled_quantity == item.quantity)
        }
    }

    /// What the tables say, in SQL of our own, and what `verify` says.
    private func checkBooks(_ home: Home) async throws {
        let none = [
            "an open or unfilled order":
                "SELECT count(*) FROM parent_orders WHERE state <> 'filled' OR filled <> quantity",
            "an order twice":
                "SELECT count(*) - \(Self.tickers.count) FROM parent_orders",
            "an order whose fills are not its quantity": """
            SELECT count(*) FROM parent_orders LEFT JOIN (SELECT parent_order, sum(quantity) AS total FROM fills
            GROUP BY parent_order) booked ON booked.parent_order = parent_orders.id
            WHERE total IS DISTINCT FROM parent_orders.quantity
            """,
            "a venue order without a committed intent": """
            SELECT count(*) FROM paper.orders LEFT JOIN intents USING (client_order_id)
            WHERE intents.client_order_id IS NULL
            """,
            "a venue fill that is not booked": """
            SELECT (SELECT coalesce(sum(executed), 0) FROM paper.orders) - (SELECT coalesce(sum(quantity), 0) FROM fills)
            """,
            "a child that is not final": """
            SELECT count(*) FROM child_orders WHERE life IN ('planned', 'sent', 'acknowledged', 'partially_filled',
            'unknown')
            """,
            "a position that is not the fold of its fills": """
            SELECT count(*) FROM positions FULL JOIN (SELECT symbol,
                sum(CASE side WHEN 'BUY' THEN quantity ELSE -quantity END) AS held FROM fills GROUP BY symbol) folded
            USING (symbol) WHERE positions.quantity IS DISTINCT FROM folded.held
            """,
            "cash that is not the opening balance less what was paid": """
            SELECT (SELECT sum(cash_change) FROM ledger_entries) - 100000
                + (SELECT sum(notional + commission) FROM fills)
            """,
            "an open reservation": "SELECT count(*) FROM reservations WHERE released_at_ns IS NULL",
        ]
        for (what, sql) in none.sorted(by: { $0.key < $1.key }) {
            let found = try await home.value(sql)
            #expect(sum([found]) == 0, "\(what): \(found)")
        }
        let verified = try await home.run("verify")
        #expect(verified.status == 0, "\(verified.output)")
    }
}
