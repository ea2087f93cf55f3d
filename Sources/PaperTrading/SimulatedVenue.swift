public import ExecutionEngine
public import MarketData
public import OrderManagement
public import TradingDomain

/// A venue in virtual time, as a pure state machine: commands and market data in, reports out.
///
/// Fills follow ``FillModel``. An order that arrives after its receive window is refused, so that no late copy of a
/// command can ever trade; a client order id that it has seen is never taken again.
public struct SimulatedVenue: Sendable {
    private struct Arrival: Sendable {
        let at: Timestamp
        let command: BrokerCommand
    }

    private struct Report: Sendable {
        let at: Timestamp
        let event: BrokerEvent
    }

    /// What an instrument's book offers until the next quote.
    private struct Offer: Sendable {
        var quote: Quote
        var bidLeft: Quantity
        var askLeft: Quantity
    }

    private let model: FillModel
    private let closeOf: @Sendable (Instrument, Timestamp) -> Timestamp?
    private var orders: [ClientOrderID: VenueOrder] = [:]
    /// Working orders in the order of their arrival, which is also their priority.
    private var book: [Symbol: [ClientOrderID]] = [:]
    private var offers: [Symbol: Offer] = [:]
    private var arrivals: [Arrival] = []
    private var reports: [Report] = []
    private var changed: [ClientOrderID] = []
    /// Orders taken so far.
    private var places = 0
    /// When working orders expire by themselves.
    private var expiries: [ClientOrderID: Timestamp] = [:]

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
        (arrivals.map(\.at) + reports.map(\.at) + Array(expiries.values)).min()
    }

    /// Puts a command on its way; it arrives after the latency.
    public mutating func send(_ command: BrokerCommand, at now: Timestamp) {
        arrivals.append(Arrival(at: now + model.latency, command: command))
    }

    /// Lets time pass: commands arrive and day orders expire; market data of the same instant comes first.
    public mutating func advance(to now: Timestamp) {
        while let index = arrivals.firstIndex(where: { $0.at <= now }) {
            let arrival = arrivals.remove(at: index)
            switch arrival.command {
            case .place(let order): accept(order, at: arrival.at)
            case .cancel(let id, _): cancel(id, at: arrival.at)
            case .replace(let order): replace(order, at: arrival.at)
            }
        }
        let expired = expiries.filter { $0.value <= now }.keys.compactMap { orders[$0] }
        for order in expired.sorted(by: { $0.place < $1.place }) { end(order.order.id, .expired, at: now) }
    }

    /// Reports that have arrived by `now`, oldest first.
    public mutating func takeReports(until now: Timestamp) -> [BrokerEvent] {
        let due = reports.filter { $0.at <= now }
        reports.removeAll { $0.at <= now }
        return due.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element.event)
    }

    /// Orders that changed since the last call; stored before their reports are told.
    public mutating func takeChanges() -> [VenueOrder] {
        let ids = Set(changed).sorted()
        changed = []
        return ids.compactMap { orders[$0] }
    }

    /// What the venue knows of an order: its own state, also what it has not told yet.
    public func query(_ id: ClientOrderID, at now: Timestamp) -> BrokerAnswer {
        guard let order = orders[id] else { return .notFound(venueTime: now) }
        return .known(order.reports)
    }

    // MARK: Market

    /// Takes past quotes as the state of the book, without trading anything on them.
    public mutating func show(_ events: [MarketEvent]) {
        for case .quote(let quote) in events where quote.isUsable {
            let lot = Quantity(units: 1)
            offers[quote.symbol] = Offer(
                quote: quote,
                bidLeft: model.share(of: quote.bidSize, lot: lot),
                askLeft: model.share(of: quote.askSize, lot: lot)
            )
        }
    }

    public mutating func market(_ event: MarketEvent) {
        switch event {
        case .quote(let quote):
            guard quote.isUsable else {
                offers[quote.symbol] = nil
                return
            }
            let lot = book[quote.symbol]?.first.flatMap { orders[$0]?.order.instrument.lot } ?? Quantity(units: 1)
            offers[quote.symbol] = Offer(
                quote: quote,
                bidLeft: model.share(of: quote.bidSize, lot: lot),
                askLeft: model.share(of: quote.askSize, lot: lot)
            )
            for id in book[quote.symbol] ?? [] { trade(id, at: quote.at) }
        case .bar(let bar):
            // A bar fills orders only where no book is known.
            if offers[bar.symbol] == nil { trade(against: bar) }
        case .trade, .depth:
            break
        }
    }

    /// Trades an order against the book's current offer.
    private mutating func trade(_ id: ClientOrderID, at now: Timestamp) {
        guard let order = orders[id], order.state == .working else { return }
        let child = order.order
        guard let offer = offers[child.instrument.symbol] else { return }
        let touch = child.side == .buy ? offer.quote.ask : offer.quote.bid
        let left = (child.side == .buy ? offer.askLeft : offer.bidLeft).rounded(toLot: child.instrument.lot)
        var size = min(order.remaining, left)
        if !isMarketable(child, touch) { size = .zero }
        if child.request.timeInForce == .fillOrKill, size < order.remaining { size = .zero }
        if size > .zero {
            let taken = offer
            offers[child.instrument.symbol]?.askLeft = child.side == .buy ? taken.askLeft - size : taken.askLeft
            offers[child.instrument.symbol]?.bidLeft = child.side == .sell ? taken.bidLeft - size : taken.bidLeft
            fill(id, size, at: model.price(touch, size, child), time: now)
        }
        endIfImmediate(id, at: now)
    }

    /// Trades all working orders of an instrument at the end of a bar, in order of arrival.
    private mutating func trade(against bar: Bar) {
        var left: Quantity?
        for id in book[bar.symbol] ?? [] {
            guard let order = orders[id], order.arrivedAt < bar.end else { continue }
            let last = max(bar.end - .milliseconds(1), order.arrivedAt)
            let child = order.order
            var available = left ?? model.share(of: bar.volume, lot: child.instrument.lot)
            let touch = model.touch(bar, child)
            let limit = child.request.type.limitPrice
            // A resting limit fills where the bar traded through it while the order was there for the whole bar.
            let through = limit.map {
                order.arrivedAt <= bar.start && (child.side == .buy ? bar.low < $0 : bar.high > $0)
            }
            let base = isMarketable(child, touch) ? touch : through == true ? limit : nil
            var size = base == nil ? .zero : min(order.remaining, available)
            if child.request.timeInForce == .fillOrKill, size < order.remaining { size = .zero }
            if size > .zero, let base {
                available -= size
                // The venue stamps the trade inside the bar that it was part of, and never before it had the order.
                fill(id, size, at: model.price(base, size, child), time: last)
            }
            left = available
            endIfImmediate(id, at: bar.end)
        }
    }

    private func isMarketable(_ order: ChildOrder, _ touch: Price) -> Bool {
        guard let limit = order.request.type.limitPrice else { return true }
        return order.side == .buy ? touch <= limit : touch >= limit
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
            changed.append(order.id)
            return report(.rejected(order.id, code: "REJECTED", message: problem), at: now)
        }
        orders[order.id] = entry
        changed.append(order.id)
        enter(entry)
        report(.acknowledged(order.id, entry.brokerID, at: now), at: now)
        trade(order.id, at: now)
    }

    /// Puts an order in the place of another, or refuses and leaves that one as it is.
    ///
    /// It keeps its predecessor's priority when only the size goes down; its quantity is the total of both.
    private mutating func replace(_ order: ChildOrder, at now: Timestamp) {
        guard orders[order.id] == nil, let id = order.replaces else { return }
        places += 1
        var entry = VenueOrder(
            order: order,
            brokerID: VenueOrder.brokerID(of: order.id),
            arrivedAt: now,
            place: places
        )
        var problem = refusal(order, at: now)
        if let old = orders[id], old.state == .working {
            let carried = (old.carried ?? .zero) + old.executed
            entry.predecessorExecuted = old.executed
            entry.carried = carried
            if order.request.quantity <= carried { problem = problem ?? "too late: \(carried) have traded" }
        } else {
            problem = problem ?? "order \(id) \(orders[id].map { "is \($0.state.rawValue)" } ?? "is not known here")"
        }
        changed.append(order.id)
        if let problem {
            entry.state = .rejected
            entry.rejection = problem
            orders[order.id] = entry
            return report(.rejected(order.id, code: "REPLACE_REFUSED", message: problem), at: now)
        }
        orders[order.id] = entry
        if var old = orders[id] {
            let before = old.order.request
            let keeps = before.type == order.request.type && order.request.quantity <= before.quantity
            old.state = .replaced
            old.successor = order.id
            orders[id] = old
            changed.append(id)
            let symbol = order.instrument.symbol
            if keeps, let index = book[symbol]?.firstIndex(of: id) {
                book[symbol]?[index] = order.id
                expiries[id] = nil
                expiries[order.id] = expiry(entry)
            } else {
                leaveBook(id)
                enter(entry)
            }
        }
        report(entry.arrival, at: now)
        trade(order.id, at: now)
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
        if request.isPostOnly, let offer = offers[order.instrument.symbol] {
            let touch = order.side == .buy ? offer.quote.ask : offer.quote.bid
            guard !isMarketable(order, touch) else { return "post-only, and would trade at once at \(touch)" }
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

    private mutating func fill(_ id: ClientOrderID, _ size: Quantity, at price: Price, time: Timestamp) {
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
        changed.append(id)
        if order.state == .filled { leaveBook(id) }
        report(.filled(fill), at: time)
    }

    private mutating func endIfImmediate(_ id: ClientOrderID, at now: Timestamp) {
        guard let order = orders[id], order.state == .working else { return }
        switch order.order.request.timeInForce {
        case .immediateOrCancel, .fillOrKill: end(id, .expired, at: now)
        case .day, .goodTillCancel: break
        }
    }

    private mutating func end(_ id: ClientOrderID, _ state: VenueOrder.State, at now: Timestamp) {
        guard var order = orders[id] else { return }
        order.state = state
        orders[id] = order
        changed.append(id)
        leaveBook(id)
        let executed = order.executed
        report(state == .expired ? .expired(id, executed: executed) : .cancelled(id, executed: executed), at: now)
    }

    private mutating func enter(_ order: VenueOrder) {
        book[order.order.instrument.symbol, default: []].append(order.order.id)
        expiries[order.order.id] = expiry(order)
    }

    private mutating func leaveBook(_ id: ClientOrderID) {
        expiries[id] = nil
        guard let symbol = orders[id]?.order.instrument.symbol else { return }
        book[symbol]?.removeAll { $0 == id }
    }

    private mutating func report(_ event: BrokerEvent, at now: Timestamp) {
        reports.append(Report(at: now + model.latency, event: event))
    }

    /// When an order ends at the latest; good-till-cancel orders do not.
    ///
    /// An immediate order ends with its first chance to trade, and where no data comes with the session.
    private func expiry(_ order: VenueOrder) -> Timestamp? {
        guard order.order.request.timeInForce != .goodTillCancel else { return nil }
        return closeOf(order.order.instrument, order.arrivedAt)
    }
}
