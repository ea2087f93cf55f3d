import TradingDomain

/// Decides which request, event or moment a fault hits.
///
/// A value without clock or randomness of its own: equal seeds, rules and calls give equal faults.
struct FaultPlan {
    /// A rule in force, counted from when it was given.
    private struct Active {
        let rule: FaultRule
        let given: Timestamp
        var left: Int?
        var chances = 0
        var hits = 0

        func isOpen(at now: Timestamp) -> Bool {
            if let left, left <= 0 { return false }
            let age = now - given
            if age < .milliseconds(rule.fromMilliseconds) { return false }
            guard let until = rule.untilMilliseconds else { return true }
            return age < .milliseconds(until)
        }
    }

    /// A rule with how often it hit, for the record.
    struct Line: Codable {
        let rule: FaultRule
        let givenAt: Timestamp
        let hits: Int
        let isOpen: Bool
    }

    private let seed: UInt64
    private var active: [Active] = []

    init(seed: UInt64) { self.seed = seed }

    mutating func add(_ rules: [FaultRule], at now: Timestamp) {
        active += rules.map { Active(rule: $0, given: now, left: $0.next) }
    }

    mutating func clear() { active = [] }

    func lines(at now: Timestamp) -> [Line] {
        active.map { Line(rule: $0.rule, givenAt: $0.given, hits: $0.hits, isOpen: $0.isOpen(at: now)) }
    }

    /// The fault that hits a request of query and body `text`: the first rule that can and whose chance comes up.
    mutating func fault(on class: RequestClass, _ text: String, at now: Timestamp) -> FaultRule? {
        hit(at: now) { rule in
            guard rule.kind.scope == .requests || rule.kind.scope == .cancels && `class` == .cancel else {
                return false
            }
            guard rule.classes.contains(`class`) || rule.kind.scope == .cancels else { return false }
            if rule.kind == .throttled, text.contains("reduceOnly=true") || text.contains("closePosition=true") {
                return false
            }
            return rule.containing.map { text.contains($0) } ?? true
        }
    }

    /// The fault that hits a user event.
    mutating func fault(onEvent text: String, at now: Timestamp) -> FaultRule? {
        hit(at: now) { $0.kind.scope == .events && ($0.containing.map { text.contains($0) } ?? true) }
    }

    /// The kinds whose moment has come; each is given once.
    mutating func takeMoments(at now: Timestamp) -> [FaultKind] {
        var kinds: [FaultKind] = []
        while let rule = hit(at: now, where: { $0.kind.scope == .moments }) { kinds.append(rule.kind) }
        return kinds
    }

    func isOpen(_ kind: FaultKind, at now: Timestamp) -> Bool {
        active.contains { $0.rule.kind == kind && $0.isOpen(at: now) }
    }

    /// How far the clock that clients see is off.
    func skew(at now: Timestamp) -> Duration {
        active.reduce(.zero) { sum, active in
            guard active.rule.kind == .clockSkew, active.isOpen(at: now) else { return sum }
            return sum + .milliseconds(active.rule.shiftMilliseconds)
        }
    }

    private mutating func hit(at now: Timestamp, where matches: (FaultRule) -> Bool) -> FaultRule? {
        for index in active.indices {
            guard active[index].isOpen(at: now), matches(active[index].rule) else { continue }
            active[index].chances += 1
            let draw = Draw.uniform(seed, UInt64(index), UInt64(active[index].chances))
            guard draw < active[index].rule.probability else { continue }
            active[index].hits += 1
            if let left = active[index].left { active[index].left = left - 1 }
            return active[index].rule
        }
        return nil
    }
}

/// Randomness by counter: a hash of seed and counters, without state.
///
/// The mixing function is the finaliser of SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number
/// Generators", OOPSLA 2014).
enum Draw {
    static func bits(_ seed: UInt64, _ first: UInt64, _ second: UInt64 = 0) -> UInt64 {
        mix(mix(mix(seed) ^ first) ^ second)
    }

    /// A number in [0, 1).
    static func uniform(_ seed: UInt64, _ first: UInt64, _ second: UInt64 = 0) -> Double {
        Double(bits(seed, first, second) >> 11) * 0x1p-53
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        var mixed = value &+ 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
