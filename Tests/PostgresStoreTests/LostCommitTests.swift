import ExecutionEngine
import Portfolio
import Testing
import TradingDomain
import TradingTestKit

@testable import PostgresStore

@Suite("Batches whose COMMIT is lost")
struct LostCommitTests {
    private typealias Samples = JournalSamples
    private static let account = AccountID(unchecked: "paper")
    /// Every check that a batch is in the database exactly once: events, intent, ledger, fill, alert, batch.
    private static let counts = """
        SELECT (SELECT count(*) FROM order_events) || ' ' || (SELECT count(*) FROM intents) || ' '
            || (SELECT count(*) FROM ledger_entries) || ' ' || (SELECT count(*) FROM fills) || ' '
            || (SELECT count(*) FROM alerts) || ' ' || (SELECT count(*) FROM engine_batches)
        """

    /// A journal with an admitted parent, and a second batch that holds one of everything, or nothing for the books: then
    /// it is committed in one round trip.
    private struct Scene {
        let fixture: StoreFixture
        let journal: PostgresJournal
        let lease: EngineLease
        let batch: EngineBatch
        /// What a second batch on top of the first makes: events 1–5, two intents, opening and fill, one fill, one alert.
        let once: String

        init(patience: Backoff? = nil, books: Bool = true) async throws {
            once = books ? "5 2 2 1 1 2" : "4 2 1 0 1 2"
            fixture = try await StoreFixture("lost")
            journal = PostgresJournal(pool: fixture.pool, worker: try await fixture.worker("one"), patience: patience)
            lease = try await journal.acquire(account, opening: Samples.opening)
            let submission = try Samples.submission(account: account)
            var first = Samples.admitting(submission)
            let intent = Samples.intent(submission, lease, child: 1, sequence: 3)
            first.intents = [intent]
            _ = try await journal.commit(first, lease)
            var batch = EngineBatch(sequence: 2, clock: Samples.start + .seconds(2))
            var position = Position(flat: submission.order.symbol, .usd)
            let fill = Samples.fill(intent, trade: "T-1")
            if books { try Samples.book(fill, of: submission, event: 4, position: &position, into: &batch) }
            batch.intents = [Samples.intent(submission, lease, child: 2, sequence: 5)]
            batch.alerts = [EngineAlert(code: "test", message: "a", parent: nil, at: Samples.start)]
            self.batch = batch
        }

        func counts() async throws -> String {
            try await fixture.sql(LostCommitTests.counts).single().text(at: 0)
        }
    }

    @Test(
        "A backend killed in the middle of COMMIT: the batch is sent again and is there once",
        arguments: [true, false]
    )
    func killed(books: Bool) async throws {
        // However slowly it is killed three times, it is tried again.
        let scene = try await Scene(patience: .outage(of: BuiltProgram.patience), books: books)
        let watcher = try await scene.fixture.database.connect()
        // COMMIT stops in this trigger until our lock is free, and only then could it take effect.
        try await watcher.execute(
            """
            CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql
                AS 'BEGIN PERFORM pg_advisory_xact_lock(77); RETURN NULL; END';
            CREATE CONSTRAINT TRIGGER hold AFTER INSERT ON alerts DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION hold();
            SELECT pg_advisory_lock(77);
            """
        )
        async let receipt = scene.journal.commit(scene.batch, scene.lease)
        let waiting = """
            SELECT pid FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event = 'advisory'
            """
        for _ in 0..<3 {
            var backend: Int64?
            while backend == nil { backend = try await watcher.query(waiting).first?.int64("pid") }
            _ = try await watcher.query("SELECT pg_terminate_backend($1::integer, 900000)", [.optional(backend)])
        }
        try await watcher.execute("SELECT pg_advisory_unlock(77)")
        #expect(try await receipt.refused.isEmpty)
        #expect(try await scene.counts() == scene.once)
        await watcher.close()
        try await scene.fixture.close()
    }

    @Test(
        "A COMMIT that took effect and answered with a warning: the second sending finds it",
        arguments: [true, false]
    )
    func warned(books: Bool) async throws {
        let scene = try await Scene(books: books)
        try await scene.fixture.sql(
            """
            CREATE FUNCTION warn() RETURNS trigger LANGUAGE plpgsql
                AS 'BEGIN RAISE WARNING ''not replicated''; RETURN NULL; END';
            CREATE CONSTRAINT TRIGGER warn AFTER INSERT ON alerts DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION warn();
            """
        )
        _ = try await scene.journal.request(
            ParentCommand(parent: Samples.parent(1), kind: .cancel, reason: "enough"),
            by: "test"
        )
        let receipt = try await scene.journal.commit(scene.batch, scene.lease)
        #expect(receipt.refused.isEmpty)
        #expect(receipt.commands.map(\.command.kind) == [.cancel], "commands told by the lost answer are not lost")
        #expect(try await scene.counts() == scene.once)
        try await scene.fixture.close()
    }

    @Test("A first sending that is still in flight is waited for, whichever way it ends", arguments: [true, false])
    func inFlight(commits: Bool) async throws {
        let scene = try await Scene()
        let other = try await scene.fixture.database.connect()
        let watcher = try await scene.fixture.database.connect()
        try await other.begin()
        _ = try await other.pipeline(try BatchStatements(scene.batch, scene.lease).all)
        // Else a starved machine has the server end it before anybody waits for it.
        try await other.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        async let receipt = scene.journal.commit(scene.batch, scene.lease)
        let blocked = """
            SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
            """
        while try await watcher.query(blocked).single().int64(at: 0) == 0 {}
        if commits { try await other.commit() } else { try await other.rollback() }
        #expect(try await receipt.refused.isEmpty)
        #expect(try await scene.counts() == scene.once)
        await other.close()
        await watcher.close()
        try await scene.fixture.close()
    }

