import TradingDomain

/// Any algorithm under ``OrderConditions``: one part for all of them, a user's own included.
///
/// It stands between the algorithm and the session. What the algorithm asks for beyond the cap on volume is held here and counts as
/// open for it, so that it does not ask again; the market's next volume lets it go. At the would-price, and at the end
/// when the order must be completed, the algorithm is paused as by hand, its children are withdrawn, and what is left is sent from
/// here; afterwards it resumes, and catches up by its own policy.
///
/// ```text
/// waiting ──start time──▶ working ──would-price reached──▶ taking ──price gone──▶ working
///                            │ last call, when it must be completed
///                            ▼
///                        completing ──all filled, or the end──▶ finished
/// ```
public struct Conditioned<Algorithm: ExecutionAlgorithm>: ExecutionAlgorithm {
    enum Phase: String, Codable { case waiting, working, taking, completing, finished }

    public static var version: Int { Algorithm.version }

    public private(set) var conditions: OrderConditions
    public private(set) var algorithm: Algorithm
    var phase = Phase.waiting
    /// Asked for by the algorithm and not sent yet; it counts as open for it.
    private var held: ChildRequest?
    /// The session's volume when the order began.
    private var baseline: Quantity?
    /// When the algorithm wants to be called.
    private var algorithmWake: Timestamp?
    /// What was changed while the algorithm could not be told.
    private var untold: ParentAmendment?
    /// When the market that was last taken from was seen: the same book is not asked twice.
    private var taken: Timestamp?
    /// What is open was sent from here, at once, and is not withdrawn.
    private var isOwn = false
    /// Between a pause and what ends it nothing is sent from here.
    private var isPaused = false

    public init(_ algorithm: Algorithm, _ conditions: OrderConditions) {
        self.algorithm = algorithm
        self.conditions = conditions
    }

    public var interests: Interests {
        switch phase {
        case .waiting, .finished: return []
        case .working, .taking, .completing: break
        }
        var wanted = phase == .working ? algorithm.interests : []
        if conditions.maxParticipationPercent != nil { wanted.insert(.trades) }
        if conditions.wouldPrice != nil { wanted.formUnion([.trades, .quotes]) }
        return wanted
    }

    public mutating func handle(_ event: AlgorithmEvent, _ context: AlgorithmContext, into actions: inout ActionBuffer)
    {
        if case .amended(let change) = event { conditions.end = change.endTime ?? conditions.end }
        if event == .paused { isPaused = true } else if event == .resumed { isPaused = false }
        switch phase {
        case .waiting: wait(event, context, into: &actions)
        case .working: work(event, context, into: &actions)
        case .taking, .completing: take(event, context, into: &actions)
        case .finished: if event == .resumed { actions.finish("the order had ended") }
        }
    }

    // MARK: Waiting

    private mutating func wait(_ event: AlgorithmEvent, _ context: AlgorithmContext, into actions: inout ActionBuffer) {
        switch event {
        case .cancelRequested: return finish("cancelled", into: &actions)
        case .amended(let change):
            keep(change)
            return actions.wake(at: max(conditions.start, context.now))
        case .started, .timer, .resumed: break
        case .quote, .trade, .filled, .childClosed, .refused, .paused: return
        }
        guard context.now >= conditions.start else { return actions.wake(at: conditions.start) }
        phase = .working
        baseline = context.market?.volume ?? .zero
        forward(.started, context, into: &actions)
        goOn(context, into: &actions)
    }

    private mutating func keep(_ change: ParentAmendment) { untold = untold.map { $0.followed(by: change) } ?? change }

    // MARK: Working

    private mutating func work(_ event: AlgorithmEvent, _ context: AlgorithmContext, into actions: inout ActionBuffer) {
        if context.now >= conditions.end { held = nil }
        if case .amended = event {
            forward(event, context, into: &actions)
            return actions.wake(at: context.now)  // What it changes is acted upon by the timer, as everywhere.
        }
        if !isPaused, event != .cancelRequested, let next = takeOverDue(context) {
            return takeOver(next, context, into: &actions)
        }
        if let change = untold, !isPaused {
            untold = nil
            forward(.amended(change), context, into: &actions)
        }
        switch event {
        case .timer:
            if let due = algorithmWake, due <= context.now {
                algorithmWake = nil
                forward(event, context, into: &actions)
            }
        case .quote: if algorithm.interests.contains(.quotes) { forward(event, context, into: &actions) }
        case .trade: if algorithm.interests.contains(.trades) { forward(event, context, into: &actions) }
        case .resumed:
            algorithmWake = nil  // The session forgets its timers over a pause and a takeover.
            forward(event, context, into: &actions)
        case .started, .filled, .childClosed, .refused, .paused, .cancelRequested, .amended:
            forward(event, context, into: &actions)
        }
        goOn(context, into: &actions)
    }

