public import QuantMath
public import TradingDomain

/// AGGRESSIVE: takes what the book shows, a tenth of a percent through the touch at most (AL-7).
///
/// An immediate-or-cancel child at `best ask × 1.001` (buy) or `best bid × 0.999` (sell), for everything that is left; what
/// it does not get is tried again once the book is new, at the prices of then, until all is filled or time is up. Without quotes
/// the last trade stands for the touch. Use it when it has to be done now and the price may not run away. Not for orders
/// that are large against the size shown.
public struct Aggressive: ExecutionAlgorithm {
    /// Between two tries, for new size to come.
    static let pause = Duration.seconds(1)

    public private(set) var until: Timestamp
    private var tries = 0
    /// When the market that it last took from was seen: the same book is not asked twice.
    private var taken: Timestamp?
    private var finished = false

    /// Tries until `until`.
    public init(until: Timestamp) { self.until = until }

    public mutating func handle(_ event: AlgorithmEvent, _ context: AlgorithmContext, into actions: inout ActionBuffer)
    {
        guard !finished else {
            if event == .resumed { actions.finish("the order had ended") }
            return
        }
        switch event {
        case .started, .timer, .resumed:
            take(context, into: &actions)
        case .filled, .childClosed, .refused:
            if context.progress.filled >= context.progress.total { return finish("filled", into: &actions) }
            // Not at once: the book has to be seen again first.
            if context.progress.open <= .zero { actions.wake(at: min(context.now + Self.pause, until)) }
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

    private mutating func take(_ context: AlgorithmContext, into actions: inout ActionBuffer) {
        if context.progress.filled >= context.progress.total { return finish("filled", into: &actions) }
        guard context.now < until else { return finish("time is up", into: &actions) }
        actions.wake(at: min(context.now + Self.pause, until))
        let left = context.progress.remaining
        guard context.progress.open <= .zero, left > .zero, context.market?.at != taken,
            let request = Crossing.request(left, context, slice: tries + 1)
        else { return }
        tries += 1
        taken = context.market?.at
        actions.submit(request)
    }

    private mutating func finish(_ reason: String, into actions: inout ActionBuffer) {
        finished = true
        actions.finish(reason)
    }
}

/// An immediate child a little through the touch (AL-7).
enum Crossing {
    /// Ten basis points: `× 1.001` for a buy, `× 0.999` for a sell.
    private static let reachBps = FixedDecimal(10)

    /// The child for `quantity`; `nil` while there is no price, or bid and ask are crossed.
    static func request(_ quantity: Quantity, _ context: AlgorithmContext, slice: Int) -> ChildRequest? {
        let side = context.parent.side
        guard let market = context.market, market.isTrusted, let touch = market.touch(for: side) ?? market.last,
            touch.units > 0
        else { return nil }
        return ChildRequest(
            quantity: quantity,
            type: .limit(touch.worsened(byBps: reachBps, for: side)),
            timeInForce: .immediateOrCancel,
            slice: slice
        )
    }
}

extension MarketSeen {
    /// Bid and ask are not crossed; where one is missing there is nothing to doubt.
    var isTrusted: Bool {
        guard let bid, let ask else { return true }
        return bid <= ask
    }

    /// What the best five levels hold that an order on `side` would take from.
    func liquidity(for side: Side) -> Quantity? { side == .buy ? askLiquidity : bidLiquidity }
}

extension Aggressive: PlannableAlgorithm {
    public static var names: [AlgorithmName] { [.aggressive] }
    public static var parameters: [String] {
        ["duration_minutes"]
    }
    /// Its children are all that is left; there is no smallest one.
    public static var conditions: [String] { OrderConditions.parameters.filter { $0 != "min_child_quantity" } }
    public static var style: ExecutionStyle { .aggressive }
    public static var expectedBps: [Double] { [1, 10] }

    public static func plan(_ name: AlgorithmName, _ context: PlanningContext) throws(PlanRefusal) -> AlgorithmPlan {
        let end = try context.end(minutes: 15)
        return AlgorithmPlan(
            Aggressive(until: end),
            words: "takes what is shown, up to 10 bps through the touch, until \(end)",
            end: end,
            deadline: end
        )
    }
}
