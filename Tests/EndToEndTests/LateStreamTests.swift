import Foundation
import Testing
import TradingTestKit

@Suite("An account at a venue whose streams come late", .serialized)
struct LateStreamTests {
    @Test("An order that is asked for meanwhile waits until the account is reconciled, and goes")
    func order() async throws {
        try await VenueScene.with { venue in
            _ = try await venue.run("db migrate")
            try await venue.fail("fault: streams-down, for: 900s")
            let buying = try venue.start("order buy BTCUSDT 0.01 --urgency CRITICAL --output json")
            // The order has come as far as the step that would refuse it, and stays there.
            let waits = "SELECT count(*) > 0 FROM step_runs WHERE path LIKE '%propose%'"
            #expect(try await venue.home.wait(until: waits, while: buying))
            try await Task.sleep(for: .seconds(2))
            #expect(!buying.hasEnded)
            #expect(try await venue.alerts().contains("account_unreconciled"))
            try await venue.ask("DELETE", "faults")
            let bought = await buying.outcome()
            let item = try #require(try RunDocument(bought.output).items.first, "\(bought.output)\(bought.errors)")
            #expect(item.status == "SUCCESS", "\(bought.output)\(bought.errors)")
            try await venue.checkBooks()
        }
    }
}
