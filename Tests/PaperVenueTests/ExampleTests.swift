import Foundation
import MarketData
import Testing
import TradingDomain
import YAMLNodes

@testable import PaperVenue

@Suite("The venue's examples and recordings", .serialized, .ownThreads)
struct ExampleTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static var shared: String {
        if let folder = ProcessInfo.processInfo.environment["SMARTEXEC_SHARED"], !folder.isEmpty { return folder }
        return root.deletingLastPathComponent().appendingPathComponent("shared").path
    }

    private func path(_ name: String) -> String { Self.root.appendingPathComponent("Examples/Venue/\(name)").path }

    @Test("Everything at once is survived, and the venue's own record stays sound")
    func everythingAtOnce() async throws {
        var options = VenueOptions()
        options.faults = path("everything-at-once.yaml")
        options.clockFactor = 60
        let setup = try options.setup()
        #expect(Set(setup.faults.rules.map(\.kind)) == Set(FaultKind.allCases))
        let server = try await VenueServer.start(setup)
        var placed = 0
        for number in 0..<2000 {
            // On a machine so slow that the venue's fast clock outruns most requests, it takes more of them.
            guard number < 80 || placed <= 20 else { break }
            // Faults cut connections and refuse; whatever was not placed is not missed here.
            guard let client = try? VenueClient(port: server.port, patience: 2),
                let answer = try? client.signed(
                    "POST",
                    "/fapi/v1/order",
                    [
                        "symbol": "BTCUSDT", "side": number.isMultiple(of: 2) ? "BUY" : "SELL", "type": "MARKET",
                        "quantity": "0.002", "newClientOrderId": "all-\(number)", "recvWindow": "60000",
                    ]
                )
            else { continue }
            if answer.status == 200 { placed += 1 }
        }
        let record = try VenueClient(port: server.port).admin("GET", "record").body
        try await server.stop()
        #expect(placed > 20)
        let account = try #require(VenueClient.object(record)["test"] as? [String: Any])
        let orders = try #require(account["orders"] as? [[String: Any]])
        let names = orders.compactMap { $0["clientOrderId"] as? String }
        #expect(Set(names).count == names.count)
        #expect(names.count >= placed)
    }

    @Test("The same, made short, has every kind of fault too, and an end")
    func everythingInAMinute() throws {
        var options = VenueOptions()
        options.faults = path("everything-in-a-minute.yaml")
        let rules = try options.setup().faults.rules
        #expect(Set(rules.map(\.kind)) == Set(FaultKind.allCases))
        #expect(rules.allSatisfy { $0.untilMilliseconds.map { $0 <= 75_000 } ?? ($0.next == 1) })
    }

    @Test("Accounts and symbols come from a file")
    func accounts() async throws {
        var options = VenueOptions()
        options.configuration = path("accounts.yaml")
        let setup = try options.setup()
        #expect(setup.settings.symbols.map(\.name.text) == ["BTCUSDT", "SOLUSDT"])
        #expect(!setup.settings.answerFirst && setup.streams.pingEvery == 20)
        let server = try await VenueServer.start(setup)
        let alpha = try VenueClient(port: server.port, key: "alpha-key", secret: "alpha-secret")
        let beta = try VenueClient(port: server.port, key: "beta-key", secret: "beta-secret")
        #expect(try alpha.signed("GET", "/fapi/v2/balance").body.contains("\"100000.00000000\""))
        let rate = try beta.signed("GET", "/fapi/v1/commissionRate", ["symbol": "SOLUSDT"]).body
        #expect(rate.contains("0.0004"))
        let bid = try alpha.bestBid("SOLUSDT")
        #expect((140...230).contains(bid))
        try await server.stop()
    }

    @Test(
        "What is wrong with a file of accounts is told with its place",
        arguments: [
            ("accounts:\n  alpha:\n    key: a\n", "v.yaml:3:5"), ("symbols:\n  - name: XYZUSDT\n", "v.yaml:2:5"),
            ("acounts:\n", "v.yaml:1:1"),
            ("accounts:\n  a:\n    key: a\n    secret: b\n    leverage: 500\n", "v.yaml:5:15"),
        ]
    )
    func findings(_ text: String, _ place: String) {
        let diagnostics = Diagnostics()
        #expect(VenueConfiguration.read(bytes: Array(text.utf8), name: "v.yaml", into: diagnostics) == nil)
        #expect(diagnostics.sorted.first?.range.place == place)
    }

    @Test("A recorded book is told as it was recorded")
    func recording() throws {
        var options = VenueOptions()
        options.data = ["\(Self.shared)/data/crypto-book/binance_BTCUSDT-perp_20240808_book10_100ms.csv.gz"]
        var tape = try options.setup().tape
        let now = Timestamp(nanoseconds: 1_795_219_200_000_000_000)
        let opening = try tape.opening(at: now)
        guard
            case .book(let symbol, let bids, let asks)? = opening.first(where: {
                if case .book = $0 { true } else { false }
            })
        else {
            Issue.record("the opening has no book")
            return
        }
        #expect(symbol.text == "BTCUSDT")
        #expect(bids.count == 10 && asks.count == 10)
        #expect(bids[0].0 < asks[0].0)
        // Bitcoin on 8 August 2024.
        #expect((50_000.0...65_000.0).contains(bids[0].0.approximate))
        // Second by second: a venue that slept for ten would be told the latest two.
        var later = 0
        for second in 1...10 {
            for (_, event) in try tape.events(to: now + .seconds(second)) {
                if case .book = event { later += 1 }
            }
        }
        // Symbols that were not recorded are made up beside it.
        #expect(later > 100)
        #expect(tape.symbols.map(\.text) == ["BTCUSDT", "ETHUSDT"])
    }
}
