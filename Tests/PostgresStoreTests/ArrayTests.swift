import Testing

@testable import PostgresStore

@Suite("Arrays in binary form")
struct ArrayTests {
    @Test("The server reads every element as it was written")
    func elements() async throws {
        let fixture = try await StoreFixture("arrays")
        var random = SeededGenerator(seed: 11)
        let texts: [String?] = ["", nil, "NULL", "a \"quoted\" {word}, \\", "한글\n", "nul \0 inside"]
        let numbers: [Int64?] = [.min, -1, 0, nil, 1, .max]
        var units: [Int128?] = [
            nil, 0, 1, -1, 9_999, 10_000, 100_000_000, 123_456_789_012, Int128(Int64.max) * 1_000_000,
        ]
        for digits in 0..<200 { units.append(Int128.random(in: -1...1, using: &random) * (1 << Int128(digits % 100))) }
        units.append(Int128(10) * 100_000_000)
        let decimals = units.decimals(\.self)
        let shown = units.map { $0.map { Self.decimal($0) } }
        let row = try await fixture.pool.withConnection { connection in
            try await connection.query(
                """
                SELECT $1::text[]::text AS texts, $2::bigint[]::text AS numbers, $3::numeric[]::text AS decimals,
                    $4::integer[]::text AS small, $5::boolean[]::text AS flags, $6::text[]::text AS none
                """,
                [
                    texts.texts(\.self), numbers.numbers(\.self), decimals,
                    [Int64?](arrayLiteral: -7, nil, 7).numbers(as: .integer, \.self), [true, false].flags(\.self),
                    [String]().texts(\.self),
                ]
            ).single()
        }
        #expect(try row.textArray("texts") == texts.map { $0?.replacing("\0", with: "\u{2400}") })
        #expect(try row.int64Array("numbers") == numbers)
        #expect(try row.textArray("decimals") == shown)
        #expect(try row.text("small") == "{-7,NULL,7}" && row.text("flags") == "{t,f}" && row.text("none") == "{}")
        try await fixture.close()
    }

    /// Written the long way, to be compared with.
    private static func decimal(_ units: Int128) -> String {
        var digits = String(units.magnitude)
        while digits.count < 9 { digits = "0" + digits }
        var text = "\(digits.dropLast(8)).\(digits.suffix(8))"
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return units < 0 ? "-" + text : text
    }
}
