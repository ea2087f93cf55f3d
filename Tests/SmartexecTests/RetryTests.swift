import Foundation
import Orchestration
import Testing
import TradingDomain
import Workflows

@testable import smartexec

@Suite("What a retry does again")
struct RetryTests {
    private func report(_ items: [(String, ItemStatus)], _ status: ItemStatus = .failed) -> RunReport {
        RunReport(
            run: RunID(unchecked: "r"),
            workflow: "watchlist",
            status: status,
            account: AccountID(unchecked: "paper"),
            market: "",
            startedAt: Timestamp(nanoseconds: 0),
            endedAt: Timestamp(nanoseconds: 0),
            items: items.map { ItemReport(ticker: $0.0, status: $0.1, message: "") }
        )
    }

    private func tickers(_ names: [String]) throws -> Value {
        .list(try names.map { .ticker(try #require(Symbol($0))) })
    }

    @Test("Of a list of tickers those that failed without an order, and those that the run never came to")
    func list() throws {
        let names = ["AAPL", "BAC", "IBM", "KO", "JPM", "NVDA", "XOM"]
        let report = report([
            ("AAPL", .success), ("BAC", .failed), ("IBM", .abstain), ("KO", .failed), ("JPM", .blocked),
            ("NVDA", .hold),
        ])
        let traded = try ["AAPL", "KO"].map { try #require(Symbol($0)) }
        let inputs: [String: Value] = ["tickers": try tickers(names), "urgency": .text("HIGH")]
        let again = try RunRetry(report: report, traded: Set(traded)).inputs(inputs)
        #expect(again["tickers"] == (try tickers(["BAC", "IBM", "XOM"])))
        #expect(again["urgency"] == .text("HIGH"))
    }

    @Test("Nothing is left, nothing failed, or nobody can tell what traded: refused in words")
    func refused() throws {
        let inputs: [String: Value] = ["tickers": try tickers(["KO"])]
        let ko = Set([try #require(Symbol("KO"))])
        let cases: [(RunReport, Set<Symbol>, [String: Value], String)] = [
            (report([("KO", .partial)], .partial), ko, inputs, "every ticker that failed had an order"),
            (report([("KO", .success)], .success), ko, inputs, "nothing in it failed"),
            (report([("KO", .failed)]), ko, ["model": .text("core")], "could trade twice"),
        ]
        for (report, traded, inputs, words) in cases {
            let failure = #expect(throws: CommandFailure.self) {
                try RunRetry(report: report, traded: traded).inputs(inputs)
            }
            #expect(failure?.description.contains(words) == true, "\(failure?.description ?? "")")
        }
    }

    @Test("A run without a list and without an order is repeated as it was")
    func whole() throws {
        let inputs: [String: Value] = ["ticker": .ticker(try #require(Symbol("KO")))]
        #expect(try RunRetry(report: report([("KO", .failed)]), traded: []).inputs(inputs) == inputs)
    }
}
