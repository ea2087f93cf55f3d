public import TradingDomain

/// Judges executions when they have ended (AN-5, SE-4): slippage, shortfall, fill rate and time against thresholds.
public struct ExecutionQualityMonitor: Sendable {
    public let thresholds: QualityThresholds

    public init(_ thresholds: QualityThresholds = QualityThresholds()) { self.thresholds = thresholds }

    /// Judges one execution.
    ///
    /// - Parameters:
    ///   - order: What was to be done.
    ///   - fills: What was.
    ///   - endPrice: The market's price at the end, which values what did not fill; `nil` when it is not known.
    ///   - interval: What the market traded from arrival to end; `nil` when nothing.
    ///   - endedAt: Business time.
    ///   - alerted: Kinds that were alerted while it was worked.
    ///   - wasCancelled: Somebody wanted it to end, so how much filled and how long it took is not judged.
    /// - Returns: What left its threshold, each kind once, in the order of ``QualityTarget/Kind``.
    public func judge(
        _ order: MonitoredOrder,
        fills: [TradedFill],
        endPrice: Price?,
        interval: TradedInterval?,
        endedAt: Timestamp,
        alerted: Set<QualityTarget.Kind> = [],
        wasCancelled: Bool = false
    ) -> [QualityAlert] {
        guard let cost = try? ExecutionCost(order.facts(fills, endPrice: endPrice)) else { return [] }
        let what = "\(order.side) \(order.ordered) \(order.instrument.symbol) by \(order.algorithm)"
        let look = "`smartexec explain \(order.id)` shows why."
        var alerts: [QualityAlert] = []
        let isHeldToArrival = QualityTargets.isHeldToArrival(order.algorithm)
        let slippage =
            isHeldToArrival
            ? cost.slippageBps(against: order.arrivalPrice)
            : cost.slippageBps(
                againstAverage: interval.map { Double($0.turnover.units) / Double($0.volume.units) }
            )
        if let slippage, slippage > thresholds.slippageBps {
            alerts.append(
                QualityAlert(
                    kind: .slippage,
                    message: "\(what) cost \(Words.number(slippage, 2)) bps against the "
                        + "\(isHeldToArrival ? "arrival price" : "interval's VWAP"), above the threshold of "
                        + "\(Words.number(thresholds.slippageBps, 2)). \(look)"
                )
            )
        }
        // Without an end price, or with too much filled, no shortfall is defined.
        if let shortfall = try? cost.shortfall(), shortfall.bps(shortfall.total) > thresholds.shortfallBps {
            let parts = shortfall.parts.map { "\($0.name) \($0.amount.amount)" }.joined(separator: ", ")
            alerts.append(
                QualityAlert(
                    kind: .shortfall,
                    message: "\(what) fell short by \(shortfall.total) "
                        + "(\(Words.number(shortfall.bps(shortfall.total), 2)) bps: \(parts)), above the threshold of "
                        + "\(Words.number(thresholds.shortfallBps, 2)). \(look)"
                )
            )
        }
        if !wasCancelled, cost.fillRate * 100 < thresholds.fillRatePercent {
            alerts.append(
                QualityAlert(
                    kind: .fillRate,
                    message:
                        "\(what) filled \(cost.filled), \(Words.percent(cost.fillRate, 1)), below the threshold of "
                        + "\(Words.number(thresholds.fillRatePercent, 1)) %. \(look)"
                )
            )
        }
        let end = cost.unfilled > .zero ? endedAt : fills.map(\.at).max() ?? endedAt
        if !wasCancelled, let late = thresholds.late(order, seconds: (end - order.arrivedAt).seconds) {
            alerts.append(late)
        }
        return alerts.filter { !alerted.contains($0.kind) }
    }
}
