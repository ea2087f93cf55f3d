public import TradingDomain

/// A limit that the account breaks as it stands.
public struct RiskViolation: Codable, Hashable, Sendable {
    /// The rule's name, as in ``RiskVerdict``.
    public let rule: String
    public let code: String
    public let symbol: Symbol?
    public let observed: FixedDecimal?
    public let limit: FixedDecimal?
    public let unit: String?
    public let message: String
}

/// Watches the whole account (RM-5); prices move it beyond its limits without any order.
public enum RiskController {
    /// Every limit that `snapshot` breaks now, worst first by kind: halt, reconciliation, loss, exposure, positions.
    public static func checkAllLimits(_ snapshot: RiskSnapshot, _ limits: RiskLimits) -> [RiskViolation] {
        var found: [RiskViolation] = []
        func report(_ rule: String, _ code: String, _ symbol: Symbol?, _ measure: Measure?, _ message: String) {
            let violation = RiskViolation(
                rule: rule,
                code: code,
                symbol: symbol,
                observed: measure?.observed,
                limit: measure?.limit,
                unit: measure?.unit,
                message: message
            )
            found.append(violation)
        }
        if let halt = snapshot.halt.halt {
            report("kill_switch", "kill_switch_active", nil, nil, KillSwitch.blockedMessage(halt))
        }
        if !snapshot.isReconciled {
            let message = "Account \(snapshot.account) is not reconciled with its broker. Only reductions pass."
            report("reconciled", "account_not_reconciled", nil, nil, message)
        }
        if let mode = snapshot.safeMode { report("safe_mode", "account_reducing", nil, nil, mode.message) }
        let loss = snapshot.dayStartEquity - snapshot.equity
        let lossLimit = snapshot.dayStartEquity.percent(limits.maxDailyLossPercent)
        if loss >= lossLimit {
            let message =
                "The account lost \(loss) today, the limit is \(limits.maxDailyLossPercent) % (\(lossLimit)). "
                + "Only reductions pass."
            report("daily_loss", "daily_loss_reached", nil, Measure(loss, limit: lossLimit), message)
        }
        let grossLimit = snapshot.equity.percent(limits.maxGrossExposurePercent)
        let gross = snapshot.worstExposure(without: nil)
        if gross > grossLimit {
            let message =
                "All positions, with live orders, may come to \(gross); the limit is "
                + "\(limits.maxGrossExposurePercent) % of equity (\(grossLimit)). Reduce something."
            report(
                "gross_exposure",
                "gross_exposure_above_limit",
                nil,
                Measure(gross, limit: grossLimit),
                message
            )
        }
        if limits.requireCash, snapshot.freeCash.isNegative {
            let measure = Measure(snapshot.reservedCash, limit: snapshot.cash)
            let message =
                "Live orders may need \(snapshot.reservedCash), and \(snapshot.cash) is there. "
                + "Cancel an order or add cash."
            report("cash", "cash_insufficient", nil, measure, message)
        }
        let limit = snapshot.equity.percent(limits.maxPositionPercent)
        for symbol in snapshot.symbols {
            let value = snapshot.worstExposure(symbol)
            if value > limit {
                let message =
                    "\(symbol), with live orders, may come to \(value); the limit is "
                    + "\(limits.maxPositionPercent) % of equity (\(limit)). Reduce it."
                report("max_position", "position_above_limit", symbol, Measure(value, limit: limit), message)
            }
            if let held = snapshot.holdings[symbol]?.quantity, held < .zero, !limits.allowShort {
                let message = "\(symbol) is short \(held.magnitude), and short selling is off. Cover it."
                report("no_short", "short_not_allowed", symbol, nil, message)
            }
            if limits.restricted.contains(symbol), snapshot.holdings[symbol]?.quantity.isZero == false {
                let message = "\(symbol) is held and on the restricted list. It may only be reduced."
                report("restricted", "instrument_restricted", symbol, nil, message)
            }
        }
        return found
    }

    /// Every rule that `order` breaks, whether it would be shrunk or blocked.
    public static func checkAllLimits(
        _ order: ProposedOrder,
        _ snapshot: RiskSnapshot,
        _ limits: RiskLimits
    ) -> [RiskVerdict] {
        RiskGate.judge(order, snapshot, limits).violations
    }
}
