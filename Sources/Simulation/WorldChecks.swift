import ExecutionAlgorithms
import ExecutionEngine
import OrderManagement
import Portfolio
import RiskRules
import TradingDomain

/// What must hold in a world at every moment, seen from outside: by the venue's truth and by the journal.
struct WorldChecks {
    let algorithm: AlgorithmName
    let seed: UInt64
    /// Everything that was sent, folded to one number.
    private(set) var trace: UInt64 = 0xcbf2_9ce4_8422_2325
    /// Intents that were committed, and what of them has left.
    private var committed: Set<ClientOrderID> = []
    private var sent: Set<ClientOrderID> = []
    /// The fold of everything booked.
    private var books: PortfolioState?
    private var booked: Set<LedgerEntry.Key> = []
    /// Parents with events since the last look at the journal.
    private var touched: Set<ParentOrderID> = []
    /// What has happened in this world, by kind.
    private(set) var happenings: Set<String> = []

    init(algorithm: AlgorithmName, seed: UInt64) {
        self.algorithm = algorithm
        self.seed = seed
    }

    func failure(_ invariant: String, _ message: String, at now: Timestamp) -> SimulationFailure {
        SimulationFailure(invariant: invariant, message: message, algorithm: algorithm, seed: seed, at: now)
    }

    /// Something that no batch tells, such as that another engine has taken over.
    mutating func met(_ happening: String) { happenings.insert(happening) }

    // MARK: At every event

    /// I1: by what the engine counts, and by what the venue could come to execute.
    func check(_ core: EngineCore, _ venue: HostileVenue, _ parents: [ParentOrderID], at now: Timestamp) throws {
        for id in parents {
            guard let session = core.session(of: id) else { continue }
            let progress = session.progress
            guard progress.filled + progress.open <= session.parent.quantity else {
                throw failure(
                    "I1",
                    "\(progress.filled) filled and \(progress.open) open of \(session.parent.quantity) in \(id)",
                    at: now
                )
            }
        }
        var possible: [ParentOrderID: Quantity] = [:]
        for (_, entry) in venue.orders {
            let more = entry.state == .working ? max(entry.remaining, .zero) : .zero
            possible[entry.order.parent, default: .zero] += entry.executed + more
        }
        for order in venue.inFlight {
            var more = order.request.quantity
            if let old = order.replaces.flatMap({ venue.orders[$0] }) {
                guard old.state == .working else { continue }
                more = max(order.request.quantity - old.order.request.quantity, .zero)
            }
            possible[order.parent, default: .zero] += more
        }
        for id in parents {
            guard let session = core.session(of: id), let most = possible[id], most > session.parent.quantity else {
                continue
            }
            throw failure("I1", "the venue may execute \(most) of \(session.parent.quantity) in \(id)", at: now)
        }
    }

    // MARK: At every commit

    mutating func note(
        _ batch: EngineBatch,
        _ receipt: BatchReceipt,
        spoiled: Sabotage?,
        at now: Timestamp
    ) throws {
        for intent in batch.intents where receipt.refused[intent.order.id] == nil {
            guard committed.insert(intent.order.id).inserted else {
                throw failure("I3", "the id \(intent.order.id) was used twice", at: now)
            }
            touched.insert(intent.order.parent)
            guard receipt.halt.allows(.place(flatteningFor: intent.flattens)) else {
                throw failure("I6", "\(intent.order.id) was committed under a halt", at: now)
            }
            guard intent.flattens == nil || intent.order.request.isReduceOnly else {
                throw failure("I6", "\(intent.order.id) closes a position and may open one", at: now)
            }
        }
        touched.formUnion(batch.events.map(\.parent))
        for event in batch.events { happenings.insert(Self.kind(of: event.event)) }
        for intent in batch.intents where intent.order.attempt != nil { happenings.insert("tried again") }
        if !receipt.refused.isEmpty { happenings.insert("intent refused") }
        for finding in batch.reconciliation?.findings ?? [] { happenings.insert(finding.kind.rawValue) }
        for step in batch.halting { happenings.insert("halt \(step.kind.rawValue)") }
        if let state = batch.reconciliation?.state {
            happenings.insert(state.isReconciled ? "reconciled" : "unreconciled")
        }
        for alert in batch.alerts { happenings.insert(alert.code) }
        var books =
            try self.books
            ?? PortfolioState(account: SimulatedWorld.account, currency: .usd, entries: [WorldChecks.opening()])
        for entry in batch.ledger where booked.insert(entry.key).inserted {
            if spoiled == .loseEntry { continue }
            try books.apply(entry)
        }
        self.books = books
    }

    private static func kind(of event: OrderEvent) -> String {
        switch event {
        case .parent(.admitted): "admitted"
        case .parent(.refused): "refused"
        case .parent(.started): "started"
        case .parent(.paused): "paused"
        case .parent(.resumed): "resumed"
        case .parent(.cancelRequested): "parent cancelled"
        case .parent(.amendRequested): "amendment waits"
        case .parent(.amended): "amended"
        case .parent(.amendRefused): "amendment refused"
        case .parent(.intentRefused): "intent refused"
        case .parent(.finished(let state, _)): state.rawValue
        case .child(_, .intended): "intended"
        case .child(_, .acknowledged): "acknowledged"
        case .child(_, .filled): "fill"
        case .child(_, .rejected): "rejected"
        case .child(_, .cancelRequested(let reason)): reason == nil ? "cancel" : "stale"
        case .child(_, .cancelRefused): "cancel refused"
        case .child(_, .cancelled): "child cancelled"
        case .child(_, .expired): "expired"
        case .child(_, .notPlaced): "not placed"
        case .child(_, .unknown): "unknown"
        case .child(_, .replaced(let executed, _, _)): executed == nil ? "replaced, untold" : "replaced"
        case .child(_, .resolved): "resolved"
        }
    }

