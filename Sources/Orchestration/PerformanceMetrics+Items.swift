public import ExecutionAnalytics
import TradingDomain
import Workflows

extension PerformanceMetricsCollector {
    /// Counts an execution that has ended; what never reached the market, or an earlier run executed, counts nothing.
    public func record(_ item: ItemReport) {
        guard item.parentOrder != nil, item.duplicate != true, let algorithm = item.algorithm else { return }
        let labels = ["algorithm": algorithm.text]
        increment("executions_total", ["algorithm": algorithm.text, "status": item.status.rawValue])
        if let bps = item.slippageArrivalBps { observe("execution_slippage_bps", bps, labels) }
        if let cost = item.shortfall {
            observe("execution_shortfall_bps", cost.total.bps, labels)
            let currency = ["currency": cost.currency.rawValue]
            increment("execution_notional_total", by: item.notional?.approximate ?? 0, currency)
            set("execution_fees_last", to: item.commission?.approximate ?? 0, currency)
        }
        if let seconds = item.durationSeconds { observe("execution_seconds", seconds, labels) }
        if let rate = item.fillRate { set("execution_fill_ratio", to: rate, labels) }
        for target in item.targets ?? [] {
            guard let verdict = target.verdict else { continue }
            increment("execution_targets_total", ["target": target.name.rawValue, "verdict": verdict.rawValue])
        }
    }
}
