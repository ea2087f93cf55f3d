import ExecutionEngine
import Portfolio
import TradingDomain

/// What became of a plan's trades.
struct RebalanceProgress {
    private let planned: PlannedRebalance
    private var records: [Symbol: [ParentRecord]] = [:]
    private var ends: [Symbol: String] = [:]
    private var cuts: [Symbol: (to: Quantity, message: String)] = [:]

    init(_ planned: PlannedRebalance, _ notes: [ItemNote], _ parents: [ParentRecord]) {
        self.planned = planned
        for record in parents { records[record.submission.order.symbol, default: []].append(record) }
        for note in notes {
            switch note {
            case .ended(let symbol, _, _, let message): ends[symbol] = message
            case .cut(let symbol, _, let left, let message): cuts[symbol] = (left, message)
            case .decision, .parent, .repeated, .remark, .rebalance: break
            }
        }
    }

    /// Signed.
    func filled(_ symbol: Symbol) -> Quantity {
        (records[symbol] ?? []).reduce(.zero) {
            $0 + ($1.submission.order.side == .buy ? $1.filled : -$1.filled)
        }
    }

    /// Value of all fills.
    func traded(_ currency: Currency) -> Money {
        let symbols = planned.lines.map(\.symbol)
        return symbols.flatMap { records[$0] ?? [] }.flatMap(\.fills).reduce(.zero(currency)) { $0 + $1.notional }
    }

    /// Why a name is not where it was planned to be, or was not to be traded; `nil` when it is there.
    func reason(_ line: RebalancePlan.Line) -> String? {
        guard line.outcome == .trade else { return line.outcome == .atTarget ? nil : line.outcome.words }
        guard filled(line.symbol) != line.planned else { return capReason }
        if let record = records[line.symbol]?.last {
            let message = ReportBuilder.item(record).message
            let cut = cuts[line.symbol]?.message
            let known = [cut, message.isEmpty ? nil : message].compactMap(\.self)
            if !known.isEmpty { return known.joined(separator: "; ") }
            return "risk let \(record.submission.order.quantity) of \(line.planned.magnitude) through"
        }
        return ends[line.symbol] ?? cuts[line.symbol]?.message ?? "not sent: the run ended before its turn"
    }

    private var capReason: String? {
        planned.capFactor.map { "the cap on turnover left \($0) of what was missing" }
    }

    func state(isBeyondLimits: Bool) -> RebalanceReport.State {
        let trades = planned.lines.filter { !$0.planned.isZero }
        guard !trades.isEmpty else {
            return planned.lines.contains { $0.outcome == .noCash || $0.outcome == .turnoverCap } ? .untouched : .inBand
        }
        guard trades.contains(where: { !filled($0.symbol).isZero }) else { return .untouched }
        if isBeyondLimits { return .outOfLimits }
        let buys = trades.filter { $0.planned > .zero }
        if !buys.isEmpty, trades.contains(where: { $0.planned < .zero }),
            buys.allSatisfy({ (records[$0.symbol] ?? []).isEmpty })
        {
            return .sellsOnly
        }
        let short = trades.contains { line in
            let wanted = cuts[line.symbol].map { min($0.to, line.planned.magnitude) } ?? line.planned.magnitude
            return filled(line.symbol).magnitude < wanted
        }
        if short { return .degraded }
        if trades.contains(where: { cuts[$0.symbol] != nil }) { return .rolledForward }
        return planned.capFactor == nil ? .complete : .capped
    }
}
