public import ExecutionAlgorithms
public import RiskRules
public import TradingDomain

/// One parent order being worked: its algorithm inside the invariants that no algorithm can break.
///
/// A pure state machine. Events come in with the time and the market; what must be journalled and what must be sent
/// comes out as effects, in order. The rules are in one place, ``place(_:context:)``: never more than the parent asked
/// for counting everything open (I1), whole lots, inside the price collar, before the deadline, not while paused.
/// Ending, amending and the care of children that are stale or were not placed are in files of their own.
public struct ExecutionSession: Sendable {
    /// Least time between two timers, so that an algorithm that wakes itself at once cannot stop time.
    private static let wakeStep = Duration.milliseconds(1)

    /// What a session wants done.
    ///
    /// Records are journalled; intents are committed before they are sent.
    public enum Effect: Hashable, Sendable {
        case record(JournaledEvent)
        case place(ChildOrder, JournaledEvent)
        case cancel(ClientOrderID)
        case alert(code: String, message: String)
    }

    /// The order as it is now, amendments included.
    public internal(set) var parent: ParentOrder
    public let verdict: RoutingVerdict
    /// The worst price a child may trade at: the tighter of the parent's limit and the account's collar.
    public internal(set) var collar: Price?
    public internal(set) var state: ParentState
    public private(set) var children: [ClientOrderID: ChildState] = [:]
    /// What all children together may still fill.
    private(set) var open = Quantity.zero
    public private(set) var algorithm: any ExecutionAlgorithm
    /// When its algorithm, its deadline or its end needs it; children have times of their own.
    var alarm: Timestamp?
    /// Open children with the time at which each is stale.
    var sweeps = SweepList()
    /// Children that were not placed and will be tried again.
    var retries = RetryList()
    /// Waits until cancels have made room for it.
    var pendingAmendment: ParentAmendment?
    /// By the order that is replaced, the one that takes its place.
    private var replacements: [ClientOrderID: ClientOrderID] = [:]
    /// Number of the last journalled event.
    public internal(set) var sequence: Int
    /// Business time of the event being handled.
    var now: Timestamp
    var filled = Quantity.zero
    var finishReason: String?
    var cancelWanted = false
    /// Highest sequence of a child id of this incarnation.
    var childCount = 0
    /// Rounds of cancels since the parent began to end.
    var cancelRounds = 0
    /// Trades of children that this parent has no record of, by child.
    var strangers: [ClientOrderID: [Fill]] = [:]
    /// Whether its algorithm is told nothing for now, as if it was paused, though it is not: see ``hold()``.
    public private(set) var isHeld = false
    let environment: SessionEnvironment

    /// Starts to work an approved order.
    public init(
        _ approved: RiskApproved<ParentOrder>,
        verdict: RoutingVerdict,
        algorithm: any ExecutionAlgorithm,
        collar: Price?,
        environment: SessionEnvironment
    ) {
        parent = approved.request
        now = parent.submittedAt
        self.verdict = verdict
        self.collar = collar
        self.algorithm = algorithm
        state = .working
        sequence = environment.sequence
        self.environment = environment
    }

    /// Brings a parent back after a crash or a takeover, from its journalled events and its algorithm's snapshot.
    ///
    /// Children that are not final become *unknown*: their intents may have left. The engine asks the broker.
    public init(
        restoring parent: ParentOrder,
        verdict: RoutingVerdict,
        events: [JournaledEvent],
        algorithm: any ExecutionAlgorithm,
        collar: Price?,
        environment: SessionEnvironment
    ) {
        self.parent = parent
        self.verdict = verdict
        self.collar = collar
        self.algorithm = algorithm
        state = .working
        now = parent.submittedAt
        sequence = 0
        self.environment = environment
        for event in events { fold(event) }
        sequence = max(sequence, environment.sequence)
        // Also a paused parent ends at its deadline.
        alarm = self.parent.deadline
    }

    /// When it wants to be called next; `nil` when it has ended.
    public var wakeAt: Timestamp? {
        guard !state.isFinal else { return nil }
        var next = alarm
        if finishReason == nil {
            if let due = sweeps.next { next = next.map { min($0, due) } ?? due }
            if state == .working, !isHeld, let due = retries.next { next = next.map { min($0, due) } ?? due }
        }
        return next
    }

    public var progress: ExecutionProgress {
        ExecutionProgress(filled: filled, open: open, total: parent.quantity)
    }

    /// Sets or removes a child, and keeps the sum of what is open; nothing else changes children.
    mutating func set(_ child: ChildState?, as id: ClientOrderID) {
        open += (child?.open ?? .zero) - (children[id]?.open ?? .zero)
        children[id] = child
        if child?.life.isFinal ?? true { sweeps.remove(id) }
    }

    /// Enters a child whose intent was made, and marks the one whose place it is to take.
    mutating func enter(_ order: ChildOrder) {
        let old = order.replaces.flatMap { children[$0] }
        set(ChildState(order, over: old?.order.request.quantity), as: order.id)
        sweeps.add(order.id, due: order.requestTime + (order.request.maxAge ?? environment.childAgeMax))
        guard var old else { return }
        old.beginReplacement()
        replacements[old.order.id] = order.id
        set(old, as: old.order.id)
    }

