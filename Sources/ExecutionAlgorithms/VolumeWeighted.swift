public import QuantMath
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
        catchUp: CatchUpPolicy = .spread,
        style: SliceStyle = SliceStyle()
    ) throws(ApportionmentError) {
        let shares = try Apportionment.cumulative(quantity.lots(of: lot), over: try Apportionment.whole(weights))
        let planned = shares.enumerated().map { index, share in
            Slice(
                due: Timestamp(nanoseconds: start.nanoseconds + bucket.nanoseconds * Int64(index)),
                quantity: Quantity(units: share * lot.units)
            )
        }
        schedule = SliceSchedule(
            slices: planned.filter { $0.quantity > .zero },
            end: end,
            catchUp: catchUp,
            style: style
        )
    }

    public mutating func handle(_ event: AlgorithmEvent, _ context: AlgorithmContext, into actions: inout ActionBuffer)
    {
        schedule.handle(event, context, into: &actions)
    }
}

extension VolumeWeighted: PlannableAlgorithm {
    /// Length of a bucket of an order of `lots` over `span`: a minute, so that what is paid samples the market as its average
    /// does; five where that would be less than ten lots at a time.
    static func bucket(lots: Int64, span: Duration) -> Duration {
        let minutes = max(1, span.nanoseconds / Duration.seconds(60).nanoseconds)
        return .seconds(lots / minutes >= 10 ? 60 : 300)
    }

    /// Below this much time to the close a VWAP is warned about (SE-2).
    private static let shortSession = Duration.seconds(3600)

    public static var names: [AlgorithmName] { [.vwap] }
    public static var parameters: [String] {
        ["duration_minutes", "volume_profile_days"] + SliceStyle.parameters
    }
    public static var style: ExecutionStyle { .passive }
    public static var expectedBps: [Double] { [0.5, 2] }

    public static func plan(_ name: AlgorithmName, _ context: PlanningContext) throws(PlanRefusal) -> AlgorithmPlan {
        let end = try context.end()
        let order = context.order
        let bucket = bucket(lots: order.quantity.lots(of: order.instrument.lot), span: end - context.now)
        let weights = try weights(name, context, to: end, bucket: bucket)
        let algorithm: VolumeWeighted
        do {
            algorithm = try VolumeWeighted(
                quantity: order.quantity,
                lot: order.instrument.lot,
                start: context.now,
                bucket: bucket,
                weights: weights,
                end: end,
                catchUp: context.parameters.catchUp ?? .spread,
                style: SliceStyle(context.parameters)
            )
        } catch {
            throw refusal(name, context, error)
        }
        let slices = algorithm.schedule.slices.count
        return AlgorithmPlan(
            algorithm,
            slices: slices,
            words: "\(slices) slices by volume until \(end)",
            end: end,
            deadline: context.close,
            schedule: algorithm.schedule.slices,
            warning: warning(context)
        )
    }

    /// Shares of the session's volume by bucket, from the order's start to `end`.
    static func weights(
        _ name: AlgorithmName,
        _ context: PlanningContext,
        to end: Timestamp,
        bucket: Duration
    ) throws(PlanRefusal) -> [Double] {
        do {
            return try context.forecast.weights(
                of: context.order.instrument,
                from: context.now,
                to: end,
                bucket: bucket,
                days: context.days
            )
        } catch {
            throw refusal(name, context, error)
        }
    }

    static func refusal(_ name: AlgorithmName, _ context: PlanningContext, _ error: any Error) -> PlanRefusal {
        PlanRefusal(
            "NO_VOLUME_PROFILE",
            "\(name) needs the volume pattern of earlier sessions of \(context.order.symbol): \(error). "
                + "Give data of earlier sessions, or order TWAP or POV, which need none."
        )
    }

    static func warning(_ context: PlanningContext) -> String? {
        let left = context.close - context.now
        return left < shortSession ? "\(PlanWords.span(left)) left in the session, so VWAP has little room" : nil
    }
}
