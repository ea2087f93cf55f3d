public import QuantMath
public import TradingDomain

/// PASSIVE: rests at the near touch to earn the spread, then takes what is left (AL-6).
///
/// A post-only child at the best bid (buy) or best ask (sell). After ``patience``, filled in part or not at all, it is
/// cancelled; only when the venue has *proven* it final does the remainder go out as AGGRESSIVE does, so that both can never
/// fill. A child that the venue refuses as crossing is pegged anew once, then the rest is taken. Use it for small
/// orders in wide spreads. Not in markets that move away: what was not filled is taken at a worse price.
///
/// ```text
/// resting ──refused as crossing, first time──▶ resting
///    │ patience over: cancel
///    ▼
/// withdrawing ──proven final──▶ taking ──all filled, or time is up──▶ finished
/// ```
public struct Passive: ExecutionAlgorithm {
    /// How long the child rests (AL-6).
    public static let patience = Duration.seconds(5)

    private enum State: String, Codable { case resting, withdrawing, taking, finished }

    public private(set) var until: Timestamp
    private var state = State.resting
    private var pegs = 0
    private var children = 0
    /// When the market that it last took from was seen: the same book is not asked twice.
    private var taken: Timestamp?

    /// Works until `until`.
    public init(until: Timestamp) { self.until = until }

    public mutating func handle(_ event: AlgorithmEvent, _ context: AlgorithmContext, into actions: inout ActionBuffer)
    {
        if event == .cancelRequested, state != .finished { return finish("cancelled", into: &actions) }
        if case .amended(let change) = event { return amend(change, context, into: &actions) }
        switch state {
        case .resting: rest(event, context, into: &actions)
        case .withdrawing: withdraw(event, context, into: &actions)
        case .taking: take(event, context, into: &actions)
        case .finished: if event == .resumed { actions.finish("the order had ended") }
        }
    }

    private mutating func rest(_ event: AlgorithmEvent, _ context: AlgorithmContext, into actions: inout ActionBuffer) {
        switch event {
        case .started, .resumed:
            if context.progress.open > .zero {
                actions.wake(at: context.now + Self.patience)
            } else {
                peg(context, into: &actions)
            }
        case .timer:
            guard context.progress.open > .zero else { return peg(context, into: &actions) }
            state = .withdrawing
            actions.cancelOpen()
            actions.wake(at: min(context.now + Self.patience, until))
        case .filled:
            finishIfFilled(context, into: &actions)
        case .childClosed, .refused:
            guard !finishIfFilled(context, into: &actions) else { return }
            // Refused as crossing: the book has moved, so it is read again, once.
            if pegs < 2 { peg(context, into: &actions) } else { startTaking(context, into: &actions) }
        case .paused:
            // Nothing trades while paused; what is left goes on as if its patience were over.
            guard context.progress.open > .zero else { return }
            state = .withdrawing
            actions.cancelOpen()
        case .cancelRequested, .quote, .trade, .amended:
            break
        }
    }

    /// A child at rest is withdrawn where it may be too large or at a price that no longer holds.
    private mutating func amend(
        _ change: ParentAmendment,
        _ context: AlgorithmContext,
        into actions: inout ActionBuffer
    ) {
        guard state != .finished else { return }
        until = change.endTime ?? until
        let isOpen = context.progress.open > .zero
        change.withdrawIfNeeded(context, into: &actions)
        if state == .resting, isOpen, !actions.actions.isEmpty { state = .withdrawing }
        actions.wake(at: min(isOpen ? context.now + Self.patience : context.now, until))
    }

    private mutating func withdraw(
        _ event: AlgorithmEvent,
        _ context: AlgorithmContext,
        into actions: inout ActionBuffer
    ) {
        if event == .paused || finishIfFilled(context, into: &actions) { return }
        // Open counts what is unknown too: nothing more goes out before the first child is proven final.
        if context.progress.open <= .zero { return startTaking(context, into: &actions) }
        switch event {
        case .timer where context.now >= until: finish("time is up", into: &actions)
        case .timer, .resumed:
            // A cancel may be refused, or lost with whoever sent it.
            actions.cancelOpen()
            actions.wake(at: min(context.now + Self.patience, until))
        case .started, .filled, .childClosed, .refused, .cancelRequested, .paused, .quote, .trade, .amended: break
        }
    }

    private mutating func take(_ event: AlgorithmEvent, _ context: AlgorithmContext, into actions: inout ActionBuffer) {
        switch event {
        case .timer, .resumed, .started: startTaking(context, into: &actions)
        case .filled, .childClosed, .refused:
            if finishIfFilled(context, into: &actions) { return }
            if context.progress.open <= .zero { actions.wake(at: min(context.now + Aggressive.pause, until)) }
        case .cancelRequested, .paused, .quote, .trade, .amended: break
        }
    }

    private mutating func peg(_ context: AlgorithmContext, into actions: inout ActionBuffer) {
        guard context.now < until else { return finish("time is up", into: &actions) }
        guard context.progress.remaining > .zero else { return }
        guard let price = context.market?.near(for: context.parent.side) else {
            return startTaking(context, into: &actions)  // Nothing to rest at.
        }
        pegs += 1
        children += 1
        actions.submit(
            ChildRequest(
                quantity: context.progress.remaining,
                type: .limit(price),
                timeInForce: .day,
                slice: children,
                postOnly: true
            )
        )
        actions.wake(at: min(context.now + Self.patience, until))
    }

    private mutating func startTaking(_ context: AlgorithmContext, into actions: inout ActionBuffer) {
        state = .taking
        if finishIfFilled(context, into: &actions) { return }
        guard context.now < until else { return finish("time is up", into: &actions) }
        actions.wake(at: min(context.now + Aggressive.pause, until))
        guard context.progress.open <= .zero, context.market?.at != taken,
            let request = Crossing.request(context.progress.remaining, context, slice: children + 1)
        else { return }
        children += 1
        taken = context.market?.at
        actions.submit(request)
    }

    @discardableResult
    private mutating func finishIfFilled(_ context: AlgorithmContext, into actions: inout ActionBuffer) -> Bool {
        guard context.progress.filled >= context.progress.total else { return false }
        finish("filled", into: &actions)
        return true
    }

    private mutating func finish(_ reason: String, into actions: inout ActionBuffer) {
        state = .finished
        actions.finish(reason)
    }
}

extension Passive: PlannableAlgorithm {
    public static var names: [AlgorithmName] { [.passive] }
    public static var parameters: [String] {
        ["duration_minutes"]
    }
    /// Its children are all that is left; there is no smallest one.
    public static var conditions: [String] { OrderConditions.parameters.filter { $0 != "min_child_quantity" } }
    public static var style: ExecutionStyle { .passive }
    public static var expectedBps: [Double] { [-2, 5] }

    public static func plan(_ name: AlgorithmName, _ context: PlanningContext) throws(PlanRefusal) -> AlgorithmPlan {
        let end = try context.end(minutes: 15)
        return AlgorithmPlan(
            Passive(until: end),
            words: "rests for 5 s at the near touch, then takes what is left, until \(end)",
            end: end,
            deadline: end
        )
    }
}
