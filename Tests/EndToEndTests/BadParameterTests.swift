import Foundation
import Testing
import TradingTestKit

/// A line after `order`, and what its message must say.
struct BadOrder: Sendable, CustomTestStringConvertible {
    let line: String
    let words: [String]

    var testDescription: String { line }
}

@Suite("Orders that make no sense are wrong use: exit code 2 and the remedy, before anything is started")
struct BadParameterTests {
    @Test(
        "Values out of range, texts that are no numbers, windows that are none",
        arguments: [
            BadOrder(line: "pov --min-child-quantity 0", words: ["--min-child-quantity", "more than 0"]),
            BadOrder(line: "pov --participation-percent 0", words: ["more than 0 and at most 100"]),
            BadOrder(
                line: "twap --max-participation-percent 1e999",
                words: ["--max-participation-percent", "at most 100"]
            ),
            BadOrder(line: "is --risk-aversion nan", words: ["--risk-aversion", "0 to 1, such as 0.000001"]),
            BadOrder(line: "is --risk-aversion 5", words: ["0 to 1"]),
            BadOrder(line: "twap --duration-minutes 0", words: ["--duration-minutes", "1 to 1440"]),
            BadOrder(line: "twap --duration-minutes ten", words: ["1 to 1440"]),
            BadOrder(line: "twap --slice-interval-seconds -1", words: ["slice-interval-seconds"]),
            BadOrder(line: "vwap --volume-profile-days 61", words: ["1 to 60"]),
            BadOrder(
                line: "iceberg --display-quantity inf --limit-price 5",
                words: ["--display-quantity", "more than 0"]
            ),
            BadOrder(line: "twap --would-price 0", words: ["above 0"]),
            BadOrder(line: "twap --catch-up dump", words: ["burst or skip or spread"]),
            BadOrder(line: "twap --end-time noon", words: ["2026-01-02T20:00:00Z"]),
            BadOrder(
                line: "twap --start-time 2026-01-02T16:00:00Z --end-time 2026-01-02T15:00:00Z",
                words: ["--end-time", "not after the start"]
            ),
            BadOrder(line: "market --must-complete", words: ["nothing that MARKET takes", "start-time"]),
        ]
    )
    func refused(_ bad: BadOrder) async throws {
        try await Home.with { home in
            let outcome = try await home.run("order buy KO 100 --algo \(bad.line)")
            #expect(outcome.status == 2, "\(outcome.errors)\(outcome.output)")
            for word in bad.words { #expect(outcome.errors.contains(word), "'\(word)' is not in: \(outcome.errors)") }
            #expect(!FileManager.default.fileExists(atPath: "\(home.folder)/state/postgres.json"))
        }
    }

    @Test("What only the market can tell is REJECTED with its code and the remedy")
    func rejected() async throws {
        try await Home.onSharedServer { home in
            for (line, words) in [
                ("twap --start-time 2099-01-02T16:00:00Z", "not inside the session"),
                ("twap --end-time 2001-01-02T16:00:00Z", "Give an end after its start"),
                ("twap --auction close", "give skip"),
                ("twap --would-price 600 --limit-price 500", "beyond the limit"),
            ] {
                let outcome = try await home.run("order buy KO 100 --algo \(line) --output json")
                let item = try #require(try RunDocument(outcome.output).items.first, "\(outcome.errors)")
                #expect(outcome.status == 1)
                #expect(item.status == "REJECTED")
                #expect(item.message.contains(words), "\(line): \(item.message)")
            }
        }
    }
}
