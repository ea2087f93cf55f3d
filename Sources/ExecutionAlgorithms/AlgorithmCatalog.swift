import Foundation
public import QuantMath
public import TradingDomain

/// Every algorithm this program can work and bring back after a crash.
public struct AlgorithmCatalog: Sendable {
    private struct Entry: Sendable {
        let version: Int
        let decode: @Sendable (Data) throws -> any ExecutionAlgorithm
    }

    private struct Planner: Sendable {
        let style: ExecutionStyle
        let expectedBps: [Double]
        let parameters: [String]
        let plan: @Sendable (AlgorithmName, PlanningContext) throws(PlanRefusal) -> AlgorithmPlan
    }

    private var entries: [String: Entry] = [:]
    private var planners: [AlgorithmName: Planner] = [:]

    public init() {
        register(MarketOrder.self)
        register(TimeWeighted.self)
        register(VolumeWeighted.self)
        register(DynamicVolumeWeighted.self)
        register(LimitOrder.self)
        register(Iceberg.self)
        register(Passive.self)
        register(Aggressive.self)
        register(Adaptive.self)
        register(LiquidityAware.self)
        register(ParticipationOfVolume.self)
        register(ImplementationShortfall.self)
    }

    /// Makes an algorithm known by its names; a user's own is registered with this one line (AL-14).
    public mutating func register<Algorithm: PlannableAlgorithm>(_ type: Algorithm.Type) {
        let conditions = type.conditions.filter { !type.parameters.contains($0) }
        let parameters = AlgorithmParameter.all.map(\.name).filter { (type.parameters + conditions).contains($0) }
        for name in type.names {
            planners[name] = Planner(style: type.style, expectedBps: type.expectedBps, parameters: parameters) {
                (name, context) throws(PlanRefusal) in
                try context.check(parameters, for: name)
                let placed = try context.placed()
                var plan = try type.plan(name, placed)
                plan.warning = plan.warning ?? placed.endWarning
                return try plan.bound(by: conditions, placed, at: context.now)
            }
        }
        enter(type)
        enter(Conditioned<Algorithm>.self)
    }

    private mutating func enter<Algorithm: ExecutionAlgorithm>(_ type: Algorithm.Type) {
        entries[Self.kind(of: type)] = Entry(version: type.version) { try JSONDecoder().decode(type, from: $0) }
    }

    /// The names that orders may be given by, in alphabetical order.
    public var names: [AlgorithmName] { planners.keys.sorted { $0.text < $1.text } }

    /// The name that somebody means: in any case, with `-` or blanks for `_`, and `IS` for IMPLEMENTATION_SHORTFALL.
    ///
    /// - Returns: `nil` when no algorithm is registered by it.
    public func name(from text: String) -> AlgorithmName? {
        let written = String(text.uppercased().map { $0 == "-" || $0 == " " ? "_" : $0 })
        let name = AlgorithmName(unchecked: Self.aliases[written] ?? written)
        return planners[name] == nil ? nil : name
    }

    private static let aliases = [
        "IS": "IMPLEMENTATION_SHORTFALL", "LIQUIDITY": "LIQUIDITY_AWARE", "DYNAMIC_VWAP": "VWAP_DYNAMIC",
    ]

    /// The parameters that the algorithm of a name reads, as workflows write them.
    public func parameters(of name: AlgorithmName) -> [String] { planners[name]?.parameters ?? [] }

    /// How hard the algorithm of a name presses the market; moderate when it is not known.
    public func style(of name: AlgorithmName) -> ExecutionStyle { planners[name]?.style ?? .moderate }

    /// Slippage expected of it in basis points, lowest and highest.
    public func expectedBps(of name: AlgorithmName) -> [Double] { planners[name]?.expectedBps ?? [1, 5] }

    /// Checks parameters for the algorithm of a name, before anything is known of order and market.
    ///
    /// - Throws: ``ParameterProblem`` for what it does not take and for values that make no sense.
    public func check(_ parameters: AlgorithmParameters, for name: AlgorithmName) throws(ParameterProblem) {
        let known = self.parameters(of: name)
        if let stray = parameters.names.first(where: { !known.contains($0) }) {
            throw ParameterProblem(
                name: stray,
                problem: "is nothing that \(name) takes. It takes \(known.joined(separator: ", "))"
            )
        }
        try AlgorithmParameter.check(parameters)
        if let start = parameters.startTime, let end = parameters.endTime, end <= start {
            throw ParameterProblem(
                name: "end_time",
                problem: "is \(end), not after the start at \(start): give a later end"
            )
        }
    }

    /// Plans an order by the algorithm of a name; `nil` when there is none.
    ///
    /// - Throws: ``PlanRefusal``, the algorithm's own.
    public func plan(_ name: AlgorithmName, _ context: PlanningContext) throws(PlanRefusal) -> AlgorithmPlan? {
        try planners[name]?.plan(name, context)
    }

    /// Encodes the state of an algorithm; the same state gives the same text.
    ///
    /// - Parameter algorithm: Of any type, registered or not.
    /// - Returns: What ``restore(_:)`` takes.
    /// - Throws: The algorithm's own encoding error.
    public func snapshot(_ algorithm: any ExecutionAlgorithm) throws -> AlgorithmSnapshot {
        AlgorithmSnapshot(
            kind: Self.kind(of: type(of: algorithm)),
            version: type(of: algorithm).version,
            state: String(decoding: try CompactJSON.encode(algorithm), as: UTF8.self)
        )
    }

    /// Brings an algorithm back.
    ///
    /// - Parameter snapshot: As ``snapshot(_:)`` made it.
    /// - Returns: The algorithm in the state that was stored.
    /// - Throws: ``AlgorithmSnapshotError``; the caller stops the parent and cancels its children.
    public func restore(_ snapshot: AlgorithmSnapshot) throws(AlgorithmSnapshotError) -> any ExecutionAlgorithm {
        guard let entry = entries[snapshot.kind] else { throw .unknownKind(snapshot.kind) }
        guard entry.version == snapshot.version else {
            throw .otherVersion(kind: snapshot.kind, stored: snapshot.version, known: entry.version)
        }
        do {
            return try entry.decode(Data(snapshot.state.utf8))
        } catch {
            throw .undecodable(kind: snapshot.kind, reason: "\(error)")
        }
    }

    private static func kind(of type: any ExecutionAlgorithm.Type) -> String { String(describing: type) }
}