    @Test("A lease lost between a lost answer and the second sending: nothing may be sent")
    func lostLease() async throws {
        let scene = try await Scene()
        _ = try await scene.journal.commit(scene.batch, scene.lease)
        try await scene.fixture.bury("one")
        _ = try await scene.fixture.postgresJournal("two").acquire(Self.account, opening: Samples.opening)
        await #expect(throws: JournalError.fenced(Self.account)) {
            try await scene.journal.commit(scene.batch, scene.lease)
        }
        #expect(try await scene.counts().hasPrefix("5 2 2 1 1"))
        try await scene.fixture.close()
    }

    @Test("A takeover waits for a batch in flight and then sees it")
    func takeoverWaits() async throws {
        let scene = try await Scene()
        let dying = try await scene.fixture.database.connect()
        let watcher = try await scene.fixture.database.connect()
        try await dying.begin()
        _ = try await dying.pipeline(try BatchStatements(scene.batch, scene.lease).all)
        // Else a starved machine has the server end it before anybody waits for it.
        try await dying.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        try await scene.fixture.bury("one")
        let journal = try await scene.fixture.postgresJournal("two")
        async let taken = journal.acquire(Self.account, opening: Samples.opening)
        let blocked = """
            SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
            """
        while try await watcher.query(blocked).single().int64(at: 0) == 0 {}
        try await dying.commit()
        #expect(try await taken.epoch == scene.lease.epoch + 1)
        #expect(try await journal.load(Self.account).open[0].events.map(\.sequence) == Array(1...5))
        let limit = try await watcher.query("SELECT current_setting('idle_in_transaction_session_timeout') AS idle")
        #expect(try limit.single().text("idle") == "0", "the bound on batches ends with them")
        await dying.close()
        await watcher.close()
        try await scene.fixture.close()
    }

    @Test("A pruned batch is still known as committed")
    func pruned() async throws {
        let scene = try await Scene()
        _ = try await scene.journal.commit(scene.batch, scene.lease)
        for number in 3...64 {
            _ = try await scene.journal.commit(
                EngineBatch(sequence: Int64(number), clock: Samples.start),
                scene.lease
            )
        }
        #expect(try await scene.fixture.count("SELECT count(*) FROM engine_batches") == 1)
        let again = try await scene.journal.commit(scene.batch, scene.lease)
        #expect(again.refused.isEmpty)
        #expect(try await scene.counts() == "5 2 2 1 1 1")
        try await scene.fixture.close()
    }

    @Test("A database that has lost a batch takes none that follows it, and says so")
    func forgotten() async throws {
        let scene = try await Scene()
        _ = try await scene.journal.commit(scene.batch, scene.lease)
        var next = EngineBatch(sequence: 3, clock: Samples.start)
        next.follows = 2
        // What a fail-over to a standby that was behind makes of it.
        try await scene.fixture.sql("DELETE FROM engine_batches WHERE sequence = 2")
        let before = try await scene.counts()
        let error = await #expect(throws: JournalError.self) { try await scene.journal.commit(next, scene.lease) }
        #expect(error == .commitsLost(Self.account))
        #expect(try await scene.counts() == before)
        // What follows one that is there goes on, and is known when it is sent again.
        var sound = EngineBatch(sequence: 2, clock: Samples.start)
        sound.follows = 1
        _ = try await scene.journal.commit(sound, scene.lease)
        _ = try await scene.journal.commit(next, scene.lease)
        _ = try await scene.journal.commit(next, scene.lease)
        #expect(try await scene.fixture.count("SELECT count(*) FROM engine_batches") == 3)
        try await scene.fixture.close()
    }

    @Test("A database that stays away is reported with what to do, and nothing is half done")
    func away() async throws {
        let scene = try await Scene(patience: Backoff(attempts: 2, total: .milliseconds(20), base: .milliseconds(1)))
        let name = scene.fixture.database.name
        let maintenance = try await PostgresConnection.connect(
            scene.fixture.database.url.replacing(name, with: "postgres")
        )
        try await maintenance.execute("ALTER DATABASE \(name) ALLOW_CONNECTIONS false")
        _ = try await maintenance.query(
            "SELECT pg_terminate_backend(pid, 900000) FROM pg_stat_activity WHERE datname = $1",
            [.text(name)]
        )
        let error = await #expect(throws: JournalError.self) {
            try await scene.journal.commit(scene.batch, scene.lease)
        }
        #expect(error?.code == "journal_unavailable", "\(String(describing: error))")
        #expect(error?.description.contains("smartexec db start") == true)
        try await maintenance.execute("ALTER DATABASE \(name) ALLOW_CONNECTIONS true")
        #expect(try await scene.journal.commit(scene.batch, scene.lease).refused.isEmpty)
        #expect(try await scene.counts() == scene.once)
        await maintenance.close()
        try await scene.fixture.close()
    }

    @Test("A batch takes three round trips, whatever is in it")
    func roundTrips() async throws {
        let scene = try await Scene()
        let statements = try BatchStatements(scene.batch, scene.lease).all
        // BEGIN, the pipeline, COMMIT: all statements go out before the first answer is read.
        #expect(statements.count <= 16)
        #expect(statements.first?.sql.contains("begin_engine_batch") == true)
        let sqls = statements.map(\.sql)
        let lock = try #require(sqls.firstIndex { $0.contains("pg_advisory_xact_lock_shared") })
        let intents = try #require(sqls.firstIndex { $0.contains("INSERT INTO child_orders") })
        #expect(lock < intents, "the halt is read in a later statement than the lock")
        try await scene.fixture.close()
    }
}
