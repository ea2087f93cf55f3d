public import TradingDomain

/// Blocks every order while the venue is closed, where the limits ask for it.
public struct SessionRule: RiskRule {
    public let name = "session"

    public init() {}

    public func judge(_ order: ProposedOrder, _ snapshot: RiskSnapshot, _ limits: RiskLimits) -> RiskVerdict {
        guard limits.requireOpenSession, !snapshot.isSessionOpen else { return pass(order) }
        return block(
            order,
            "session_closed",
            nil,
            "\(order.instrument.venue) is closed. Send \(order.key) in its next session."
        )
    }
}
