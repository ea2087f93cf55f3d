import ExecutionAlgorithms
import OrderManagement
import Testing
import TradingDomain

/// Asks for anything at any time: too much, odd lots, negative, after its end; cancels strangers; wakes at once.
private struct HostileAlgorithm: ExecutionAlgorithm {
    private(set) var calls = 0

    func draw(_ context: AlgorithmContext, _ number: UInt64, below bound: Int) -> Int {
        Int(context.random(number) * Double(bound))
    }

    mutating func handle(_ event: AlgorithmEvent, _ context: AlgorithmContext, into actions: inout ActionBuffer) {
        calls += 1
        for number in 0..<UInt64(draw(context, 99, below: 4)) {
            let base = number * 10
            switch draw(context, base, below: 10) {
            case 0...5:
                let lots = draw(context, base + 1, below: 8)
                let sizes = [
                    Quantity(lots * 10), Quantity(lots * 10), Quantity(lots * 10 + 1), Quantity(-10),
                    context.progress.remaining, context.parent.quantity, Quantity(units: .max), Quantity(units: .min),
                ]
                let price = Price(units: 10_000_000_000 + Int64(draw(context, base + 2, below: 400_000_000)))
                actions.submit(
                    ChildRequest(
                        quantity: sizes[draw(context, base + 3, below: sizes.count)],
                        type: draw(context, base + 4, below: 2) == 0 ? .market : .limit(price)
                    )
                )
            case 6, 7:
                let sequence = draw(context, base + 5, below: 12) + 1
                let incarnation = Incarnation(bits: UInt32(1 + draw(context, base + 6, below: 20) / 19))
                let child = ClientOrderID(parent: context.parent.id, incarnation: incarnation, sequence: sequence)
                if draw(context, base + 9, below: 2) == 0 {
                    actions.cancel(child)
                } else {
                    actions.replace(
                        child,
                        by: ChildRequest(quantity: Quantity(draw(context, base + 4, below: 11) * 10))
                    )
                }
            case 8:
                actions.wake(at: context.now + .seconds(draw(context, base + 7, below: 120) - 60))
            default:
                if draw(context, base + 8, below: 10) == 0 { actions.finish("enough") }
            }
        }
    }
}

/// A session in a world that lies to it, watched from outside.
private struct World {
    let seed: UInt64
    let side: Side
    var random: Seeded
    var session: ExecutionSession
    var now = Sample.start
    var journal: [JournaledEvent] = []
    var orders: [ChildOrder] = []
    var sent: [BrokerEvent] = []
    /// Every fill delivered, each once: what must have been counted.
    var trades: [TradeID: Quantity] = [:]
    var finished = 0
    var cancelled: [ClientOrderID] = []
    var isPaused = false
    var isEnding = false

    init(seed: UInt64) throws {
        self.seed = seed
        random = Seeded(seed)
        side = seed.isMultiple(of: 2) ? .buy : .sell
        session = try Sample.session(
            HostileAlgorithm(),
            quantity: Quantity(200),
            side: side,
            collar: seed.isMultiple(of: 3) ? nil : Sample.collar,
            retries: RetryPolicy()
        )
    }

    /// Checks what came of a call, and lets the journal refuse some of it.
    mutating func take(_ effects: [ExecutionSession.Effect]) {
        var refused: Set<ClientOrderID> = []
        for order in effects.placed {
            check(order)
            orders.append(order)
            if random.chance(10) { refused.insert(order.id) }
        }
        if !effects.placed.isEmpty {
            let progress = session.progress
            #expect(progress.filled + progress.open <= session.parent.quantity, "seed \(seed): I1 broken")
        }
        cancelled += effects.cancelled
        for effect in effects {
            switch effect {
            case .record(let event): journal.append(event)
            case .place(let order, let event): if !refused.contains(order.id) { journal.append(event) }
            case .cancel(let id): #expect(session.children[id] != nil, "seed \(seed): cancels a stranger")
            case .alert: break
            }
        }
        finished += effects.finished.count
        for id in refused.sorted() {
            orders.removeAll { $0.id == id }
            take(session.refuse(id, code: "X", message: "x", at: now, market: nil))
        }
    }

