public import TradingDomain

/// TWAP: equal slices at equal intervals (AL-3).
///
/// Parameters: a start, a duration and a number of slices, which is a maximum: never more slices than lots. Slice `i`
/// is sent at `start + i × duration ÷ slices` as a market child under the session's collar. Use it when the order
/// should not depend on a volume forecast; for a whole day VWAP follows the market's rhythm better.
///
/// ```text
/// ready ──started──▶ sending ──last slice──▶ draining ──all filled, or end──▶ finished
/// ```
public struct TimeWeighted: ExecutionAlgorithm {
    public private(set) var schedule: SliceSchedule

    /// Plans `quantity` (whole lots, greater than zero) over `duration` in at most `slices` slices.
    ///
    /// - Throws: ``ApportionmentError`` when the quantity is negative.
    public init(
        quantity: Quantity,
        lot: Quantity,
        start: Timestamp,
        duration: Duration,
        slices: Int,
        catchUp: CatchUpPolicy = .spread
    ) throws(ApportionmentError) {
        let lots = quantity.lots(of: lot)
        let count = Int(max(1, min(Int64(slices), lots)))
        let shares = try Apportionment.cumulative(lots, over: [Int64](repeating: 1, count: count))
        let planned = shares.enumerated().map { index, share in
            Slice(
                due: Timestamp(nanoseconds: start.nanoseconds + duration.nanoseconds * Int64(index) / Int64(count)),
                quantity: Quantity(units: share * lot.units)
            )
        }
        schedule = SliceSchedule(
            slices: planned.filter { $0.quantity > .zero },
            end: start + duration,
            catchUp: catchUp
        )
    }

    public mutating func handle(_ event: AlgorithmEvent, _ context: AlgorithmContext, into actions: inout ActionBuffer)
    {
        schedule.handle(event, context, into: &actions)
    }
}
