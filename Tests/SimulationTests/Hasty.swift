import ExecutionAlgorithms
import TradingDomain

/// A broken algorithm: it cancels its child and asks for all that is not filled at once, without waiting for proof.
struct Hasty: PlannableAlgorithm {
    static let name = AlgorithmName(unchecked: "HASTY")
    static var names: [AlgorithmName] { [name] }

    private var slice = 0

    mutating func handle(_ event: AlgorithmEvent, _ context: AlgorithmContext, into actions: inout ActionBuffer) {
        switch event {
        case .started, .timer, .resumed, .filled, .childClosed, .amended:
            actions.cancelOpen()
            slice += 1
            let missing = context.progress.total - context.progress.filled
            actions.submit(ChildRequest(quantity: missing, slice: slice))
            actions.submit(ChildRequest(quantity: context.parent.instrument.lot, slice: slice))
            actions.wake(at: context.now + .seconds(3))
            if missing <= .zero { actions.finish("filled") }
        case .cancelRequested: actions.finish("cancelled")
        case .quote, .trade, .refused, .paused: break
        }
    }

    static func plan(_ name: AlgorithmName, _ context: PlanningContext) throws(PlanRefusal) -> AlgorithmPlan {
        AlgorithmPlan(Hasty(), words: "asks again at once", end: context.close, deadline: context.close)
    }
}
