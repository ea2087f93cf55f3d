import ExecutionEngine
import Foundation
import Orchestration
import Testing
import TradingDomain
import TradingTestKit

@testable import PostgresStore

@Suite("Workers and takeovers")
struct WorkerTests {
    private static let account = AccountID(unchecked: "paper")

    @Test("A worker holds a lease from its start to its stop")
    func lease() async throws {
        let fixture = try await StoreFixture("worker")
        let worker = try await fixture.worker("one")
        #expect(worker.isHeld)
        let row = try await PostgresQueries(pool: fixture.pool).workers()[0]
        #expect(row.id == worker.id && row.isLeased && row.pid == Int(getpid()) && row.program == "test one")
        #expect(row.leaseUntil - row.startedAt > .seconds(14))
        // It may have been renewed meanwhile: what is left is never more than what a lease lasts.
        let left = try await fixture.pool.withConnection {
            try await $0.query(
                "SELECT lease_until > now() AND lease_until <= now() + interval '15 s' AS holds FROM workers"
            )
        }
        #expect(try left.single().bool("holds"))
        await worker.stop()
        #expect(!worker.isHeld)
        let ended = try await PostgresQueries(pool: fixture.pool).workers()[0]
        #expect(!ended.isLeased && ended.endedAt != nil)
        await worker.stop()
        try await fixture.close()
    }

    @Test("A worker that cannot reach its database does not start")
    func unreachable() async throws {
        let fixture = try await StoreFixture("worker")
        let url = fixture.database.url.replacing(fixture.database.name, with: "no_such_database")
        await #expect(throws: PostgresError.self) { try await PostgresWorker.start(url: url) }
        try await fixture.close()
    }

    /// Who holds the account, and whether it may be taken at once.
    struct Holder: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var host: String?
        var bootID: String?
        var pid = getpid()
        var start: String?
        var lease = "15 seconds"
        let isFree: Bool
    }

    @Test(
        "An account passes on when its holder is surely gone",
        arguments: [
            Holder(testDescription: "this very process, another incarnation", isFree: false),
            Holder(testDescription: "a number that no process has", pid: 4_194_305, start: "1", isFree: true),
            Holder(testDescription: "our number, an earlier process", start: "1", isFree: true),
            Holder(testDescription: "another host", host: "elsewhere", pid: 4_194_305, start: "1", isFree: false),
            Holder(testDescription: "before a reboot", bootID: "other", pid: 4_194_305, start: "1", isFree: false),
            Holder(testDescription: "start not known", pid: 4_194_305, start: "", isFree: false),
            Holder(testDescription: "another host, lease over", host: "elsewhere", lease: "-1 second", isFree: true),
        ]
    )
    func takeover(_ holder: Holder) async throws {
        let fixture = try await StoreFixture("takeover")
        let me = ProcessIdentity.current()
        let id = UUID().uuidString.lowercased()
        try await fixture.sql(
            """
            INSERT INTO workers (id, host, boot_id, pid, process_start, program, lease_until) VALUES (
                '\(id)', '\(holder.host ?? me.host)', '\(holder.bootID ?? me.bootID)', \(holder.pid),
                '\(holder.start ?? me.start)', 'smartexec run', clock_timestamp() + interval '\(holder.lease)');
            INSERT INTO account_engines (account, epoch, worker, incarnation, acquired_at)
            VALUES ('paper', 7, '\(id)', 'abcd', clock_timestamp());
            INSERT INTO runs (
                id, workflow, definition_hash, account, environment, seed, started_at_ns, state, worker, claimed_at
            ) VALUES ('run', 'w', 'h', 'paper', 'PAPER', 1, 1, 'running', '\(id)', clock_timestamp());
            INSERT INTO run_bodies VALUES ('run', '{}', '{}');
            """
        )
        let journal = try await fixture.postgresJournal()
        let store = try await fixture.store("one")
        if holder.isFree {
            let lease = try await journal.acquire(Self.account, opening: JournalSamples.opening)
            #expect(lease.epoch == 8)
            #expect(try await store.claim(RunID(unchecked: "run")).claim.epoch == 1)
        } else {
            let error = await #expect(throws: JournalError.self) {
                try await journal.acquire(Self.account, opening: JournalSamples.opening)
            }
            let message = error?.description ?? ""
            #expect(error?.code == "account_busy")
            #expect(message.contains("`smartexec run` on \(holder.host ?? me.host), process \(holder.pid), since 2"))
            await #expect(throws: (any Error).self) { try await store.claim(RunID(unchecked: "run")) }
        }
        try await fixture.close()
    }

    @Test("A process that was killed is known to be dead, reaped or not")
    func killedProcess() async throws {
        let running = try BuiltProgram.installed("sleep").start(["60"])
        let me = ProcessIdentity.current()
        let start = try #require(ProcessIdentity.start(of: running.process))
        let identity = ProcessIdentity(
            host: me.host,
            bootID: me.bootID,
            pid: running.process,
            start: start
        )
        #expect(!me.knowsDead(identity))
        running.kill()
        _ = await running.outcome()
        #expect(me.knowsDead(identity))
        #expect(!me.knowsDead(me))
    }
}
