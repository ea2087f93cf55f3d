public import QuantMath
public import TradingDomain

/// MARKET: the whole quantity at once, in one child that takes what the market gives.
///
/// For orders where time costs more than spread. Not for orders that are large against the volume of a minute: the
/// whole impact falls on one moment. When the child ends early (rejected, expired), what is left is sent again, at
/// most three times, each time as a new child.
public struct MarketOrder: ExecutionAlgorithm {
    /// Tries in all: a venue that ended four children is not going to fill the fifth.
    private static let attemptsMax = 4

    private var attempts = 0

    public init() {}

    public mutating func handle(_ event: AlgorithmEvent, _ context: AlgorithmContext, into actions: inout ActionBuffer)
    {
        switch event {
        case .started, .resumed, .childClosed, .timer:
            if context.progress.filled >= context.progress.total {
                actions.finish("filled")
            } else if context.progress.remaining > .zero {
                send(context, into: &actions)
            }
        case .filled:
            if context.progress.filled >= context.progress.total { actions.finish("filled") }
        case .refused:
            if context.progress.open <= .zero { actions.finish("refused") }
        case .amended(let change):
            change.withdrawIfNeeded(context, into: &actions)
            attempts = 0
            actions.wake(at: context.now)
        case .cancelRequested:
            actions.finish("cancelled")
        case .paused, .quote, .trade:
            break
        }
    }

    private mutating func send(_ context: AlgorithmContext, into actions: inout ActionBuffer) {
        guard attempts < Self.attemptsMax else {
            if context.progress.open <= .zero { actions.finish("not filled after \(attempts) attempts") }
            return
        }
        attempts += 1
        actions.submit(ChildRequest(quantity: context.progress.remaining, slice: attempts))
    }
}

extension MarketOrder: PlannableAlgorithm {
    public static var names: [AlgorithmName] { [.market] }
    public static var conditions: [String] { ["start_time"] }
    public static var style: ExecutionStyle { .aggressive }
    public static var expectedBps: [Double] { [5, 10] }

    public static func plan(_ name: AlgorithmName, _ context: PlanningContext) throws(PlanRefusal) -> AlgorithmPlan {
        return AlgorithmPlan(
            MarketOrder(),
            words: "1 child at once",
            end: context.now,
            deadline: context.close,
            schedule: [Slice(due: context.now, quantity: context.order.quantity)]
        )
    }
}
