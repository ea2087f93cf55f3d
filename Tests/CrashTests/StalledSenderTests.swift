import Foundation
import Testing
import TradingTestKit

@Suite("A sender stands still between commit and send", .serialized)
struct StalledSenderTests {
    @Test("Another worker takes over, the sender wakes: its copy is no order at the venue, and it commits nothing")
    func wakes() async throws {
        try await Home.onSharedServer { home in
            let first = try home.start("worker --drain-timeout 20", failing: "orders.before_send:1:stop")
            #expect(
                try await home.wait(until: "SELECT count(*) > 0 FROM workers WHERE serves IS NOT NULL", while: first)
            )
            #expect(try await home.run("\(try home.line(pace: "60x")) --detach").status == 0)
            let run = try await home.value("SELECT id FROM runs")
            try await first.waitUntilStopped()
            // Committed, and never sent: these are what the sleeper holds in its hand.
            let held = try await home.rows(
                "SELECT id FROM child_orders WHERE life IN ('planned', 'sent', 'unknown') ORDER BY id",
                columns: ["id"]
            )
            .map { $0[0] }
            let unsent = try await unknownToVenue(home, held)
            #expect(!unsent.isEmpty)
            let epoch = try await home.value("SELECT epoch FROM account_engines")
            let committed = "SELECT count(*) FROM engine_batches WHERE epoch <= \(epoch)"
            let before = try await home.value(committed)

            let second = try home.start("worker --drain-timeout 20", failing: "")
            let isTaken = "SELECT (SELECT epoch FROM account_engines) > \(epoch)"
            #expect(try await home.wait(until: isTaken, while: second))
            // Proven not placed: the venue does not know them, and their time is over.
            let isProven = Self.areProven(unsent)
            #expect(try await home.wait(until: isProven, while: second))
            kill(first.process, SIGCONT)

            try home.checkRun(try await home.run("runs follow \(run) --output json"), run)
            #expect(try await unknownToVenue(home, unsent) == unsent, "a copy became an order")
            #expect(try await home.value(committed) == before, "batches of the lease that was lost")
            try await home.checkBooks()
            // It has given the run up and serves on.
            try await Self.awaitWord(of: first)
            #expect(!first.hasEnded)
            for worker in [first, second] { kill(worker.process, SIGTERM) }
            let outcome = await first.outcome()
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.errors.contains("another worker has it"), "\(outcome.errors)")
            #expect(await second.outcome().status == 0)
        }
    }

    @Test("At a venue of the broker's protocol, its order signed and on the wire: it dies by its receive window")
    func wakesAtVenue() async throws {
        try await Home.withVenue { home, venue in
            let relay = try Relay(to: venue.port, counting: "POST /fapi/v1/order", holding: 3)
            defer { relay.close() }
            _ = try home.write("config.yaml", LocalVenue.configuration(port: relay.port))
            _ = try await home.run("db migrate")
            let first = try home.startWorker()
            let run = try await home.startOrder(minutes: 4, at: first)
            while !relay.isHolding, !first.hasEnded { try await Task.sleep(for: .milliseconds(2)) }
            kill(first.process, SIGSTOP)
            try await first.waitUntilStopped()
            let held = try await home.rows(
                "SELECT id FROM child_orders WHERE life IN ('planned', 'sent', 'unknown') ORDER BY id",
                columns: ["id"]
            )
            .map { $0[0] }
            let placed = Set(try await venue.placed())
            let unsent = held.filter { !placed.contains($0) }
            #expect(unsent.count == 1)
            let epoch = try await home.value("SELECT epoch FROM account_engines")
            let committed = "SELECT count(*) FROM engine_batches WHERE epoch <= \(epoch)"
            let before = try await home.value(committed)

            let second = try home.startWorker()
            let isTaken = "SELECT count(*) = 1 FROM account_engines WHERE worker IS NOT NULL AND epoch > \(epoch)"
            #expect(try await home.wait(until: isTaken, while: second))
            let isProven = Self.areProven(unsent)
            #expect(try await home.wait(until: isProven, while: second))
            relay.letGo()
            while !relay.answer.contains("}"), !second.hasEnded { try await Task.sleep(for: .milliseconds(2)) }
            #expect(relay.answer.contains("-1021"), "\(relay.answer)")
            kill(first.process, SIGCONT)

            try await home.finish(run, at: venue)
            #expect(try await venue.placed().filter(unsent.contains) == [], "a copy became an order")
            #expect(try await home.value(committed) == before, "batches of the lease that was lost")
            #expect(try await home.runConfigured("verify").status == 0)
            try await Self.awaitWord(of: first)
            #expect(!first.hasEnded, "it has given the run up and serves on")
            let outcomes = await home.end(first, second)
            #expect(outcomes.map(\.status) == [0, 0])
            #expect(outcomes[0].errors.contains("another worker has it"), "\(outcomes[0].errors)")
        }
    }

    @Test("At a venue of the broker's protocol, its order committed and in its hand: awake again, it is no order there")
    func wakesInHand() async throws {
        try await Home.withVenue { home, venue in
            let relay = try Relay(to: venue.port, counting: "POST /fapi/v1/order")
            defer { relay.close() }
            _ = try home.write("config.yaml", LocalVenue.configuration(port: relay.port))
            _ = try await home.run("db migrate")
            let first = try home.startWorker(["SMARTEXEC_FAILPOINT": "orders.before_send:1:stop"])
            let run = try await home.startOrder(minutes: 4, at: first)
            try await first.waitUntilStopped()
            let held = try await home.rows(
                "SELECT id FROM child_orders WHERE life IN ('planned', 'sent', 'unknown') ORDER BY id",
                columns: ["id"]
            )
            .map { $0[0] }
            let placed = Set(try await venue.placed())
            let unsent = held.filter { !placed.contains($0) }
            #expect(unsent.count == 1 && placed.isEmpty, "held \(held), placed \(placed)")
            let sent = relay.count
            let epoch = try await home.value("SELECT epoch FROM account_engines")
            let committed = "SELECT count(*) FROM engine_batches WHERE epoch <= \(epoch)"
            let before = try await home.value(committed)

            // Past the relay, so that what goes through it is the sleeper's alone.
            _ = try home.write("config.yaml", LocalVenue.configuration(port: venue.port))
            let second = try home.startWorker()
            let isTaken = "SELECT count(*) = 1 FROM account_engines WHERE worker IS NOT NULL AND epoch > \(epoch)"
            #expect(try await home.wait(until: isTaken, while: second))
            let isProven = Self.areProven(unsent)
            #expect(try await home.wait(until: isProven, while: second))
            kill(first.process, SIGCONT)

            try await home.finish(run, at: venue)
            #expect(try await venue.placed().filter(unsent.contains) == [], "a copy became an order")
            // What it sends of it at all is refused by its receive window; it sends nothing else.
            #expect(relay.count <= sent + unsent.count)
            #expect(try await home.value(committed) == before, "batches of the lease that was lost")
            #expect(try await home.runConfigured("verify").status == 0)
            try await Self.awaitWord(of: first)
            #expect(!first.hasEnded, "it has given the run up and serves on")
            let outcomes = await home.end(first, second)
            #expect(outcomes.map(\.status) == [0, 0])
            #expect(outcomes[0].errors.contains("another worker has it"), "\(outcomes[0].errors)")
        }
    }

    /// Waits until a worker has noticed that its run is somebody else's.
    private static func awaitWord(of worker: RunningProgram) async throws {
        while !worker.errorsSoFar.contains("another worker has it"), !worker.hasEnded {
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// The condition that these were proven not to be at the venue; others may be as well.
    private static func areProven(_ orders: [String]) -> String {
        let ids = orders.map { "'\($0)'" }.joined(separator: ", ")
        return "SELECT count(*) = \(orders.count) FROM child_orders WHERE life = 'not_placed' AND id IN (\(ids))"
    }

    private func unknownToVenue(_ home: Home, _ orders: [String]) async throws -> [String] {
        let known = Set(
            try await home.rows("SELECT client_order_id AS id FROM paper.orders", columns: ["id"]).map { $0[0] }
        )
        return orders.filter { !known.contains($0) }
    }
}

extension RunningProgram {
    /// Waits until the system says that the process is stopped.
    func waitUntilStopped() async throws {
        let end = ContinuousClock.now + BuiltProgram.patience
        while ContinuousClock.now < end {
            let stat = try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
            if stat.split(separator: ")").last?.split(separator: " ").first == "T" { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw Home.Impatience(condition: "the worker stops at its failpoint")
    }
}
