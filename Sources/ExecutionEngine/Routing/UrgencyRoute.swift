public import QuantMath
public import TradingDomain

/// How one urgency is executed by default (SE-2), with what is expected of it (SE-4).
public struct UrgencyRoute: Codable, Hashable, Sendable {
    public let urgency: Urgency
    public let algorithm: AlgorithmName
    /// `nil` for MARKET (at once) and VWAP (to the session's close).
    public let minutes: Int?
    /// A maximum: never more slices than lots.
    ///
    /// `nil` where the schedule's buckets decide.
    public let slices: Int?
    /// Expected slippage in basis points, lowest and highest.
    public let expectedBps: [Double]
    public let style: ExecutionStyle
    /// The schedule in words.
    public let time: String

    /// The table of SE-2 and SE-4, most urgent first.
    public static let table: [UrgencyRoute] = [
        UrgencyRoute(
            urgency: .critical,
            algorithm: .market,
            minutes: nil,
            slices: 1,
            expectedBps: [5, 10],
            style: .aggressive,
            time: "at once"
        ),
        UrgencyRoute(
            urgency: .high,
            algorithm: .twapAggressive,
            minutes: 5,
            slices: 5,
            expectedBps: [2, 5],
            style: .aggressive,
            time: "5 min"
        ),
        UrgencyRoute(
            urgency: .medium,
            algorithm: .twapStandard,
            minutes: 30,
            slices: 10,
            expectedBps: [1, 3],
            style: .moderate,
            time: "30 min"
        ),
        UrgencyRoute(
            urgency: .low,
            algorithm: .vwap,
            minutes: nil,
            slices: nil,
            expectedBps: [0.5, 2],
            style: .passive,
            time: "to the session's close"
        ),
    ]

    public static func route(for urgency: Urgency) -> UrgencyRoute {
        for route in table where route.urgency == urgency { return route }
        preconditionFailure("no route for urgency \(urgency)")
    }
}
