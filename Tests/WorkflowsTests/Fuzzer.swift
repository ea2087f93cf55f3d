import Foundation
import TradingDomain
import Workflows
import YAMLNodes

/// Makes mutants of files and random expressions from a seed, and holds what becomes of them against what must hold.
struct Fuzzer {
    struct Figures {
        var files = 0
        /// Mutants that were valid, and ran to their end.
        var valid = 0
        var expressions = 0
        /// Expressions that had a value.
        var values = 0
        var slowest = Duration.zero

        mutating func add(_ other: Figures) {
            files += other.files
            valid += other.valid
            expressions += other.expressions
            values += other.values
            slowest = max(slowest, other.slowest)
        }
    }

    private(set) var figures = Figures()
    private(set) var problems: [String] = []
    private var random: SeededGenerator
    private let corpus: [[Unicode.Scalar]]
    private let words: [String]

    init(seed: UInt64, corpus: [SourceFile]) throws {
        random = SeededGenerator(seed: seed)
        self.corpus = corpus.map { Array($0.text.unicodeScalars) }
        words = try GoldenExpression.all().map(\.expression)
    }

    // MARK: - Files

    private static let fragments = [
        "${{", "}}", "steps.", "inputs.", "foreach: ", "- id: a\n", "\n", "  ", ": ", "\"", "'", "[", "]", "{", "}",
        "&a", "*a", "!x", "#", "|", ">", "|\n  x", "%", "\t", "\u{0}", "é", "\u{1F600}", "\u{2028}", "\r\n", "---\n",
        "? ", "<<: ", "-", "9999999999999999999999", "has(", ".filter(x, ", "in", "!", "with:\n",
        "uses: workflow.run\n", "workflow: watchlist", "key: one\n", "finally:\n", "parallel:\n", "on_failure:\n",
        "retry: { attempts: 3 }\n", "timeout: 5m\n", "schedule:\n", "concurrency: { key: inputs.n, limit: 1 }\n",
        "failure.step", "106751d", "-1", "0", "99999999999.99999999", "1e9", "close - 30m", "*/5 * * * *",
    ]

    /// One mutant of a file of the corpus.
    mutating func file() {
        guard !corpus.isEmpty else { return }
        var scalars = corpus[Int.random(in: 0..<corpus.count, using: &random)]
        for _ in 0..<Int.random(in: 1...6, using: &random) { mutate(&scalars) }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        let text = String(view)
        let begin = ContinuousClock.now
        let source = SourceFile(name: "fuzz.yaml", text: text)
        let result = Fixtures.compile(source)
        if (result.bundle == nil) != result.hasErrors { problems.append("neither valid nor wrong: \(text)") }
        for diagnostic in result.diagnostics {
            if diagnostic.range.file.name == "fuzz.yaml", diagnostic.range.end > source.count + 1 {
                problems.append("outside of the file: \(diagnostic.headline)")
            }
            if diagnostic.rendered.isEmpty || diagnostic.message.isEmpty { problems.append("no words: \(text)") }
        }
        figures.files += 1
        if let bundle = result.bundle { drive(bundle, text) }
        figures.slowest = max(figures.slowest, .now - begin)
    }

    /// A mutant that is still valid runs to its end, whatever its steps give.
    private mutating func drive(_ bundle: WorkflowBundle, _ text: String) {
        _ = WorkflowGraph(bundle.root).dot + WorkflowGraph(bundle.root).mermaid
        var inputs: [String: Value] = [:]
        for input in bundle.definition.inputs where input.isRequired {
            inputs[input.name.value] = Self.sample(input.type)
        }
        // Bounds of a mutant may refuse the sample; then there is nothing to drive.
        guard var run = try? WorkflowRun(bundle, inputs: inputs, facts: Fixtures.facts) else { return }
        _ = try? bundle.concurrencySlot(for: inputs)  // a key without a value is an answer too
        var steps = 0
        while steps < 400, let call = run.outstanding.randomElement(using: &random) {
            steps += 1
            switch Int.random(in: 0..<8, using: &random) {
            case 0: run.complete(call.path, with: .failed(code: "fuzz", message: "fuzz"))
            case 1: run.complete(call.path, with: .ended(.abstain, note: "fuzz"))
            default: run.complete(call.path, with: Fixtures.outcome(of: call))
            }
        }
        if steps < 400, !run.isFinished { problems.append("never ends: \(text)") }
        figures.valid += 1
    }

