import SmartExecutorKit

/// HALF_NOW: one half at once, the rest when half the time is over.
///
/// It only asks: the session around it keeps whole lots, the price collar, the deadline, and that no more is sent than was
/// ordered. It is stored with every order that it sends, and goes on from there after a crash.
struct HalfNow: PlannableAlgorithm {
    static let names = [AlgorithmName(unchecked: "HALF_NOW")]
    static let parameters = ["duration_minutes", "end_time"]
    static let expectedBps = [2.0, 8.0]

    let halfTime: Timestamp

    static func plan(_ name: AlgorithmName, _ context: PlanningContext) throws(PlanRefusal) -> AlgorithmPlan {
        let end = try context.end(minutes: 10)
        let halfTime = context.now + (end - context.now) / 2
        return AlgorithmPlan(
            HalfNow(halfTime: halfTime),
            slices: 2,
            words: "half now, the rest at \(halfTime)",
            end: end,
            deadline: end
        )
    }

    mutating func handle(_ event: AlgorithmEvent, _ context: AlgorithmContext, into actions: inout ActionBuffer) {
        let progress = context.progress
        if event == .cancelRequested { return actions.finish("cancelled") }
        if progress.filled >= progress.total { return actions.finish("filled") }
        guard event == .started || event == .timer || event == .resumed else { return }

        let isFirstHalf = context.now < halfTime
        let half = Quantity(units: progress.total.units / 2).rounded(toLot: context.parent.instrument.lot)
        let missing = (isFirstHalf ? half : progress.total) - progress.filled - progress.open
        if missing > .zero { actions.submit(ChildRequest(quantity: missing, slice: isFirstHalf ? 1 : 2)) }
        // After the half what did not fill is asked for again, once a minute.
        actions.wake(at: isFirstHalf ? halfTime : context.now + .seconds(60))
    }
}
