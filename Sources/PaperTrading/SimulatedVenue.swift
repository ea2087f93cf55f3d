public import ExecutionEngine
import Matching
public import OrderManagement
public import TradingDomain

/// A venue in virtual time, as a pure state machine: commands and market data in, reports out.
///
/// Fills follow ``FillModel``. An order that arrives after its receive window is refused, so that no late copy of a
/// command can ever trade; a client order id that it has seen is never taken again. What the market does to orders is in
/// `SimulatedVenue+Market.swift`.
public struct SimulatedVenue: Sendable {
    private struct Arrival: Sendable {
        let at: Timestamp
        let command: BrokerCommand
    }

    private struct Report: Sendable {
        let at: Timestamp
        let event: BrokerEvent
    }

    let model: FillModel
    private let closeOf: @Sendable (Instrument, Timestamp) -> Timestamp?
    var orders: [ClientOrderID: VenueOrder] = [:]
    /// Working orders and the recorded market, by instrument.
    var floors = VenueFloors()
    /// On their way to the venue, in the order of their arrival.
    private var arrivals: [Arrival] = []
    private var reports: [Report] = []
    private var changed: Set<ClientOrderID> = []
    /// Orders taken so far.
    private var places = 0
    /// When working orders expire by themselves, soonest first.
    private var expiries = ExpiryQueue()
    /// How far time has come.
    private var clock = Timestamp(nanoseconds: .min)
    /// When the last report arrives; with random latency none overtakes another.
    private var lastReport = Timestamp(nanoseconds: .min)

    /// A venue that fills by `model`; `closeOf` tells when the session that holds a time closes, and day orders expire.
    public init(model: FillModel, closeOf: @escaping @Sendable (Instrument, Timestamp) -> Timestamp?) {
        self.model = model
        self.closeOf = closeOf
    }

    /// Takes back the orders that an earlier life of the venue had stored.
    public mutating func restore(_ stored: [VenueOrder]) {
        for order in stored.sorted(by: { ($0.place, $0.order.id) < ($1.place, $1.order.id) }) {
            orders[order.order.id] = order
            places = max(places, order.place)
            if order.state == .working { enter(order) }
        }
    }

    /// The newest trade of all orders.
    public var lastTradeAt: Timestamp? { orders.values.compactMap { $0.fills.last?.tradedAt }.max() }

    /// When the venue has something to do or to tell without new market data.
    public var nextEventAt: Timestamp? {
        [arrivals.first?.at, reports.lazy.map(\.at).min(), expiries.next].compactMap(\.self).min()
    }

    /// Puts a command on its way; it arrives after the latency, and none overtakes another.
    public mutating func send(_ command: BrokerCommand, at now: Timestamp) {
        let at = now + model.commandLatency(command)
        arrivals.append(Arrival(at: max(at, arrivals.last?.at ?? at), command: command))
    }

    /// Lets time pass: commands arrive and day orders expire; market data of the same instant comes first.
    public mutating func advance(to now: Timestamp) {
        clock = max(clock, now)
        while let arrival = arrivals.first, arrival.at <= now {
            arrivals.removeFirst()
            switch arrival.command {
            case .place(let order): accept(order, at: arrival.at)
            case .cancel(let id, _): cancel(id, at: arrival.at)
            case .replace(let order): replace(order, at: arrival.at)
            }
        }
        for id in expiries.takeDue(at: now) { end(id, .expired, at: now) }
    }

