import Foundation
import Testing
import TradingTestKit

@Suite("Pausing, amending and resuming an order of a running program", .serialized)
struct OrderControlTests {
    private static let order = "order buy KO 100 --algo twap --duration-minutes 60 --session 2026-03-03 --clock 10x"

    @Test("Paused nothing is sent, amended it is another order, refused it says why, and verify holds")
    func life() async throws {
        try await Home.onSharedServer { home in
            _ = try await home.run("db migrate")
            let running = try home.program.start(Self.order.split(separator: " ").map(String.init))
            #expect(try await home.wait(until: "SELECT count(*) >= 1 FROM fills", while: running))
            let id = try await home.value("SELECT id FROM parent_orders")

            let paused = try await home.run("orders pause \(id.prefix(6)) --reason lunch")
            #expect(paused.status == 0, "\(paused.errors)")
            #expect(paused.output.contains("asked to pause"), "\(paused.output)")
            #expect(try await home.wait(until: "SELECT state = 'paused' FROM parent_orders", while: running))
            #expect(try await home.run("orders pause \(id)").errors.contains("paused; there is nothing to pause"))
            let children = try await home.value("SELECT count(*) FROM child_orders")

            let amended = try await home.run("orders amend \(id) --quantity 60 --end-time 2026-03-03T15:25:00Z")
            #expect(amended.status == 0, "\(amended.errors)")
            let isAmended = "SELECT count(*) = 1 FROM order_events WHERE kind = 'amended'"
            #expect(try await home.wait(until: isAmended, while: running))
            #expect(try await home.value("SELECT quantity = 60 FROM reservations") == "true")
            #expect(try await home.value("SELECT count(*) FROM child_orders") == children, "paused, nothing was sent")

            _ = try await home.run("orders amend \(id) --limit-price 1000")
            let isRefused = "SELECT count(*) = 1 FROM order_events WHERE kind = 'amend_refused'"
            #expect(try await home.wait(until: isRefused, while: running))
            let explained = try await home.run("explain \(id)")
            #expect(explained.output.contains("LIMIT_OUTSIDE_COLLAR"), "\(explained.output)")

            let resumed = try await home.run("orders resume \(id)")
            #expect(resumed.status == 0, "\(resumed.errors)")
            let before = try await home.value("SELECT count(*) FROM fills")
            #expect(try await home.wait(until: "SELECT count(*) > \(before) FROM fills", while: running))
            #expect(try await home.run("orders cancel \(id) --reason enough").status == 0)
            _ = await running.outcome()
            #expect(try await home.value("SELECT filled <= 60 FROM parent_orders") == "true")
            let list = try await home.run("orders --output json")
            for field in ["submitted_at", "filled_qty", "avg_price", "attempts", "\"quantity\" : \"60\""] {
                #expect(list.output.contains(field), "\(field): \(list.output)")
            }
            for deed in ["cancel", "pause", "resume", "amend --quantity 50"] {
                let words = deed.split(separator: " ", maxSplits: 1)
                let late = try await home.run("orders \(words[0]) \(id) \(words.dropFirst().joined())")
                #expect(late.status == 2 && late.errors.contains("has ended"), "\(deed): \(late.errors)")
            }
            let verified = try await home.run("verify")
            #expect(verified.status == 0, "\(verified.output)")
        }
    }

    private static let bad = [
        ("orders pause nothing", "There is no order 'nothing'"),
        ("orders amend abc", "Nothing to change"),
        ("orders amend abc --quantity 0", "not more than zero"),
        ("orders amend abc --quantity ten", "--quantity"),
        ("orders amend abc --end-time tomorrow", "no time such as"),
        ("orders resolve abc --not-placed --reason r", "no id of a child order"),
        ("orders resolve sx-aaaaaaaaaaaaaaaa-aaaa-1 --reason r", "Give either --not-placed or --executed"),
        ("orders resolve sx-aaaaaaaaaaaaaaaa-aaaa-1 --executed 4 --reason r", "QUANTITY@PRICE"),
        ("orders resolve sx-aaaaaaaaaaaaaaaa-aaaa-1 --not-placed --reason r", "There is no child order"),
    ]

    @Test("Bad input is refused with what to do")
    func badInput() async throws {
        try await Home.onSharedServer { home in
            for (line, words) in Self.bad {
                let outcome = try await home.run(line)
                #expect(outcome.status == 2, "\(line): \(outcome.output)")
                #expect(outcome.errors.contains(words), "\(line): \(outcome.errors)")
            }
        }
    }
}
