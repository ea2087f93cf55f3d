public import QuantMath
public import TradingDomain

/// ADAPTIVE: small slices, passive where the spread is wide and aggressive where it is narrow (AL-8).
///
/// Each slice is `min(remaining, 0.2 × liquidity)`, liquidity being what the best five levels of the side that it takes from hold,
/// or the size at the best price where the source shows no depth. Under 3 bps of
/// spread it takes, as AGGRESSIVE does; else it rests at the near touch for ``patience``. A slice that filled less than half
/// waits between one and three seconds, drawn from the seed. The book is read again before each slice. The loop is bounded by
/// the time it was given. Use it for orders of a few times the size shown. Not where no sizes are known: it then sends a lot at
/// a time.
///
/// ```text
/// ready ──slice──▶ working ──filled half──▶ ready
///                     │ less than half
///                     ▼
///                  waiting ──1–3 s──▶ ready            all filled, or time is up ──▶ finished
/// ```
public struct Adaptive: ExecutionAlgorithm {
    /// How long a passive slice rests.
    public static let patience = Duration.seconds(5)
    /// Below this spread, in basis points, waiting earns less than it risks.
    public static let narrowBps = 3.0
    /// Share of the liquidity that a slice takes, in percent.
    private static let share = FixedDecimal(20)

    private enum State: String, Codable { case ready, working, withdrawing, waiting, finished }

    public private(set) var until: Timestamp
    private var state = State.ready
    private var slices = 0
    /// The slice rests; one that takes ends by itself and is not withdrawn.
    private var isResting = false
    /// The slice at work, and what it had filled.
    private var size = Quantity.zero
    private var filledBefore = Quantity.zero

    /// Works until `until`.
    public init(until: Timestamp) { self.until = until }

    public mutating func handle(_ event: AlgorithmEvent, _ context: AlgorithmContext, into actions: inout ActionBuffer)
    {
        guard state != .finished else {
            if event == .resumed { actions.finish("the order had ended") }
            return
        }
        switch event {
        case .cancelRequested: return finish("cancelled", into: &actions)
        case .quote, .trade: return
        case .paused:
            if isResting, context.progress.open > .zero { withdraw(into: &actions) }
            return
        case .amended(let change):
            until = change.endTime ?? until
            if isResting, context.progress.open > .zero { withdraw(into: &actions) }
            return actions.wake(at: min(context.now + Self.patience, until))
        case .started, .timer, .resumed, .filled, .childClosed, .refused: break
        }
        if context.progress.filled >= context.progress.total { return finish("filled", into: &actions) }
        if context.now >= until { return finish("time is up", into: &actions) }
        if context.progress.open > .zero {
            // A slice is still at work; a timer means that it has rested long enough, or that its cancel was not answered.
            if event == .timer || event == .resumed, isResting {
                withdraw(into: &actions)
            }
            return actions.wake(at: min(context.now + Self.patience, until))
        }
        switch (state, event) {
        case (.ready, _), (.waiting, .timer), (.waiting, .resumed), (.waiting, .started):
            send(context, into: &actions)
        case (.waiting, _):
            break
        case (.working, _), (.withdrawing, _):
            let filled = context.progress.filled - filledBefore
            if filled < size - filled { wait(context, into: &actions) } else { send(context, into: &actions) }
        case (.finished, _):
            break
        }
    }

    private mutating func withdraw(into actions: inout ActionBuffer) {
        state = .withdrawing
        actions.cancelOpen()
    }

    private mutating func send(_ context: AlgorithmContext, into actions: inout ActionBuffer) {
        let side = context.parent.side
        let lot = context.parent.instrument.lot
        let shown = context.market?.liquidity(for: side) ?? context.market?.touchSize(for: side) ?? .zero
        let part = Quantity(
            units: Int64(clamping: Int128(shown.units) * Self.share.units / (Int128(FixedDecimal.scale) * 100))
        )
        size = min(max(part.rounded(toLot: lot), lot), context.progress.remaining)
        filledBefore = context.progress.filled
        let isNarrow = (context.market?.spreadBps).map { $0 < Self.narrowBps } ?? true
        let near = isNarrow ? nil : context.market?.near(for: side)
        let request: ChildRequest? =
            if let near {
                ChildRequest(
                    quantity: size,
                    type: .limit(near),
                    timeInForce: .day,
                    slice: slices + 1,
                    postOnly: true
                )
            } else {
                Crossing.request(size, context, slice: slices + 1)
            }
        guard let request else { return wait(context, into: &actions) }
        slices += 1
        isResting = near != nil
        state = .working
        actions.submit(request)
        actions.wake(at: min(context.now + Self.patience, until))
    }

    private mutating func wait(_ context: AlgorithmContext, into actions: inout ActionBuffer) {
        state = .waiting
        let seconds = 1 + 2 * context.random(0)
        actions.wake(at: min(context.now + .nanoseconds(Int64(seconds * 1e9)), until))
    }

    private mutating func finish(_ reason: String, into actions: inout ActionBuffer) {
        state = .finished
        actions.finish(reason)
    }
}

extension Adaptive: PlannableAlgorithm {
    public static var names: [AlgorithmName] { [.adaptive] }
    public static var parameters: [String] {
        ["duration_minutes"]
    }
    public static var style: ExecutionStyle { .moderate }
    public static var expectedBps: [Double] { [-1, 5] }

    public static func plan(_ name: AlgorithmName, _ context: PlanningContext) throws(PlanRefusal) -> AlgorithmPlan {
        let end = try context.end(minutes: 60)
        return AlgorithmPlan(
            Adaptive(until: end),
            words:
                "a fifth of the size shown at a time, resting in wide spreads and taking in narrow ones, until \(end)",
            end: end,
            deadline: end
        )
    }
}
