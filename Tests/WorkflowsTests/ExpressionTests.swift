import Testing
import TradingDomain
import Workflows
import YAMLNodes

/// An expression in `test.echo`'s field `name`, what it needs as inputs, and what the call then gets.
struct Evaluation: Sendable, CustomTestStringConvertible {
    let field: String
    let expression: String
    let wanted: String
    var testDescription: String { expression }

    init(_ field: String, _ expression: String, _ wanted: String) {
        self.field = field
        self.expression = expression
        self.wanted = wanted
    }
}

@Suite("Expressions")
struct ExpressionTests {
    private static let inputs = """
        inputs:
          n: { type: int, default: 7 }
          d: { type: decimal, default: 0.1 }
          p: { type: percent, default: 2.5% }
          m: { type: money, default: 50000 USD }
          k: { type: money, default: 5 KRW }
          w: { type: duration, default: 1h30m }
          day: { type: date, default: 2026-11-20 }
          at: { type: timestamp, default: "2026-11-20T15:30:00+09:00" }
          l: { type: list<int>, default: [3, 1, 2] }
          ms: { type: list<money>, default: [] }
          t: { type: list<ticker>, default: [ON, NO, TRUE] }
          u: { type: urgency, default: IMMEDIATE }
          c: { type: market_context, required: false }
          x: { type: text, required: false }
        """

    private func start(_ field: String, _ expression: String, _ given: [String: Value] = [:]) throws -> WorkflowRun {
        let quoted = expression.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        let text = """
            format: 1
            workflow: t
            \(Self.inputs)
            steps:
              - id: a
                uses: test.echo
                with: { \(field): "${{ \(quoted) }}" }
            """
        return try WorkflowRun(try Fixtures.bundle(text), inputs: given, facts: Fixtures.facts)
    }

    @Test(
        "Values are exact and typed",
        arguments: [
            Evaluation("number", "1 + 2 * 3 - -4", "11"),
            Evaluation("number", "(1 + 2) * 3", "9"),
            Evaluation("number", "inputs.n / 2", "3"),
            Evaluation("decimal", "inputs.d + 0.2", "0.3"),
            Evaluation("decimal", "inputs.n", "7"),
            Evaluation("decimal", "1.0 / 3", "0.33333333"),
            Evaluation("money", "inputs.m * inputs.p", "1250 USD"),
            Evaluation("money", "inputs.m / 3", "16666.66666667 USD"),
            Evaluation("decimal", "inputs.m / inputs.m", "1"),
            Evaluation("percent", "inputs.p * 2 - inputs.p", "2.5%"),
            Evaluation("when", "inputs.w * 2 + duration(\"30m\")", "3h30m"),
            Evaluation("at", "inputs.at + inputs.w", "2026-11-20T08:00:00Z"),
            Evaluation("day", "inputs.day", "2026-11-20"),
            Evaluation("flag", "inputs.day < date(\"2026-11-21\") && inputs.n >= 7 && !(inputs.n != 7)", "true"),
            Evaluation("flag", "inputs.u == \"CRITICAL\" && inputs.u in [\"LOW\", \"CRITICAL\"]", "true"),
            Evaluation("flag", "inputs.t[0] == \"ON\" && \"NO\" in inputs.t", "true"),
            Evaluation("number", "size(inputs.t) + size(\"äb\")", "5"),
            Evaluation("number", "inputs.l.filter(i, i > 1).map(i, i * 10)[1]", "20"),
            Evaluation("flag", "inputs.l.exists(i, i == 2) && inputs.l.all(i, i > 0)", "true"),
            Evaluation("number", "sum(inputs.l) + min(inputs.l) + max(4, 9, 2)", "16"),
            Evaluation("number", "size(inputs.l + [4, 5])", "5"),
            Evaluation("flag", "sum(inputs.ms) < inputs.m", "true"),
            Evaluation("flag", "inputs.l.map(i, inputs.l.filter(j, j < i)).exists(k, size(k) == 2)", "true"),
            Evaluation("flag", "has(inputs.x) || !has(inputs.x)", "true"),
            Evaluation("flag", "has(inputs.x) && inputs.x == \"q\"", "false"),
            Evaluation("flag", "!has(inputs.x) || inputs.x == \"q\"", "true"),
            Evaluation("text", "\"a\\\"b\" + 'c' + inputs.t[2]", "a\"bcTRUE"),
            Evaluation("tickers", "inputs.t.filter(s, s != \"NO\")", "ON, TRUE"),
            Evaluation("number", "9223372036854775807 - 1", "9223372036854775806"),
        ]
    )
    func values(_ evaluation: Evaluation) throws {
        var run = try start(evaluation.field, evaluation.expression)
        let call = try #require(run.ready().first, "\(run.result?.message ?? "")")
        #expect(call.inputs[evaluation.field]?.description == evaluation.wanted)
    }

    @Test("An absent optional fits an optional field, and reads as absent")
    func optionals() throws {
        var run = try start("text", "inputs.x")
        #expect(try #require(run.ready().first).inputs["text"] == nil)
        var given = try start("text", "inputs.c.vix", ["c": .record(.init("market_context", [("vix", .text("31"))]))])
        #expect(given.ready().first?.inputs["text"] == .text("31"))
    }

