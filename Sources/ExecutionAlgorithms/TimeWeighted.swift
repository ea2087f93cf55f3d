import MarketData
import QuantMath
public import TradingDomain

/// TWAP: equal slices at equal intervals (AL-3).
///
/// Parameters: a start, a duration and a number of slices, which is a maximum: never more slices than lots. Slice `i`
/// is sent at `start + i × duration ÷ slices` as a market child under the session's collar. Without a duration and an end the time
/// is that of AL-12, from the order's size and the volume and volatility of earlier sessions, and slices take at the touch as
/// AGGRESSIVE does. Use it when the order
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
        catchUp: CatchUpPolicy = .spread,
        style: SliceStyle = SliceStyle()
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
            catchUp: catchUp,
            style: style
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

    public static var names: [AlgorithmName] { [.twap, .twapAggressive, .twapStandard] }
    public static var parameters: [String] {
        ["duration_minutes", "slice_interval_seconds", "slices"] + SliceStyle.parameters
    }

    public static func plan(_ name: AlgorithmName, _ context: PlanningContext) throws(PlanRefusal) -> AlgorithmPlan {
        let parameters = context.parameters
        let isTimed = parameters.durationMinutes != nil || parameters.endTime != nil
        let horizon = isTimed || name != .twap ? nil : Horizon(context)
        let minutes = parameters.durationMinutes ?? minutes
        let end: Timestamp
        if let horizon {
            end = min(context.now + .seconds(horizon.seconds), try context.end(minutes: minutes), context.close)
        } else {
            end = try context.end(minutes: minutes)
        }
        let interval = parameters.sliceIntervalSeconds ?? 60
        // A given end counts as it is; a duration counts whole, also where the close cuts it.
        let span = parameters.durationMinutes == nil ? Int((end - context.now).seconds) : minutes * 60
        let count = parameters.slices ?? (parameters.sliceIntervalSeconds == nil ? horizon?.slices : nil)
        let order = context.order
        var style = SliceStyle(parameters)
        style.takesTouch = horizon != nil
        let algorithm: TimeWeighted
        do {
            algorithm = try TimeWeighted(
                quantity: order.quantity,
                lot: order.instrument.lot,
                start: context.now,
                duration: end - context.now,
                slices: count ?? max(1, span / interval),
                catchUp: parameters.catchUp ?? .spread,
                style: style
            )
        } catch {
            throw PlanRefusal("BAD_PARAMETERS", "\(error)")
        }
        let slices = algorithm.schedule.slices.count
        let average = order.quantity.approximate / Double(slices)
        let isCut =
            parameters.endTime == nil && horizon == nil && end == context.close
            && context.now + .seconds(minutes * 60) > context.close
        return AlgorithmPlan(
            algorithm,
            slices: slices,
            words: "\(slices) slices over \(PlanWords.span(end - context.now)), "
                + "avg \(PlanWords.twoDecimals(average)) per slice" + (horizon?.words ?? ""),
            end: end,
            deadline: min(end + grace, context.close),
            schedule: algorithm.schedule.slices,
            warning: isCut ? "shortened from \(minutes) min: the session closes at \(context.close)" : nil
        )
    }

    /// How long it works where neither a duration nor an end was given, nor anything is known of earlier sessions.
    private static let minutes = 30

    /// The time of AL-12, with the Almgren–Chriss time beside it.
    private struct Horizon {
        let seconds: Int
        let slices: Int
        let words: String

        /// `nil` where no earlier session tells volume and volatility, or these allow no answer.
        init?(_ context: PlanningContext) {
            let order = context.order
            guard
                let history = try? context.forecast.statistics(
                    of: order.instrument,
                    at: context.now,
                    days: context.days
                ),
                let time = try? TradingHorizon.seconds(
                    size: order.quantity.approximate,
                    volatility: history.dailyVolatility,
                    dailyVolume: history.dailyVolume
                ),
                let count = try? TradingHorizon.slices(
                    durationSeconds: time,
                    lots: order.quantity.lots(of: order.instrument.lot)
                )
            else { return nil }
            (seconds, slices) = (Int(time), count)
            let fold = ImplementationShortfall.foldTime(context, history, seconds: time, periods: count)
            words =
                "; time by size and volatility of \(history.dates.count) sessions"
                + (fold.map { ", Almgren–Chriss would take \(PlanWords.span($0)) to 1/e" } ?? "")
        }
    }
}
