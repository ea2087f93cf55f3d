import Foundation
import Testing
import TradingDomain
import Workflows
import YAMLNodes

/// Files under test, and plausible outcomes of their steps.
enum Fixtures {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()

    static func good(_ name: String) throws -> SourceFile {
        let url = folder.appending(path: "Good/\(name).yaml")
        return SourceFile(name: "\(name).yaml", text: try String(contentsOf: url, encoding: .utf8))
    }

    /// Every file of ours, good or broken, as what mutants are made from.
    static func corpus() throws -> [SourceFile] {
        try ["Good", "Broken"].flatMap { part in
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: part).path)
            return try names.filter { $0.hasSuffix(".yaml") }.sorted().map { name in
                let url = folder.appending(path: "\(part)/\(name)")
                return SourceFile(name: name, text: String(decoding: try Data(contentsOf: url), as: UTF8.self))
            }
        }
    }

    static func compile(_ source: SourceFile, children: [String: String] = [:]) -> WorkflowCompiler.Result {
        WorkflowCompiler(registry: registry, surroundings: surroundings).compile(source) { name in
            if let text = children[name] { return SourceFile(name: "\(name).yaml", text: text) }
            return try? good(name)  // a missing fixture is an unknown workflow
        }
    }

    static func compile(_ text: String, children: [String: String] = [:]) -> WorkflowCompiler.Result {
        compile(SourceFile(name: "t.yaml", text: text), children: children)
    }

    /// The bundle of a file that must be valid.
    static func bundle(_ text: String, children: [String: String] = [:]) throws -> WorkflowBundle {
        let result = compile(text, children: children)
        return try #require(result.bundle, "\(result.diagnostics.rendered)")
    }

    static let facts = RunFacts(
        id: RunID(unchecked: "r-1"),
        startedAt: Timestamp(nanoseconds: 1_550_000_000_000_000_000)
    )

    static func tickers(_ names: [String]) -> Value { .list(names.compactMap { Symbol($0) }.map { .ticker($0) }) }

    // MARK: - Outcomes

    static func order(_ symbol: String, type: String = "ProposedOrder") -> Value {
        var fields: [(String, Value)] = [
            ("id", .text("\(symbol)-BUY")), ("symbol", Symbol(symbol).map { .ticker($0) } ?? .null),
            ("side", .text("BUY")), ("quantity", .decimal(FixedDecimal(5))),
            ("reference_price", .decimal(FixedDecimal(100))), ("notional", .money(Money(units: 500_00000000, .usd))),
            ("urgency", .text("LOW")), ("document", .text("{}")),
        ]
        if type == "ApprovedOrder" { fields.append(("digest", .text("d"))) }
        return .record(Value.Record(type, fields))
    }

    static func fills(_ symbol: String) -> Value {
        .record(
            Value.Record(
                "Fills",
                [
                    ("parent_order", .text("p")), ("symbol", Symbol(symbol).map { .ticker($0) } ?? .null),
                    ("side", .text("BUY")), ("algorithm", .text("VWAP")), ("quantity", .decimal(FixedDecimal(5))),
                    ("filled_quantity", .decimal(FixedDecimal(5))), ("average_price", .null),
                    ("status", .text("SUCCESS")),
                ]
            )
        )
    }

    /// A plausible outcome of any fixture step; a function of the call alone.
    static func outcome(of call: StepCall, action: String = "BUY") -> StepOutcome {
        let ticker = call.inputs["ticker"]?.textValue ?? "X"
        switch call.uses {
        case "portfolio.snapshot":
            return success([
                ("snapshot_id", .text("s")), ("as_of", .timestamp(facts.startedAt)),
                ("equity", .money(Money(units: 1, .usd))), ("cash", .money(Money(units: 1, .usd))),
                ("positions", .list([])),
            ])
        case "agent.decide":
            let decision = Value.Record(
                "Decision",
                [
                    ("id", .text("d-\(ticker)")), ("action", .text(action)),
                    ("symbol", call.inputs["ticker"] ?? .null), ("document", .text("{}")),
                ]
            )
            return success([("decision", .record(decision))], action == "HOLD" ? .hold : nil)
        case "portfolio.size":
            let symbols = call.inputs["decisions"]?.listValue?.compactMap { $0.recordValue?["symbol"].textValue } ?? []
            return success([("orders", .list(symbols.map { order($0) }))])
        case "risk.check":
            let symbols = call.inputs["orders"]?.listValue?.compactMap { $0.recordValue?["symbol"].textValue } ?? []
            return success([
                ("approved", .list(symbols.map { order($0, type: "ApprovedOrder") })),
                ("gross_notional", .money(Money(units: 1, .usd))), ("buy_notional", .money(Money(units: 1, .usd))),
                ("summary", .text("ok")),
            ])
        case "execute.route", "execute.limit", "execute.vwap":
            let symbol = call.inputs["order"]?.recordValue?["symbol"].textValue ?? "X"
            return success([("fills", fills(symbol))], .success)
        case "orders.cancel_open": return success([("cancelled", .int(0))])
        case "test.echo":
            return success([("number", call.inputs["number"] ?? .int(0)), ("maybe", call.inputs["text"] ?? .null)])
        default: return success([])
        }
    }

    static func success(_ fields: [(String, Value)], _ status: ItemStatus? = nil) -> StepOutcome {
        .success(output: Value.Record("", fields), status: status)
    }
}

/// A small deterministic generator: SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
