import Foundation
import Testing
import TradingDomain
import Workflows
import YAMLNodes

@Suite("Values, inputs and hashes")
struct ValueTests {
    private func randomValue(_ random: inout SeededGenerator, depth: Int = 0) -> Value {
        switch Int.random(in: 0..<(depth > 3 ? 11 : 13), using: &random) {
        case 0: .null
        case 1: .bool(.random(using: &random))
        case 2: .int(.random(in: .min ... .max, using: &random))
        case 3: .decimal(FixedDecimal(units: Int128(Int64.random(in: .min ... .max, using: &random)) * 1_000_003))
        case 4: .percent(FixedDecimal(units: Int128(Int64.random(in: .min ... .max, using: &random))))
        case 5: .money(Money(units: Int128(Int64.random(in: .min ... .max, using: &random)), .krw))
        case 6: .duration(.nanoseconds(Int64.random(in: .min ... .max, using: &random)))
        case 7: .date(CalendarDate(daysSinceEpoch: Int.random(in: -100_000...100_000, using: &random)))
        case 8:
            .timestamp(
                Timestamp(
                    nanoseconds: Int64.random(
                        in: -8_000_000_000_000_000_000...8_000_000_000_000_000_000,
                        using: &random
                    )
                )
            )
        case 9: Symbol("BTC/USDT").map { .ticker($0) } ?? .null
        case 10: .text(["", "$decimal", "ä\u{1}\n\"", "5", "true"][Int.random(in: 0..<5, using: &random)])
        case 11: .list((0..<Int.random(in: 0...3, using: &random)).map { _ in randomValue(&random, depth: depth + 1) })
        default:
            .record(
                .init(
                    "R",
                    (0..<Int.random(in: 0...3, using: &random)).map {
                        ("f\(9 - $0)", randomValue(&random, depth: depth + 1))
                    }
                )
            )
        }
    }

    @Test("JSON keeps every value, also when keys are reordered as jsonb does", arguments: UInt64(0)..<200)
    func roundTrip(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let value = randomValue(&random)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let data = try encoder.encode(value)
        #expect(try JSONDecoder().decode(Value.self, from: data) == value)
        let outcome = StepOutcome.success(output: .init("O", [("v", value)]), status: .hold, note: "n")
        #expect(try JSONDecoder().decode(StepOutcome.self, from: encoder.encode(outcome)) == outcome)
    }