    /// Sends what there is room for, and plans the next timer.
    private mutating func goOn(_ context: AlgorithmContext, into actions: inout ActionBuffer) {
        guard phase == .working, !isPaused else { return }
        release(context, into: &actions)
        // What was just sent is not in this context's progress: what reckons with it waits for the next.
        if untold != nil || takeOverDue(context) != nil { return actions.wake(at: context.now) }
        let own = [conditions.mustComplete ? conditions.lastCall : nil, held == nil ? nil : conditions.end]
        let wakes = own.compactMap { $0 }.filter { $0 > context.now } + (algorithmWake.map { [$0] } ?? [])
        if let wake = wakes.min() { actions.wake(at: wake) }
    }

    /// Tells the algorithm; what it wants sent is held, everything else goes on.
    private mutating func forward(
        _ event: AlgorithmEvent,
        _ context: AlgorithmContext,
        into actions: inout ActionBuffer
    ) {
        var asked = ActionBuffer()
        var isTooSmall = false
        var isCapped = false
        var seen = context.progress
        seen.open += held?.quantity ?? .zero
        algorithm.handle(event, context.showing(seen), into: &asked)
        for action in asked.actions {
            switch action {
            case .submit(let request):
                let rest = context.progress.remaining - (held?.quantity ?? .zero)
                if let minimum = conditions.minimumChild, request.quantity < min(minimum, rest) {
                    isTooSmall = true  // Not worth a message: the algorithm looks again when it likes.
                } else {
                    hold(request, into: &actions)
                }
            case .cancel(let child): actions.cancel(child)
            // A replacing order may be larger, which a cap on volume has no place to hold back.
            case .replace(let child, let request):
                if conditions.maxParticipationPercent == nil {
                    actions.replace(child, by: request)
                } else {
                    isCapped = true
                }
            case .cancelOpen:
                let wasHeld = held != nil
                held = nil
                actions.cancelOpen()
                // Nothing is at the venue whose end it could be told of.
                if wasHeld, context.progress.open <= .zero { algorithmWake = context.now }
            case .wake(let time): algorithmWake = time
            case .finish(let reason): finish(reason, into: &actions)
            }
        }
        let refusal = AlgorithmEvent.refused(code: "below_min_child")
        if isTooSmall, event != refusal, phase == .working { forward(refusal, context, into: &actions) }
        let capped = AlgorithmEvent.refused(code: "replace_under_participation_cap")
        if isCapped, event != capped, phase == .working { forward(capped, context, into: &actions) }
    }

    private mutating func hold(_ request: ChildRequest, into actions: inout ActionBuffer) {
        guard conditions.maxParticipationPercent != nil else { return actions.submit(request) }
        var request = request
        request.quantity += held?.quantity ?? .zero
        held = request
    }

    /// Sends what is held as far as the market's volume allows.
    private mutating func release(_ context: AlgorithmContext, into actions: inout ActionBuffer) {
        guard var request = held, let percent = conditions.maxParticipationPercent else { return }
        let volume = context.market?.volume ?? .zero
        if volume < baseline ?? .zero { baseline = .zero }  // The feed began to tell single trades, and counts anew.
        let allowed = (volume - (baseline ?? .zero)).percent(percent) - context.progress.filled - context.progress.open
        // The order may have become smaller since it was asked for.
        let wanted = min(request.quantity, context.progress.remaining)
        let size = min(wanted, allowed).rounded(toLot: context.parent.instrument.lot)
        held = conditions.skipsKeptBack ? nil : request.with(wanted - max(size, .zero))
        guard size > .zero else { return }
        request.quantity = size
        actions.submit(request)
    }

    // MARK: Taking over

    private func takeOverDue(_ context: AlgorithmContext) -> Phase? {
        guard context.progress.filled < context.progress.total, context.now < conditions.end else { return nil }
        if conditions.mustComplete, context.now >= conditions.lastCall { return .completing }
        return isReached(context) ? .taking : nil
    }

