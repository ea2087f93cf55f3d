import Testing

@testable import PostgresStore

@Suite("Transactions and pipelines")
struct TransactionTests {
    private struct Changed: Error {}

    @Test("A transaction commits when its body returns and rolls back when it throws")
    func commitAndRollback() async throws {
        let connection = try await TestDatabase.shared().connect()
        try await connection.execute("CREATE TEMP TABLE t (n bigint PRIMARY KEY)")
        let count = try await connection.transaction { connection throws(PostgresError) in
            _ = try connection.query("INSERT INTO t VALUES ($1)", [.int64(1)])
            return try connection.query("SELECT count(*) FROM t").single().int64(at: 0)
        }
        #expect(count == 1)
        let error = await #expect(throws: PostgresError.self) {
            try await connection.transaction { connection throws(PostgresError) in
                _ = try connection.query("INSERT INTO t VALUES ($1)", [.int64(2)])
                _ = try connection.query("INSERT INTO t VALUES ($1)", [.int64(1)])
            }
        }
        #expect(error?.isUniqueViolation == true)
        await #expect(throws: Changed.self) {
            try await connection.transactionRethrowing { connection in
                _ = try connection.query("INSERT INTO t VALUES ($1)", [.int64(3)])
                throw Changed()
            }
        }
        #expect(try await connection.query("SELECT n FROM t").map { try $0.int64("n") } == [1])
        #expect(await !connection.isInTransaction)
        await connection.close()
    }

    @Test("A body that swallows a statement's error cannot commit")
    func swallowed() async throws {
        let connection = try await TestDatabase.shared().connect()
        await #expect(throws: PostgresError.transactionAborted) {
            try await connection.transaction { connection throws(PostgresError) in
                _ = try? connection.query("SELECT 1/0")
            }
        }
        #expect(await !connection.isInTransaction)
        await #expect(throws: PostgresError.self) { try await connection.commit() }
        await connection.close()
    }

    @Test("A deferred constraint that fails at COMMIT is an ordinary error: surely not committed")
    func deferred() async throws {
        let connection = try await TestDatabase.shared().connect()
        try await connection.execute("CREATE TEMP TABLE d (n bigint UNIQUE DEFERRABLE INITIALLY DEFERRED)")
        let error = await #expect(throws: PostgresError.self) {
            try await connection.transaction { connection throws(PostgresError) in
                _ = try connection.query("INSERT INTO d VALUES (1), (1)")
            }
        }
        #expect(error?.isUniqueViolation == true && error?.isCommitUnknown == false)
        #expect(await connection.isReusable)
        await connection.close()
    }

    @Test("A backend that dies during COMMIT leaves the outcome unknown")
    func killedDuringCommit() async throws {
        let database = try await TestDatabase.shared()
        let (writer, watcher) = (try await database.connect(), try await database.connect())
        try await writer.execute(
            """
            CREATE TABLE held (n bigint);
            CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql
                AS 'BEGIN PERFORM pg_advisory_xact_lock(77); RETURN NULL; END';
            CREATE CONSTRAINT TRIGGER hold AFTER INSERT ON held DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION hold();
            """
        )
        let backend = try await writer.query("SELECT pg_backend_pid()").single().int64(at: 0)
        _ = try await watcher.query("SELECT pg_advisory_lock(77)")
        async let outcome: PostgresError? = {
            do {
                try await writer.transaction { connection throws(PostgresError) in
                    _ = try connection.query("INSERT INTO held VALUES (1)")
                }
                return nil
            } catch { return error as? PostgresError }
        }()
        // COMMIT is in the trigger once the backend waits for our lock.
        while try await watcher.query(
            "SELECT count(*) FROM pg_stat_activity WHERE pid = $1 AND wait_event_type = 'Lock' AND query = 'COMMIT'",
            [.int64(backend)]
        ).single().int64(at: 0) == 0 {}
        _ = try await watcher.query("SELECT pg_terminate_backend($1::integer)", [.int64(backend)])
        let error = await outcome
        #expect(error?.isCommitUnknown == true, "\(String(describing: error))")
        #expect(error?.isConnectionLost == false)
        #expect(await !writer.isUsable)
        try await writer.reconnect(Backoff(attempts: 1, total: .zero))
        #expect(try await writer.query("SELECT count(*) FROM held").single().int64(at: 0) == 0)
        await writer.close()
        await watcher.close()
    }

    @Test("A warning during COMMIT leaves the outcome unknown although the server reports success")
    func warnedDuringCommit() async throws {
        let connection = try await TestDatabase.shared().connect()
        try await connection.execute(
            """
            CREATE TABLE warned (n bigint);
            CREATE FUNCTION warn() RETURNS trigger LANGUAGE plpgsql
                AS 'BEGIN RAISE WARNING ''not replicated''; RETURN NULL; END';
            CREATE CONSTRAINT TRIGGER warn AFTER INSERT ON warned DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION warn();
            """
        )
        let error = await #expect(throws: PostgresError.self) {
            try await connection.transaction { connection throws(PostgresError) in
                _ = try connection.query("INSERT INTO warned VALUES (1)")
            }
        }
        #expect(error?.isCommitUnknown == true)
        #expect(error?.description.contains("not replicated") == true)
        #expect(try await connection.query("SELECT count(*) FROM warned").single().int64(at: 0) == 1)
        await connection.close()
    }

    @Test("A connection that is dead before COMMIT is sent has surely not committed")
    func deadBeforeCommit() async throws {
        let database = try await TestDatabase.shared()
        let (writer, watcher) = (try await database.connect(), try await database.connect())
        let backend = try await writer.query("SELECT pg_backend_pid()").single().int64(at: 0)
        try await writer.begin()
        _ = try await watcher.query("SELECT pg_terminate_backend($1::integer, 900000)", [.int64(backend)])
        let error = await #expect(throws: PostgresError.self) { try await writer.commit() }
        #expect(error?.code == "database_connection_lost")
        await watcher.close()
    }

    @Test("A pipeline returns each result, prepares once, and joins an open transaction")
    func pipeline() async throws {
        let connection = try await TestDatabase.shared().connect()
        try await connection.execute("CREATE TEMP TABLE p (n bigint PRIMARY KEY)")
        let inserts = (0..<500).map { PostgresStatement("INSERT INTO p VALUES ($1) RETURNING n", [.int64($0)]) }
        let results = try await connection.pipeline(inserts + [PostgresStatement("SELECT count(*) AS n FROM p")])
        #expect(try results.map { try $0.single().int64("n") } == Array(0..<500) + [500])
        let names = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'INSERT INTO p %'"
        #expect(try await connection.query(names).single().int64(at: 0) == 1)
        await #expect(throws: PostgresError.self) {
            try await connection.transaction { connection throws(PostgresError) in
                _ = try connection.pipeline([PostgresStatement("DELETE FROM p")])
                throw .cancelled
            }
        }
        #expect(try await connection.query("SELECT count(*) FROM p").single().int64(at: 0) == 500)
        #expect(try await connection.pipeline([]).isEmpty)
        await connection.close()
    }

    @Test("An error in the middle of a pipeline undoes all of it and leaves the connection in order", arguments: 0..<3)
    func pipelineError(failing: Int) async throws {
        let connection = try await TestDatabase.shared().connect()
        try await connection.execute("CREATE TEMP TABLE q (n bigint PRIMARY KEY)")
        var batch = (0..<3).map { PostgresStatement("INSERT INTO q VALUES ($1)", [.int64(Int64($0))]) }
        batch[failing] = PostgresStatement("INSERT INTO q VALUES ($1::text::bigint)", [.text("x")])
        let error = await #expect(throws: PostgresError.self) { try await connection.pipeline(batch) }
        #expect(error?.sqlState == "22P02")
        batch[failing] = PostgresStatement("INSERT INTO nowhere VALUES (1)")
        let unknown = await #expect(throws: PostgresError.self) { try await connection.pipeline(batch) }
        #expect(unknown?.sqlState == "42P01")
        #expect(await connection.isReusable)
        #expect(try await connection.query("SELECT count(*) FROM q").single().int64(at: 0) == 0)
        batch[failing] = PostgresStatement("INSERT INTO q VALUES ($1)", [.int64(9)])
        #expect(try await connection.pipeline(batch).count == 3)
        await connection.close()
    }

    @Test("A deferred constraint fails a pipeline of its own as an ordinary error")
    func pipelineDeferred() async throws {
        let connection = try await TestDatabase.shared().connect()
        try await connection.execute("CREATE TEMP TABLE r (n bigint UNIQUE DEFERRABLE INITIALLY DEFERRED)")
        let error = await #expect(throws: PostgresError.self) {
            try await connection.pipeline([PostgresStatement("INSERT INTO r VALUES (1), (1)")])
        }
        #expect(error?.isUniqueViolation == true)
        await connection.close()
    }

    @Test("A backend that dies during a pipeline is a lost connection")
    func pipelineLost() async throws {
        let connection = try await TestDatabase.shared().connect()
        let error = await #expect(throws: PostgresError.self) {
            try await connection.pipeline([
                PostgresStatement("SELECT 1"), PostgresStatement("SELECT pg_terminate_backend(pg_backend_pid())"),
                PostgresStatement("SELECT 2"),
            ])
        }
        #expect(error?.code == "database_connection_lost", "\(String(describing: error))")
        #expect(await !connection.isUsable)
        try await connection.reconnect(Backoff(attempts: 1, total: .zero))
        #expect(try await connection.query("SELECT 2").single().int64(at: 0) == 2)
        await connection.close()
    }
}
