import Testing
import TradingDomain
import YAMLNodes

@Suite("Decoding nodes")
struct DecodingTests {
    private struct Database: Equatable {
        var url: String?
        var pool: Int
    }

    private let diagnostics = Diagnostics()

    private func tree(_ text: String, _ name: String = "config.yaml") throws -> YAMLNode {
        try #require(YAMLReader.read(SourceFile(name: name, text: text), into: diagnostics))
    }

    private func decode(_ node: YAMLNode) -> (Database?, [(key: String, value: Money)])? {
        node.decode(as: "the configuration", diagnostics) { map in
            let database = map.mapping("database") {
                Database(url: $0.text("url"), pool: $0.value("pool_size", .int.within(1...64), default: 4))
            }
            let accounts = map.entries("accounts") { _, account in account.required("cash", .money) }
            return (database, accounts)
        }
    }

    @Test("Typed values are read, in order")
    func readsValues() throws {
        let node = try tree(
            "database: { url: \"postgres://x\", pool_size: 8 }\naccounts:\n  b: { cash: 5 USD }\n  a: { cash: 2.5 KRW }\n"
        )
        let (database, accounts) = try #require(decode(node))
        #expect(database == Database(url: "postgres://x", pool: 8))
        #expect(accounts.map(\.key) == ["b", "a"])
        #expect(accounts.map(\.value.description) == ["5 USD", "2.5 KRW"])
        #expect(diagnostics.items.isEmpty)
    }

    @Test("Every error is reported at once, with suggestions")
    func collectsErrors() throws {
        let node = try tree(
            "databse: {}\ndatabase: { url: [1], pool_size: 99, pool: 1 }\naccounts:\n  a: { cash: \"5\" }\n  b: {}\n  c: 7\n"
        )
        _ = decode(node)
        let found = diagnostics.sorted
        #expect(found.map(\.rule) == ["unknown-key", "shape", "value", "unknown-key", "value", "missing-key", "shape"])
        #expect(found[0].help == "did you mean `database`? allowed here: database, accounts")
        #expect(found[1].range.place == "config.yaml:2:18")
        #expect(found[2].message == "`pool_size` wants a whole number: `99` is outside 1 to 64")
    }

    @Test("An overlay merges maps, replaces the rest, and keeps each file's places")
    func merging() throws {
        let base = try tree("database: { url: a, pool_size: 4 }\nlist: [1, 2]\n", "config.yaml")
        let overlay = try tree("list: [3]\ndatabase:\n  pool_size: 99\nnew: x\n", "config.paper.yaml")
        let merged = base.merging(overlay)
        #expect(merged["database"]?["url"]?.range.file.name == "config.yaml")
        #expect(merged["database"]?["pool_size"]?.range.place == "config.paper.yaml:3:14")
        #expect(merged["list"]?.sequence?.count == 1)
        let leaves = merged.leaves.map { $0.path.joined(separator: ".") }
        #expect(leaves == ["database.url", "database.pool_size", "list", "new"])
    }

    @Test("An override from outside is set by path and named as its own source")
    func overriding() throws {
        let base = try tree("database: { url: a }\n")
        let variable = SourceFile(name: "SMARTEXEC__DATABASE__POOL_SIZE", text: "99")
        _ = decode(base.setting(["database", "pool_size"], to: "99", source: variable))
        #expect(diagnostics.items.map(\.range.place) == ["SMARTEXEC__DATABASE__POOL_SIZE:1:1"])
    }

    @Test(
        "Durations are whole numbers with units, largest first",
        arguments: [
            ("90s", 90_000_000_000), ("1h30m", 5_400_000_000_000), ("250ms", 250_000_000), ("1d", 86_400_000_000_000),
            ("", nil), ("1", nil), ("m", nil), ("30m1h", nil), ("1h1h", nil), ("-1m", nil), ("1.5h", nil), ("1H", nil),
            ("99999999999d", nil), ("1 h", nil),
        ] as [(String, Int64?)]
    )
    func durations(_ text: String, _ nanoseconds: Int64?) {
        let parsed = try? ScalarType.duration.parse(text)
        #expect(parsed?.nanoseconds == nanoseconds)
    }

    @Test("Timestamps need an offset and become UTC")
    func timestamps() throws {
        #expect(try ScalarType.timestamp.parse("2026-11-20T15:30:00+09:00").description == "2026-11-20T06:30:00Z")
        #expect(try ScalarType.timestamp.parse("2026-11-20T00:30:00-05:30").description == "2026-11-20T06:00:00Z")
        for text in ["2026-11-20T15:30:00", "2026-11-20", "2026-11-20T15:30:00+9:00", "2026-11-20T15:30:00+24:00"] {
            #expect(throws: ScalarProblem.self) { try ScalarType.timestamp.parse(text) }
        }
    }

    @Test("Booleans, numbers, percentages and money are exact", arguments: ["yes", "TRUE", "1", "on", ""])
    func strictScalars(_ text: String) {
        #expect(throws: ScalarProblem.self) { try ScalarType.bool.parse(text) }
        #expect((try? ScalarType.int.parse("0123")) == nil)
        #expect((try? ScalarType.int.parse("+1")) == nil)
        #expect((try? ScalarType.percent.parse("2.5%"))?.description == "2.5")
        #expect((try? ScalarType.percent.parse("2.5")) == nil)
        #expect((try? ScalarType.money.parse("50000 USD"))?.description == "50000 USD")
        #expect((try? ScalarType.money.parse("USD 50000")) == nil)
        #expect((try? ScalarType.decimal.parse("1e5")) == nil)
        #expect((try? ScalarType.enumeration(Urgency.self).parse("HIGH")) == .high)
        #expect((try? ScalarType.enumeration(Urgency.self).parse("high")) == nil)
    }

    @Test(
        "The nearest name is suggested, and nothing far away",
        arguments: [
            ("timout", "timeout"), ("max_concurency", "max_concurrent"), ("Steps", "steps"), ("zzz", nil),
            ("wiht", "with"),
        ] as [(String, String?)]
    )
    func suggestions(_ name: String, _ nearest: String?) {
        #expect(Suggestion.nearest(to: name, in: ["timeout", "max_concurrent", "steps", "with", "id"]) == nearest)
    }
}
