import Foundation
import Testing
import TradingTestKit

@Suite(
    "The network is cut between a worker and the database",
    .serialized,
    .enabled(if: NetworkSpace.obstacle == nil, "\(NetworkSpace.obstacle ?? "")")
)
struct PartitionTests {
    /// Two workers with a machine of their own each, and one for the database between them.
    private func withNetwork(
        _ body: (Home, LocalVenue, _ hub: NetworkSpace, _ workers: [NetworkSpace]) async throws -> Void
    ) async throws {
        var spaces: [NetworkSpace] = []
        var server: PostgresServer?
        var failure: (any Error)?
        do {
            for word in ["hub", "a", "b"] { spaces.append(try await NetworkSpace(word)) }
            let (hub, workers) = (spaces[0], Array(spaces[1...]))
            for (number, worker) in workers.enumerated() {
                try await worker.connect(to: hub, as: "cable\(number)", "10.199.\(number)")
            }
            let made = try await PostgresServer(in: hub.name)
            server = made
            // Whoever watches does so by the socket, past the network.
            try await Home.withVenue(["SMARTEXEC_DATABASE_URL": made.url]) { home, venue in
                try await body(home, venue, hub, workers)
            }
        } catch {
            failure = error
        }
        try await server?.remove()
        for space in spaces { try await space.remove() }
        if let failure { throw failure }
    }

    @Test("The one that is cut off sends nothing more, the other goes on; healed, it does nothing wrong")
    func cut() async throws {
        try await withNetwork { home, venue, hub, spaces in
            _ = try await home.run("db migrate")
            // Each reaches the venue whatever becomes of the database: that it sends nothing is its own doing.
            let relays = try spaces.map {
                try Relay(to: venue.port, port: venue.port, counting: "POST /fapi/v1/order", in: $0.name)
            }
            defer { for relay in relays { relay.close() } }
            let port = try home.url.split(separator: "=").last ?? ""
            let start = { (number: Int) in
                let url = "postgresql://smartexec@10.199.\(number).1:\(port)/smartexec"
                return try home.startWorker(["SMARTEXEC_DATABASE_URL": url], in: spaces[number].name)
            }
            let first = try start(0)
            let run = try await home.startOrder(minutes: 4, at: first)
            #expect(try await home.wait(until: "SELECT count(*) >= 4 FROM fills", while: first))
            let second = try start(1)
            let isServing = "SELECT count(*) = 2 FROM workers WHERE ended_at IS NULL AND serves IS NOT NULL"
            #expect(try await home.wait(until: isServing, while: second))
            let epoch = try await home.value("SELECT epoch FROM account_engines")

            try await hub.set("cable0", isUp: false)
            let isTaken = "SELECT count(*) = 1 FROM account_engines WHERE worker IS NOT NULL AND epoch > \(epoch)"
            #expect(try await home.wait(until: isTaken, while: second))
            let (sent, committed) = (relays[0].count, "SELECT count(*) FROM engine_batches WHERE epoch <= \(epoch)")
            let before = try await home.value(committed)
            #expect(sent >= 4)
            let fills = Int(try await home.value("SELECT count(*) FROM fills")) ?? 0
            #expect(try await home.wait(until: "SELECT count(*) >= \(fills + 3) FROM fills", while: second))
            #expect(!first.hasEnded)

            try await hub.set("cable0", isUp: true)
            // It is heard of again: its lease is renewed.
            let isBack = "SELECT count(*) = 2 FROM workers WHERE ended_at IS NULL AND lease_until > clock_timestamp()"
            #expect(try await home.wait(until: isBack, while: first))
            try await home.finish(run, at: venue)
            #expect(relays[0].count == sent, "orders of the one that was cut off")
            #expect(relays[1].count > 0)
            #expect(try await home.value(committed) == before, "batches of the lease that was lost")
            #expect(try await home.runConfigured("verify").status == 0)
            let outcomes = await home.end(first, second)
            #expect(outcomes.map(\.status) == [0, 0], "\(outcomes[0].errors)\(outcomes[1].errors)")
        }
    }
}
