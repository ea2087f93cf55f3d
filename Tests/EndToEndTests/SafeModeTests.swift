import Testing
import TradingTestKit

@Suite("Safe mode and alerts")
struct SafeModeTests {
    @Test("An account in safe mode buys nothing and may still get out; only a person with a reason ends it")
    func safeMode() async throws {
        try await Home.onSharedServer { home in
            #expect(try await home.run("order buy BAC 10 --output json").status == 0)
            #expect(try await home.run("risk safe-mode enter drill").status == 0)
            let blocked = try await home.run("order buy KO 10 --output json")
            #expect(blocked.status == 3, "\(blocked.errors)")
            let item = try #require(try RunDocument(blocked.output).items.first)
            #expect(item.status == "BLOCKED" && item.message.contains("drill"), "\(item.message)")
            #expect(try await home.run("order sell BAC 10 --output json").status == 0)
            let status = try await home.run("status")
            #expect(status.output.contains("may only reduce") && status.output.contains("drill"), "\(status.output)")
            #expect(try await home.run("risk safe-mode leave").status == 2)
            #expect(try await home.run("risk safe-mode leave looked --account nobody").status == 2)
            #expect(try await home.run("risk safe-mode leave looked").status == 0)
            #expect(try await home.value("SELECT left_reason FROM safe_modes") == "looked")
            #expect(try await home.run("order buy KO 10 --output json").status == 0)
            #expect(try await home.run("risk safe-mode").output.contains("ended"))
            #expect(try await home.run("verify").status == 0)
        }
    }

    @Test("Alerts wait until somebody acknowledges them, and stay")
    func alerts() async throws {
        try await Home.onSharedServer { home in
            #expect(try await home.run("alerts").output.contains("No alert is waiting"))
            _ = try await home.rows(
                "INSERT INTO alerts (account, code, message, at_ns, level) SELECT 'paper', 'order_lost', 'Order ' || n, n, "
                    + "'critical' FROM generate_series(1, 3) AS n",
                columns: []
            )
            let listed = try await home.run("alerts")
            for word in ["critical", "order_lost", "Order 1", "Order 3"] {
                #expect(listed.output.contains(word), "\(word): \(listed.output)")
            }
            #expect(try await home.run("status").output.contains("critical"))
            #expect(try await home.run("alerts ack 1 3 --note called").status == 0)
            #expect(try await home.run("alerts ack 3").status == 1, "it was acknowledged already")
            let open = try await home.run("alerts list")
            #expect(open.output.contains("Order 2") && !open.output.contains("Order 1"), "\(open.output)")
            let all = try await home.run("alerts list --all")
            #expect(all.output.contains("Order 1") && all.output.contains("called"), "\(all.output)")
            #expect(try await home.run("alerts ack nine").status == 2)
        }
    }
}
