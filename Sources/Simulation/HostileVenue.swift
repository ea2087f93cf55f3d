import ExecutionEngine
import OrderManagement
import TradingDomain

/// A venue that keeps its books right and tells of them late, twice, out of order or never.
///
/// What it executes is the truth: at most what was asked for, each id once, nothing after a command's validity.
struct HostileVenue: Sendable {
    struct Order: Sendable {
        enum State: Sendable { case working, filled, cancelled, expired, rejected, replaced }

        let order: ChildOrder
        var state = State.working
        var executed = Quantity.zero
        /// What the orders before it in a chain had executed.
        var carried = Quantity.zero
        /// Everything it has to tell, oldest first.
        var story: [BrokerEvent] = []

        var remaining: Quantity { order.request.quantity - carried - executed }
    }

    private struct Pending<Value: Sendable>: Sendable {
        let at: Timestamp
        let number: Int
        let value: Value
    }

    private(set) var orders: [ClientOrderID: Order] = [:]
    /// Ids in the order in which they came.
    private(set) var working: [ClientOrderID] = []
    private var arrivals: [Pending<BrokerCommand>] = []
    private var reports: [Pending<BrokerEvent>] = []
    private var random: WorldRandom
    /// For what others do here, and whether the venue answers when asked for everything.
    var others: WorldRandom
    /// Trades in the account's name that are not ours.
    var foreign: [Fill] = []
    private var count = 0
    private var trades = 0
    /// How far its clock is behind ours.
    private let lag: Duration
    /// Whether anything still goes wrong; at the end of a world nothing does, so that everything can end.
    var isHostile = true
    var overfills = false

    init(seed: UInt64) {
        random = WorldRandom(seed ^ 0xA5A5)
        others = WorldRandom(seed ^ 0x5A5A)
        lag = random.chance(300) ? random.duration(0...1500) : .zero
    }

    func clock(at now: Timestamp) -> Timestamp { now - lag }

    /// When it has something to do or to tell.
    var nextAt: Timestamp? {
        let arrival = arrivals.map(\.at).min()
        guard let report = reports.map(\.at).min() else { return arrival }
        return arrival.map { min($0, report) } ?? report
    }

    // MARK: Commands

    mutating func send(_ command: BrokerCommand, at now: Timestamp) {
        var latency = random.duration(5...400)
        if isHostile {
            if random.chance(30) { return }  // Lost on the way, and nobody knows.
            if random.chance(40) { latency = random.duration(1000...12_000) }
            if case .place(let order) = command {
                if random.chance(20) {
                    return report(.notPlaced(order.id, reason: "connection refused"), at: now)  // Surely not received.
                }
                if random.chance(20) { report(.unknown(order.id, reason: "timeout"), at: now) }
            }
            if random.chance(20) { add(command, at: now + latency + random.duration(0...3000)) }  // A second copy.
        }
        add(command, at: now + latency)
    }

    private mutating func add(_ command: BrokerCommand, at time: Timestamp) {
        count += 1
        arrivals.append(Pending(at: time, number: count, value: command))
    }

    /// Lets what is due by `now` arrive.
    mutating func advance(to now: Timestamp) {
        while let next = arrivals.filter({ $0.at <= now }).min(by: { ($0.at, $0.number) < ($1.at, $1.number) }) {
            arrivals.removeAll { $0.number == next.number }
            switch next.value {
            case .place(let order): accept(order, at: next.at)
            case .replace(let order): replace(order, at: next.at)
            case .cancel(let id, _): cancel(id, at: next.at)
            }
        }
    }

    /// Orders that are on their way and will still be taken, with what each may add.
    var inFlight: [ChildOrder] {
        var seen: Set<ClientOrderID> = []
        return arrivals.compactMap { arrival in
            switch arrival.value {
            case .place(let order), .replace(let order):
                guard orders[order.id] == nil, isValid(order, at: arrival.at), seen.insert(order.id).inserted else {
                    return nil
                }
                return order
            case .cancel: return nil
            }
        }
    }

    private func isValid(_ order: ChildOrder, at now: Timestamp) -> Bool {
        clock(at: now) <= order.requestTime + order.validFor
    }

    private mutating func accept(_ order: ChildOrder, at now: Timestamp) {
        guard orders[order.id] == nil, isValid(order, at: now) else { return }
        var entry = Order(order: order)
        if isHostile, random.chance(50) {
            let codes = ["REJECTED", "RATE_LIMITED", "VENUE_BUSY"]
            entry.state = .rejected
            orders[order.id] = entry
            return tell(.rejected(order.id, code: codes[random.below(codes.count)], message: "no"), at: now)
        }
        if order.request.isReduceOnly, order.request.quantity > closable(order) {
            entry.state = .rejected
            orders[order.id] = entry
            return tell(.rejected(order.id, code: "REDUCE_ONLY", message: "it would add exposure"), at: now)
        }
        orders[order.id] = entry
        working.append(order.id)
        tell(.acknowledged(order.id, BrokerOrderID(unchecked: "v-\(order.id)"), at: now), at: now)
        let isImmediate = order.request.timeInForce == .immediateOrCancel || order.request.timeInForce == .fillOrKill
        if isImmediate || random.chance(300) { trade(order.id, at: now) }
        if isImmediate, orders[order.id]?.state == .working { end(order.id, .expired, at: now) }
    }

