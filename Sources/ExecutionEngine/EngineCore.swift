public import ExecutionAlgorithms
public import MarketData
public import OrderManagement
public import Portfolio
public import RiskRules
public import TradingDomain

/// What the engine is told, in the order in which it happened.
public enum EngineInput: Sendable {
    case submitted(ParentSubmission)
    case broker(BrokerEvent)
    case market(MarketEvent)
    /// Asked for inside this process: nobody will tell it again.
    case command(ParentCommand)
    /// Asked for in the journal, which tells it until it is done.
    case requested(RequestedCommand)
}

/// An account's engine as a pure state machine: admission, routing, sessions, ledger.
///
/// Inputs change the state at once and collect what must be journalled; ``takeBatch(at:)`` hands that out as one
/// transaction, and ``settle(_:at:)`` returns what may be sent once it is durable. No clock, no database, no broker.
public struct EngineCore: Sendable {
    /// A child whose outcome is not proven, and when to ask the broker about it.
    public struct Question: Hashable, Sendable {
        public let order: ClientOrderID
        public let symbol: Symbol
        public let askAt: Timestamp
    }

    public let account: AccountID
    var ledger: Ledger
    public private(set) var board = MarketBoard()
    public private(set) var halt: HaltState
    public internal(set) var results: [ParentOrderID: ExecutionResult] = [:]

    /// The portfolio as the day began, for the daily loss.
    var dayStart: PortfolioState
    /// The first price of the day of each symbol.
    var openingPrices: [Symbol: Price] = [:]
    let configuration: EngineConfiguration
    let router: UrgencyRouter
    let catalog: AlgorithmCatalog
    let lease: EngineLease
    var sessions: [ParentOrderID: ExecutionSession] = [:]
    var admissions: [ParentOrderID: ParentAdmission] = [:]
    var submissions: [ParentOrderID: ParentSubmission] = [:]
    /// Open parents in the order they came, so that no result depends on a dictionary's order.
    var working: [ParentOrderID] = []
    /// Open parents by symbol, in the order they came.
    var workingOn: [Symbol: [ParentOrderID]] = [:]
    /// The place of each open parent in that order.
    var places: [ParentOrderID: Int] = [:]
    var timers = TimerQueue()
    var questions: [ClientOrderID: Timestamp] = [:]
    /// Submitted parents that nobody had admitted when this engine took over; they wait for a price.
    var unadmitted: [ParentSubmission] = []
    /// Cancels of parents that have not come to admission yet.
    var early: [ParentOrderID: ParentCommand] = [:]
    /// Their numbers in the journal: they are done when the parent is refused because of them.
    var earlyNumbers: [ParentOrderID: [RequestedCommand.Number]] = [:]
    /// Commands applied already: the journal tells each until a batch has marked it done, and a reader may be late.
    ///
    /// Kept for the lease, at eight bytes for each time that somebody asked something of an order.
    var noted: Set<RequestedCommand.Number> = []
    var pending = Pending()
    var batches: Int64 = 0
    /// Intents and cancels of the batch that is being committed.
    var awaiting: [Intent] = []
    var awaitingCancels: [BrokerCommand] = []
    /// Children that the venue has acknowledged once; if it then does not know one, the order is lost.
    var acknowledged: Set<ClientOrderID> = []
    /// Commands of which whoever held the account has committed no consequence; they come before anything resumes.
    var unread: [RequestedCommand] = []
    /// Restored parents whose algorithm has not been told yet.
    var resuming: [ParentOrderID] = []

    /// What has happened since the last batch.
    struct Pending: Sendable {
        var events: [JournaledEvent] = []
        var fills: [Fill] = []
        var ledger: [LedgerEntry] = []
        var alerts: [EngineAlert] = []
        var intents: [Intent] = []
        var cancels: [BrokerCommand] = []
        var touched = OrderedSet<ParentOrderID>()
        /// Parents that became live: their admission is stored with this batch, once.
        var admitted: Set<ParentOrderID> = []
        var children = OrderedSet<ClientOrderID>()
        var symbols: Set<Symbol> = []
        var done: [RequestedCommand.Number] = []
    }

