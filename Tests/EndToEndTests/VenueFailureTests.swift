import Foundation
import Testing
import TradingTestKit

/// What can go wrong at a venue, at the start and in the middle of a run: a clear message, the right exit code, no order
/// twice, and nothing that adds exposure while the account is not reconciled.
@Suite("What can go wrong at a venue", .serialized)
struct VenueFailureTests {
    private static let order = "order buy BTCUSDT 0.002 --urgency CRITICAL --output json"
    private static let everything = "on: [place, cancel, modify, query, account, listen-key, market]"

    // MARK: At the start

    @Test("A banned address: nothing is sent until the ban ends, and the message says when")
    func banned() async throws {
        try await VenueScene.with { venue in
            try await venue.fail("fault: banned, \(Self.everything), retry_after: 7200")
            let outcome = try await venue.run(Self.order)
            #expect(outcome.status == 4, "\(outcome.errors)")
            #expect(outcome.errors.contains("HTTP 418") && outcome.errors.contains("until 20"), "\(outcome.errors)")
            #expect(try await venue.hits() == [1], "requests after the ban was told")
            #expect(try await venue.placed().isEmpty)
        }
    }

    @Test("A limit that was passed is waited out when it is short, and told when it is long")
    func limited() async throws {
        try await VenueScene.with { venue in
            try await venue.fail("fault: rate-limited, on: [market, account], retry_after: 2, next: 2")
            let waited = try await venue.run(Self.order)
            #expect(try RunDocument(waited.output).items.first?.status == "SUCCESS", "\(waited.output)\(waited.errors)")
            try await venue.fail("fault: rate-limited, \(Self.everything), retry_after: 60")
            let told = try await venue.run(Self.order)
            #expect(told.status == 4 && told.errors.contains("HTTP 429"), "\(told.errors)")
            #expect(try await venue.hits() == [2, 1])
            try await venue.checkBooks()
        }
    }

    @Test("A symbol that the venue does not list, or does not trade now, ends the item and names the symbol")
    func symbols() async throws {
        try await VenueScene.with { venue in
            let unknown = try await venue.run("order buy NOSUCHUSDT 1 --urgency CRITICAL")
            #expect(unknown.status == 1 || unknown.status == 2, "\(unknown.errors)\(unknown.output)")
            #expect((unknown.errors + unknown.output).contains("NOSUCHUSDT"))
            try await venue.ask("POST", "symbol?symbol=BTCUSDT&status=SETTLING")
            let closed = try await venue.run(Self.order)
            #expect(closed.status == 1 || closed.status == 2, "\(closed.errors)\(closed.output)")
            #expect((closed.errors + closed.output).contains("BTCUSDT"))
            #expect(try await venue.placed().isEmpty)
        }
    }

    // MARK: In the middle of a run

    /// Starts a TWAP, lets `body` spoil it after the second fill, and returns how it ended.
    ///
    /// It takes two minutes, so that much is left when the trouble is over, however slow the machine is.
    private func spoil(
        _ venue: VenueScene,
        interval: Int = 10,
        _ body: (RunningProgram) async throws -> Void
    ) async throws -> ProgramOutcome {
        _ = try await venue.run("db migrate")
        let schedule = "--algo twap --duration-minutes 2 --slice-interval-seconds \(interval)"
        let running = try venue.start("order buy BTCUSDT 0.02 \(schedule) --output json")
        let hasBegun = try await venue.home.wait(until: "SELECT count(*) >= 2 FROM fills", while: running)
        guard hasBegun else {
            let outcome = await running.outcome()
            Issue.record("it ended early: \(outcome.errors)\(outcome.output)")
            return outcome
        }
        do {
            try await body(running)
        } catch {
            running.kill()
            throw error
        }
        return await running.outcome()
    }

    private func checkFilled(_ venue: VenueScene, _ outcome: ProgramOutcome) async throws {
        let item = try #require(try RunDocument(outcome.output).items.first, "\(outcome.output)\(outcome.errors)")
        #expect(item.status == "SUCCESS", "\(item.message)")
        #expect(sum([item.filled_quantity ?? ""]) == sum(["0.02"]))
        try await venue.checkBooks()
    }

