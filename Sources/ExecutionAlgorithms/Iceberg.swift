public import QuantMath
public import TradingDomain

/// ICEBERG: shows a small part at a limit price and refills it as it trades (AL-5).
///
/// Parameters: the worst price, the displayed quantity in units of the instrument, and a variance (0 … 1, 0.2 unless given)
/// by which each refill differs from it, drawn from the seed, so that the refills are not all alike. Use it to rest a large order
/// without showing its size. Not for orders that have to be done, nor in books so thin that every refill is noticed.
public struct Iceberg: ExecutionAlgorithm {
    public private(set) var order: RestingOrder

    /// Shows `display` at `price` until `until`.
    public init(price: Price, display: Quantity, variance: Double = 0.2, until: Timestamp) {
        order = RestingOrder(price: price, display: display, variance: variance, until: until)
    }

    public mutating func handle(_ event: AlgorithmEvent, _ context: AlgorithmContext, into actions: inout ActionBuffer)
    {
        order.handle(event, context, into: &actions)
    }
}

extension Iceberg: PlannableAlgorithm {
    public static var names: [AlgorithmName] { [.iceberg] }
    public static var parameters: [String] {
        ["duration_minutes", "display_quantity", "randomize_size_percent"]
    }
    /// The displayed quantity is its smallest child.
    public static var conditions: [String] { OrderConditions.parameters.filter { $0 != "min_child_quantity" } }
    public static var style: ExecutionStyle { .passive }
    public static var expectedBps: [Double] { [-5, 0] }

    public static func plan(_ name: AlgorithmName, _ context: PlanningContext) throws(PlanRefusal) -> AlgorithmPlan {
        let price = try context.limitPrice(for: name)
        let end = try context.end()
        let (whole, lot) = (context.order.quantity, context.order.instrument.lot)
        let asked = context.parameters.displayQuantity ?? Quantity(units: whole.units / 10)
        let variance = context.parameters.randomizeSizePercent.map { $0.approximate / 100 } ?? 0.2
        let display = max(min(asked, whole).rounded(toLot: lot), lot)
        return AlgorithmPlan(
            Iceberg(price: price, display: display, variance: variance, until: end),
            slices: Int((whole.units - 1) / display.units + 1),
            words: "about \(display) shown at a time at \(price) or better until \(end)",
            end: end,
            deadline: end
        )
    }
}
