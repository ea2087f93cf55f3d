import Foundation
import PostgresStore
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

    /// What the venue's own record says of the tables, and what `verify` says.
    func checkBooks(orders: Int = Self.tickers.count) async throws {
        let connection = try await PostgresConnection.connect(try url)
        let findings = try await Judge.findings(connection)
        await connection.close()
        #expect(findings == [])
        #expect(try await value("SELECT count(*) FROM parent_orders WHERE filled = quantity") == "\(orders)")
        #expect(try await value("SELECT count(*) FROM parent_orders") == "\(orders)", "an order twice")
        let cash = "SELECT 100000 - sum(notional + commission) FROM fills"
        let isPaid = "SELECT (SELECT sum(cash_change) FROM ledger_entries) = (\(cash))"
        #expect(try await value(isPaid) == "true", "cash that is not the opening balance less what was paid")
        let verified = try await run("verify")
        #expect(verified.status == 0, "\(verified.output)")
    }
}