    @Test("A ban in the middle of a run silences it until the ban ends; then it goes on")
    func bannedMeanwhile() async throws {
        try await VenueScene.with { venue in
            let outcome = try await spoil(venue) { running in
                try await venue.fail("fault: banned, \(Self.everything), retry_after: 15, for: 15s")
                let isTold = "SELECT count(*) > 0 FROM alerts WHERE code = 'address_banned'"
                #expect(try await venue.home.wait(until: isTold, while: running))
            }
            // Whatever was on its way when the ban was told; after that, nothing.
            #expect(try await venue.hits()[0] <= 8)
            try await checkFilled(venue, outcome)
        }
    }

    @Test("A venue's clock that jumps back in the middle of a run, and forth again, is measured anew; then it goes on")
    func clock() async throws {
        try await VenueScene.with { venue in
            let outcome = try await spoil(venue) { running in
                try await venue.fail("fault: clock-skew, shift_ms: -7000")
                let isTold = "SELECT count(*) > 0 FROM alerts WHERE code = 'venue_clock_moved'"
                #expect(try await venue.home.wait(until: isTold, while: running))
                try await venue.ask("DELETE", "faults")
            }
            try await checkFilled(venue, outcome)
        }
    }

    @Test("Filters that change in the middle of a run are read again, and the rest goes by them")
    func filters() async throws {
        try await VenueScene.with { venue in
            var before = 0
            // Slices of one and of two steps: the new step refuses some of them.
            let outcome = try await spoil(venue) { running in
                try await venue.ask("POST", "symbol?symbol=BTCUSDT&tick=1&step=0.002&least_notional=60")
                before = Int(try await venue.home.value("SELECT count(*) FROM fills")) ?? 0
                let isTold = "SELECT count(*) > 0 FROM alerts WHERE code = 'filters_changed'"
                #expect(try await venue.home.wait(until: isTold, while: running))
            }
            let item = try #require(try RunDocument(outcome.output).items.first, "\(outcome.output)\(outcome.errors)")
            // What had traded by the old step may leave a rest below the new one.
            let left = sum(["0.02"]) - sum([item.filled_quantity ?? ""])
            #expect(left < sum(["0.002"]), "\(item.status) \(item.message)")
            let refused = "SELECT count(*) FROM order_events WHERE kind = 'rejected'"
            #expect((1...8).contains(Int(try await venue.home.value(refused)) ?? 0))
            let odd = "SELECT count(*) FROM (SELECT * FROM fills ORDER BY recorded_at OFFSET \(before + 1)) AS later"
            #expect(try await venue.home.value("\(odd) WHERE quantity % 0.002 <> 0") == "0")
            try await venue.checkBooks()
        }
    }

    @Test("A venue that is away in a run: nothing adds exposure until the account is reconciled, then it goes on")
    func away() async throws {
        try await VenueScene.with { venue in
            var again: VenueScene?
            var fills = 0
            let outcome = try await spoil(venue) { running in
                await venue.kill()
                let home = venue.home
                fills = Int(try await home.value("SELECT count(*) FROM fills")) ?? 0
                let isHeld = "SELECT NOT bool_and(is_reconciled) FROM account_reconciliations"
                #expect(try await home.wait(until: isHeld, while: running))
                let intents = try await home.value("SELECT count(*) FROM intents")
                // A slice is due in the meantime.
                try await Task.sleep(for: .seconds(6))
                #expect(try await home.value("SELECT count(*) FROM intents") == intents)
                again = try await venue.restarted()
            }
            let restarted = try #require(again)
            let alerts = try await restarted.alerts()
            #expect(alerts.isSuperset(of: ["account_unreconciled", "venue_stream_lost"]), "\(alerts)")
            do {
                #expect(Int(try await venue.home.value("SELECT count(*) FROM fills")) ?? 0 > fills, "it did not go on")
                try await checkFilled(restarted, outcome)
            } catch {
                await restarted.kill()
                throw error
            }
            await restarted.kill()
        }
    }
}
