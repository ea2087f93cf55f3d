public import ExecutionEngine
import TradingDomain
import Workflows

/// Makes items of what the steps noted and of the parents as the journal has them.
struct ReportBuilder {
    private let parents: [ParentOrderID: ParentRecord]

    init(_ parents: [ParentRecord]) {
        self.parents = Dictionary(parents.map { ($0.submission.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// One item per parent order, and one per ticker that ended without any; in the order the notes came.
    func items(_ notes: [ItemNote]) -> [ItemReport] {
        var decisions: [Symbol: DecisionID] = [:]
        var remarks: [Symbol: [String]] = [:]
        for note in notes {
            if case .decision(let symbol, let id, _, _, _, _) = note { decisions[symbol] = id }
            if case .remark(let symbol, let text) = note { remarks[symbol, default: []].append(text) }
        }
        var items: [ItemReport] = []
        for note in notes {
            switch note {
            case .decision, .remark: break
            case .ended(let symbol, let status, _, let message):
                var item = ItemReport(ticker: symbol.text, status: status, message: message)
                item.decision = decisions[symbol]
                items.append(item)
            case .parent(let symbol, let id):
                guard let record = parents[id] else { continue }
                var item = Self.item(record)
                item.decision = decisions[symbol] ?? record.submission.order.decision
                item.message = ([item.message] + (remarks[symbol] ?? [])).filter { !$0.isEmpty }.joined(separator: "; ")
                items.append(item)
            case .repeated(let symbol, let decision, let run, let outcome):
                items.append(Self.repeated(symbol, decision, run, outcome))
            }
        }
        return items
    }

    private static func repeated(
        _ symbol: Symbol,
        _ decision: DecisionID,
        _ run: RunID,
        _ outcome: ItemReport?
    ) -> ItemReport {
        guard var item = outcome else {
            var item = ItemReport(
                ticker: symbol.text,
                status: .partial,
                message: "decision \(decision) is being executed by run \(run), which has not ended; "
                    + "`smartexec runs show \(run)` tells how far it is"
            )
            item.decision = decision
            return item
        }
        item.duplicate = true
        item.message = "already executed: decision \(decision) in run \(run); this is its first outcome"
        return item
    }

    /// The item of a parent order.
    static func item(_ record: ParentRecord) -> ItemReport {
        let submission = record.submission
        let fills = record.fills
        var item = ItemReport(
            ticker: submission.order.symbol.text,
            status: status(of: record),
            message: message(record)
        )
        item.side = submission.order.side
        item.urgency = submission.order.urgency
        item.quantity = record.admission?.parent.quantity ?? submission.order.quantity
        item.decision = submission.order.decision
        item.parentOrder = submission.id
        guard let admission = record.admission, let quantity = item.quantity else { return item }
        let execution = Execution(fills: fills, side: submission.order.side, instrument: submission.order.instrument)
        item.algorithm = admission.verdict.algorithm
        item.filledQuantity = execution.quantity
        item.averagePrice = execution.averagePrice
        item.arrivalPrice = admission.arrival.price
        item.commission = execution.commission
        item.notional = execution.notional
        item.children = record.childCount
        item.fillRate = quantity.units > 0 ? execution.quantity.approximate / quantity.approximate : nil
        item.slippageArrivalBps = execution.slippageBps(against: admission.arrival.price)
        if let result = record.result, result.intervalVolume > .zero {
            let vwap = result.intervalTurnover / FixedDecimal(units: Int128(result.intervalVolume.units))
            item.slippageVwapBps = execution.slippageBps(against: Price(units: Int64(vwap.units)))
            item.participation = execution.quantity.approximate / result.intervalVolume.approximate
        }
        if let last = fills.map(\.tradedAt).max() {
            item.durationSeconds = max(0, (last - admission.arrival.at).seconds)
        }
        // A schedule is judged by what it controls: the market's drift over hours is not its cost.
        let judged = admission.verdict.algorithm == .market ? item.slippageArrivalBps : item.slippageVwapBps
        if let slippage = judged, admission.verdict.expectedBps.count == 2 {
            item.quality =
                slippage < admission.verdict.expectedBps[0]
                ? "better" : slippage <= admission.verdict.expectedBps[1] ? "as expected" : "missed"
        }
        item.execution = ExecutionSummary(
            totalQuantity: execution.quantity,
            avgFillPrice: execution.averagePrice,
            totalCommission: execution.commission,
            numSlices: admission.verdict.slices,
            fills: fills.map {
                ExecutionSummary.Line(
                    timestamp: $0.tradedAt,
                    quantity: $0.quantity,
                    fillPrice: $0.price,
                    commission: $0.commission.amount
                )
            }
        )
        return item
    }

    /// The SX-1 status of a parent order.
    static func status(of record: ParentRecord) -> ItemStatus {
        switch record.state {
        case .filled: .success
        case .submitted, .working, .paused, .closing: .partial
        case .refused: Self.refusalStatus(record.result?.refusalCode)
        case .partiallyFilled: record.result?.refusalCode == "KILL_SWITCH" ? .blocked : .partial
        case .cancelled:
            record.result?.refusalCode == "KILL_SWITCH" ? .blocked : record.filled > .zero ? .partial : .failed
        case .unfilled: record.result?.refusalCode == "KILL_SWITCH" ? .blocked : .failed
        }
    }

    /// Risk and the kill switch block; what cannot be routed or priced is rejected.
    private static func refusalStatus(_ code: String?) -> ItemStatus {
        switch code {
        case "MARKET_CLOSED", "NO_PRICE", "NO_VOLUME_PROFILE", "NO_TIME_LEFT", "UNKNOWN_ALGORITHM", "BAD_PARAMETERS",
            "STALE_SUBMISSION":
            .rejected
        case "CANCELLED": .failed
        default: .blocked
        }
    }

    private static func message(_ record: ParentRecord) -> String {
        guard let result = record.result else { return "still \(record.state.rawValue)" }
        switch record.state {
        case .filled: return record.admission?.verdict.warning ?? ""
        case .refused: return result.reason
        case .cancelled, .partiallyFilled, .unfilled, .submitted, .working, .paused, .closing:
            let asked = record.admission?.parent.quantity ?? record.submission.order.quantity
            return "\(record.filled) of \(asked) filled: \(result.reason)"
        }
    }
}

extension ParentRecord {
    /// The parent's trades in the order in which they were journalled.
    var fills: [Fill] {
        events.compactMap { event in
            if case .child(_, .filled(let fill)) = event.event { fill } else { nil }
        }
    }

    /// Child orders that were intended.
    var childCount: Int {
        events.count { event in
            if case .child(_, .intended) = event.event { true } else { false }
        }
    }
}

extension ItemReport {
    /// The item of one parent order.
    public init(of record: ParentRecord) { self = ReportBuilder.item(record) }
}
