public import ExecutionAlgorithms
import ExecutionAnalytics
public import MarketData
package import OrderManagement
public import Portfolio
public import RiskRules
public import TradingDomain

/// An account's engine as a pure state machine: admission, routing, sessions, ledger.
///
/// Inputs change the state at once and collect what must be journalled; ``takeBatch(at:)`` hands that out as one
/// transaction, and ``settle(_:at:)`` returns what may be sent once it is durable. No clock, no database, no broker.
public struct EngineCore: Sendable {
    public let account: AccountID
    var ledger: Ledger
    public internal(set) var board: MarketBoard
    public private(set) var halt: HaltState
    /// Set while the account may only reduce its exposure (OP-11).
    public internal(set) var safeMode: SafeMode?
    public internal(set) var results: [ParentOrderID: ExecutionResult] = [:]

    /// For the daily loss.
    var dayWorth: DayStartWorth
    /// What everything held and ordered comes to, for every order that is judged.
    var sums: AccountSums
    let configuration: EngineConfiguration
    /// What is learned while it runs is told to it.
    var router: OrderRouting
    let catalog: AlgorithmCatalog
    let lease: EngineLease
    var sessions = SessionTable()
    /// Watches the executions of the open parents.
    var monitor: ExecutionMonitor
    /// By place of a parent: the place of its instrument on the board.
    var instruments: [Int] = []
    /// By place: the state that the journal has of the parent, with the batch that was taken last.
    var journalled: [ParentState?] = []
    var subscriptions = Subscriptions()
    var admissions: [ParentOrderID: ParentAdmission] = [:]
    var submissions: [ParentOrderID: ParentSubmission] = [:]
    /// Places of the open parents, in order.
    var working: [Int] = []
    var reservations: LiveReservations
    /// Predicts slippage and holds orders to a limit that learns from their ends.
    public internal(set) var slippage: SlippageController
    /// Sum of price × quantity, in units of both, of the open parents' fills.
    var paid: [ParentOrderID: Int128] = [:]
    /// When the sessions of the open parents want to be called, by place.
    var timers = TimerQueue<Int>()
    /// When to ask the broker about children whose outcome is not proven.
    var questions = TimerQueue<ClientOrderID>()
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
    /// How often the broker could not be asked about a child, since it last answered.
    var unanswered: [ClientOrderID: Int] = [:]
    var pending = Pending()
    var batches: Int64 = 0
    /// What the batches that are not settled yet want to send, oldest first.
    var awaiting: [Awaiting] = []
    /// How often the broker was asked about a child since it last answered anything new.
    var asked: [ClientOrderID: Int] = [:]
    /// Children that the venue has acknowledged once; if it then does not know one, the order is lost.
    var acknowledged: Set<ClientOrderID> = []
    /// Children of which it was told that nobody knows what became of them.
    var toldUnknown: Set<ClientOrderID> = []
    /// Children that the venue has forgotten: it is not asked about them again.
    var lost: Set<ClientOrderID> = []
    /// Commands of which whoever held the account has committed no consequence; they come before anything resumes.
    var unread: [RequestedCommand] = []
    /// Alerts that were given already, so that each is stored once; forgotten when they become many.
    var alerted: Set<EngineAlert.Key> = []
    /// Parents whose algorithm could not encode its state, with the reason.
    var unkept: [(ParentOrderID, String)] = []
    var stopped: Set<ParentOrderID> = []
    /// How the account stands with its venue; `nil` where the venue need not be asked.
    var reconciliation: ReconciliationWatch?
    /// The way to the proof that nothing trades any more, while a halt is in force.
    var haltWatch: HaltWatch?
    /// Orders of a halt's flatten that wait to be recorded.
    var flattening: [ParentSubmission] = []
    /// `nil` where the venue has no such timer, or it is not wanted.
    var deadMan: DeadManWatch?
    /// Requests for a comparison that were taken already.
    var notedRequests: Set<Int64> = []
    /// Restored parents whose algorithm has not been told yet.
    var resuming: [ParentOrderID] = []

    /// Problems of the feed that an alert has told already.
    private var toldProblems: Set<ToldProblem> = []

    private struct ToldProblem: Hashable, Sendable {
        let kind: DataProblemKind
        let symbol: Symbol
    }

    /// What a batch may send once it is durable.
    struct Awaiting: Sendable {
        var intents: [Intent]
        var cancels: [BrokerCommand]
    }

    /// What has happened since the last batch.
    struct Pending: Sendable {
        var submissions: [ParentSubmission] = []
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
        var slippages: [SlippageRecord] = []
        var safeMode: SafeMode?
        var reconciliation: ReconciliationRecord?
        var requests: [Int64] = []
        var found: [ChildOrder] = []
        var halting: [HaltStep] = []
    }

