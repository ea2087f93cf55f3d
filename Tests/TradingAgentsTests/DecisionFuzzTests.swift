import Foundation
import Testing
import TradingAgents
import TradingDomain
import TradingTestKit

/// Breaks good documents in many ways; what is still accepted must read the same to an independent parser.
@Suite("Fuzzed decisions")
struct DecisionFuzzTests {
    private static let seeds = UInt64(0)..<6000

    @Test("Nothing crashes, and nothing is accepted that Python reads otherwise")
    func fuzz() async throws {
        var lines: [String] = []
        var accepted = 0
        for seed in Self.seeds {
            let document = Self.mutated(seed: seed)
            guard let decision = try? DecisionParser().parse(document) else { continue }
            accepted += 1
            #expect(throws: Never.self, "seed \(seed)") {
                let again = try DecisionParser(form: .stored).parse(decision.canonicalBytes(.stored))
                #expect(again == decision, "seed \(seed)")
            }
            let summary = Self.summary(of: decision)
            lines.append("\(seed) \(Data(document).base64EncodedString()) \(Data(summary).base64EncodedString())")
        }
        // A fuzzer whose documents are all refused at the first byte proves nothing.
        #expect(accepted > 300 && accepted < 5000, "\(accepted) accepted")
        let verdicts = try await Self.python(lines)
        #expect(verdicts.last == "checked \(accepted)")
        #expect(verdicts.count == 1, "\(verdicts.prefix(5).joined(separator: "\n"))")
    }

    /// What moves money, as text that Python can make from its own reading.
    private static func summary(of decision: TradingDecision) -> [UInt8] {
        let wire = decision.json(.wire)
        var parts = ["decision_id", "kind", "environment", "urgency", "created_at", "as_of", "valid_until"]
            .map { JSONValue.string(wire[$0]?.text ?? "-") }
        for (section, fields) in [("trade", ["symbol", "action"]), ("targets", ["scope"]), ("abstain", ["code"])] {
            parts += fields.map { .string(wire[section]?[$0]?.text ?? "-") }
        }
        parts.append(wire["trade"]?["size"]?["pct"] ?? .string("-"))
        parts.append(.string(wire["trade"]?["reference"]?["price"]?.text ?? "-"))
        if case .array(let weights) = wire["targets"]?["weights"] {
            parts += weights.flatMap { [$0["symbol"] ?? .null, $0["weight_pct"] ?? .null] }
        }
        return JSONValue.array(parts).canonical().encoded()
    }

    /// Reads each document with Python's parser (duplicate names and NaN refused) and compares the summary.
    private static func python(_ lines: [String]) async throws -> [String] {
        let script = """
            import sys, json, base64
            from decimal import Decimal
            def pairs(items):
                names = [name for name, _ in items]
                if len(set(names)) != len(names): raise ValueError("duplicate name")
                return dict(items)
            def constant(name): raise ValueError(name)
            def plain(x):
                if isinstance(x, str): return x
                text = format(Decimal(x).normalize(), "f")
                return "0" if text == "-0" else text
            def instant(x):
                if not isinstance(x, str) or "." not in x: return x
                whole, fraction = x[:-1].split(".")
                fraction = fraction.ljust(9, "0")
                for width in (9, 6, 3, 0):
                    if any(c != "0" for c in fraction[width - 3 if width else 0:width]): break
                return whole + ("." + fraction[:width] if width else "") + "Z"
            checked = 0
            for line in sys.stdin:
                seed, document, summary = line.split()
                try:
                    d = json.loads(base64.b64decode(document).decode("utf-8"), object_pairs_hook=pairs,
                                   parse_constant=constant, parse_float=Decimal, parse_int=Decimal)
                    parts = [d.get(k, "-") for k in ("decision_id", "kind", "environment", "urgency")]
                    parts += [instant(d.get(k, "-")) for k in ("created_at", "as_of", "valid_until")]
                    t, w, a = d.get("trade", {}), d.get("targets", {}), d.get("abstain", {})
                    parts += [t.get("symbol", "-"), t.get("action", "-"), w.get("scope", "-"), a.get("code", "-")]
                    parts.append(plain(t.get("size", {}).get("pct", "-")))
                    parts.append(plain(Decimal(t["reference"]["price"])) if t.get("reference") else "-")
                    for weight in w.get("weights", []): parts += [weight["symbol"], plain(weight["weight_pct"])]
                    ours = [x if isinstance(x, str) else plain(x) for x in
                            json.loads(base64.b64decode(summary), parse_float=Decimal, parse_int=Decimal)]
                    if ours != parts: print("seed", seed, "differs:", ours, parts)
                    checked += 1
                except Exception as error:
                    print("seed", seed, "Python refuses:", repr(error))
            print("checked", checked)
            """
        let input = Array(lines.joined(separator: "\n").utf8)
        let outcome = try await BuiltProgram.installed("python3").run(["-c", script], input: input)
        try #require(outcome.status == 0, "python3 is needed to run this test: \(outcome.errors)")
        return outcome.output.split(separator: "\n").map(String.init)
    }

    private static let documents = [Documents.trade, Documents.targets, Documents.abstain, Documents.small].map(bytes)

    private static let fragments = [
        "null", "true", "-1", "0", "5", "0.05", "1e2", "1E-7", "1e400", "99999999999999999999999999", "0.1234567891",
        "\"\"", "\"5\"", "\"NaN\"", "NaN", "[]", "{}", "[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]", "\"\\ud800\"",
        "\"\\u0041APL\"", "\"SELL\"", "\"LIVE\"", "\"2026-11-20T14:30:00.5Z\"", "\"\u{212A}\"", "-0", "100", "-0.0",
    ].map(bytes)

    static func mutated(seed: UInt64) -> [UInt8] {
        var random = SeededGenerator(seed: seed)
        var document = documents.randomElement(using: &random) ?? []
        for _ in 0..<Int.random(in: 1...2, using: &random) { mutate(&document, &random) }
        return document
    }

    private static func mutate(_ document: inout [UInt8], _ random: inout SeededGenerator) {
        guard document.count > 2 else { return }
        let place = Int.random(in: 0..<document.count, using: &random)
        switch Int.random(in: 0..<12, using: &random) {
        case 0: document.removeLast(Int.random(in: 1..<document.count, using: &random))
        case 1: document[place] = UInt8.random(in: 0...255, using: &random)
        case 2: document.remove(at: place)
        case 3: document.insert(UInt8.random(in: 0x20...0x7E, using: &random), at: place)
        case 4, 5, 6: replaceValue(&document, &random)
        case 7: duplicateMember(&document, &random)
        case 8, 9, 10: changeDigit(&document, &random)
        default: document[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        }
    }

    /// Puts a fragment where some value stands.
    private static func replaceValue(_ document: inout [UInt8], _ random: inout SeededGenerator) {
        let colons = document.indices.dropLast()
            .filter { document[$0] == UInt8(ascii: ":") && document[$0 + 1] == 0x20 }
        guard let colon = colons.randomElement(using: &random), let piece = fragments.randomElement(using: &random)
        else {
            return
        }
        let end = document[(colon + 1)...].firstIndex { [UInt8(ascii: ","), UInt8(ascii: "}")].contains($0) }
        document.replaceSubrange((colon + 1)..<(end ?? document.endIndex), with: piece)
    }

    /// Makes another number, time or id, most of which are acceptable.
    private static func changeDigit(_ document: inout [UInt8], _ random: inout SeededGenerator) {
        let digits = document.indices.filter { (48...57).contains(document[$0]) }
        guard let digit = digits.randomElement(using: &random) else { return }
        document[digit] = UInt8.random(in: 48...57, using: &random)
    }

    /// Writes the name of some member again at an object's end.
    private static func duplicateMember(_ document: inout [UInt8], _ random: inout SeededGenerator) {
        let closes = document.indices.filter { document[$0] == UInt8(ascii: "}") }
        guard let close = closes.randomElement(using: &random),
            let name = ["pct", "action", "symbol", "kind", "urgency"].randomElement(using: &random)
        else { return }
        document.insert(contentsOf: bytes(", \"\(name)\": 7"), at: close)
    }
}