    private func check(_ order: ChildOrder) {
        let quantity = order.request.quantity
        #expect(quantity > .zero && quantity.rounded(toLot: Sample.lot) == quantity, "seed \(seed)")
        #expect(now < session.parent.deadline, "seed \(seed): sent at \(now)")
        #expect(!isPaused && !isEnding && finished == 0, "seed \(seed): sent while it may not")
        #expect(!orders.contains { $0.id == order.id }, "seed \(seed): id used twice")
        #expect(order.requestTime == now && order.side == side)
        if let limit = order.request.type.limitPrice {
            #expect(limit.rounded(to: Sample.tick, for: .buy) == limit, "seed \(seed): off the grid")
            if let collar = session.collar { #expect(side == .buy ? limit <= collar : limit >= collar) }
        } else {
            #expect(session.collar == nil, "seed \(seed): a market order under a collar")
        }
    }

    /// Folding the journal gives this session's progress and children (I7).
    func checkFold() {
        let restored = ExecutionSession(
            restoring: session.parent,
            verdict: session.verdict,
            events: journal,
            algorithm: HostileAlgorithm(),
            collar: session.collar,
            environment: Sample.environment()
        )
        #expect(restored.progress == session.progress, "seed \(seed): progress")
        #expect(restored.children == session.children, "seed \(seed): children")
        #expect(restored.state.isFinal == session.state.isFinal, "seed \(seed): state")
        #expect(restored.parent == session.parent && restored.collar == session.collar, "seed \(seed): parent")
        let open = session.children.values.map(\.open).reduce(.zero, +)
        #expect(session.progress.open == open, "seed \(seed): open")
    }

    mutating func deliver(_ event: BrokerEvent) {
        if case .filled(let fill) = event { trades[fill.tradeID] = fill.quantity }
        sent.append(event)
        take(session.broker(event, at: now, market: nil))
        let counted = trades.values.reduce(.zero, +)
        #expect(session.progress.filled == counted, "seed \(seed): filled")
    }

    /// What a venue might say of an order, true or not.
    mutating func lie(about order: ChildOrder) -> BrokerEvent {
        let id = order.id
        let executed = Quantity(10 * random.below(Int(order.request.quantity.units / 1_000_000_000) + 1))
        if let old = order.replaces, random.chance(30) {
            return .replaced(old, by: id, BrokerOrderID(unchecked: "b"), executed: executed, at: now)
        }
        switch random.below(12) {
        case 0, 1: return .acknowledged(id, BrokerOrderID(unchecked: "b"), at: now)
        case 2, 3, 4, 5:
            let size = Quantity(10 * (1 + random.below(random.chance(5) ? 30 : 3)))
            let trade = "\(id)-\(random.below(6))"
            let known = trades[TradeID(unchecked: trade)]
            return .filled(Sample.fill(order, known ?? size, trade: trade, at: now))
        case 6: return .rejected(id, code: "R", message: "r")
        case 7: return .cancelled(id, executed: executed)
        case 8: return .expired(id, executed: executed)
        case 9: return .cancelRefused(id, code: "R", message: "r")
        case 10: return .notPlaced(id, reason: "r")
        default: return .unknown(id, reason: "r")
        }
    }

    mutating func step() {
        if random.chance(40) { now = now + .milliseconds(random.below(30_000)) }
        switch random.below(20) {
        case 0...10:
            guard let order = orders.isEmpty ? nil : orders[random.below(orders.count)] else { return }
            deliver(
                random.chance(15)
                    ? sent.isEmpty ? lie(about: order) : sent[random.below(sent.count)] : lie(about: order)
            )
        case 11...15:
            take(session.timer(at: now, market: nil))
            if now >= session.parent.deadline { isEnding = true }
        case 16:
            take(session.market(.quote, at: now, market: nil))
        case 17:
            if session.state == .working { isPaused = true }
            take(session.pause(reason: "p", at: now, market: nil))
        case 18:
            isPaused = false
            take(session.resume(reason: "r", at: now, market: nil))
        case 19 where random.chance(60):
            let amendment = ParentAmendment(
                quantity: random.chance(60) ? Quantity(random.below(14) * 10) : nil,
                endTime: random.chance(20) ? now + .seconds(random.below(400) - 20) : nil
            )
            take(session.amend(amendment, at: now, market: nil))
        default:
            guard random.chance(15) else { return }
            isEnding = true
            take(session.cancel(reason: "c", at: now, market: nil))
        }
        if session.state.isFinal || session.state == .closing { isEnding = true }
    }

    /// Every child gets its true end, with the fills that it speaks of; the parent must end too.
    mutating func finish() {
        isEnding = true
        now = max(now, session.parent.deadline)
        take(session.timer(at: now, market: nil))
        take(session.cancel(reason: "end", at: now, market: nil))
        // A replacement that is not told ends with the order before it, so the newest come first.
        for order in orders.reversed() {
            guard let child = session.children[order.id] else { continue }
            if !child.life.isFinal { deliver(.cancelled(order.id, executed: child.filled)) }
            if let open = session.children[order.id]?.open, open > .zero {
                deliver(.filled(Sample.fill(order, open, trade: "\(order.id)-missing", at: now)))
            }
        }
    }
}

@Suite("No algorithm and no venue breaks a session")
struct SessionProperties {
    @Test("I1, I7, and one end", arguments: UInt64(0)..<400)
    func hostile(seed: UInt64) throws {
        var world = try World(seed: seed)
        world.take(world.session.start(arrival: Sample.arrival, at: world.now, market: nil))
        for _ in 0..<120 {
            world.step()
            world.checkFold()
        }
        world.finish()
        world.checkFold()
        #expect(world.finished == 1, "seed \(seed): ended \(world.finished) times in \(world.session.state)")
        #expect(world.session.state.isFinal)
        #expect(world.session.wakeAt == nil)
        let sequences = world.journal.map(\.sequence)
        #expect(sequences == sequences.sorted() && Set(sequences).count == sequences.count, "seed \(seed)")
    }

    @Test("A fill of a stranger with our prefix counts before the parent sends again")
    func stranger() throws {
        var session = try Sample.session(Scripted([[], [.submit(ChildRequest(quantity: Quantity(100)))]]))
        var effects = session.start(arrival: Sample.arrival, at: Sample.start, market: nil)
        var journal = effects.journalled
        let lost = Sample.childOrder(Quantity(30), sequence: 99)
        let fill = Sample.fill(lost, Quantity(30), trade: "t")
        effects = session.adopt(fill, at: Sample.at(1))
        journal += effects.journalled
        #expect(session.progress.filled == Quantity(30))
        #expect(session.adopt(fill, at: Sample.at(2)).isEmpty)
        effects = session.market(.quote, at: Sample.at(3), market: nil)
        #expect(effects.placed.isEmpty)
        #expect(effects.alerts == ["above_parent"])
        let restored = ExecutionSession(
            restoring: session.parent,
            verdict: session.verdict,
            events: journal,
            algorithm: Scripted([]),
            collar: nil,
            environment: Sample.environment()
        )
        #expect(restored.progress.filled == Quantity(30))
    }
}
