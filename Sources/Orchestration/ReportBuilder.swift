import ExecutionAnalytics
public import ExecutionEngine
import TradingDomain
import Workflows

/// Makes items of what the steps noted and of the parents as the journal has them.
struct ReportBuilder {
    /// Of the parents so far: all that is kept of them, since a run may have thousands.
    private var parents: [ParentOrderID: ItemReport] = [:]

    init(_ records: [ParentRecord] = []) { add(records, []) }

    /// Adds parents with what was kept of the market around them.
    mutating func add(_ records: [ParentRecord], _ tapes: [TapeRecord]) {
        let kept = Dictionary(tapes.map { ($0.parent, $0) }, uniquingKeysWith: { first, _ in first })
        for record in records { parents[record.submission.id] = Self.item(record, kept: kept[record.submission.id]) }
    }

    /// One item per parent order, and one per ticker that ended without any; in the order the notes came.
    func items(_ notes: [ItemNote]) -> [ItemReport] {
        var decisions: [Symbol: DecisionID] = [:]
        var remarks: [Symbol: [String]] = [:]
        for note in notes {
            if case .decision(let symbol, let id, _, _, _, _) = note { decisions[symbol] = id }
            switch note {
            case .remark(let symbol, let text), .cut(let symbol, _, _, let text):
                if remarks[symbol]?.contains(text) != true { remarks[symbol, default: []].append(text) }
            case .decision, .ended, .parent, .repeated, .rebalance: break
            }
        }
        var items: [ItemReport] = []
        for note in notes {
            switch note {
            case .decision, .remark, .rebalance, .cut: break
            case .ended(let symbol, let status, _, let message):
                var item = ItemReport(ticker: symbol.text, status: status, message: message)
                item.decision = decisions[symbol]
                items.append(item)
            case .parent(let symbol, let id):
                guard var item = parents[id] else { continue }
                item.decision = decisions[symbol] ?? item.decision
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

    /// The item of a parent order; what needs what was kept of the market is absent without it.
    static func item(_ record: ParentRecord, kept: TapeRecord? = nil) -> ItemReport {
        let submission = record.submission
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
        guard let admission = record.admission, let analysis = ParentAnalysis(record, kept: kept) else { return item }
        let cost = analysis.cost
        item.algorithm = admission.verdict.algorithm
        item.filledQuantity = cost.filled
        item.averagePrice = cost.averagePrice
        item.decisionPrice = cost.facts.decisionPrice
        item.arrivalPrice = admission.arrival.price
        item.endPrice = record.result?.endPrice
        item.commission = cost.fees.amount
        item.notional = cost.notional.amount
        item.children = record.childCount
        item.fillRate = cost.fillRate
        item.slippageArrivalBps = cost.slippageBps(against: admission.arrival.price)
        item.slippageVwapBps = cost.slippageBps(againstAverage: analysis.vwap)
        item.slippageTwapBps = cost.slippageBps(againstAverage: analysis.twap)
        item.participation = analysis.participation
        item.flags = analysis.flags
        item.predictedCostBps = admission.verdict.predictedCostBps
        item.marketState = admission.verdict.marketState
        item.add(analysis.aftermath, cost)
        item.durationSeconds = analysis.seconds
        item.shortfall = analysis.shortfall.map { CostReport($0) }
        item.targets = analysis.targets
        item.quality = analysis.targets.first { $0.name == .slippage }?.verdict?.rawValue
        item.execution = ExecutionSummary(
            totalQuantity: cost.filled,
            avgFillPrice: cost.averagePrice,
            totalCommission: cost.fees.amount,
            numSlices: admission.verdict.slices,
            fills: record.fills.map {
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
        case "MARKET_CLOSED", "OUTSIDE_SESSION", "NO_AUCTION", "NO_PRICE", "BAD_BOOK", "NO_VOLUME_PROFILE",
            "NO_HISTORY",
            "NO_TIME_LEFT", "UNKNOWN_ALGORITHM", "BAD_PARAMETERS", "STALE_SUBMISSION", "UNKNOWN_ROUTER", "CROSSED_BOOK",
            "EMPTY_BOOK", "NO_VOLUME", "BAD_CONDITIONS", "NO_LIQUIDITY":
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
    /// The item of one parent order; what needs what was kept of the market is absent without it.
    public init(of record: ParentRecord, kept: TapeRecord? = nil) { self = ReportBuilder.item(record, kept: kept) }

    /// Fills in what the market did after the execution.
    mutating func add(_ aftermath: Aftermath?, _ cost: ExecutionCost) {
        guard let aftermath else { return }
        markOuts = aftermath.marks
        effectiveHalfSpreadBps = aftermath.halfSpreadBps
        closePrice = aftermath.closePrice
        slippageCloseBps = aftermath.closePrice.flatMap(cost.slippageBps(against:))
    }
}

extension RunReport {
    /// Fills in what the market did after the executions, where `tapes` know more than when the run ended.
    ///
    /// - Parameters:
    ///   - parents: The parents of the report's items.
    ///   - tapes: What was kept of the market around them.
    public mutating func fillIn(_ parents: [ParentRecord], _ tapes: [TapeRecord]) {
        for (index, item) in items.enumerated() {
            guard let id = item.parentOrder, let kept = tapes.first(where: { $0.parent == id }),
                let record = parents.first(where: { $0.submission.id == id }),
                let analysis = ParentAnalysis(record, kept: kept)
            else { continue }
            items[index].add(analysis.aftermath, analysis.cost)
        }
    }
}
