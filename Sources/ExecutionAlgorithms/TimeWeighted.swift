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

extension TimeWeighted: PlannableAlgorithm {
    /// Time after the end for the last slice to fill; bars report at their end.
    private static let grace = Duration.seconds(90)
    /// One slice a second over the longest schedule.
    private static let slicesMax = 86_400

    public static var names: [AlgorithmName] { [.twap, .twapAggressive, .twapStandard] }
    public static var parameters: [String] {
        ["duration_minutes", "slice_interval_seconds", "slices", "end_time", "catch_up"]
    }

    public static func plan(_ name: AlgorithmName, _ context: PlanningContext) throws(PlanRefusal) -> AlgorithmPlan {
        let parameters = context.parameters
        let minutes = parameters.durationMinutes ?? 30
        let end = try context.end(minutes: minutes)
        let interval = parameters.sliceIntervalSeconds ?? 60
        guard interval > 0 else {
            throw PlanRefusal("BAD_PARAMETERS", "A slice interval of \(interval) s: give 1 or more.")
        }
        let count = parameters.slices ?? max(1, minutes * 60 / interval)
        guard (1...slicesMax).contains(count) else {
            throw PlanRefusal("BAD_PARAMETERS", "\(count) slices: give 1 to \(slicesMax).")
        }
        let order = context.order
        let algorithm: TimeWeighted
        do {
            algorithm = try TimeWeighted(
                quantity: order.quantity,
                lot: order.instrument.lot,
                start: context.now,
                duration: end - context.now,
                slices: count,
                catchUp: parameters.catchUp ?? .spread
            )
        } catch {
            throw PlanRefusal("BAD_PARAMETERS", "\(error)")
        }
        let slices = algorithm.schedule.slices.count
        let average = order.quantity.approximate / Double(slices)
        let isCut = context.now + .seconds(minutes * 60) > context.close && end == context.close
        return AlgorithmPlan(
            algorithm,
            slices: slices,
            words: "\(slices) slices over \(PlanWords.span(end - context.now)), "
                + "avg \(PlanWords.twoDecimals(average)) per slice",
            end: end,
            deadline: min(end + grace, context.close),
            schedule: algorithm.schedule.slices,
            warning: isCut ? "shortened from \(minutes) min: the session closes at \(context.close)" : nil
        )
    }
}