    /// Builds the engine's state from what the journal holds; parents that were open go on from here.
    public init(
        configuration: EngineConfiguration,
        router: OrderRouting,
        catalog: AlgorithmCatalog,
        lease: EngineLease,
        state: AccountState,
        at now: Timestamp
    ) {
        account = lease.account
        board = MarketBoard(rules: configuration.marketStates, dwell: configuration.marketStateDwell)
        self.configuration = configuration
        deadMan = configuration.deadMan.map { DeadManWatch($0) }
        self.router = router
        self.catalog = catalog
        self.lease = lease
        monitor = ExecutionMonitor(configuration.quality)
        halt = state.halt
        ledger = Ledger(account: lease.account, currency: configuration.currency)
        reservations = LiveReservations(
            account: lease.account,
            environment: configuration.environment,
            currency: configuration.currency
        )
        sums = AccountSums(configuration.currency)
        var dayStart = ledger.state
        dayWorth = DayStartWorth(dayStart, instrument: configuration.instrument)
        slippage = SlippageController(configuration.slippage, restoring: state.slippages)
        for entry in state.ledger {
            fold(entry, at: now)
            if entry.at <= configuration.dayOpen { dayStart = portfolio }
        }
        if let settings = configuration.reconciliation {
            reconciliation = ReconciliationWatch(
                settings: settings,
                state: ReconciliationState(
                    isReconciled: false,
                    reason: "the engine has just started",
                    since: now,
                    through: state.reconciliation?.through
                ),
                cause: .start,
                // At once, also where the venue's clock is behind what the account has seen of it.
                dueAt: min(now, state.ledger.first?.at ?? now),
                opening: state.ledger.first?.at ?? now,
                isStoredReconciled: state.reconciliation?.isReconciled ?? true
            )
        }
        dayWorth = DayStartWorth(dayStart, instrument: configuration.instrument)
        for record in state.open { bringBack(record, at: now) }
        unread = state.commands
        // Whoever held the account may have died before it cancelled what it worked.
        if let halt = halt.halt { begin(halt, at: now) } else { endFlatten(at: now) }
        apply(safeMode: state.safeMode, at: now)
    }

    /// The session of a parent that this engine works or has worked; for checks from outside.
    package func session(of parent: ParentOrderID) -> ExecutionSession? { sessions[parent] }

    /// Cash and positions: the fold of everything booked.
    public var portfolio: PortfolioState { ledger.state }

    // MARK: Time

    /// When something is due without any input: a session's timer or a question to the broker.
    public var nextWake: Timestamp? {
        // An idle account is compared whenever the engine turns; only work, or what holds it up, wakes it for that.
        let comparison = working.isEmpty && isReconciled ? nil : reconciliation?.dueAt
        return [questions.next, timers.next, comparison, haltWatch?.pollAt].compactMap(\.self).min()
    }

    /// Calls every session whose time has come, in the order in which the parents came.
    public mutating func fireTimers(at now: Timestamp) {
        guard let next = timers.next, next <= now else { return }
        for place in timers.due(at: now) { fireTimer(of: place, at: now) }
    }

    /// Calls the sessions that have something new for the next batch and whose time has come, in the order of the news.
    mutating func fireTouchedTimers(at now: Timestamp) {
        guard let next = timers.next, next <= now else { return }
        for id in pending.touched.elements {
            if let place = sessions.place(of: id) { fireTimer(of: place, at: now) }
        }
    }

    private mutating func fireTimer(of place: Int, at now: Timestamp) {
        guard let due = sessions.all[place].wakeAt, due <= now else { return }
        let market = seen(at: instruments[place])
        let effects = sessions.all[place].timer(at: now, market: market)
        keep(place)
        perform(effects, of: place, at: now)
    }

    // MARK: Inputs

    public mutating func apply(_ input: EngineInput, at now: Timestamp) {
        switch input {
        case .submitted(let submission):
            if submissions[submission.id] == nil { pending.submissions.append(submission) }
            admit(submission, at: now)
        case .recorded(let submission): admit(submission, at: now)
        case .forgotten(let submission): refuseForgotten(submission, at: now)
        case .broker(let event): broker(event, at: now)
        case .market(let event): market(event, at: now)
        case .dataProblem(let problem): dataProblem(problem, at: now)
        case .command(let request): command(request, at: now)
        case .requested(let requested): apply(requested, at: now)
        case .unexpected(let code, let message): distrust(code, message, parent: nil, at: now)
        case .disconnected(let reason): disconnected(reason, at: now)
        case .connected: connected(at: now)
        case .untold(let reason): untold(reason, at: now)
        case .reconciliation(let request): apply(request, at: now)
        case .alert(let code, let message): alert(code, message, parent: nil, at: now)
        }
    }

    private mutating func market(_ event: MarketEvent, at now: Timestamp) {
        let instrument = board.apply(event)
        sums.priced(instrument)
        if case .quote = event {
            notify(.quote, .quotes, subscriptions.wantingQuotes(of: instrument), instrument, at: now)
        } else {
            notify(.trade, .trades, subscriptions.wantingTrades(of: instrument), instrument, at: now)
        }
    }

