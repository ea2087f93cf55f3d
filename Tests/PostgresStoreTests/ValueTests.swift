import Testing

@testable import PostgresStore

@Suite("Text forms of values")
struct ValueTests {
    @Test(
        "An array literal quotes every text and keeps NULL apart",
        arguments: [
            ([], "{}"),
            (["a", nil, "NULL", ""], #"{"a",NULL,"NULL",""}"#),
            ([#"say "hi""#, #"back\slash"#, "{a,b}"], #"{"say \"hi\"","back\\slash","{a,b}"}"#),
        ] as [([String?], String)]
    )
    func literals(_ elements: [String?], _ literal: String) {
        var bytes: [UInt8] = []
        ArrayLiteral.append(elements, to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == literal)
        #expect(ArrayLiteral.elements(of: literal) == elements)
    }

    @Test(
        "Text that is no one-dimensional array is refused",
        arguments: ["", "{", "a", "{{1},{2}}", "{1,}", #"{"a}"#, #"{"a"b}"#]
    )
    func badLiterals(_ text: String) {
        #expect(ArrayLiteral.elements(of: text) == nil)
    }

    @Test(
        "Timestamps have their UTC text, rounded down to microseconds",
        arguments: [
            (0, "1970-01-01 00:00:00.000000+00"),
            (1_550_241_000_123_456_789, "2019-02-15 14:30:00.123456+00"),
            (-1, "1969-12-31 23:59:59.999999+00"),
            (951_782_400_000_000_000, "2000-02-29 00:00:00.000000+00"),
            (Int64.max, "2262-04-11 23:47:16.854775+00"),
            (Int64.min, "1677-09-21 00:12:43.145224+00"),
        ] as [(Int64, String)]
    )
    func timestamps(_ nanoseconds: Int64, _ text: String) {
        #expect(TimestampText.text(nanoseconds: nanoseconds) == text)
    }

    @Test("Timestamps come back from their text", arguments: UInt64(0)..<200)
    func timestampRoundTrip(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let instant = Int64.random(in: -9_000_000_000_000_000...9_000_000_000_000_000, using: &random) * 1000
        #expect(TimestampText.nanoseconds(of: TimestampText.text(nanoseconds: instant)) == instant)
    }

    @Test(
        "Bytes that are no timestamp are refused",
        arguments: ["infinity", "2019-02-15", "9999-01-01 00:00:00+00", ""]
    )
    func badTimestamps(_ text: String) {
        #expect(TimestampText.nanoseconds(of: text) == nil)
    }

    @Test("U+0000 is refused before it would cut the text short")
    func zeroCharacter() {
        #expect(throws: PostgresError.self) { try CStrings([PostgresValue.text("a"), .text("b\0c")]) }
        #expect(throws: PostgresError.self) { try CStrings([PostgresValue.textArray(["b\0c"])]) }
    }

    @Test("The statement cache forgets the least recently used and never reuses a name")
    func cache() {
        var cache = StatementCache(capacity: 2)
        cache.insert("a", name: cache.makeName())
        cache.insert("b", name: cache.makeName())
        #expect(cache.name(of: "a") == "s1")
        #expect(cache.evict() == ["s2"])
        #expect(cache.name(of: "b") == nil)
        #expect(cache.makeName() == "s3")
    }

    @Test(
        "Waits double up to the cap, and end with the attempts or the time",
        arguments: [
            (1, 0, 0.0, 50), (1, 0, 1.0, 100), (2, 0, 1.0, 200), (4, 0, 1.0, 400), (5, 0, 1.0, nil), (2, 950, 1.0, nil),
            (60, 0, 1.0, nil),
        ] as [(Int, Int, Double, Int?)]
    )
    func backoff(attempt: Int, elapsed: Int, jitter: Double, wait: Int?) {
        let backoff = Backoff(
            attempts: 5,
            total: .milliseconds(1000),
            base: .milliseconds(100),
            cap: .milliseconds(400)
        )
        let expected = wait.map { Duration.milliseconds($0) }
        #expect(backoff.wait(after: attempt, elapsed: .milliseconds(elapsed), jitter: jitter) == expected)
    }

    @Test(
        "A URL that cannot be read is refused without quoting it",
        arguments: [
            "postgresql://bob:hunter2%zz@localhost/db", "postgresql://bob:hunter2@x@localhost/db",
            "postgresql://bob:hun/ter2@localhost/db", "postgresql://bob:s3/hunter2:5@h/db", "hunter2",
        ]
    )
    func badURL(_ url: String) async {
        let error = await #expect(throws: PostgresError.self) { try await PostgresConnection.connect(url) }
        #expect(error?.code == "database_url_invalid")
        #expect(error?.description.contains("hunter2") == false && error?.description.contains("ter2") == false)
    }

    @Test("The password is taken out of libpq's messages")
    func redaction() throws {
        let target = try ConnectionString("postgresql://bob:hunter2@localhost:1/db")
        #expect(target.redacted("no hunter2 here") == "no *** here")
        #expect(target.server == "host=localhost port=1 dbname=db user=bob")
    }
}