    @Test("The JSON form is as documented")
    func jsonForm() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let record = Value.Record("Fill", [("price", .decimal(FixedDecimal(units: 150_000_000))), ("n", .int(3))])
        let text = String(decoding: try encoder.encode(Value.record(record)), as: UTF8.self)
        #expect(text == #"{"$order":["price","n"],"$record":"Fill","n":3,"price":{"$decimal":"1.5"}}"#)
        for bad in [#"{"$decimal":"1e5"}"#, #"{"a":1}"#, #"{}"#, #"{"$decimal":"1","$ticker":"A"}"#, "1.5"] {
            #expect(throws: (any Error).self) { try JSONDecoder().decode(Value.self, from: Data(bad.utf8)) }
        }
    }

    @Test("Inputs of the command line are read by their declared type")
    func commandLine() throws {
        let definition = try #require(Fixtures.compile(try Fixtures.good("watchlist")).bundle).definition
        let good = InputParser().parse(
            ["tickers=AAPL, BTC/USDT,ON", "urgency=IMMEDIATE", "max_concurrent=2"],
            against: definition
        )
        #expect(good.diagnostics.isEmpty)
        #expect(good.values["tickers"] == Fixtures.tickers(["AAPL", "BTC/USDT", "ON"]))
        #expect(good.values["urgency"] == .text("CRITICAL"))
        #expect(good.values["max_concurrent"] == .int(2))
    }

    @Test("Everything wrong with the inputs is reported at once")
    func commandLineErrors() throws {
        let definition = try #require(Fixtures.compile(try Fixtures.good("watchlist")).bundle).definition
        let arguments = ["tickrs=AAPL", "urgency=SOON", "max_concurrent=0", "agent", "decisions=a=b", "decisions=c"]
        let result = InputParser().parse(arguments, against: definition)
        let found = result.diagnostics.map { "\($0.range.place) \($0.rule)" }
        #expect(
            found == [
                "argument 1:1:1 unknown-key", "argument 2:1:9 value", "argument 3:1:16 value", "argument 4:1:1 value",
                "argument 6:1:1 duplicate-key", "watchlist.yaml:6:3 missing-key",
            ]
        )
        #expect(result.diagnostics[0].help?.hasPrefix("did you mean `tickers`?") == true)
        #expect(result.values == ["decisions": .text("a=b")])
        let lower = InputParser().parse(["tickers=AAPL,bac"], against: definition)
        #expect(lower.diagnostics.first?.range.place == "argument 1:1:14")
        #expect(lower.diagnostics.first?.help == "did you mean `BAC`?")
    }

    @Test("Inputs are read from a file too; arguments win, and everything wrong is reported")
    func inputsFile() throws {
        let definition = try #require(Fixtures.compile(try Fixtures.good("watchlist")).bundle).definition
        let file = SourceFile(name: "in.yaml", text: "tickers: [ON, 'NO', TRUE]\nmax_concurrent: 4\nurgency: LOW\n")
        let good = InputParser().parse(["max_concurrent=2"], file: file, against: definition)
        #expect(good.diagnostics.isEmpty)
        #expect(good.values["tickers"] == Fixtures.tickers(["ON", "NO", "TRUE"]))
        #expect(good.values["max_concurrent"] == .int(2) && good.values["urgency"] == .text("LOW"))
        let wrong = SourceFile(name: "in.yaml", text: "tickrs: [ON]\nmax_concurrent: 0\nagent: ${{ inputs.x }}\n")
        let bad = InputParser().parse([], file: wrong, against: definition).diagnostics
        #expect(
            bad.map { "\($0.range.place) \($0.rule)" } == [
                "in.yaml:2:17 value", "in.yaml:3:8 template", "in.yaml:1:1 unknown-key",
                "watchlist.yaml:6:3 missing-key",
            ]
        )
    }

    @Test("A market context is read from name=value pairs")
    func marketContext() throws {
        let definition = try #require(Fixtures.compile(try Fixtures.good("process-ticker")).bundle).definition
        let result = InputParser().parse(["ticker=ON", "context=regime=RISK_OFF,vix=31"], against: definition)
        let context = try #require(result.values["context"]?.recordValue)
        #expect(context["regime"] == .text("RISK_OFF") && context["vix"] == .text("31"))
    }

    @Test("The hash ignores layout and comments, and changes with anything that matters, also in a child")
    func hashes() throws {
        let text = "format: 1\nworkflow: t\nsteps:\n  - { id: a, uses: workflow.run, with: { workflow: kid } }\n"
        let spaced =
            "# note\nworkflow:  t\nformat: 1\n\nsteps:\n  - id: 'a'\n    with:\n      workflow: kid\n    uses: workflow.run\n"
        let kid = "format: 1\nworkflow: kid\nsteps:\n  - { id: a, uses: test.echo }\n"
        let other = "format: 1\nworkflow: kid\nsteps:\n  - { id: b, uses: test.echo }\n"
        let hash = try Fixtures.bundle(text, children: ["kid": kid]).hash
        #expect(hash.count == 64)
        #expect(try Fixtures.bundle(spaced, children: ["kid": kid]).hash == hash)
        #expect(try Fixtures.bundle(text, children: ["kid": other]).hash != hash)
        let json = try Fixtures.bundle(text, children: ["kid": kid]).canonicalJSON
        #expect((try? JSONSerialization.jsonObject(with: Data(json.utf8))) != nil)
        let single = try Fixtures.bundle(kid).definition
        #expect(single.canonicalJSON == #"{"format":1,"steps":[{"id":"a","uses":"test.echo"}],"workflow":"kid"}"#)
        // Checked against `printf '%s' '…' | sha256sum`.
        #expect(single.hash == "382aff11dc4f7fbffedac7784ff3af58cefa5316e1af91c268a7cb263d01e452")
    }

    @Test("The stored sources compile to the same bundle")
    func storedSources() throws {
        let bundle = try #require(Fixtures.compile(try Fixtures.good("watchlist")).bundle)
        let sources = Dictionary(uniqueKeysWithValues: bundle.sources.map { ($0.workflow, $0.source) })
        let again = WorkflowCompiler(registry: Fixtures.registry).compile(bundle.sources[0].source) { sources[$0] }
        #expect(again.bundle?.hash == bundle.hash)
    }

    @Test("The reference's examples are valid", arguments: ["process-ticker", "watchlist", "single-decision"])
    func examples(_ name: String) throws {
        let result = Fixtures.compile(try Fixtures.good(name))
        #expect(result.bundle?.definition.name.value == name, "\(result.diagnostics.rendered)")
        #expect(result.diagnostics.isEmpty)
    }

    @Test("The graph shows order and data")
    func graph() throws {
        let bundle = try #require(Fixtures.compile(try Fixtures.good("process-ticker")).bundle)
        let graph = WorkflowGraph(bundle.root)
        #expect(graph.text.contains("  size  portfolio.size  ← book, decide\n"))
        #expect(graph.text.contains("      send  execute.route\n"))
        #expect(graph.mermaid.hasPrefix("flowchart TD\n"))
        #expect(graph.mermaid.contains("  decide -->|\"if steps.decide.decision.action == 'HOLD'\"| hold"))
        #expect(graph.mermaid.contains("subgraph work[\"work<br/>foreach order in steps.check.approved\"]"))
    }
}
