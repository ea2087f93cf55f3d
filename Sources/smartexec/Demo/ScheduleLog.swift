import ExecutionEngine
import TradingDomain

/// A scheduled order as its journal tells it: start, plan, slices, end.
struct ScheduleLog {
    private let record: ParentRecord
    private let verdict: RoutingVerdict
    private let quantity: Quantity

    /// `nil` for an order that was never admitted, and so has no schedule.
    init?(_ record: ParentRecord) {
        guard let admission = record.admission else { return nil }
        self.record = record
        verdict = admission.verdict
        quantity = admission.parent.quantity
    }

    var lines: [String] {
        let symbol = record.submission.order.symbol
        let slices = max(1, verdict.slices)
        let average = FixedDecimal(units: Int128(quantity.units)) / FixedDecimal(slices)
        var lines = [
            "[\(verdict.algorithm)] Starting: \(symbol) \(quantity) shares over \(duration)",
            "Plan: \(slices) slices, avg \(DemoText.fixed(average, 2)) per slice",
        ]
        let fills = fillsBySlice
        for slice in 1...slices { lines.append("Slice \(slice)/\(slices): \(words(fills[slice] ?? []))") }
        lines.append("Completed: \(words(fills.values.flatMap { $0 }, "avg "))")
        return lines
    }

    private var duration: String {
        let seconds = Int((verdict.end - verdict.start).seconds)
        return seconds % 60 == 0 ? "\(seconds / 60)min" : "\(seconds)s"
    }

    private func words(_ fills: [Fill], _ prefix: String = "") -> String {
        let filled = fills.reduce(Quantity.zero) { $0 + $1.quantity }
        guard let price = average(fills) else { return "\(filled), nothing traded" }
        return "\(filled) @ \(prefix)\(DemoText.fixed(price, 4))"
    }

    /// Booked amounts over what was traded.
    private func average(_ fills: [Fill]) -> FixedDecimal? {
        let notional = fills.reduce(FixedDecimal.zero) { $0 + $1.notional.amount }
        let traded = fills.reduce(Quantity.zero) { $0 + $1.quantity }
        let contracts =
            FixedDecimal(units: Int128(traded.units)) * record.submission.order.instrument.contractMultiplier
        return contracts > .zero ? notional / contracts : nil
    }

    private var fillsBySlice: [Int: [Fill]] {
        var slices: [ClientOrderID: Int] = [:]
        var fills: [Int: [Fill]] = [:]
        for event in record.events {
            switch event.event {
            case .child(let child, .intended(let order, _)): slices[child] = order.request.slice
            case .child(let child, .filled(let fill)): fills[slices[child] ?? 0, default: []].append(fill)
            case .child, .parent: break
            }
        }
        return fills
    }
}
