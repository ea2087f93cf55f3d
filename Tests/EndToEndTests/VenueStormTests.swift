import Foundation
import Testing
import TradingTestKit

/// Everything that can go wrong at a venue, at once, while an account of ours works orders there.
@Suite("Everything goes wrong at the venue at once", .serialized)
struct VenueStormTests {
    private static let orders = [
        "buy BTCUSDT 0.03 --algo twap --duration-minutes 2 --slice-interval-seconds 4",
        "buy ETHUSDT 0.3 --algo twap --duration-minutes 2 --slice-interval-seconds 6",
        "buy BTCUSDT 0.01 --algo limit --limit-price 90000 --duration-minutes 1",
        "buy ETHUSDT 0.05 --urgency CRITICAL",
    ]

    /// What people are told by once a fault has hit; the others may be told of by a report before anybody notices.
    private static let alerts = [
        "unknown-not-executed": "order_unknown", "rate-limited": "rate_limited", "banned": "address_banned",
        "disconnect-streams": "venue_stream_lost",
    ]

    @Test("Each intent at most once, each trade once, the books are the venue's, and people are told of each event")
    func storm() async throws {
        try await VenueScene.with { venue in
            let home = venue.home
            _ = try await venue.run("db migrate")
            let worker = try venue.start("worker --max-runs 4 --drain-timeout 600")
            let serves = "SELECT count(*) > 0 FROM workers WHERE serves IS NOT NULL"
            #expect(try await home.wait(until: serves, while: worker))
            // They go to the worker, and these processes follow them.
            let followers = try Self.orders.map { try venue.start("order \($0) --output json") }
            #expect(try await home.wait(until: "SELECT count(*) >= 2 FROM fills", while: worker))
            let file = "\(Home.root)/Examples/Venue/everything-in-a-minute.yaml"
            try await venue.ask("POST", "faults", try String(contentsOfFile: file, encoding: .utf8))
            let haveEnded = "SELECT count(*) = \(Self.orders.count) FROM runs WHERE state = 'finished'"
            #expect(try await home.wait(until: haveEnded, while: worker))
            for follower in followers {
                let outcome = await follower.outcome()
                let item = try #require(
                    try RunDocument(outcome.output).items.first,
                    "\(outcome.output)\(outcome.errors)"
                )
                #expect(item.status == "SUCCESS" || !item.message.isEmpty, "\(item)")
            }
            // What comes after the orders, such as the lost key of the stream, is waited out: the schedule has an end.
            let faults = try await calm(venue)

            // Whoever trades next finds an account that is reconciled, and a venue that works.
            let last = try await venue.run("order buy BTCUSDT 0.002 --urgency CRITICAL --output json")
            #expect(try RunDocument(last.output).items.first?.status == "SUCCESS", "\(last.errors)\(last.output)")
            #expect(try await home.value("SELECT bool_and(is_reconciled) FROM account_reconciliations") == "true")
            #expect(try await home.value("SELECT count(*) FROM child_orders WHERE life = 'unknown'") == "0")
            #expect(try await home.value("SELECT count(*) FROM parent_orders WHERE ended_at_ns IS NULL") == "0")
            try await venue.checkBooks()
            #expect(faults[0].hits == 1, "no order's fate was ever unknown")
            let given = try await venue.alerts()
            for fault in faults where fault.hits > 0 {
                guard let code = Self.alerts[fault.rule.kind] else { continue }
                #expect(given.contains(code), "\(fault.rule.kind) hit \(fault.hits) times: \(given.sorted())")
            }
            #expect(given.contains("account_unreconciled"), "\(given.sorted())")

            kill(worker.process, SIGTERM)
            let outcome = await worker.outcome()
            #expect(outcome.status == 0, "\(outcome.errors)")
        }
    }

    /// Waits until every fault is over.
    private func calm(_ venue: VenueScene) async throws -> [VenueScene.Fault] {
        let end = ContinuousClock.now + BuiltProgram.patience
        while ContinuousClock.now < end {
            let faults = try await venue.faults()
            if faults.allSatisfy({ !$0.isOpen && ($0.hits > 0 || $0.rule.untilMilliseconds != nil) }) { return faults }
            try await Task.sleep(for: .milliseconds(500))
        }
        throw Home.Impatience(condition: "the faults are over")
    }
}
