import Foundation
import PostgresStore
import Testing
import TradingTestKit

@Suite("The database fails over to its standby in the middle of an order", .serialized)
struct FailoverTests {
    /// Both servers, and a home whose programs know both addresses.
    private func withServers(
        _ variables: [String: String] = [:],
        _ body: (Home, LocalVenue, _ primary: PostgresServer, _ standby: PostgresServer) async throws -> Void
    ) async throws {
        let primary = try await PostgresServer()
        do {
            let standby = try await PostgresServer(following: primary)
            do {
                let url =
                    "postgresql://smartexec@127.0.0.1:\(primary.port),127.0.0.1:\(standby.port)/smartexec"
                    + "?target_session_attrs=read-write"
                let all = variables.merging(["SMARTEXEC_DATABASE_URL": url]) { $1 }
                try await Home.withVenue(all) { home, venue in
                    try await body(home, venue, primary, standby)
                }
            } catch {
                try await standby.remove()
                throw error
            }
            try await standby.remove()
        } catch {
            try await primary.remove()
            throw error
        }
        try await primary.remove()
    }

    /// A machine that is busy with other tests may take its time to fail over.
    private static let patient = ["SMARTEXEC__DATABASE__RETRY_FOR": "300s"]

    @Test("A synchronous one, in the middle of a batch: nothing is lost and nothing doubled")
    func synchronous() async throws {
        try await withServers(Self.patient) { home, venue, primary, standby in
            try await primary.makeSynchronous()
            _ = try await home.run("db migrate")
            // Made and not committed; the sixth that holds a snapshot, which is in the middle of the order.
            let worker = try home.startWorker(["SMARTEXEC_FAILPOINT": "batch.snapshots_written:12:stop"])
            let run = try await home.startOrder(minutes: 2, at: worker)
            try await worker.waitUntilStopped()
            let confirmed = try await home.rows("SELECT id FROM child_orders ORDER BY id", columns: ["id"])
            try await primary.kill()
            try await standby.promote()
            kill(worker.process, SIGCONT)
            try await home.finish(run, at: venue)
            let kept = try await home.rows("SELECT id FROM child_orders ORDER BY id", columns: ["id"])
            #expect(Set(confirmed).isSubset(of: Set(kept)))
            #expect(try await home.runConfigured("verify").status == 0)
            #expect(try await home.value("SELECT count(*) FROM engine_leases") == "1", "it never lost the account")
            #expect(await home.end(worker).map(\.status) == [0])
        }
    }

    @Test("One that is behind: what the database forgot is found at the venue, counted for its order, and told")
    func asynchronous() async throws {
        try await withServers(Self.patient) { home, venue, primary, standby in
            _ = try await home.run("db migrate")
            let worker = try home.startWorker()
            let run = try await home.startOrder(minutes: 4, at: worker)
            #expect(try await home.wait(until: "SELECT count(*) >= 4 FROM fills", while: worker))
            let follower = try await follow(run, in: home)
            try await standby.stop()
            let known = Set(try await orders(home))
            #expect(try await home.wait(until: "SELECT count(*) >= \(known.count + 4) FROM fills", while: worker))
            try await primary.kill()
            try await standby.start()
            try await standby.promote()
            let remembered = Set(try await orders(home))
            #expect(remembered.isSubset(of: known))
            let forgotten = Set(try await venue.placed()).subtracting(remembered)
            #expect(forgotten.count >= 3)
            try await home.finish(run, at: venue)
            let verified = try await home.runConfigured("verify")
            #expect(verified.status == 0, "\(verified.output)")
            let alerts = try await home.value("SELECT string_agg(message, ' ') FROM alerts")
            for order in forgotten { #expect(alerts.contains(order), "\(order) in \(alerts)") }
            let followed = await follower.outcome()
            #expect(
                try RunDocument(followed.output).items.first?.status == "SUCCESS",
                "\(followed.output)\(followed.errors)"
            )
            // Whichever it met first: a database that is away, or a lease as old as the standby.
            #expect(followed.errors.contains("It is waited for"), "\(followed.errors)")
            let outcomes = await home.end(worker)
            #expect(outcomes.map(\.status) == [0])
            // Whichever it met first: the batch that is gone, or its own lease, of which the renewals are gone.
            let told = outcomes[0].errors
            #expect(told.contains("has lost newest commits") || told.contains("another worker has it"), "\(told)")
        }
    }

    @Test("One that never heard of the run: who follows it is told so")
    func forgotten() async throws {
        try await withServers(["SMARTEXEC__DATABASE__RETRY_FOR": "300s"]) { home, venue, primary, standby in
            _ = try await home.run("db migrate")
            let worker = try home.startWorker()
            let isServing = "SELECT count(*) > 0 FROM workers WHERE serves IS NOT NULL"
            #expect(try await home.wait(until: isServing, while: worker))
            try await standby.catchUp(with: primary)
            try await standby.stop()
            let run = try await home.startOrder(minutes: 4, at: worker)
            let follower = try await follow(run, in: home)
            #expect(try await home.wait(until: "SELECT count(*) >= 2 FROM fills", while: worker))
            try await primary.kill()
            try await standby.start()
            try await standby.promote()
            let followed = await follower.outcome()
            #expect(followed.status == 1, "\(followed.output)")
            #expect(followed.errors.contains("no longer knows run \(run)"), "\(followed.errors)")
            #expect(await home.end(worker).map(\.status) == [0])
        }
    }

    /// Starts to follow a run, and waits until that has looked at it.
    private func follow(_ run: String, in home: Home) async throws -> RunningProgram {
        let words = ["runs", "follow", run, "--output", "json", "--config", home.folder]
        let follower = try home.program.start(words, deadline: Home.lifetime)
        let isFollowed = """
            SELECT count(*) > 0 FROM pg_stat_activity WHERE query LIKE '%open_parents%' AND pid <> pg_backend_pid()
            """
        #expect(try await home.wait(until: isFollowed, while: follower))
        return follower
    }

    private func orders(_ home: Home) async throws -> [String] {
        try await home.rows("SELECT id FROM child_orders", columns: ["id"]).map { $0[0] }
    }
}
