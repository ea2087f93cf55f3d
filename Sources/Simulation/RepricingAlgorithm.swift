public import ExecutionAlgorithms
public import TradingDomain

/// Rests one child and replaces it over and over, at other prices and in other sizes: for worlds, not for orders.
public struct RepricingAlgorithm: ExecutionAlgorithm {
    private let until: Timestamp
    private var child: ClientOrderID?
    private var slice = 0

    init(until: Timestamp) { self.until = until }

    public mutating func handle(_ event: AlgorithmEvent, _ context: AlgorithmContext, into actions: inout ActionBuffer)
    {
        if event == .cancelRequested { return actions.finish("cancelled") }
        if context.progress.filled >= context.progress.total { return actions.finish("filled") }
        if context.now >= until { return actions.finish("time is up") }
        let lot = context.parent.instrument.lot
        let price = Price(units: 10_000_000_000 + Int64(context.random(1) * 40) * 1_000_000)
        actions.wake(at: min(context.now + .seconds(1 + Int(context.random(2) * 20)), until))
        if context.progress.open <= .zero, context.progress.remaining > .zero {
            slice += 1
            let part = Quantity(units: context.progress.remaining.units / 2).rounded(toLot: lot)
            actions.submit(ChildRequest(quantity: max(part, lot), type: .limit(price), slice: slice))
            child = context.id(ofRequest: 1)
        } else if event == .timer, let child {
            let share = context.random(3) * Double(context.parent.quantity.units)
            let total = Quantity(units: Int64(share)).rounded(toLot: lot)
            actions.replace(child, by: ChildRequest(quantity: total, type: .limit(price)))
            // A refused replacement leaves the first one working: half of the time it is tried again.
            if context.random(4) < 0.5 { self.child = context.id(ofRequest: 1) }
        }
    }
}

extension RepricingAlgorithm: PlannableAlgorithm {
    public static var names: [AlgorithmName] { [AlgorithmName(unchecked: "REPRICING")] }
    public static var parameters: [String] { ["duration_minutes", "end_time"] }

    public static func plan(_ name: AlgorithmName, _ context: PlanningContext) throws(PlanRefusal) -> AlgorithmPlan {
        let end = try context.end(minutes: 10)
        return AlgorithmPlan(
            RepricingAlgorithm(until: end),
            words: "replaces its child over and over",
            end: end,
            deadline: end
        )
    }
}
