public import ExecutionAlgorithms
public import RiskRules
public import TradingDomain

/// One parent order being worked: its algorithm inside the invariants that no algorithm can break.
///
/// A pure state machine. Events come in with the time and the market; what must be journalled and what must be sent
/// comes out as effects, in order. The rules are in one place, ``place(_:context:)``: never more than the parent asked
/// for counting everything open (I1), whole lots, inside the price collar, before the deadline, not while paused.
public struct ExecutionSession: Sendable {
    /// How soon an unanswered or refused cancel is repeated; each further try waits twice as long, up to 320 s.
    ///
    /// A venue answers within seconds, and a cancel that is sent twice does no harm.
    private static let cancelWait = Duration.seconds(5)
    private static let cancelDoublingsMax = 6
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

    public let parent: ParentOrder
    public let verdict: RoutingVerdict
    /// The worst price a child may trade at: the tighter of the parent's limit and the account's collar.
    public let collar: Price?
    public internal(set) var state: ParentState
    public private(set) var children: [ClientOrderID: ChildState] = [:]
    /// What all children together may still fill.
    private var open = Quantity.zero
    public private(set) var algorithm: any ExecutionAlgorithm
    /// When it wants to be called next; `nil` when only events matter.
    public internal(set) var wakeAt: Timestamp?
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
    /// Trades of children that this parent has no record of.
    var strangers: Set<TradeID> = []
    let incarnation: Incarnation
    private let seed: UInt64
    private let validFor: Duration

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
        incarnation = environment.incarnation
        seed = environment.seed
        validFor = environment.validFor
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
        incarnation = environment.incarnation
        seed = environment.seed
        validFor = environment.validFor
        for event in events { fold(event) }
        sequence = max(sequence, environment.sequence)
        // Also a paused parent ends at its deadline.
        wakeAt = state.isFinal ? nil : parent.deadline
    }

    public var progress: ExecutionProgress {
        ExecutionProgress(filled: filled, open: open, total: parent.quantity)
    }

    /// Sets or removes a child, and keeps the sum of what is open; nothing else changes children.
    mutating func set(_ child: ChildState?, as id: ClientOrderID) {
        open += (child?.open ?? .zero) - (children[id]?.open ?? .zero)
        children[id] = child
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
        wakeAt = parent.deadline
        dispatch(.started, market, into: &effects)
        return effects
    }

    /// Tells the algorithm that it works again, after a pause, a crash or a takeover.
    public mutating func resume(reason: String, at time: Timestamp, market: MarketSeen?) -> [Effect] {
        now = time
        guard !state.isFinal else { return [] }
        var effects: [Effect] = []
        if state == .paused { state = .working }
        record(.parent(.resumed(reason: reason)), into: &effects)
        guard state == .working, finishReason == nil else {
            // Its cancels may have been lost with whoever wrote them down.
            cancelOpen(into: &effects)
            settle(into: &effects)
            return effects
        }
        wakeAt = parent.deadline
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
        settle(into: &effects)
        return effects
    }

    /// Called when `now` has reached ``wakeAt``.
    public mutating func timer(at time: Timestamp, market: MarketSeen?) -> [Effect] {
        now = time
        guard !state.isFinal, let due = wakeAt, due <= now else { return [] }
        var effects: [Effect] = []
        if finishReason != nil {
            cancelOpen(into: &effects)
            settle(into: &effects)
        } else if now >= parent.deadline {
            wakeAt = nil
            close(reason: "deadline", into: &effects)
            settle(into: &effects)
        } else {
            wakeAt = parent.deadline
            if state == .working { dispatch(.timer, market, into: &effects) }
        }
        return effects
    }

    /// Market data that the algorithm asked for.
    public mutating func market(_ event: AlgorithmEvent, at time: Timestamp, market: MarketSeen?) -> [Effect] {
        now = time
        guard state == .working else { return [] }
        var effects: [Effect] = []
        dispatch(event, market, into: &effects)
        return effects
    }

    /// A report of the broker about one of the children.
    public mutating func broker(_ event: BrokerEvent, at time: Timestamp, market: MarketSeen?) -> [Effect] {
        now = time
        let id = event.order
        guard let before = children[id] else { return [] }
        let change = Self.childEvent(event)
        guard before.accepts(change) else { return [] }
        var effects: [Effect] = []
        let wasTooMuch = before.isOverfilled || progress.remaining < .zero
        record(.child(id, change), into: &effects)
        guard let after = children[id] else { return effects }
        if !wasTooMuch, after.isOverfilled || progress.remaining < .zero { stopOverfilled(by: id, into: &effects) }
        if state == .working, finishReason == nil {
            if case .filled(let fill) = event { dispatch(.filled(id, fill.quantity), market, into: &effects) }
            if after.life.isFinal, !before.life.isFinal {
                dispatch(.childClosed(id, after.life), market, into: &effects)
            }
        }
        settle(into: &effects)
        return effects
    }

    /// A fill of a child with our prefix that this parent has no record of: it counts before anything more is sent.
    public mutating func adopt(_ fill: Fill, at time: Timestamp) -> [Effect] {
        now = time
        guard children[fill.clientOrderID] == nil, !strangers.contains(fill.tradeID) else { return [] }
        var effects: [Effect] = []
        let wasTooMuch = progress.remaining < .zero
        record(.child(fill.clientOrderID, .filled(fill)), into: &effects)
        if !wasTooMuch, progress.remaining < .zero { stopOverfilled(by: fill.clientOrderID, into: &effects) }
        settle(into: &effects)
        return effects
    }

    /// An intent that the journal did not accept: nothing was sent and its quantity is free.
    public mutating func refuse(
        _ id: ClientOrderID,
        code: String,
        message: String,
        at time: Timestamp,
        market: MarketSeen?
    ) -> [Effect] {
        now = time
        guard children[id] != nil else { return [] }
        set(nil, as: id)
        var effects: [Effect] = []
        record(.parent(.intentRefused(code: code, message: message)), into: &effects)
        if state == .working { dispatch(.refused(code: code), market, into: &effects) }
        settle(into: &effects)
        return effects
    }

    // MARK: The rules

    /// Turns what the algorithm asks for into an intent, or refuses it; the only place where children are made.
    private mutating func place(_ request: ChildRequest, market: MarketSeen?, into effects: inout [Effect]) {
        func refuse(_ code: String, _ message: String) {
            effects.append(.alert(code: code, message: "Parent \(parent.id): \(message) Nothing was sent."))
        }
        let lot = parent.instrument.lot
        guard state == .working, finishReason == nil else {
            return refuse("not_working", "the algorithm asked for \(request.quantity) while \(state.rawValue).")
        }
        guard now < parent.deadline else {
            return refuse("past_deadline", "the algorithm asked for \(request.quantity) after \(parent.deadline).")
        }
        guard request.quantity > .zero, request.quantity.rounded(toLot: lot) == request.quantity else {
            return refuse("odd_lot", "the algorithm asked for \(request.quantity), which is no multiple of lot \(lot).")
        }
        guard request.quantity <= progress.remaining else {
            return refuse(
                "above_parent",
                "the algorithm asked for \(request.quantity) with \(progress.remaining) left of \(parent.quantity)."
            )
        }
        childCount += 1
        let order = ChildOrder(
            id: ClientOrderID(parent: parent.id, incarnation: incarnation, sequence: childCount),
            parent: parent.id,
            account: parent.account,
            instrument: parent.instrument,
            side: parent.side,
            request: collared(request),
            requestTime: now,
            validFor: validFor
        )
        set(ChildState(order), as: order.id)
        sequence += 1
        let event = OrderEvent.child(order.id, .intended(order, seen: market))
        effects.append(.place(order, JournaledEvent(parent: parent.id, sequence: sequence, at: now, event: event)))
    }

    /// The request on the tick grid and no worse than the collar; a market order becomes a limit at the collar.
    private func collared(_ request: ChildRequest) -> ChildRequest {
        var request = request
        let wanted = request.type.limitPrice
        let price: Price?
        switch (wanted, collar) {
        case (nil, nil): price = nil
        case (let wanted?, nil): price = wanted
        case (nil, let collar?): price = collar
        case (let wanted?, let collar?): price = parent.side == .buy ? min(wanted, collar) : max(wanted, collar)
        }
        if let price { request.type = .limit(price.rounded(to: parent.instrument.tick, for: parent.side)) }
        return request
    }

    private mutating func dispatch(
        _ event: AlgorithmEvent,
        _ market: MarketSeen?,
        into effects: inout [Effect]
    ) {
        let context = AlgorithmContext(
            now: now,
            parent: parent,
            progress: progress,
            market: market,
            random: CounterRandom(seed: seed, parent: parent.id.text, event: sequence)
        )
        var buffer = ActionBuffer()
        algorithm.handle(event, context, into: &buffer)
        for action in buffer.actions {
            switch action {
            case .submit(let request): place(request, market: market, into: &effects)
            case .cancel(let id): requestCancel(id, into: &effects)
            case .cancelOpen: for child in openChildren { requestCancel(child.order.id, into: &effects) }
            case .wake(let time):
                if finishReason == nil { wakeAt = min(max(time, now + Self.wakeStep), parent.deadline) }
            case .finish(let reason): close(reason: reason, into: &effects)
            }
        }
        settle(into: &effects)
    }

    private mutating func requestCancel(_ id: ClientOrderID, into effects: inout [Effect]) {
        guard let child = children[id], child.accepts(.cancelRequested) else { return }
        record(.child(id, .cancelRequested), into: &effects)
        effects.append(.cancel(id))
    }

    /// Nothing more is sent; what is open is cancelled, and the parent ends when the last child is final.
    private mutating func close(reason: String, into effects: inout [Effect]) {
        guard finishReason == nil else { return }
        finishReason = reason
        if state == .working || state == .paused { state = .closing }
        cancelOpen(into: &effects)
    }

    /// Asks the venue to cancel everything open, and plans to ask again until each child is proven final.
    private mutating func cancelOpen(into effects: inout [Effect]) {
        let open = openChildren
        for child in open {
            if child.accepts(.cancelRequested) {
                requestCancel(child.order.id, into: &effects)
            } else {
                effects.append(.cancel(child.order.id))
            }
        }
        wakeAt = open.isEmpty ? nil : now + Self.cancelWait * (1 << min(cancelRounds, Self.cancelDoublingsMax))
        cancelRounds += 1
    }

    /// The venue executed more than it was asked to: what is open is cancelled, and the parent ends.
    private mutating func stopOverfilled(by id: ClientOrderID, into effects: inout [Effect]) {
        let asked = children[id].map { "\($0.order.request.quantity) and filled \($0.filled)" } ?? "nothing we know of"
        effects.append(
            .alert(
                code: "overfilled",
                message: "Order \(id) asked for \(asked); parent \(parent.id) of \(parent.quantity) has "
                    + "\(progress.filled) filled and \(progress.open) open. "
                    + "Nothing more is sent for it; check the account at the venue."
            )
        )
        if !state.isFinal { close(reason: "overfilled by the venue", into: &effects) }
    }

    private mutating func settle(into effects: inout [Effect]) {
        guard let reason = finishReason, !state.isFinal, progress.open <= .zero,
            children.values.allSatisfy(\.life.isFinal)
        else { return }
        let end: ParentState =
            isFilled ? .filled : cancelWanted ? .cancelled : filled > .zero ? .partiallyFilled : .unfilled
        record(.parent(.finished(state: end, reason: reason)), into: &effects)
    }

    /// At least 99.9 % filled counts as filled (OM-3); positions still equal the real fills.
    private var isFilled: Bool { Int128(filled.units) * 1000 >= Int128(parent.quantity.units) * 999 }
}