    private mutating func replace(_ order: ChildOrder, at now: Timestamp) {
        guard orders[order.id] == nil, isValid(order, at: now), let id = order.replaces else { return }
        var entry = Order(order: order)
        guard var old = orders[id], old.state == .working, order.request.quantity > old.carried + old.executed,
            !(isHostile && random.chance(150))
        else {
            entry.state = .rejected
            orders[order.id] = entry
            return tell(.rejected(order.id, code: "REPLACE_REFUSED", message: "too late"), at: now)
        }
        old.state = .replaced
        entry.carried = old.carried + old.executed
        orders[id] = old
        orders[order.id] = entry
        working.removeAll { $0 == id }
        working.append(order.id)
        let broker = BrokerOrderID(unchecked: "v-\(order.id)")
        let event = BrokerEvent.replaced(id, by: order.id, broker, executed: old.executed, at: now)
        orders[id]?.story.append(event)
        tell(event, at: now)
    }

    private mutating func cancel(_ id: ClientOrderID, at now: Timestamp) {
        guard orders[id]?.state == .working else {
            return report(.cancelRefused(id, code: "NOT_WORKING", message: "not working"), at: now)
        }
        if isHostile, random.chance(100) {
            return report(.cancelRefused(id, code: "BUSY", message: "try again"), at: now)
        }
        if isHostile, random.chance(250) { trade(id, at: now) }  // The cancel loses a race.
        if orders[id]?.state == .working { end(id, .cancelled, at: now) }
    }

    // MARK: Trading

    /// Fills some of what works in a symbol.
    mutating func market(_ symbol: Symbol, at now: Timestamp) {
        if isHostile, others.chance(12) { intrude(symbol, at: now) }
        for id in working where orders[id]?.order.instrument.symbol == symbol {
            if random.chance(isHostile ? 350 : 600) { trade(id, at: now) }
        }
    }

    /// Ends what works when the session closes.
    mutating func close(at now: Timestamp) {
        for id in working { end(id, .expired, at: now) }
    }

    private mutating func trade(_ id: ClientOrderID, at now: Timestamp) {
        guard var entry = orders[id], entry.state == .working else { return }
        let order = entry.order
        let lots = Int(entry.remaining.lots(of: order.instrument.lot))
        var size = Quantity(units: Int64(1 + random.below(max(lots, 1))) * order.instrument.lot.units)
        if random.chance(300) || order.request.timeInForce == .fillOrKill { size = entry.remaining }
        if overfills { size = size + entry.remaining }
        trades += 1
        entry.executed += size
        if entry.remaining <= .zero { entry.state = .filled }
        let price = order.request.type.limitPrice ?? Price(units: 10_000_000_000)
        let notional = order.instrument.notional(price, size)
        let fill = Fill(
            account: order.account,
            symbol: order.instrument.symbol,
            tradeID: TradeID(unchecked: "T-\(trades)"),
            clientOrderID: id,
            side: order.side,
            quantity: size,
            price: price,
            notional: notional,
            commission: notional.times(FixedDecimal(units: 15_000)),
            tradedAt: now
        )
        orders[id] = entry
        if entry.state == .filled { working.removeAll { $0 == id } }
        tell(.filled(fill), at: now)
    }

    private mutating func end(_ id: ClientOrderID, _ state: Order.State, at now: Timestamp) {
        guard let executed = orders[id]?.executed else { return }
        orders[id]?.state = state
        working.removeAll { $0 == id }
        tell(state == .expired ? .expired(id, executed: executed) : .cancelled(id, executed: executed), at: now)
    }

    // MARK: Reports

    /// Enters an event into its order's story and lets the report of it go its own way.
    private mutating func tell(_ event: BrokerEvent, at now: Timestamp) {
        orders[event.order]?.story.append(event)
        report(event, at: now)
    }

    mutating func report(_ event: BrokerEvent, at now: Timestamp) {
        count += 1
        guard isHostile else {
            reports.append(Pending(at: now + .milliseconds(20), number: count, value: event))
            return
        }
        if random.chance(40) { return }
        // A replacement's own trades may be told before it.
        if case .replaced = event, random.chance(300) {
            reports.append(Pending(at: now + random.duration(5000...60_000), number: count, value: event))
            return
        }
        var delay = random.duration(5...1500)
        if random.chance(40) { delay = random.duration(2000...40_000) }
        reports.append(Pending(at: now + delay, number: count, value: event))
        if random.chance(60) {
            count += 1
            reports.append(Pending(at: now + delay + random.duration(0...9000), number: count, value: event))
        }
    }

    /// What has reached us by `now`.
    mutating func takeReports(until now: Timestamp) -> [BrokerEvent] {
        let due = reports.filter { $0.at <= now }.sorted { ($0.at, $0.number) < ($1.at, $1.number) }
        reports.removeAll { $0.at <= now }
        return due.map(\.value)
    }

    /// Its answer about one order: the truth, or nothing.
    mutating func query(_ id: ClientOrderID, at now: Timestamp) -> BrokerAnswer {
        if isHostile, random.chance(250) { return .unavailable(reason: "nobody answers") }
        guard let story = orders[id]?.story else { return .notFound(venueTime: clock(at: now)) }
        return .known(story)
    }
}
