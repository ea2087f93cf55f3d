import Foundation
import Testing
import TradingTestKit

@Suite("An account at a venue whose streams come late", .serialized)
struct LateStreamTests {
    @Test("An order that is asked for meanwhile waits until the account is reconciled, and goes")
    func order() async throws {
        try await VenueScene.with { venue in
            _ = try await venue.run("db migrate")
            try await venue.fail("fault: streams-down, for: 25s")
            let bought = try await venue.run("order buy BTCUSDT 0.01 --urgency CRITICAL --output json")
            let item = try #require(try RunDocument(bought.output).items.first, "\(bought.output)\(bought.errors)")
            #expect(item.status == "SUCCESS", "\(bought.output)\(bought.errors)")
            #expect(try await venue.alerts().contains("account_unreconciled"), "it was not too late for anything")
            try await venue.checkBooks()
        }
    }
}