    /// The market is at the would-price or better.
    private func isReached(_ context: AlgorithmContext) -> Bool {
        guard let would = conditions.wouldPrice, let market = context.market, market.isTrusted else { return false }
        let side = context.parent.side
        guard let touch = market.touch(for: side) ?? market.last, touch.units > 0 else { return false }
        return side == .buy ? touch <= would : touch >= would
    }

    private mutating func takeOver(_ next: Phase, _ context: AlgorithmContext, into actions: inout ActionBuffer) {
        forward(.paused, context, into: &actions)
        guard phase == .working else { return }
        held = nil
        (phase, isOwn, taken) = (next, false, nil)
        if context.progress.open > .zero { actions.cancelOpen() }
        send(context, into: &actions)
    }

    private mutating func take(_ event: AlgorithmEvent, _ context: AlgorithmContext, into actions: inout ActionBuffer) {
        if event == .cancelRequested { return finish("cancelled", into: &actions) }
        if case .amended(let change) = event {
            keep(change)
            change.withdrawIfNeeded(context, into: &actions)
            return actions.wake(at: context.now)
        }
        guard !isPaused else { return }
        if context.progress.filled >= context.progress.total { return finish("filled", into: &actions) }
        let isTimer = event == .timer || event == .resumed
        if context.progress.open > .zero, !isOwn, isTimer { actions.cancelOpen() }  // A cancel may be lost.
        if phase == .taking, conditions.mustComplete, context.now >= conditions.lastCall { phase = .completing }
        if context.now >= conditions.end {
            if context.progress.open <= .zero { return finish("time is up", into: &actions) }
            return actions.wake(at: context.now + LastCall.pause)
        }
        if phase == .taking, !isReached(context) {
            guard context.progress.open <= .zero else { return actions.wake(at: context.now + LastCall.pause) }
            phase = .working
            algorithmWake = nil
            forward(.resumed, context, into: &actions)
            return goOn(context, into: &actions)
        }
        // A venue that rejects is asked again by the timer, not at once.
        if phase == .taking || isTimer || !isOwn { return send(context, into: &actions) }
        actions.wake(at: min(context.now + LastCall.pause, conditions.end))
    }

    /// Sends everything that may be sent: at the would-price as it is seen now, or at what the market gives.
    private mutating func send(_ context: AlgorithmContext, into actions: inout ActionBuffer) {
        actions.wake(at: min(context.now + LastCall.pause, conditions.end))
        let left = context.progress.remaining
        guard left > .zero else { return }
        if phase == .taking {
            // A new book, and not each of a thousand in a second.
            let isNew = taken.map { last in context.market.map { $0.at >= last + .seconds(1) } ?? false } ?? true
            guard context.progress.open <= .zero, isNew, let price = conditions.wouldPrice else { return }
            taken = context.market?.at
            actions.submit(ChildRequest(quantity: left, type: .limit(price), timeInForce: .immediateOrCancel))
        } else {
            actions.submit(ChildRequest(quantity: left))
        }
        isOwn = true
    }

    private mutating func finish(_ reason: String, into actions: inout ActionBuffer) {
        held = nil
        phase = .finished
        actions.finish(reason)
    }
}

/// A look at an order that was taken over while children are withdrawn, or the venue rejects.
enum LastCall {
    /// Between two of them.
    static let pause = Duration.seconds(5)
}

extension ParentAmendment {
    /// Both changes, the later one where they differ.
    func followed(by next: ParentAmendment) -> ParentAmendment {
        ParentAmendment(
            quantity: next.quantity ?? quantity,
            limitPrice: next.limitPrice ?? limitPrice,
            endTime: next.endTime ?? endTime
        )
    }
}

extension ChildRequest {
    /// The same request for another quantity; `nil` for none.
    func with(_ quantity: Quantity) -> ChildRequest? {
        var request = self
        request.quantity = quantity
        return quantity > .zero ? request : nil
    }
}

extension Quantity {
    /// `percent` of this quantity, rounded towards zero to 10⁻⁸.
    func percent(_ percent: FixedDecimal) -> Quantity {
        let product = Int128(units) * percent.units / (Int128(FixedDecimal.scale) * 100)
        return Quantity(units: Int64(clamping: product))
    }
}
