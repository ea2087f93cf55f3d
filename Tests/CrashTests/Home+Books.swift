import Foundation
import Testing
import TradingTestKit

/// The run that is interrupted in every test here, and what must hold after it.
extension Home {
    static let tickers = ["BAC", "KO", "AAPL"]

    /// Starts the run, in a database that is there already so that a test can watch it.
    ///
    /// - Parameter pace: `300x` makes the five slices of HIGH take a second.
    /// - Returns: The program at work.
    /// - Throws: When the program cannot be started.
    func startRun(pace: String = "300x") async throws -> RunningProgram {
        _ = try await run("db migrate")
        return try program.start(try line(pace: pace).split(separator: " ").map(String.init))
    }

    /// The command that starts the run.
    func line(pace: String) throws -> String {
        let rows = Self.tickers.map { "\($0),BUY,5" }.joined(separator: "\n")
        let decisions = try write("decisions.csv", "symbol,action,position_size\n\(rows)\n")
        return "run workflows/watchlist.yaml tickers=\(Self.tickers.joined(separator: ",")) urgency=HIGH agent=file "
            + "decisions=\(decisions) --session 2026-03-03 --clock \(pace) --output json"
    }

    /// Every order of the run is filled whole.
    func checkRun(_ outcome: ProgramOutcome, _ run: String) throws {
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
    func checkBooks() async throws {
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
            let found = try await value(sql)
            #expect(sum([found]) == 0, "\(what): \(found)")
        }
        let verified = try await run("verify")
        #expect(verified.status == 0, "\(verified.output)")
    }
}
