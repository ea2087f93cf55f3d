import Foundation
import Testing
import TradingTestKit

@Suite("A machine that dies with an order at the venue")
struct DeadManTests {
    @Test("The venue cancels what rests once nobody renews its timer; resume learns of it and goes on")
    func silence() async throws {
        try await VenueScene.with { venue in
            let home = venue.home
            try venue.configure(", dead_man_seconds: 30")
            _ = try await venue.run("db migrate")
            let running = try venue.start(
                "order buy BTCUSDT 0.01 --algo limit --limit-price 80000 --duration-minutes 2 --output json"
            )
            // Longer than the timer: while somebody renews it, the order rests.
            let rests =
                "SELECT count(*) > 0 FROM child_orders WHERE life = 'acknowledged' "
                + "AND extract(epoch FROM clock_timestamp()) - request_time_ns / 1e9 > 45"
            #expect(try await home.wait(until: rests, while: running))
            #expect(try await venue.open() == 1)
            running.kill()
            _ = await running.outcome()
            try await venue.wait(untilOpen: 0)
            #expect(try await home.value("SELECT count(*) FROM child_orders WHERE life = 'acknowledged'") == "1")

            let run = try await home.value("SELECT id FROM runs")
            let outcome = try await venue.run("runs resume \(run) --output json")
            let item = try #require(try RunDocument(outcome.output).items.first, "\(outcome.output)\(outcome.errors)")
            // Its price never came, and its time is over: nothing filled and nothing is left.
            #expect(
                item.status != "SUCCESS" && sum([item.filled_quantity ?? ""]) == 0,
                "\(item.status) \(item.message)"
            )
            #expect(try await home.value("SELECT count(*) > 0 FROM child_orders WHERE life = 'cancelled'") == "true")
            #expect(try await home.value("SELECT count(*) FROM parent_orders WHERE ended_at_ns IS NULL") == "0")
            #expect(try await venue.open() == 0)
            try await venue.checkBooks()
        }
    }

    @Test("The timer's seconds are checked where they are written")
    func configuration() async throws {
        try await Home.onSharedServer(VenueScene.keys) { home in
            let file = "account: futures\naccounts:\n  futures: { broker: binance, venue: "
            _ = try home.write("config.yaml", file + "{ address: testnet, dead_man_seconds: 5 } }\n")
            let refused = try await home.run("config show --config \(home.folder)")
            #expect(refused.status == 2 && refused.errors.contains("10 to 3600"), "\(refused.errors)")
        }
    }
}
