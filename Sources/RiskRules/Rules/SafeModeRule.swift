public import TradingDomain

/// Lets only reductions through while the account is in safe mode (OP-11).
public struct SafeModeRule: RiskRule {
    public let name = "safe_mode"

    public init() {}

    public func judge(_ order: ProposedOrder, _ snapshot: RiskSnapshot, _ limits: RiskLimits) -> RiskVerdict {
        let exposure = OrderExposure(order, snapshot)
        guard let mode = snapshot.safeMode, exposure.addsExposure else { return pass(order) }
        return restrict(order, to: exposure.reducing, limits, "account_reducing", nil, mode.message)
    }
}