    private static func opening() throws -> LedgerEntry {
        try LedgerEntry(
            account: SimulatedWorld.account,
            kind: .openingBalance,
            reference: "opening",
            at: WorldSetting.opening.at,
            cashChange: WorldSetting.opening.cash
        )
    }

    /// I2 and I3: what leaves was committed, and no order leaves twice.
    mutating func send(_ command: BrokerCommand, at now: Timestamp) throws {
        switch command {
        case .place(let order), .replace(let order):
            guard committed.contains(order.id) else {
                throw failure("I2", "\(order.id) left without a committed intent", at: now)
            }
            guard sent.insert(order.id).inserted else { throw failure("I3", "\(order.id) left twice", at: now) }
            fold("\(now.nanoseconds) \(order.id) \(order.request.quantity) \(order.request.type)")
        case .cancel(let id, _):
            fold("\(now.nanoseconds) cancel \(id)")
        }
    }

    private mutating func fold(_ text: String) {
        for byte in text.utf8 { trace = (trace ^ UInt64(byte)) &* 0x100_0000_01b3 }
    }

    // MARK: Once everything is durable

    /// I4 and I7: positions and cash are the fold of the ledger, each session is the fold of its parent's events.
    mutating func checkDurable(
        _ core: EngineCore,
        _ ground: MemoryJournal.Ground,
        _ catalog: AlgorithmCatalog,
        at now: Timestamp
    ) async throws {
        if let books {
            for symbol in Set(books.positions.keys).union(core.portfolio.positions.keys).sorted()
            where books.positions[symbol] != core.portfolio.positions[symbol] {
                throw failure("I4", "\(symbol): the books' position is not the fold of the ledger", at: now)
            }
            guard books.cash == core.portfolio.cash else {
                throw failure("I4", "cash is \(core.portfolio.cash), the ledger makes \(books.cash)", at: now)
            }
        }
        let ids = touched.sorted()
        touched = []
        for record in try await MemoryJournal(ground).parents(ids) {
            guard let session = core.session(of: record.submission.id), let admission = record.admission else {
                continue
            }
            let folded = ExecutionSession(
                restoring: admission.parent,
                verdict: session.verdict,
                events: record.events,
                algorithm: session.algorithm,
                collar: admission.collar,
                environment: SessionEnvironment(sequence: 0, incarnation: Incarnation(bits: 0), seed: 0)
            )
            let id = record.submission.id
            guard folded.children == session.children, folded.progress == session.progress else {
                throw failure("I7", "the fold of \(id)'s \(record.events.count) events is not its session", at: now)
            }
            guard folded.parent == session.parent, folded.collar == session.collar,
                folded.state.isFinal == session.state.isFinal
            else { throw failure("I7", "the fold of \(id) is \(folded.state), its session \(session.state)", at: now) }
            if let snapshot = record.snapshot {
                do {
                    _ = try catalog.restore(snapshot)
                } catch {
                    throw failure("I7", "the snapshot of \(id) cannot be read: \(error)", at: now)
                }
            }
        }
    }

    /// At the end the account holds what the venue has executed, and nothing works there.
    func checkEnd(_ core: EngineCore, _ venue: HostileVenue, at now: Timestamp) throws {
        var executed: [Symbol: Int64] = [:]
        var filled: [ParentOrderID: Quantity] = [:]
        for (id, entry) in venue.orders {
            guard entry.state != .working else { throw failure("end", "\(id) still works at the venue", at: now) }
            let sign: Int64 = entry.order.side == .buy ? 1 : -1
            executed[entry.order.instrument.symbol, default: 0] += sign * entry.executed.units
            filled[entry.order.parent, default: .zero] += entry.executed
        }
        for fill in venue.foreign {
            executed[fill.symbol, default: 0] += (fill.side == .buy ? 1 : -1) * fill.quantity.units
        }
        guard core.isReconciled else {
            let reason = core.reconciliationState?.reason ?? ""
            throw failure("I13", "an honest venue's account is not reconciled: \(reason)", at: now)
        }
        for (symbol, units) in executed where core.portfolio.position(symbol).quantity.units != units {
            let held = core.portfolio.position(symbol).quantity
            throw failure(
                "I4",
                "the venue has executed \(Quantity(units: units)) \(symbol), the account holds \(held)",
                at: now
            )
        }
        for (id, quantity) in filled {
            let counted = core.session(of: id)?.progress.filled
            guard counted == nil || counted == quantity else {
                throw failure(
                    "I4",
                    "the venue has filled \(quantity) of \(id), its session \(counted ?? .zero)",
                    at: now
                )
            }
        }
    }
}