    /// Alerts to the first problem of each kind and instrument; counts are the gate's.
    private mutating func dataProblem(_ problem: DataProblem, at now: Timestamp) {
        guard toldProblems.insert(ToldProblem(kind: problem.kind, symbol: problem.symbol)).inserted else { return }
        alert("market_data_\(problem.kind.rawValue)", "\(problem)", parent: nil, at: now)
    }

    private mutating func notify(
        _ event: AlgorithmEvent,
        _ interest: Interests,
        _ parents: [Int],
        _ instrument: Int,
        at now: Timestamp
    ) {
        guard !parents.isEmpty else { return }
        let market = seen(at: instrument)
        for place in parents where subscriptions.interests(of: place).contains(interest) {
            let effects = sessions.all[place].market(event, at: now, market: market)
            keep(place)
            perform(effects, of: place, at: now)
        }
    }

    mutating func broker(_ event: BrokerEvent, at now: Timestamp) {
        guard !refuses(event, at: now) else { return }
        let child = event.order
        guard let id = child.parts?.parent, let place = sessions.place(of: id) else {
            if case .filled(let fill) = event { adopt(fill, at: now) }
            return
        }
        guard sessions.all[place].children[child] != nil else {
            guard case .filled(let fill) = event else { return }
            let effects = sessions.all[place].adopt(fill, at: now)
            keep(place)
            if !effects.isEmpty { alertUnattributed(fill, at: now) }
            return perform(effects, of: place, at: now)
        }
        if event.change.provesReceipt { acknowledged.insert(child) }
        let market = seen(at: instruments[place])
        let effects = sessions.all[place].broker(event, at: now, market: market)
        keep(place)
        if case .unknown(_, let reason) = event {
            questions[child] = now
            alertUnknown(child, of: place, reason, at: now)
        }
        review(child, of: place, at: now)
        // It may have ended, and the report of it be lost.
        if case .cancelRefused = event { questions[child] = questions[child] ?? now + configuration.questionInterval }
        if let old = sessions.all[place].children[child]?.order.replaces { review(old, of: place, at: now) }
        perform(effects, of: place, at: now)
    }

    mutating func command(_ command: ParentCommand, at now: Timestamp) {
        guard let place = sessions.place(of: command.parent) else {
            if command.kind == .cancel, results[command.parent] == nil { early[command.parent] = command }
            return
        }
        let market = seen(at: instruments[place])
        let effects: [ExecutionSession.Effect]
        switch command.kind {
        case .cancel: effects = sessions.all[place].cancel(reason: command.reason, at: now, market: market)
        case .pause: effects = sessions.all[place].pause(reason: command.reason, at: now, market: market)
        case .resume: effects = sessions.all[place].resume(reason: command.reason, at: now, market: market)
        case .amend: return amend(command, of: place, at: now)
        case .resolve: return resolve(command, of: place, at: now)
        }
        keep(place)
        perform(effects, of: place, at: now)
    }

    /// Takes note of the kill switch: active, it cancels everything that is being worked (RM-3).
    public mutating func apply(halt state: HaltState, at now: Timestamp) {
        let began = halt.halt?.id == state.halt?.id ? nil : state.halt
        let isAsked = state.halt?.flattens == true && halt.halt?.flattens != true
        let isOver = halt.halt != nil && halt.halt?.id != state.halt?.id
        halt = state
        if state.halt == nil { haltWatch = nil }
        if isOver { endFlatten(at: now) }
        if let began { begin(began, at: now) } else if isAsked { resumeFlatten(at: now) }
    }

    mutating func cancelAll(_ halt: Halt, at now: Timestamp) {
        let reason = "kill switch: \(halt.reason)"
        for place in working {
            command(ParentCommand(parent: sessions.all[place].parent.id, kind: .cancel, reason: reason), at: now)
        }
    }

    /// Reads again what a session wants to be called for and has used; needed after everything that it handled.
    mutating func keep(_ place: Int) {
        if reservations.draw(sessions.all[place].progress.filled, of: place) { sums.changed(instruments[place]) }
        timers[place] = sessions.all[place].wakeAt
        subscriptions.set(sessions.all[place].interests, of: place, on: instruments[place])
    }

    /// Enters a parent that is being worked from now on and returns its place.
    mutating func enter(_ session: ExecutionSession) -> Int {
        let place = sessions.add(session)
        instruments.append(board.place(of: session.parent.symbol))
        journalled.append(nil)
        working.append(place)
        if let admission = admissions[session.parent.id] {
            reservations.take(admission.reservation, filled: session.progress.filled, of: place)
            sums.changed(instruments[place])
            monitor.begin(monitored(admission))
        }
        keep(place)
        return place
    }

    /// Forgets a parent that has ended, except for late fills.
    mutating func leave(_ place: Int) {
        working.remove(sorted: place)
        reservations.release(place)
        sums.changed(instruments[place])
    }
}
