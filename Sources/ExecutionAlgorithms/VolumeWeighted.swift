public import TradingDomain

/// VWAP: slices that follow the volume pattern of earlier sessions (AL-4).
///
/// Parameters: the bucket length and one weight per bucket between start and end, learned from days before the one
/// that is traded. Each slice is sent at the start of its bucket as a market child under the session's collar;
/// buckets whose share rounds to nothing send nothing. Use it to spread an order over a session at a small share of
/// volume. Not for names without a stable pattern, nor on days when volume is driven by one event.
public struct VolumeWeighted: ExecutionAlgorithm {
    public private(set) var schedule: SliceSchedule

    /// Plans `quantity` (whole lots, greater than zero) over buckets that begin at `start`, each of length `bucket`.
    ///
    /// The last bucket may be shorter: it ends at `end`. Each weight is the share of volume expected in its bucket.
    ///
    /// - Throws: ``ApportionmentError`` when the weights allow no plan.
    public init(
        quantity: Quantity,
        lot: Quantity,
        start: Timestamp,
        bucket: Duration,
        weights: [Double],
        end: Timestamp,
        catchUp: CatchUpPolicy = .spread
    ) throws(ApportionmentError) {
        let shares = try Apportionment.cumulative(quantity.lots(of: lot), over: try Apportionment.whole(weights))
        let planned = shares.enumerated().map { index, share in
            Slice(
                due: Timestamp(nanoseconds: start.nanoseconds + bucket.nanoseconds * Int64(index)),
                quantity: Quantity(units: share * lot.units)
            )
        }
        schedule = SliceSchedule(slices: planned.filter { $0.quantity > .zero }, end: end, catchUp: catchUp)
    }

    public mutating func handle(_ event: AlgorithmEvent, _ context: AlgorithmContext, into actions: inout ActionBuffer)
    {
        schedule.handle(event, context, into: &actions)
    }
}