    /// What an event of a child means for the order that it replaces, or that replaces it.
    mutating func follow(_ event: ChildEvent, of id: ClientOrderID) {
        guard var child = children[id] else { return }
        switch event {
        case .replaced(let executed, _, _):
            guard let place = child.order.replaces, var old = children[place] else { return }
            old.endReplaced(executed: executed)
            set(old, as: place)
            let traded = max(old.executed ?? .zero, old.filled)
            child.carry((old.carried ?? .zero) + traded, isTold: executed != nil)
            set(child, as: id)
        case .rejected, .notPlaced:
            guard let place = child.order.replaces, var old = children[place] else { return }
            old.dropReplacement()
            set(old, as: place)
        case .filled where child.life == .replaced && child.executed == nil:
            guard let next = replacements[id], var heir = children[next] else { return }
            heir.carry((child.carried ?? .zero) + child.filled, isTold: false)
            set(heir, as: next)
        case .resolved:
            // Whatever became of it, nothing is pending on the order that it was to replace.
            guard let place = child.order.replaces, child.isReplacing, var old = children[place] else { return }
            old.dropReplacement()
            set(old, as: place)
        case .intended, .acknowledged, .filled, .cancelRequested, .cancelRefused, .cancelled, .expired, .unknown: break
        }
    }

    /// Children that are not final, in the order they were made.
    public var openChildren: [ChildState] {
        // The text of an id does not sort by age: -10 comes before -9.
        children.values.filter { !$0.life.isFinal }.sorted { left, right in
            let (older, newer) = (left.order, right.order)
            guard older.requestTime == newer.requestTime else { return older.requestTime < newer.requestTime }
            guard let first = older.id.parts?.sequence, let second = newer.id.parts?.sequence, first != second else {
                return older.id < newer.id
            }
            return first < second
        }
    }

    public var interests: Interests { state == .working ? algorithm.interests : [] }

    // MARK: Events

    /// Tells the algorithm to begin.
    public mutating func start(arrival: ArrivalSnapshot, at time: Timestamp, market: MarketSeen?) -> [Effect] {
        now = time
        var effects: [Effect] = []
        record(.parent(.started(arrival: arrival)), into: &effects)
        alarm = parent.deadline
        dispatch(.started, market, into: &effects)
        return effects
    }

    /// Tells the algorithm that it works again, after a pause, a crash or a takeover.
    public mutating func resume(reason: String, at time: Timestamp, market: MarketSeen?) -> [Effect] {
        now = time
        isHeld = false
        guard !state.isFinal else { return [] }
        var effects: [Effect] = []
        if state == .paused { state = .working }
        record(.parent(.resumed(reason: reason)), into: &effects)
        guard state == .working, finishReason == nil else {
            // Its cancels may have been lost with whoever wrote them down.
            cancelOpen(into: &effects)
            settle(market, into: &effects)
            return effects
        }
        alarm = parent.deadline
        if pendingAmendment != nil { askToCancelOpen(into: &effects) }
        dispatch(.resumed, market, into: &effects)
        return effects
    }

    public mutating func pause(reason: String, at time: Timestamp, market: MarketSeen?) -> [Effect] {
        now = time
        guard state == .working else { return [] }
        var effects: [Effect] = []
        state = .paused
        record(.parent(.paused(reason: reason)), into: &effects)
        dispatch(.paused, market, into: &effects)
        return effects
    }

    public mutating func cancel(reason: String, at time: Timestamp, market: MarketSeen?) -> [Effect] {
        now = time
        guard !state.isFinal, !cancelWanted else { return [] }
        var effects: [Effect] = []
        let isEnding = finishReason != nil
        record(.parent(.cancelRequested(reason: reason)), into: &effects)
        if !isEnding { cancelOpen(into: &effects) }
        settle(market, into: &effects)
        return effects
    }

    /// Lets its algorithm ask for nothing until it is resumed: it learns then from its progress what came meanwhile.
    ///
    /// Not journalled: whoever takes over decides anew. Its children are taken care of, and its deadline holds.
    public mutating func hold() { isHeld = true }

    /// Ends the hold of a session that is not to go on by itself.
    public mutating func release() { isHeld = false }

    /// Called when `now` has reached ``wakeAt``.
    public mutating func timer(at time: Timestamp, market: MarketSeen?) -> [Effect] {
        now = time
        guard let due = wakeAt, due <= now else { return [] }
        var effects: [Effect] = []
        if finishReason != nil {
            cancelOpen(into: &effects)
            settle(market, into: &effects)
        } else if now >= parent.deadline {
            alarm = nil
            close(reason: "deadline", into: &effects)
            settle(market, into: &effects)
        } else {
            sweepStale(into: &effects)
            if state == .working, !isHeld { tryAgain(market, into: &effects) }
            if let due = alarm, due <= now {
                alarm = parent.deadline
                if state == .working, !isHeld { dispatch(.timer, market, into: &effects) }
            }
        }
        return effects
    }

