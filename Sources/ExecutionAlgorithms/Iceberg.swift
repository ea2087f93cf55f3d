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
