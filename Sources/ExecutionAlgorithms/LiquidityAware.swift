public import QuantMath
public import TradingDomain

/// LIQUIDITY_AWARE: never more than a tenth of what both sides of the book show (AL-9).
///
/// Each slice is `min(0.10 × bid volume, 0.10 × ask volume, remaining)` in whole lots, a side's volume being that of its best
/// five levels where the source shows depth, else the size at its best price. It is taken as AGGRESSIVE does; the book is read
/// again before each, ``interval`` after the last. While the book shows too little for one lot it waits. Use it where size
/// comes and goes. Not on data without sizes, where it never trades, nor when time is short.
public struct LiquidityAware: ExecutionAlgorithm {
    /// Time between two slices, for the book to fill up again.
    public static let interval = Duration.seconds(5)
    /// Share of the smaller side that a slice takes: one tenth.
    private static let divisor: Int64 = 10

    public private(set) var until: Timestamp
    private var slices = 0
    private var finished = false

    /// Works until `until`.
    public init(until: Timestamp) { self.until = until }

    public mutating func handle(_ event: AlgorithmEvent, _ context: AlgorithmContext, into actions: inout ActionBuffer)
    {
        guard !finished else {
            if event == .resumed { actions.finish("the order had ended") }
            return
        }
        switch event {
        case .started, .timer, .resumed:
            if context.progress.filled >= context.progress.total { return finish("filled", into: &actions) }
            guard context.now < until else { return finish("time is up", into: &actions) }
            actions.wake(at: min(context.now + Self.interval, until))
            send(context, into: &actions)
        case .filled, .childClosed, .refused:
            if context.progress.filled >= context.progress.total { finish("filled", into: &actions) }
        case .amended(let change):
            change.withdrawIfNeeded(context, into: &actions)
            until = change.endTime ?? until
            actions.wake(at: context.now)
        case .cancelRequested:
            finish("cancelled", into: &actions)
        case .paused, .quote, .trade:
            break
        }
    }

    private mutating func send(_ context: AlgorithmContext, into actions: inout ActionBuffer) {
        guard context.progress.open <= .zero, let market = context.market,
            let bid = market.bidLiquidity ?? market.bidSize, let ask = market.askLiquidity ?? market.askSize
        else { return }
        let part = Quantity(units: min(bid, ask).units / Self.divisor)
        let size = min(part, context.progress.remaining).rounded(toLot: context.parent.instrument.lot)
        guard size > .zero, let request = Crossing.request(size, context, slice: slices + 1) else { return }
        slices += 1
        actions.submit(request)
    }

    private mutating func finish(_ reason: String, into actions: inout ActionBuffer) {
        finished = true
        actions.finish(reason)
    }
}

extension LiquidityAware: PlannableAlgorithm {
    public static var names: [AlgorithmName] { [.liquidityAware] }
    public static var parameters: [String] {
        ["duration_minutes"]
    }
    public static var style: ExecutionStyle { .moderate }
    public static var expectedBps: [Double] { [0, 5] }

    public static func plan(_ name: AlgorithmName, _ context: PlanningContext) throws(PlanRefusal) -> AlgorithmPlan {
        let end = try context.end(minutes: 60)
        let market = context.market
        let isBlind =
            (market?.bidLiquidity ?? market?.bidSize) == nil || (market?.askLiquidity ?? market?.askSize) == nil
        return AlgorithmPlan(
            LiquidityAware(until: end),
            words: "a tenth of the smaller side of the book at a time, until \(end)",
            end: end,
            deadline: end,
            warning: isBlind ? "the market shows no sizes now, and nothing is sent before it does" : nil
        )
    }
}
