import TradingDomain
public import YAMLNodes

/// A script of faults: a seed for their chances, and rules.
///
/// ```yaml
/// seed: 7
/// faults:
///   - fault: unknown-executed
///     on: [place]
///     probability: 10%
///   - fault: streams-down
///     from: 2m
///     until: 2m30s
/// ```
public struct FaultSchedule: Hashable, Sendable {
    public var seed: UInt64
    public var rules: [FaultRule]

    public init(seed: UInt64 = 0, rules: [FaultRule] = []) {
        self.seed = seed
        self.rules = rules
    }

    /// Reads a schedule, reporting everything that is wrong with its place.
    ///
    /// - Returns: `nil` when there are errors.
    public static func read(bytes: [UInt8], name: String, into diagnostics: Diagnostics) -> FaultSchedule? {
        guard let node = YAMLReader.read(bytes: bytes, name: name, into: diagnostics).node else { return nil }
        let schedule = node.decode(as: "the fault schedule", diagnostics) { reader -> FaultSchedule? in
            let seed = reader.value("seed", .int.atLeast(0), default: 0)
            let nodes = reader.sequence("faults") ?? []
            if !reader.has("faults") { _ = reader.requiredNode("faults") }
            let rules = nodes.compactMap { node in
                node.decode(as: "a fault", diagnostics) { rule($0, diagnostics) }
            }
            return FaultSchedule(seed: UInt64(seed), rules: rules)
        }
        return diagnostics.hasErrors ? nil : schedule
    }

    private static func rule(_ reader: MappingReader, _ diagnostics: Diagnostics) -> FaultRule? {
        let kind: FaultKind? = reader.required("fault", .enumeration())
        let classes: [RequestClass]? = reader.list("on", .enumeration())
        let from = reader.value("from", .duration, default: .zero)
        let until = reader.optional("until", .duration)
        let length = reader.optional("for", .duration)
        let delay = reader.value("delay", .duration, default: .seconds(1))
        let next = reader.optional("next", .int.within(1...1_000_000))
        let percent = reader.optional("probability", .percent)
        let skew = reader.value("shift_ms", .int.within(-86_400_000...86_400_000), default: 0)
        let retry = reader.value("retry_after", .int.within(1...259_200), default: 5)
        let containing = reader.optional("containing", .nonEmptyText)
        guard let kind else { return nil }
        func refuse(_ key: String, _ message: String, _ help: String) {
            guard let range = reader.keyRange(key) else { return }
            diagnostics.error("fault", message, at: range, help: help)
        }
        let probability = percent?.approximate ?? 100
        if !(0...100).contains(probability) { refuse("probability", "a chance is from 0% to 100%", "such as 10%") }
        if until != nil, length != nil { refuse("for", "`for` and `until` both say when it ends", "write one of them") }
        if let until, until <= from { refuse("until", "it ends before it begins", "`until` counts from the start too") }
        if kind.scope != .requests, classes != nil {
            refuse("on", "`\(kind.rawValue)` does not choose between requests", "leave `on` out")
        }
        if kind == .clockSkew, skew == 0 {
            diagnostics.error("missing-key", "`clock-skew` needs `shift_ms`", at: reader.node.range)
        }
        return FaultRule(
            kind,
            classes: classes ?? [.place, .cancel, .modify],
            containing: containing,
            fromMilliseconds: from.milliseconds,
            untilMilliseconds: until?.milliseconds ?? length.map { (from + $0).milliseconds },
            next: next,
            probability: probability / 100,
            delayMilliseconds: delay.milliseconds,
            shiftMilliseconds: Int64(skew),
            retryAfterSeconds: retry
        )
    }
}

extension Duration {
    /// Whole milliseconds, rounded towards zero.
    var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