    @Test(
        "What types cannot rule out ends the run with a code",
        arguments: [
            ("number", "1 / (inputs.n - 7)", "division_by_zero"),
            ("decimal", "inputs.d / (inputs.d - 0.1)", "division_by_zero"),
            ("number", "9223372036854775807 + inputs.n", "overflow"), ("number", "inputs.l[9]", "out_of_range"),
            ("number", "inputs.l[-1]", "out_of_range"), ("flag", "inputs.m < inputs.k", "mixed_currencies"),
            ("money", "inputs.m + inputs.k", "mixed_currencies"), ("money", "sum(inputs.ms)", "empty"),
            ("number", "max(inputs.l.filter(i, i > 9))", "empty"),
            ("decimal", "99999999999999999999.0 * 99999999999999999999.0", "overflow"),
            ("when", "duration(\"100000d\") * 2", "overflow"),
        ]
    )
    func runtimeErrors(_ field: String, _ expression: String, _ code: String) throws {
        let run = try start(field, expression)
        #expect(
            run.result?.message.contains("[expression_\(code)]") == true,
            "\(run.result?.message ?? "still running")"
        )
    }

    @Test("A block scalar holds a whole expression, over several lines too")
    func blockScalar() throws {
        let text = """
            format: 1
            workflow: t
            steps:
              - id: a
                uses: test.echo
                with:
                  number: >
                    ${{ 1 +
                        2 }}
            """
        var run = try WorkflowRun(try Fixtures.bundle(text), inputs: [:], facts: Fixtures.facts)
        #expect(run.ready().first?.inputs["number"] == .int(3))
    }

    @Test("What a foreach's condition proves holds inside it")
    func provenInside() throws {
        let text = """
            format: 1
            workflow: t
            inputs: { l: { type: list<int>, required: false }, x: { type: int, required: false } }
            steps:
              - id: each
                if: has(inputs.l) && has(inputs.x)
                foreach: inputs.l
                as: one
                key: one + inputs.x
                steps:
                  - { id: a, uses: test.echo, with: { number: "${{ one * inputs.x }}" } }
            """
        let inputs: [String: Value] = ["l": .list([.int(2), .int(3)]), "x": .int(5)]
        var run = try WorkflowRun(try Fixtures.bundle(text), inputs: inputs, facts: Fixtures.facts)
        let calls = run.ready()
        #expect(calls.map(\.path.text) == ["each[7]/a", "each[8]/a"])
        #expect(calls.map { $0.inputs["number"] } == [.int(10), .int(15)])
    }

    @Test("Work is bounded")
    func costly() throws {
        let many = Value.list((0..<1000).map { .int($0) })
        let run = try start("flag", "inputs.l.all(a, inputs.l.all(b, a + b >= 0))", ["l": many])
        #expect(run.result?.message.contains("[expression_too_costly]") == true)
    }

    @Test(
        "Wrong expressions are refused where they are wrong",
        arguments: [
            ("1 +", "expression", 3), ("1 2", "expression", 2), ("inputs.n ? 1", "expression", 9),
            ("(1", "expression", 2),
            ("\"open", "expression", 0), ("5m", "expression", 0), ("007", "expression", 0),
            ("0.123456789", "expression", 0),
            ("inputs.nn", "unknown-name", 7), ("inputs", "unknown-name", 0), ("steps.zz.q", "unknown-name", 6),
            ("nope", "unknown-name", 0), ("run.id.x", "type", 7), ("inputs.l.size", "type", 9),
            ("inputs.l.sizes()", "expression", 9),
            ("inputs.n + inputs.w", "type", 0), ("!inputs.n", "type", 1), ("-inputs.u", "type", 1),
            ("inputs.l[true]", "type", 9),
            ("inputs.u < \"HIGH\"", "type", 0), ("inputs.n == \"7\"", "type", 0), ("inputs.x + \"a\"", "optional", 0),
            ("has(inputs.x) || inputs.x == \"\"", "optional", 17), ("[1, true]", "type", 4),
            ("duration(\"1 h\")", "value", 9),
            ("duration(inputs.x)", "type", 9), ("inputs.l.map(run, 1)", "name", 0), ("has(inputs)", "expression", 4),
            ("null", "expression", 0), ("inputs.l.filter(i, i)", "type", 19), ("failure.step", "not-available", 0),
            ("inputs.n && true", "type", 0), ("min()", "type", 0), ("filter(inputs.l, 1)", "expression", 0),
        ]
    )
    func refusals(_ expression: String, _ rule: String, _ offset: Int) throws {
        let text = """
            format: 1
            workflow: t
            \(Self.inputs)
            steps:
              - id: a
                uses: test.echo
                if: \(expression.first == "\"" || expression.first == "!" || expression.first == "[" ? "'\(expression)'" : expression)
            """
        let first = try #require(Fixtures.compile(text).diagnostics.first)
        let quote = expression.first == "\"" || expression.first == "!" || expression.first == "[" ? 1 : 0
        #expect(first.rule == rule, "\(first.rendered)")
        #expect(first.range.column == 9 + quote + offset, "\(first.rendered)")
    }

    @Test("Depth and length are bounded")
    func bounds() {
        let deep = String(repeating: "(", count: 500) + "1" + String(repeating: ")", count: 500)
        let long = (0..<2000).map { "\($0)" }.joined(separator: " + ")
        let chain = "1" + String(repeating: " + 1", count: 200)
        let members = "inputs" + String(repeating: ".a", count: 200)
        for text in [deep, long, chain, members, String(repeating: "!", count: 500) + "true"] {
            let file = "format: 1\nworkflow: t\nsteps:\n  - id: a\n    uses: test.echo\n    if: '\(text)'\n"
            #expect(Fixtures.compile(file).diagnostics.map(\.rule) == ["expression"])
        }
    }
}