    /// Builds the engine's state from what the journal holds; parents that were open go on from here.
    public init(
        configuration: EngineConfiguration,
        router: UrgencyRouter,
        catalog: AlgorithmCatalog,
        lease: EngineLease,
        state: AccountState,
        at now: Timestamp
    ) {
        account = lease.account
        self.configuration = configuration
        self.router = router
        self.catalog = catalog
        self.lease = lease
        halt = state.halt
        ledger = Ledger(account: lease.account, currency: configuration.currency)
        dayStart = ledger.state
        for entry in state.ledger {
            fold(entry, at: now)
            if entry.at <= configuration.dayOpen { dayStart = portfolio }
        }
        for record in state.open { restore(record, at: now) }
        unread = state.commands
        // Whoever held the account may have died before it cancelled what it worked.
        if let halt = halt.halt { cancelAll(halt, at: now) }
    }

    /// Cash and positions: the fold of everything booked.
    public var portfolio: PortfolioState { ledger.state }

    // MARK: Time

    /// When something is due without any input: a session's timer or a question to the broker.
    public var nextWake: Timestamp? {
        guard let question = questions.values.min() else { return timers.next }
        return timers.next.map { min($0, question) } ?? question
    }

    /// Calls every session whose time has come, in the order the parents were submitted.
    public mutating func fireTimers(at now: Timestamp) {
        for id in timers.due(at: now).sorted(by: { places[$0, default: 0] < places[$1, default: 0] }) {
            guard var session = sessions[id], let due = session.wakeAt, due <= now else { continue }
            let effects = session.timer(at: now, market: seen(session.parent.symbol))
            keep(session)
            perform(effects, of: id, at: now)
        }
    }

    /// Questions that are due; the caller asks the broker and feeds the answers to ``answered(_:_:at:)``.
    public func dueQuestions(at now: Timestamp) -> [Question] {
        questions.filter { $0.value <= now }.sorted { $0.key < $1.key }.compactMap { id, askAt in
            guard let parts = id.parts, let session = sessions[parts.parent] else { return nil }
            return Question(order: id, symbol: session.parent.symbol, askAt: askAt)
        }
    }

    // MARK: Inputs

    public mutating func apply(_ input: EngineInput, at now: Timestamp) {
        switch input {
        case .submitted(let submission): admit(submission, at: now)
        case .broker(let event): broker(event, at: now)
        case .market(let event): market(event, at: now)
        case .command(let request): command(request, at: now)
        case .requested(let requested): apply(requested, at: now)
        }
    }

    /// The broker's answer about a child whose outcome was not proven.
    public mutating func answered(_ question: Question, _ answer: BrokerAnswer, at now: Timestamp) {
        guard let id = question.order.parts?.parent, let child = sessions[id]?.children[question.order] else {
            questions[question.order] = nil
            return
        }
        let askAgain = now + configuration.questionInterval
        switch answer {
        case .known(let events):
            questions[question.order] = nil
            for event in events { broker(event, at: now) }
            // An answer that settles nothing is no answer.
            if isOpenQuestion(question.order) { questions[question.order] = askAgain }
        case .notFound(let venueTime):
            let bound = child.order.requestTime + child.order.validFor + .seconds(2)
            if wasAcknowledged(question.order) || child.filled > .zero || child.life.isFinal {
                questions[question.order] = nil
                alert(
                    "order_lost",
                    "The venue no longer knows \(question.order), which it had acknowledged. Its quantity "
                        + "stays reserved and its parent stops; resolve it with the venue.",
                    parent: id,
                    at: now
                )
                command(ParentCommand(parent: id, kind: .cancel, reason: "order lost at the venue"), at: now)
            } else if venueTime > bound {
                questions[question.order] = nil
                broker(.notPlaced(question.order, reason: "not found after its validity ended at \(bound)"), at: now)
            } else {
                // The venue's clock may be behind ours: then the bound has passed here and not there.
                questions[question.order] = bound < now ? askAgain : bound + .milliseconds(1)
            }
        case .unavailable:
            questions[question.order] = askAgain
        }
    }