    private static func sample(_ type: ValueType) -> Value {
        switch type {
        case .bool: .bool(true)
        case .int: .int(3)
        case .decimal: .decimal(FixedDecimal(2))
        case .percent: .percent(FixedDecimal(2))
        case .money: .money(Money(units: 1, .usd))
        case .duration: .duration(.seconds(60))
        case .date: .date(CalendarDate(daysSinceEpoch: 20_000))
        case .timestamp: .timestamp(Fixtures.facts.startedAt)
        case .ticker: Symbol("ON").map { .ticker($0) } ?? .null
        case .list(let element): .list([sample(element)])
        case .enumeration("urgency"): .text("LOW")
        case .text, .enumeration, .record, .optional, .nothing: .text("x")
        }
    }

    private mutating func mutate(_ scalars: inout [Unicode.Scalar]) {
        let at = Int.random(in: 0...scalars.count, using: &random)
        let length = min(Int.random(in: 0...12, using: &random), scalars.count - at)
        switch Int.random(in: 0..<8, using: &random) {
        case 0: scalars.removeSubrange(at..<(at + length))
        case 1: scalars.insert(contentsOf: fragment(), at: at)
        case 2:
            let copy = scalars[at..<(at + length)]
            scalars.insert(contentsOf: copy, at: Int.random(in: 0...scalars.count, using: &random))
        case 3: scalars.removeLast(scalars.count - at)
        case 4: scalars.replaceSubrange(at..<(at + length), with: fragment())
        case 5, 6: moveLines(&scalars)
        default:
            let other = corpus[Int.random(in: 0..<corpus.count, using: &random)]
            let start = Int.random(in: 0...other.count, using: &random)
            let end = min(other.count, start + Int.random(in: 0...300, using: &random))
            scalars.insert(contentsOf: other[start..<end], at: at)
        }
    }

    /// Drops, doubles or moves a stretch of whole lines, which leaves a mutant nearly valid.
    private mutating func moveLines(_ scalars: inout [Unicode.Scalar]) {
        var lines = scalars.split(separator: "\n", omittingEmptySubsequences: false).map(Array.init)
        let from = Int.random(in: 0..<lines.count, using: &random)
        let count = min(lines.count - from, Int.random(in: 1...4, using: &random))
        let block = Array(lines[from..<(from + count)])
        switch Int.random(in: 0..<3, using: &random) {
        case 0: lines.removeSubrange(from..<(from + count))
        case 1: lines.insert(contentsOf: block, at: Int.random(in: 0...lines.count, using: &random))
        default:
            lines.removeSubrange(from..<(from + count))
            lines.insert(contentsOf: block, at: Int.random(in: 0...lines.count, using: &random))
        }
        scalars = Array(lines.joined(separator: ["\n"]))
    }

    private mutating func fragment() -> String.UnicodeScalarView {
        Self.fragments[Int.random(in: 0..<Self.fragments.count, using: &random)].unicodeScalars
    }

    // MARK: - Expressions

    private static let tokens = [
        "1", "0", "9223372036854775807", "0.5", "\"a\"", "'b'", "true", "false", "inputs.n", "inputs.d", "inputs.m",
        "inputs.l", "inputs.ds", "inputs.w", "inputs.day", "inputs.at", "inputs.c.vix", "inputs.p", "x", "(", ")", "[",
        "]", ",", ".", "+", "-", "*", "/", "<", "<=", "==", "!=", "&&", "||", "!", " in ", "has(", "size(", "sum(",
        "min(", "max(", ".filter(x, ", ".map(x, ", ".exists(x, ", ".all(x, ", "duration(\"1h\")",
        "date(\"2026-01-31\")",
        "\"", "\\", "?", "[\"vix\"]",
    ]

    /// One expression: tokens at random, or one that was right with a few changed.
    mutating func expression() {
        var text = ""
        if Bool.random(using: &random) {
            for _ in 0..<Int.random(in: 1...24, using: &random) { text += token() }
        } else {
            var scalars = Array(words[Int.random(in: 0..<words.count, using: &random)].unicodeScalars)
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let at = Int.random(in: 0...scalars.count, using: &random)
                let length = min(Int.random(in: 0...6, using: &random), scalars.count - at)
                scalars.replaceSubrange(at..<(at + length), with: Array(token().unicodeScalars))
            }
            var view = String.UnicodeScalarView()
            view.append(contentsOf: scalars)
            text = String(view)
        }
        let fields = ["number", "decimal", "percent", "money", "when", "day", "at", "flag", "text"]
        let field = fields[Int.random(in: 0..<fields.count, using: &random)]
        figures.expressions += 1
        let begin = ContinuousClock.now
        // A wrong expression is refused: that is an answer too.
        if let run = try? GoldenExpressionTests.attempt(field, text), run.result == nil { figures.values += 1 }
        figures.slowest = max(figures.slowest, .now - begin)
    }

    private mutating func token() -> String { Self.tokens[Int.random(in: 0..<Self.tokens.count, using: &random)] }
}
