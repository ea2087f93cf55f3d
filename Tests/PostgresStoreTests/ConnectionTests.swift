import Testing

@testable import PostgresStore

@Suite("Connection")
struct ConnectionTests {
    @Test("Nasty texts survive as parameters and as array elements", arguments: UInt64(0)..<40)
    func roundTrip(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let database = try await TestDatabase.shared()
        let connection = try await database.connect()
        let texts = (0..<20).map { _ in Int.random(in: 0..<6, using: &random) == 0 ? nil : nastyText(using: &random) }
        let numbers = (0..<9).map { _ in
            Bool.random(using: &random) ? Int64.random(in: .min ... .max, using: &random) : nil
        }
        let raw = (0..<33).map { _ in UInt8.random(in: 0...255, using: &random) }
        let row = try await connection.query(
            "SELECT $1::text[] AS texts, $2::bigint[] AS numbers, $3::bytea AS raw, $4::text AS single",
            [.textArray(texts), .int64Array(numbers), .bytes(raw), .optional(texts[0])]
        ).single()
        #expect(try row.textArray("texts") == texts)
        #expect(try row.int64Array("numbers") == numbers)
        #expect(try row.bytes("raw") == raw)
        #expect(try row.optionalText("single") == texts[0])
        let unnested = try await connection.query(
            "SELECT element FROM unnest($1::text[]) WITH ORDINALITY AS list(element, n) ORDER BY n",
            [.textArray(texts)]
        )
        #expect(try unnested.map { try $0.optionalText("element") } == texts)
        await connection.close()
    }

    @Test("Each kind of value reaches its type and comes back")
    func kinds() async throws {
        let connection = try await TestDatabase.shared().connect()
        let row = try await connection.query(
            """
            SELECT $1::bigint AS n, $2::boolean AS b, $3::numeric AS d, $4::timestamptz AS t, $5::jsonb AS j,
                   $6::text AS nothing, extract(epoch FROM $4::timestamptz)::bigint AS epoch
            """,
            [
                .int64(.min), .bool(true), .decimal("-0.00000001"), .timestamp(nanoseconds: 1_550_241_000_123_456_789),
                .json(#"{"a": [1, null]}"#), .null,
            ]
        ).single()
        #expect(try row.int64("n") == .min)
        #expect(try row.bool("b"))
        #expect(try row.text("d") == "-0.00000001")
        #expect(try row.timestampNanoseconds("t") == 1_550_241_000_123_456_000)
        #expect(try row.text("j") == #"{"a": [1, null]}"#)
        #expect(try row.isNull("nothing"))
        #expect(try row.int64("epoch") == 1_550_241_000)
        await connection.close()
    }

    @Test("A getter that does not fit names column, type and problem, never the value")
    func getters() async throws {
        let connection = try await TestDatabase.shared().connect()
        let row = try await connection.query("SELECT 'secret'::text AS word, NULL::bigint AS epoch").single()
        #expect(throws: PostgresError.unexpectedColumn(column: "epoch", type: "bigint", problem: "is NULL")) {
            try row.int64("epoch")
        }
        let error = #expect(throws: PostgresError.self) { try row.int64("word") }
        #expect(error?.description.contains("word (text) is not a whole number") == true)
        #expect(error?.description.contains("secret") == false)
        let missing = #expect(throws: PostgresError.self) { try row.text("wrod") }
        #expect(missing?.description.contains("is not among: word, epoch") == true)
        await connection.close()
    }

    @Test("A refused statement carries SQLSTATE and constraint, and its text holds no bound value")
    func errors() async throws {
        let connection = try await TestDatabase.shared().connect()
        try await connection.execute("CREATE TEMP TABLE pets (name text CONSTRAINT pets_name UNIQUE, age integer)")
        _ = try await connection.query("INSERT INTO pets VALUES ($1, 1)", [.text("topsecret")])
        let unique = await #expect(throws: PostgresError.self) {
            try await connection.query("INSERT INTO pets VALUES ($1, 1)", [.text("topsecret")])
        }
        #expect(unique?.isUniqueViolation == true && unique?.constraint == "pets_name")
        #expect(unique?.report?.detail?.contains("topsecret") == true)
        #expect(unique?.description.contains("topsecret") == false)
        let type = await #expect(throws: PostgresError.self) {
            try await connection.query("INSERT INTO pets VALUES ('x', $1)", [.text("top\"secret")])
        }
        #expect(type?.sqlState == "22P02")
        #expect(type?.description.contains("secret") == false)
        let syntax = await #expect(throws: PostgresError.self) { try await connection.query("SELEC 1") }
        #expect(syntax?.sqlState == "42601" && syntax?.isConnectionLost == false)
        #expect(syntax?.description.contains("SELEC 1") == true)
        #expect(try await connection.query("SELECT count(*) FROM pets").single().int64(at: 0) == 1)
        await connection.close()
    }

    @Test("A plan that a schema change made stale is prepared again")
    func stalePlan() async throws {
        let connection = try await TestDatabase.shared().connect()
        try await connection.execute("CREATE TEMP TABLE shape (a integer); INSERT INTO shape VALUES (1)")
        #expect(try await connection.query("SELECT * FROM shape").columns == ["a"])
        try await connection.execute("ALTER TABLE shape ADD COLUMN b text")
        #expect(try await connection.query("SELECT * FROM shape").columns == ["a", "b"])
        try await connection.execute("DEALLOCATE ALL")
        #expect(try await connection.query("SELECT * FROM shape").count == 1)
        await connection.close()
    }

    @Test("The cache of prepared statements keeps its bound on the server as well")
    func boundedCache() async throws {
        let connection = try await TestDatabase.shared().connect()
        for number in 0..<(StatementCache.defaultCapacity + 40) { _ = try await connection.query("SELECT \(number)") }
        let count = try await connection.query("SELECT count(*) FROM pg_prepared_statements").single().int64(at: 0)
        #expect(count == Int64(StatementCache.defaultCapacity))
        await connection.close()
    }

    @Test("Notices are kept for the caller")
    func notices() async throws {
        let connection = try await TestDatabase.shared().connect()
        try await connection.execute("DO $$ BEGIN RAISE WARNING 'mind the gap'; END $$")
        #expect(await connection.takeNotices().map(\.message) == ["mind the gap"])
        #expect(await connection.takeNotices().isEmpty)
        await connection.close()
    }

    @Test("A server that is not there is reported with its address")
    func nobodyHome() async throws {
        let url = "postgresql://bob:hunter2@127.0.0.1:1/db"
        let error = await #expect(throws: PostgresError.self) { try await PostgresConnection.connect(url) }
        #expect(error?.code == "database_connect_failed" && error?.isConnectionLost == true)
        #expect(error?.description.contains("host=127.0.0.1 port=1") == true)
        #expect(error?.description.contains("hunter2") == false)
        let closed = try PostgresConnection(url: url)
        await #expect(throws: PostgresError.connectionClosed) { try await closed.query("SELECT 1") }
    }
}
