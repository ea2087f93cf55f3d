import ExecutionAlgorithms
import ExecutionEngine
import MarketData
import TradingDomain
import YAMLNodes

/// How orders are routed that name no algorithm, and how market states are told apart.
struct RoutingConfiguration: Hashable, Sendable {
    var policy: RoutingPolicy
    /// How long a market's state lasts at least.
    var stateDwell: Duration
    /// States of the user's own, before the built-in ones.
    var states: [MarketStateRule]

    static func decode(_ map: MappingReader) -> RoutingConfiguration? {
        let strategy = map.required("strategy", .oneOf(RoutingStrategy.standard.map(\.text)))
        let fallback = map.required("default_strategy", .algorithm)
        let share = map.required("explore_percent", .percentPoints(0...50))
        let bound = map.required("explore_bound_bps", .positiveDecimal)
        let dwell = map.required("state_dwell", .duration)
        let states = map.entries("states", Self.rule).map(\.value)
        guard let strategy, let fallback, let share, let bound, let dwell else { return nil }
        var policy = RoutingPolicy()
        policy.strategy = RoutingStrategy(unchecked: strategy)
        policy.fallback = fallback
        policy.exploreShare = share.approximate / 100
        policy.exploreBoundBps = bound.approximate
        return RoutingConfiguration(policy: policy, stateDwell: dwell, states: states)
    }

    /// A state by its name: `crowded: { spread_bps: { enter: 8, leave: 6 } }`.
    private static func rule(_ name: String, _ map: MappingReader) -> MarketStateRule? {
        let bounds = MarketStateRule.Measure.allCases.compactMap { measure in
            map.mapping(measure.rawValue) { bound -> MarketStateRule.Bound? in
                let enter = bound.required("enter", .decimal)
                let leave = bound.required("leave", .decimal)
                guard let enter, let leave else { return nil }
                return MarketStateRule.Bound(measure, enter: enter.approximate, leave: leave.approximate)
            }
        }
        return MarketStateRule(MarketState(unchecked: name), bounds: bounds)
    }
}

extension ScalarType<AlgorithmName> {
    /// An algorithm that this program knows, in any case, such as `vwap`.
    static var algorithm: ScalarType {
        ScalarType("an algorithm") { text throws(ScalarProblem) in
            let catalog = AlgorithmCatalog()
            if let name = catalog.name(from: text) { return name }
            let known = catalog.names.map { $0.text.lowercased() }.joined(separator: ", ")
            throw ScalarProblem("there is no algorithm `\(text)`", help: "known: \(known)")
        }
    }
}