    /// Market data that the algorithm asked for.
    public mutating func market(_ event: AlgorithmEvent, at time: Timestamp, market: MarketSeen?) -> [Effect] {
        now = time
        guard state == .working, !isHeld else { return [] }
        var effects: [Effect] = []
        dispatch(event, market, into: &effects)
        return effects
    }

    /// A report of the broker about one of the children.
    public mutating func broker(_ event: BrokerEvent, at time: Timestamp, market: MarketSeen?) -> [Effect] {
        now = time
        guard let child = children[event.order] else { return [] }
        guard child.accepts(event.change) else { return [] }
        return take(event.change, of: event.order, market)
    }

    /// Applies what happened to a child, which accepts it, and tells the algorithm.
    mutating func take(_ change: ChildEvent, of id: ClientOrderID, _ market: MarketSeen?) -> [Effect] {
        guard let before = children[id] else { return [] }
        var effects: [Effect] = []
        let replaced = before.order.replaces.flatMap { children[$0] }
        let wasTooMuch = before.isOverfilled || isTooMuch
        // What trades or ends at the venue has taken its predecessor's place, though nobody has told.
        if before.isReplacing, Self.provesReplacement(change) {
            record(.child(id, .replaced(executed: nil, nil, at: now)), into: &effects)
        }
        record(.child(id, change), into: &effects)
        if case .unknown = change, let replaced, replaced.accepts(change) {
            record(.child(replaced.order.id, .unknown(reason: "its replacement \(id) is unproven")), into: &effects)
        }
        guard let after = children[id] else { return effects }
        if !wasTooMuch, after.isOverfilled || isTooMuch { stopOverfilled(by: id, into: &effects) }
        if state == .working || state == .paused, finishReason == nil {
            if case .filled(let fill) = change { tell(.filled(id, fill.quantity), market, into: &effects) }
            for child in [replaced, before].compactMap(\.self) {
                let id = child.order.id
                guard !child.life.isFinal, let life = children[id]?.life, life.isFinal else { continue }
                if !planRetry(of: child, after: change) { tell(.childClosed(id, life), market, into: &effects) }
            }
        }
        settle(market, into: &effects)
        return effects
    }

    /// Tells the algorithm what a child did; a paused one learns it from its progress when it goes on.
    private mutating func tell(_ event: AlgorithmEvent, _ market: MarketSeen?, into effects: inout [Effect]) {
        if state == .working, !isHeld, finishReason == nil { dispatch(event, market, into: &effects) }
    }

    var isTooMuch: Bool { progress.remaining < .zero }

    private static func provesReplacement(_ change: ChildEvent) -> Bool {
        switch change {
        case .filled, .cancelled, .expired: true
        case .intended, .acknowledged, .rejected, .cancelRequested, .cancelRefused, .notPlaced, .unknown, .replaced,
            .resolved:
            false
        }
    }

    /// An intent that the journal did not accept: nothing was sent and its quantity is free, or is asked for again where
    /// the reason passes.
    public mutating func refuse(
        _ id: ClientOrderID,
        code: String,
        message: String,
        at time: Timestamp,
        market: MarketSeen?
    ) -> [Effect] {
        now = time
        guard let child = children[id] else { return [] }
        let passes = !isHeld && planRetry(of: child, after: .rejected(code: code, message: message))
        set(nil, as: id)
        if let place = child.order.replaces, var old = children[place] {
            old.dropReplacement()
            set(old, as: place)
        }
        var effects: [Effect] = []
        record(.parent(.intentRefused(code: code, message: message)), into: &effects)
        if state == .working, !isHeld, !passes { dispatch(.refused(code: code), market, into: &effects) }
        settle(market, into: &effects)
        return effects
    }

    mutating func dispatch(
        _ event: AlgorithmEvent,
        _ market: MarketSeen?,
        into effects: inout [Effect]
    ) {
        let context = AlgorithmContext(
            now: now,
            parent: parent,
            progress: offered,
            market: market,
            random: CounterRandom(seed: environment.seed, parent: parent.id.text, event: sequence),
            incarnation: environment.incarnation,
            childCount: childCount
        )
        var buffer = ActionBuffer()
        algorithm.handle(event, context, into: &buffer)
        for action in buffer.actions {
            switch action {
            case .submit(let request): place(Asked(request), market: market, into: &effects)
            case .replace(let id, let request): place(Asked(request, replaces: id), market: market, into: &effects)
            case .cancel(let id): requestCancel(id, into: &effects)
            case .cancelOpen: for child in openChildren { requestCancel(child.order.id, into: &effects) }
            case .wake(let time):
                if finishReason == nil { alarm = min(max(time, now + Self.wakeStep), parent.deadline) }
            case .finish(let reason): close(reason: reason, into: &effects)
            }
        }
        settle(market, into: &effects)
    }
}
