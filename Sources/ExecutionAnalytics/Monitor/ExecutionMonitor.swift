public import TradingDomain

/// Watches executions while they are worked (AN-5): slippage so far, and time, each alerted once per order.
///
/// A pure state machine. Fed again with an order's fills after a restart it knows what it has alerted.
public struct ExecutionMonitor: Sendable {
    private struct Watch: Sendable {
        let order: MonitoredOrder
        /// Running sums, so that a fill costs the same however many there were.
        var filled = Quantity.zero
        var notional: Money
        var fees: Money
        var lastAt: Timestamp
        var alerted: Set<QualityTarget.Kind> = []
    }

    public let thresholds: QualityThresholds
    private var watches: [ParentOrderID: Watch] = [:]

    public init(_ thresholds: QualityThresholds = QualityThresholds()) { self.thresholds = thresholds }

    /// Orders that are watched.
    public var count: Int { watches.count }

    /// Watches an order from now on.
    public mutating func begin(_ order: MonitoredOrder) {
        guard watches[order.id] == nil else { return }
        let nothing = Money.zero(order.instrument.currency)
        watches[order.id] = Watch(order: order, notional: nothing, fees: nothing, lastAt: order.arrivedAt)
    }

    /// Takes a fill of an order.
    ///
    /// - Parameters:
    ///   - fill: The next fill.
    ///   - parent: Whose; what is not watched is ignored.
    ///   - interval: What the market traded since the order arrived; `nil` when nothing.
    ///   - now: Business time.
    /// - Returns: What left its threshold with this fill.
    public mutating func filled(
        _ fill: TradedFill,
        of parent: ParentOrderID,
        interval: TradedInterval?,
        at now: Timestamp
    ) -> [QualityAlert] {
        guard var watch = watches[parent] else { return [] }
        watch.filled += fill.quantity
        watch.notional = watch.notional + fill.notional
        watch.fees = watch.fees + fill.fee
        watch.lastAt = max(watch.lastAt, fill.at)
        var alerts: [QualityAlert] = []
        if !watch.alerted.contains(.slippage), let alert = slippage(watch, interval) { alerts.append(alert) }
        if !watch.alerted.contains(.time), watch.filled < watch.order.ordered,
            let alert = thresholds.late(watch.order, seconds: (now - watch.order.arrivedAt).seconds)
        {
            alerts.append(alert)
        }
        watch.alerted.formUnion(alerts.map(\.kind))
        watches[parent] = watch
        return alerts
    }

    /// Forgets an order that has ended.
    ///
    /// - Returns: What ``ExecutionQualityMonitor`` judges it by; `nil` for one that is not watched.
    public mutating func end(_ parent: ParentOrderID) -> Ended? {
        guard let watch = watches.removeValue(forKey: parent) else { return nil }
        let order = watch.order
        let contracts = FixedDecimal(units: Int128(watch.filled.units)) * order.instrument.contractMultiplier
        guard contracts > .zero else { return Ended(order: order, fills: [], alerted: watch.alerted) }
        let average = Price(units: Int64((watch.notional.amount / contracts).units))
        let sum = TradedFill(
            at: watch.lastAt,
            quantity: watch.filled,
            price: average,
            notional: watch.notional,
            fee: watch.fees
        )
        return Ended(order: order, fills: [sum], alerted: watch.alerted)
    }

    /// An order as it was when it ended.
    public struct Ended: Sendable {
        public let order: MonitoredOrder
        /// All fills as one, at the average price and the time of the last; none when nothing filled.
        public let fills: [TradedFill]
        /// Kinds that were alerted while it was worked.
        public let alerted: Set<QualityTarget.Kind>
    }

    private func slippage(_ watch: Watch, _ interval: TradedInterval?) -> QualityAlert? {
        let order = watch.order
        let isHeldToArrival = QualityTargets.isHeldToArrival(order.algorithm)
        let paper =
            isHeldToArrival
            ? order.instrument.notional(order.arrivalPrice, watch.filled)
            : interval?.value(of: watch.filled, order.instrument)
        guard let paper, paper.units > 0 else { return nil }
        let bps = Double((watch.notional - paper).units) * Double(order.side.sign) / Double(paper.units) * 10_000
        guard bps > thresholds.slippageBps else { return nil }
        return QualityAlert(
            kind: .slippage,
            message: "\(order.side) \(order.ordered) \(order.instrument.symbol) by \(order.algorithm): \(watch.filled) "
                + "filled cost \(Words.number(bps, 2)) bps against the "
                + "\(isHeldToArrival ? "arrival price" : "market's VWAP so far"), above the threshold of "
                + "\(Words.number(thresholds.slippageBps, 2)). `smartexec explain \(order.id)` shows why; cancel it, or "
                + "raise `quality.slippage_bps`."
        )
    }
}

extension QualityThresholds {
    /// The alert of an order that takes `seconds` so far, when that is too long.
    func late(_ order: MonitoredOrder, seconds: Double) -> QualityAlert? {
        let length = order.scheduled > .zero ? order.scheduled : QualityTargets.atOnce
        let most = length.seconds * timePercent / 100
        guard seconds > most else { return nil }
        return QualityAlert(
            kind: .time,
            message: "\(order.side) \(order.ordered) \(order.instrument.symbol) by \(order.algorithm) took "
                + "\(Words.span(seconds)), above \(Words.number(timePercent, 0)) % of the \(Words.span(length.seconds)) "
                + "that were planned. `smartexec explain \(order.id)` shows where it waited."
        )
    }
}
