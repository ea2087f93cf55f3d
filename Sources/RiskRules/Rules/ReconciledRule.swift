public import TradingDomain

/// Lets only reductions through until the account is known to equal the broker's (I13).
public struct ReconciledRule: RiskRule {
    /// The code of its blocks.
    public static let code = "account_not_reconciled"

    public let name = "reconciled"

    public init() {}

    public func judge(_ order: ProposedOrder, _ snapshot: RiskSnapshot, _ limits: RiskLimits) -> RiskVerdict {
        let exposure = OrderExposure(order, snapshot)
        guard !snapshot.isReconciled, exposure.addsExposure else { return pass(order) }
        return restrict(
            order,
            to: exposure.reducing,
            limits,
            Self.code,
            nil,
            "Account \(snapshot.account) is not reconciled with its broker, so nothing may add exposure. "
                + "Wait for the reconciliation, or look at `smartexec status`."
        )
    }
}
