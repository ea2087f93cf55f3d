import Foundation
import Testing
import TradingTestKit

@Suite("A halt at a venue, to its proof", .serialized)
struct VenueHaltTests {
    private func checkProven(_ venue: VenueScene) async throws {
        #expect(try await venue.open() == 0)
        #expect(try await venue.home.value("SELECT count(*) > 0 FROM halt_steps WHERE kind = 'proven'") == "true")
        #expect(try await venue.home.value("SELECT count(*) FROM parent_orders WHERE ended_at_ns IS NULL") == "0")
        try await venue.checkBooks()
    }

    /// Waits until the order of `running` is known to rest; what there is instead says why it is not.
    private func waitUntilRests(_ running: RunningProgram, at venue: VenueScene) async throws {
        let rests = "SELECT count(*) > 0 FROM child_orders WHERE life = 'acknowledged'"
        if try await venue.home.wait(until: rests, while: running) { return }
        let outcome = await running.outcome()
        var found: [[String]] = []
        for (table, column) in [
            ("child_orders", "life"), ("alerts", "message"), ("account_reconciliations", "is_reconciled::text"),
            ("parent_bodies", "result::text"),
        ] { found += try await venue.home.rows("SELECT \(column) AS value FROM \(table)", columns: ["value"]) }
        try #require(Bool(false), "no order rests: \(found)\n\(outcome.output)\n\(outcome.errors)")
    }

    @Test("In the middle of a run: the run ends, its engine stays until the venue has proven that nothing can trade")
    func during() async throws {
        try await VenueScene.with { venue in
            _ = try await venue.run("db migrate")
            let running = try venue.start(
                "order buy BTCUSDT 0.01 --algo limit --limit-price 80000 --duration-minutes 5 --output json"
            )
            try await waitUntilRests(running, at: venue)
            let halted = try await venue.run("kill-switch activate drill --wait 120")
            #expect(halted.status == 0 && halted.output.contains("Proven after"), "\(halted.output)\(halted.errors)")
            #expect(await running.outcome().status == 3)
            try await checkProven(venue)
        }
    }

    @Test("With nobody at work the command takes the account itself, and cancels what somebody else left there")
    func idle() async throws {
        try await VenueScene.with { venue in
            _ = try await venue.run("db migrate")
            let running = try venue.start(
                "order buy BTCUSDT 0.01 --algo limit --limit-price 80000 --duration-minutes 5 --output json"
            )
            try await waitUntilRests(running, at: venue)
            running.kill()
            _ = await running.outcome()
            #expect(try await venue.open() == 1)
            let halted = try await venue.run("halt drill --wait 60")
            #expect(halted.status == 0 && halted.output.contains("Proven after"), "\(halted.output)\(halted.errors)")
            try await checkProven(venue)
            #expect(try await venue.run("kill-switch deactivate over").status == 0)
            let again = try await venue.run("order buy BTCUSDT 0.002 --urgency CRITICAL --output json")
            #expect(try RunDocument(again.output).items.first?.status == "SUCCESS", "\(again.output)\(again.errors)")
        }
    }
}
