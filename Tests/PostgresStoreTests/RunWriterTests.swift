import Orchestration
import Testing
import TradingDomain
import TradingTestKit
import Workflows

@testable import PostgresStore

@Suite("Group commit of what runs write")
struct RunWriterTests {
    private static let time = JournalSamples.start

    private static func run(_ number: Int) -> RunRecord {
        RunRecord(
            id: RunID(unchecked: "run-\(number)"),
            workflow: "w",
            definitionHash: "hash",
            sources: ["w": "format: 1\n"],
            inputs: "{}",
            account: AccountID(unchecked: "paper"),
            environment: .backtest,
            launch: "{}",
            startedAt: time,
            seed: 7
        )
    }

    private static func step(_ path: String, outcome: String = "{}") -> StepRecord {
        StepRecord(path: path, uses: "u", effect: "read", outcome: outcome, startedAt: time, doneAt: time)
    }

    /// COMMIT runs into this trigger, which waits until lock 77 is free.
    private static let hold = """
        CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql
            AS 'BEGIN PERFORM pg_advisory_xact_lock(77); RETURN NULL; END';
        CREATE CONSTRAINT TRIGGER hold AFTER INSERT ON step_done DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION hold();
        """

    /// Counts transactions by the numbers that they leave in the rows of their steps.
    private static let transactions = "SELECT count(DISTINCT xmin::text) FROM step_runs"

    private struct Scene {
        let fixture: StoreFixture
        let store: PostgresRunStore
        var claims: [RunClaim] = []

        init(runs: Int, patience: Backoff? = nil) async throws {
            fixture = try await StoreFixture("writer")
            let worker = try await fixture.worker("one")
            store = PostgresRunStore(pool: fixture.pool, worker: worker, patience: patience)
            for number in 0..<runs { claims.append(try await store.begin(RunWriterTests.run(number)).claim) }
        }

        /// Waits until something hangs at a lock.
        func waitForLock(_ watcher: PostgresConnection) async throws -> Int64 {
            let waiting = """
                SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
                """
            while true { if let row = try await watcher.query(waiting).first { return try row.int64("pid") } }
        }
    }

    @Test("What waits while a transaction commits goes into the next one, and each gets its own answer")
    func grouped() async throws {
        let scene = try await Scene(runs: 20)
        let watcher = try await scene.fixture.database.connect()
        try await watcher.execute(Self.hold)
        try await watcher.execute("SELECT pg_advisory_lock(77)")
        try await scene.fixture.sql("UPDATE runs SET epoch = epoch + 1 WHERE id IN ('run-3', 'run-7')")
        let fenced = try await withThrowingTaskGroup(of: RunID?.self) { group in
            for claim in scene.claims {
                group.addTask {
                    do {
                        try await scene.store.complete(Self.step("a"), of: claim)
                        return nil
                    } catch RunStoreError.fenced(let run) {
                        return run
                    }
                }
            }
            _ = try await scene.waitForLock(watcher)
            // The first waits at its COMMIT; whoever has not come by now joins the second or a third.
            try await watcher.execute("SELECT pg_advisory_unlock(77)")
            return try await group.reduce(into: []) { $0 += [$1].compactMap(\.self) }
        }
        #expect(Set(fenced.map(\.text)) == ["run-3", "run-7"])
        #expect(try await scene.fixture.count("SELECT count(*) FROM step_runs") == 18)
        #expect(try await scene.fixture.count(Self.transactions) < 18)
        await watcher.close()
        try await scene.fixture.close()
    }