    /// Reports that have arrived by `now`, oldest first.
    public mutating func takeReports(until now: Timestamp) -> [BrokerEvent] {
        guard reports.contains(where: { $0.at <= now }) else { return [] }
        let due = reports.filter { $0.at <= now }
        reports.removeAll { $0.at <= now }
        return due.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element.event)
    }

    /// Orders that changed since the last call; stored before their reports are told.
    public mutating func takeChanges() -> [VenueOrder] {
        guard !changed.isEmpty else { return [] }
        let ids = changed.sorted()
        changed = []
        return ids.compactMap { id in
            orders[id]?.queue?.asOf = clock
            return orders[id]
        }
    }

    /// What the venue knows of an order: its own state, also what it has not told yet.
    public func query(_ id: ClientOrderID, at now: Timestamp) -> BrokerAnswer {
        guard let order = orders[id] else { return .notFound(venueTime: now) }
        return .known(order.reports)
    }

    // MARK: Orders

    private mutating func accept(_ order: ChildOrder, at now: Timestamp) {
        guard orders[order.id] == nil else { return }  // A second copy of a command trades nothing.
        places += 1
        var entry = VenueOrder(
            order: order,
            brokerID: VenueOrder.brokerID(of: order.id),
            arrivedAt: now,
            place: places
        )
        if let problem = refusal(order, at: now) {
            entry.state = .rejected
            entry.rejection = problem
            orders[order.id] = entry
            changed.insert(order.id)
            return report(.rejected(order.id, code: "REJECTED", message: problem), at: now)
        }
        orders[order.id] = entry
        changed.insert(order.id)
        enter(entry)
        report(.acknowledged(order.id, entry.brokerID, at: now), at: now)
        arrive(order.id, at: now)
    }

    /// Puts an order in the place of another, or refuses and leaves that one as it is.
    ///
    /// It keeps its predecessor's priority when only the size goes down; its quantity is the total of both.
    private mutating func replace(_ order: ChildOrder, at now: Timestamp) {
        guard orders[order.id] == nil, let id = order.replaces else { return }
        let old = orders[id]
        let keeps = old.map { old in
            old.order.request.type == order.request.type && order.request.quantity <= old.order.request.quantity
        }
        if keeps != true { places += 1 }
        var entry = VenueOrder(
            order: order,
            brokerID: VenueOrder.brokerID(of: order.id),
            arrivedAt: now,
            place: keeps == true ? old?.place ?? places : places
        )
        var problem = refusal(order, at: now)
        if let old, old.state == .working {
            let carried = (old.carried ?? .zero) + old.executed
            entry.predecessorExecuted = old.executed
            entry.carried = carried
            if order.request.quantity <= carried { problem = problem ?? "too late: \(carried) have traded" }
        } else {
            problem = problem ?? "order \(id) \(old.map { "is \($0.state.rawValue)" } ?? "is not known here")"
        }
        changed.insert(order.id)
        guard problem == nil, var old else {
            entry.state = .rejected
            entry.rejection = problem
            orders[order.id] = entry
            return report(
                .rejected(order.id, code: "REPLACE_REFUSED", message: problem ?? "nothing to replace"),
                at: now
            )
        }
        if keeps == true { entry.queue = old.queue }
        orders[order.id] = entry
        if keeps == true {
            expiries.remove(old)
            floors.replace(old, by: entry)
            if let at = expiry(entry) { expiries.add(entry, at) }
        } else {
            leaveBook(id)
            enter(entry)
        }
        old.state = .replaced
        old.successor = order.id
        orders[id] = old
        changed.insert(id)
        report(entry.arrival, at: now)
        arrive(order.id, at: now)
    }

    private func refusal(_ order: ChildOrder, at now: Timestamp) -> String? {
        let until = order.requestTime + order.validFor
        if now > until { return "arrived at \(now), after its receive window ended at \(until)" }
        let request = order.request
        if request.quantity <= .zero || request.quantity.rounded(toLot: order.instrument.lot) != request.quantity {
            return "quantity \(request.quantity) is no positive multiple of lot \(order.instrument.lot)"
        }
        if let limit = request.type.limitPrice, limit.rounded(to: order.instrument.tick, for: .buy) != limit {
            return "limit price \(limit) is not on the tick grid of \(order.instrument.tick)"
        }
        if request.isPostOnly, let touch = touch(order), order.isMarketable(at: touch) {
            return "post-only, and would trade at once at \(touch)"
        }
        if request.isReduceOnly, request.quantity > closable(order) {
            return "reduce-only, and \(closable(order)) may be closed by a \(order.side.rawValue)"
        }
        if closeOf(order.instrument, now) == nil { return "\(order.instrument.symbol) is closed at \(now)" }
        return nil
    }

    private mutating func cancel(_ id: ClientOrderID, at now: Timestamp) {
        guard let order = orders[id], order.state == .working else {
            let state = orders[id].map { "is \($0.state.rawValue)" } ?? "is not known here"
            return report(.cancelRefused(id, code: "NOT_WORKING", message: "order \(id) \(state)"), at: now)
        }
        end(id, .cancelled, at: now)
    }

    mutating func fill(_ id: ClientOrderID, _ size: Quantity, at price: Price, time: Timestamp) {
        guard var order = orders[id] else { return }
        let child = order.order
        let notional = child.instrument.notional(price, size)
        let fill = Fill(
            account: child.account,
            symbol: child.instrument.symbol,
            tradeID: TradeID(unchecked: "\(order.brokerID)-\(order.fills.count + 1)"),
            clientOrderID: id,
            side: child.side,
            quantity: size,
            price: price,
            notional: notional,
            commission: model.commission(on: notional),
            tradedAt: time
        )
        order.fills.append(fill)
        if order.remaining <= .zero { order.state = .filled }
        orders[id] = order
        changed.insert(id)
        if order.state == .filled { leaveBook(id) } else { floors.filled(order, size) }
        report(.filled(fill), at: time)
    }

    mutating func endIfImmediate(_ id: ClientOrderID, at now: Timestamp) {
        guard let order = orders[id], order.state == .working else { return }
        switch order.order.request.timeInForce {
        case .immediateOrCancel, .fillOrKill: end(id, .expired, at: now)
        case .day, .goodTillCancel: break
        }
    }

    mutating func end(_ id: ClientOrderID, _ state: VenueOrder.State, at now: Timestamp) {
        guard var order = orders[id] else { return }
        order.state = state
        orders[id] = order
        changed.insert(id)
        leaveBook(id)
        let executed = order.executed
        report(state == .expired ? .expired(id, executed: executed) : .cancelled(id, executed: executed), at: now)
    }

    private mutating func enter(_ order: VenueOrder) {
        floors.enter(order)
        if let at = expiry(order) { expiries.add(order, at) }
    }

    private mutating func leaveBook(_ id: ClientOrderID) {
        guard let order = orders[id] else { return }
        expiries.remove(order)
        floors.leave(order)
    }

    private mutating func report(_ event: BrokerEvent, at now: Timestamp) {
        let (latency, isFixed) = model.reportLatency(event, after: orders[event.order]?.fills.count ?? 0)
        let at = isFixed ? now + latency : max(now + latency, lastReport)
        lastReport = max(lastReport, at)
        reports.append(Report(at: at, event: event))
    }

    /// When an order ends at the latest; good-till-cancel orders do not.
    ///
    /// An immediate order ends with its first chance to trade, and where no data comes with the session.
    private func expiry(_ order: VenueOrder) -> Timestamp? {
        guard order.order.request.timeInForce != .goodTillCancel else { return nil }
        return closeOf(order.order.instrument, order.arrivedAt)
    }
}
