import Foundation
import Testing
import TradingDomain
import Workflows
import YAMLNodes

/// A line of `Golden/expressions.json`, which `make_expressions.py` beside it computed in unbounded integers.
struct GoldenExpression: Decodable, Sendable {
    let field: String
    let expression: String
    /// The value as text, or `!code` of the error.
    let wanted: String

    init(from decoder: any Decoder) throws {
        var parts = try decoder.unkeyedContainer()
        field = try parts.decode(String.self)
        expression = try parts.decode(String.self)
        wanted = try parts.decode(String.self)
    }

    static func all() throws -> [GoldenExpression] {
        let url = Fixtures.folder.appending(path: "Golden/expressions.json")
        return try JSONDecoder().decode([GoldenExpression].self, from: Data(contentsOf: url))
    }
}

@Suite("Expressions against an independent evaluation")
struct GoldenExpressionTests {
    static let inputs = """
        inputs:
          n: { type: int, default: 7 }
          d: { type: decimal, default: 0.1 }
          p: { type: percent, default: 2.5% }
          m: { type: money, default: 50000 USD }
          w: { type: duration, default: 1h30m }
          day: { type: date, default: 2026-11-20 }
          at: { type: timestamp, default: "2026-11-20T15:30:00+09:00" }
          l: { type: list<int>, default: [3, 1, 2] }
          ds: { type: list<decimal>, default: [1.5, -1, 0, 0.33333333] }
          c: { type: market_context, required: false }
        """

    static func start(_ field: String, _ expression: String, _ given: [String: Value] = [:]) throws -> WorkflowRun {
        let result = compile(field, expression)
        let bundle = try #require(result.bundle, "\(result.diagnostics.rendered)")
        return try WorkflowRun(bundle, inputs: given, facts: Fixtures.facts)
    }

    /// As `start`, for an expression that may well be wrong: then `nil`.
    static func attempt(_ field: String, _ expression: String) throws -> WorkflowRun? {
        try compile(field, expression).bundle.map { try WorkflowRun($0, inputs: [:], facts: Fixtures.facts) }
    }

    private static func compile(_ field: String, _ expression: String) -> WorkflowCompiler.Result {
        let quoted = expression.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        let text = """
            format: 1
            workflow: t
            \(inputs)
            steps:
              - id: a
                uses: test.echo
                with: { \(field): "${{ \(quoted) }}" }
            """
        return Fixtures.compile(text)
    }

    @Test("Values and errors are those of the reference")
    func golden() throws {
        let cases = try GoldenExpression.all()
        #expect(cases.count >= 600)
        for one in cases {
            var run = try Self.start(one.field, one.expression)
            if one.wanted.hasPrefix("!") {
                let message = run.result?.message ?? "a value"
                #expect(message.contains("[expression_\(one.wanted.dropFirst())]"), "\(one.expression): \(message)")
            } else {
                let call = try #require(run.ready().first, "\(one.expression): \(run.result?.message ?? "")")
                #expect(call.inputs[one.field]?.description == one.wanted, "\(one.expression)")
            }
        }
    }

    @Test("A field may be named in brackets, also one that is no identifier")
    func brackets() throws {
        let context: [String: Value] = [
            "c": .record(.init("market_context", [("risk.mode", .text("OFF")), ("vix", .text("31"))]))
        ]
        for (expression, wanted) in [
            ("inputs.c[\"risk.mode\"]", "OFF"), ("inputs[\"c\"].vix", "31"), ("inputs.c['vix']", "31"),
        ] {
            var run = try Self.start("text", expression, context)
            #expect(run.ready().first?.inputs["text"] == .text(wanted), "\(expression)")
        }
        var guarded = try Self.start("flag", "has(inputs.c[\"vix\"]) && inputs.c.vix == \"31\"", context)
        #expect(guarded.ready().first?.inputs["flag"] == .bool(true))
    }

    @Test(
        "What would take too long is refused before it runs, where it stands",
        arguments: [
            ("inputs.l.all(a, inputs.l.all(b, inputs.l.all(c, a + b + c > 0)))", false),
            ("inputs.l.all(a, inputs.l.all(b, a + b > 0))", true),
            ("[1, 2].all(a, [1, 2].all(b, [1, 2].all(c, a + b + c > 0)))", true),
            ("inputs.l.map(a, inputs.l.map(b, inputs.l.filter(c, c in inputs.l))).exists(x, size(x) > 1)", false),
        ]
    )
    func cost(_ expression: String, _ isAllowed: Bool) {
        let text = """
            format: 1
            workflow: t
            inputs: { l: { type: list<int> } }
            steps:
              - { id: a, uses: test.echo, if: "\(expression)" }
            """
        #expect(Fixtures.compile(text).diagnostics.map(\.rule) == (isAllowed ? [] : ["cost"]))
    }

    @Test(
        "Texts and lists that grow are counted while it runs",
        .timeLimit(.minutes(15)),
        arguments: [
            "inputs.l.map(i, inputs.l + inputs.l + inputs.l).exists(k, size(k) == 0)",
            "inputs.l.exists(i, inputs.l == inputs.l + [i])",
            "inputs.l.exists(i, [inputs.l, inputs.l] == [inputs.l, inputs.l + [1]])",
        ]
    )
    func growth(_ expression: String) throws {
        let many = Value.list((0..<5000).map { .int($0) })
        let run = try Self.start("flag", expression, ["l": many])
        #expect(run.result?.message.contains("[expression_too_costly]") == true, "\(run.result?.message ?? "")")
    }
}