    @Test("A write that the database refuses fails nobody else")
    func refused() async throws {
        let scene = try await Scene(runs: 8)
        let answers = await withTaskGroup(of: (Int, Bool).self) { group in
            for (number, claim) in scene.claims.enumerated() {
                group.addTask {
                    let outcome = number == 5 ? "no JSON" : "{}"
                    do {
                        try await scene.store.complete(Self.step("a", outcome: outcome), of: claim)
                        return (number, true)
                    } catch {
                        return (number, false)
                    }
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        #expect(answers.filter { !$0.value }.map(\.key) == [5])
        #expect(try await scene.fixture.count("SELECT count(*) FROM step_done WHERE path = 'a'") == 7)
        try await scene.fixture.close()
    }

    @Test("A backend killed in the middle of COMMIT: the writes are sent again and are there once")
    func killed() async throws {
        // However slowly it is killed twice, they are tried again.
        let scene = try await Scene(runs: 1, patience: .outage(of: BuiltProgram.patience))
        let watcher = try await scene.fixture.database.connect()
        try await watcher.execute(Self.hold)
        try await watcher.execute("SELECT pg_advisory_lock(77)")
        async let done: Void = scene.store.complete([Self.step("a"), Self.step("b")], of: scene.claims[0])
        for _ in 0..<2 {
            let backend = try await scene.waitForLock(watcher)
            _ = try await watcher.query("SELECT pg_terminate_backend($1::integer, 900000)", [.int64(backend)])
        }
        try await watcher.execute("SELECT pg_advisory_unlock(77)")
        try await done
        let steps = try await scene.store.claim(scene.claims[0].run).done
        #expect(steps == [Self.step("a"), Self.step("b")])
        await watcher.close()
        try await scene.fixture.close()
    }

    @Test("Answers with a warning count as lost: beginning, a step and the end are found by the second sending")
    func warned() async throws {
        let scene = try await Scene(runs: 0)
        try await scene.fixture.sql(
            """
            CREATE FUNCTION warn() RETURNS trigger LANGUAGE plpgsql
                AS 'BEGIN RAISE WARNING ''not replicated''; RETURN NULL; END';
            CREATE CONSTRAINT TRIGGER warn AFTER INSERT OR UPDATE ON runs DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION warn();
            CREATE CONSTRAINT TRIGGER warn AFTER INSERT ON step_done DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION warn();
            """
        )
        try await scene.fixture.sql("ALTER TABLE runs DISABLE TRIGGER warn")
        let claim = try await scene.store.begin(Self.run(1)).claim
        try await scene.store.complete(Self.step("a"), of: claim)
        try await scene.fixture.sql("ALTER TABLE runs ENABLE TRIGGER warn")
        let last = [Self.step("b")]
        try await scene.store.finish(claim, after: last, status: .success, report: #"{"n":1}"#, at: Self.time)
        #expect(try await scene.fixture.count("SELECT count(*) FROM step_runs") == 2)
        let report = try await scene.fixture.sql("SELECT report FROM run_bodies").single().text("report")
        #expect(report == #"{"n":1}"#)
        #expect(try await scene.fixture.count("SELECT count(*) FROM runs WHERE status = 'SUCCESS'") == 1)
        try await scene.fixture.close()
    }

    @Test("A takeover in flight is waited for, whichever way it ends", arguments: [true, false])
    func takeover(commits: Bool) async throws {
        let scene = try await Scene(runs: 1)
        let other = try await scene.fixture.database.connect()
        let watcher = try await scene.fixture.database.connect()
        try await other.begin()
        try await other.execute("UPDATE runs SET epoch = epoch + 1")
        let written = Task { try await scene.store.complete(Self.step("a"), of: scene.claims[0]) }
        _ = try await scene.waitForLock(watcher)
        if commits { try await other.commit() } else { try await other.rollback() }
        if commits {
            await #expect(throws: RunStoreError.fenced(scene.claims[0].run)) { try await written.value }
        } else {
            try await written.value
        }
        #expect(try await scene.fixture.count("SELECT count(*) FROM step_done") == (commits ? 0 : 1))
        await other.close()
        await watcher.close()
        try await scene.fixture.close()
    }

    @Test("A caller that is cancelled takes nobody's write with it")
    func cancelled() async throws {
        let scene = try await Scene(runs: 10)
        let watcher = try await scene.fixture.database.connect()
        try await watcher.execute(Self.hold)
        try await watcher.execute("SELECT pg_advisory_lock(77)")
        let first = Task { try await scene.store.complete(Self.step("a"), of: scene.claims[0]) }
        _ = try await scene.waitForLock(watcher)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for claim in scene.claims.dropFirst() {
                group.addTask { try await scene.store.complete(Self.step("a"), of: claim) }
            }
            first.cancel()
            try await watcher.execute("SELECT pg_advisory_unlock(77)")
            try await group.waitForAll()
        }
        _ = await first.result
        #expect(try await scene.fixture.count("SELECT count(*) FROM step_done") == 10)
        await watcher.close()
        try await scene.fixture.close()
    }
}
