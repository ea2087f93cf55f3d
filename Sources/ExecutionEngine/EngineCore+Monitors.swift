import ExecutionAnalytics
import MarketData
import OrderManagement
import TradingDomain

extension EngineCore {
    // MARK: Quality

    /// Shows a fill to the execution monitor; what leaves its threshold is alerted with the batch that books the fill.
    mutating func watch(_ fill: Fill, of place: Int, at now: Timestamp) {
        let id = sessions.all[place].parent.id
        let alerts = monitor.filled(TradedFill(fill), of: id, interval: interval(place), at: now)
        for found in alerts { alert(found.code, found.message, parent: id, at: now) }
    }

    /// Judges a parent that has ended; its alerts are committed with its end.
    mutating func judge(_ place: Int, _ state: ParentState, at now: Timestamp) {
        let id = sessions.all[place].parent.id
        guard let ended = monitor.end(id) else { return }
        let found = ExecutionQualityMonitor(configuration.quality).judge(
            ended.order,
            fills: ended.fills,
            endPrice: board.view(at: instruments[place])?.mid,
            interval: interval(place),
            endedAt: now,
            alerted: ended.alerted,
            wasCancelled: state == .cancelled
        )
        for found in found { alert(found.code, found.message, parent: id, at: now) }
    }

    /// Brings the monitor back to where it was: what the fills so far gave rise to was alerted with them.
    mutating func rewatch(_ admission: ParentAdmission, _ events: [JournaledEvent]) {
        monitor.begin(monitored(admission))
        for event in events {
            guard case .child(_, .filled(let fill)) = event.event else { continue }
            _ = monitor.filled(TradedFill(fill), of: admission.parent.id, interval: nil, at: event.at)
        }
    }

    func monitored(_ admission: ParentAdmission) -> MonitoredOrder {
        MonitoredOrder(
            id: admission.parent.id,
            instrument: admission.parent.instrument,
            side: admission.parent.side,
            ordered: admission.parent.quantity,
            algorithm: admission.verdict.algorithm,
            decisionPrice: submissions[admission.parent.id]?.order.referencePrice ?? admission.arrival.price,
            arrivalPrice: admission.arrival.price,
            arrivedAt: admission.arrival.at,
            scheduled: admission.verdict.end - admission.verdict.start
        )
    }

    /// What the market has traded since the parent at `place` arrived.
    private func interval(_ place: Int) -> TradedInterval? {
        guard let admission = admissions[sessions.all[place].parent.id], let view = board.view(at: instruments[place])
        else { return nil }
        return TradedInterval(
            volume: view.cumulativeVolume - admission.arrival.cumulativeVolume,
            turnover: view.cumulativeTurnover - admission.arrival.cumulativeTurnover
        )
    }
}
