public import TradingDomain

/// Blocks everything while the kill switch is on, but for the halt's own flatten (RM-3, I6).
public struct KillSwitchRule: RiskRule {
    public let name = "kill_switch"

    public init() {}

    public func judge(_ order: ProposedOrder, _ snapshot: RiskSnapshot, _ limits: RiskLimits) -> RiskVerdict {
        guard let halt = snapshot.halt.halt,
            !snapshot.halt.allows(.place(flatteningFor: snapshot.flatteningFor))
        else { return pass(order) }
        return block(order, "kill_switch_active", nil, KillSwitch.blockedMessage(halt))
    }
}