    /// Whether the venue has to be asked: the outcome is not proven, or it executed more than it has told us.
    private func isOpenQuestion(_ child: ClientOrderID) -> Bool {
        guard let parent = child.parts?.parent, let state = sessions[parent]?.children[child] else { return false }
        return state.life == .unknown || (state.life.isFinal && state.open > .zero)
    }

    private mutating func market(_ event: MarketEvent, at now: Timestamp) {
        board.apply(event)
        if openingPrices[event.symbol] == nil { openingPrices[event.symbol] = board.view(event.symbol)?.mid }
        guard case .quote = event else { return notify(.trade, interest: .trades, event.symbol, at: now) }
        notify(.quote, interest: .quotes, event.symbol, at: now)
    }

    private mutating func notify(_ event: AlgorithmEvent, interest: Interests, _ symbol: Symbol, at now: Timestamp) {
        for id in workingOn[symbol] ?? [] {
            guard sessions[id]?.interests.contains(interest) == true, var session = sessions[id] else { continue }
            let effects = session.market(event, at: now, market: seen(symbol))
            keep(session)
            perform(effects, of: id, at: now)
        }
    }

    mutating func broker(_ event: BrokerEvent, at now: Timestamp) {
        guard let id = event.order.parts?.parent, var session = sessions[id] else {
            if case .filled(let fill) = event { adopt(fill, at: now) }
            return
        }
        guard session.children[event.order] != nil else {
            guard case .filled(let fill) = event else { return }
            let effects = session.adopt(fill, at: now)
            keep(session)
            if !effects.isEmpty { alertUnattributed(fill, at: now) }
            return perform(effects, of: id, at: now)
        }
        if case .acknowledged = event { acknowledged.insert(event.order) }
        let effects = session.broker(event, at: now, market: seen(session.parent.symbol))
        keep(session)
        pending.children.append(event.order)
        if !isOpenQuestion(event.order) {
            questions[event.order] = nil
        } else if session.children[event.order]?.life == .unknown {
            questions[event.order] = questions[event.order] ?? now
        } else {
            // The missing fills are most likely on their way.
            questions[event.order] = questions[event.order] ?? now + configuration.questionInterval
        }
        perform(effects, of: id, at: now)
    }

    mutating func command(_ command: ParentCommand, at now: Timestamp) {
        guard var session = sessions[command.parent] else {
            if command.kind == .cancel, results[command.parent] == nil { early[command.parent] = command }
            return
        }
        let market = seen(session.parent.symbol)
        let effects =
            switch command.kind {
            case .cancel: session.cancel(reason: command.reason, at: now, market: market)
            case .pause: session.pause(reason: command.reason, at: now, market: market)
            case .resume: session.resume(reason: command.reason, at: now, market: market)
            }
        keep(session)
        perform(effects, of: command.parent, at: now)
    }

    /// Takes note of the kill switch: active, it cancels everything that is being worked (RM-3).
    public mutating func apply(halt state: HaltState, at now: Timestamp) {
        let began = halt.halt == nil ? state.halt : nil
        halt = state
        if let began { cancelAll(began, at: now) }
    }

    private mutating func cancelAll(_ halt: Halt, at now: Timestamp) {
        let reason = "kill switch: \(halt.reason)"
        for id in working { command(ParentCommand(parent: id, kind: .cancel, reason: reason), at: now) }
    }

    /// Takes a session back after it handled something.
    mutating func keep(_ session: ExecutionSession) {
        sessions[session.parent.id] = session
        timers.set(session.parent.id, at: session.wakeAt)
    }

    /// Enters a parent that is being worked from now on.
    mutating func enter(_ session: ExecutionSession) {
        let id = session.parent.id
        working.append(id)
        workingOn[session.parent.symbol, default: []].append(id)
        places[id] = submissions.count
        keep(session)
    }

    /// Forgets a parent that has ended, except for late fills.
    mutating func leave(_ id: ParentOrderID, _ symbol: Symbol) {
        working.removeAll { $0 == id }
        workingOn[symbol]?.removeAll { $0 == id }
        places[id] = nil
    }
}
