public import TradingDomain

/// Lets only reductions through once the day has lost its limit (RM-2).
public struct DailyLossRule: RiskRule {
    public let name = "daily_loss"

    public init() {}

    public func judge(_ order: ProposedOrder, _ snapshot: RiskSnapshot, _ limits: RiskLimits) -> RiskVerdict {
        let loss = snapshot.dayStartEquity - snapshot.equity
        let limit = snapshot.dayStartEquity.percent(limits.maxDailyLossPercent)
        let measure = Measure(loss, limit: limit)
        let exposure = OrderExposure(order, snapshot)
        guard loss >= limit, exposure.addsExposure else { return pass(order, measure) }
        return restrict(
            order,
            to: exposure.reducing,
            limits,
            "daily_loss_reached",
            measure,
            "The account lost \(loss) since the day began with \(snapshot.dayStartEquity); the limit is "
                + "\(limits.maxDailyLossPercent) % (\(limit)). Only reductions pass until the next day, or until "
                + "`limits.max_daily_loss_percent` is raised."
        )
    }
}
