import Glibc
import MarketData
public import QuantMath
public import TradingDomain

/// VWAP_DYNAMIC: VWAP that re-weights the rest of its time by the volume it has seen.
///
/// At the start of each bucket `k` the day's level is `R = (V + w·E) ÷ (D + w·E)`: `V` is what the market has traded since the
/// start, `D` what was expected by now, `E` what is expected in all. The prior's weight `w = ½·exp(−ln²(V ÷ D) ÷ (2·0.5²))` fades
/// the further the day proves to be from what was expected, such as after a split. The order should have done
/// `(V + R·e_k) ÷ (V + R·Σ_{j ≥ k} e_j)` by the end of the bucket, `e_j` being what is expected of bucket `j`; the slice is what is
/// missing to that, at most ``largest`` times the static plan's. A level that only scaled the rest in full would give the static
/// plan back: the gain comes from not believing an early surprise whole. Where no volume is seen the static plan stays.
///
/// Use it on days that trade unlike the days before. Not where the volume of a day tells nothing of the next one's.
///
/// Source: the split of volume into a common profile and a day's own part, Białkowski, Darolles, Le Fol, "Improving VWAP strategies:
/// a dynamic volume approach", Journal of Banking & Finance 32 (2008) 1709–1722; percentages from a forecast of what is left, Satish,
/// Saxena, Palmer, "Predicting intraday trading volume and volume percentages", Journal of Trading 9 (2014) 15–25. The weight is
/// a choice of ours.
public struct DynamicVolumeWeighted: ExecutionAlgorithm {
    /// How much of the expected day counts as seen when the day goes as expected.
    private static let priorWeight = 0.5
    /// How far a day may be from the expected one, in natural logarithms, before the prior fades.
    private static let priorWidth = 0.5
    /// A slice is at most so many times what the static plan gives its bucket: catching up is no dump.
    public static let largest = 4.0

    public private(set) var schedule: SliceSchedule
    public let start: Timestamp
    public let bucket: Duration
    /// Volume expected of each bucket, in units of the instrument.
    public private(set) var expected: [Double]
    /// How far a slice may differ by chance, in percent.
    private let sizePercent: FixedDecimal?
    /// The session's volume when the order began; `nil` before.
    private var baseline: Quantity?

    /// Plans `quantity` (whole lots, greater than zero) over buckets that begin at `start` and of which `expected` volume is
    /// expected.
    ///
    /// - Throws: ``ApportionmentError`` when nothing is expected at all.
    public init(
        quantity: Quantity,
        lot: Quantity,
        start: Timestamp,
        bucket: Duration,
        expected: [Double],
        end: Timestamp,
        catchUp: CatchUpPolicy = .spread,
        style: SliceStyle = SliceStyle()
    ) throws(ApportionmentError) {
        var style = style
        (sizePercent, style.sizePercent, style.timePercent) = (style.sizePercent, nil, nil)
        schedule = try VolumeWeighted(
            quantity: quantity,
            lot: lot,
            start: start,
            bucket: bucket,
            weights: expected,
            end: end,
            catchUp: catchUp,
            style: style
        ).schedule
        self.start = start
        self.bucket = bucket
        self.expected = expected
    }

    public mutating func handle(_ event: AlgorithmEvent, _ context: AlgorithmContext, into actions: inout ActionBuffer)
    {
        switch event {
        case .started: baseline = context.market?.volume ?? .zero
        case .timer, .resumed: reweigh(context)
        case .amended(let change): fit(to: change.endTime)
        case .quote, .trade, .filled, .childClosed, .refused, .paused, .cancelRequested: break
        }
        schedule.handle(event, context, into: &actions)
    }

    /// Plans the current bucket and those after it anew.
    private mutating func reweigh(_ context: AlgorithmContext) {
        let index = Int((context.now - start).nanoseconds / bucket.nanoseconds)
        guard !schedule.finished, expected.indices.contains(index), context.now < schedule.end,
            let volume = seen(context), volume > 0
        else { return }
        let (done, left) = (expected[..<index].reduce(0, +), Array(expected[index...]))
        let rest = left.reduce(0, +)
        let level = Self.level(seen: volume, expectedSoFar: done, expectedInAll: done + rest)
        guard rest > 0, level > 0 else { return }
        let target = (volume + level * left[0]) / (volume + level * rest)
        let progress = context.progress
        let asked = (progress.filled + progress.open).approximate
        let whole = asked + schedule.left(context).approximate
        let planned = whole * left[0] / (done + rest)
        let draw = 1 + (sizePercent ?? .zero).approximate / 100 * (2 * context.random(0) - 1)
        let slice = min(max(target * whole - asked, 0) * draw, planned * Self.largest, whole - asked)
        // The rest keeps its shape; a weight is in millionths of the order, of which 10⁶ are exact in any sum.
        let later = max(whole - asked - slice, 0)
        let weights = left.enumerated().map {
            $0.offset == 0 ? slice : later * $0.element / max(rest - left[0], 1e-300)
        }
        let moments = weights.enumerated().map { offset, weight in
            (due: start + bucket * (index + offset), weight: Int64((weight / max(whole, 1e-300) * 1e9).rounded()))
        }
        schedule.replan(over: moments, context)
    }

    /// The market's volume since the start, in units of the instrument.
    private mutating func seen(_ context: AlgorithmContext) -> Double? {
        guard let volume = context.market?.volume, let before = baseline else { return nil }
        if volume < before { baseline = .zero }  // The feed began to tell single trades, and counts anew.
        return (volume - (baseline ?? .zero)).approximate
    }

    /// How much the day trades against what was expected, the prior included.
    static func level(seen volume: Double, expectedSoFar done: Double, expectedInAll whole: Double) -> Double {
        guard done > 0, volume > 0 else { return 1 }
        let surprise = log(volume / done)
        let prior = priorWeight * exp(-surprise * surprise / (2 * priorWidth * priorWidth)) * whole
        return (volume + prior) / (done + prior)
    }

    /// Cuts what is expected at a new end, or goes on with the last bucket's volume.
    private mutating func fit(to end: Timestamp?) {
        guard let end, end > start else { return }
        let count = Int(((end - start).nanoseconds + bucket.nanoseconds - 1) / bucket.nanoseconds)
        let more = max(0, min(count, Self.bucketsMax) - expected.count)
        expected = expected.prefix(count) + [Double](repeating: expected.last ?? 0, count: more)
    }

    /// A day of minutes.
    private static let bucketsMax = 1440
}

extension DynamicVolumeWeighted: PlannableAlgorithm {
    public static var names: [AlgorithmName] { [.vwapDynamic] }
    public static var parameters: [String] {
        [
            "duration_minutes", "volume_profile_days", "catch_up", "min_child_quantity", "randomize_size_percent",
        ]
    }
    public static var style: ExecutionStyle { .passive }
    public static var expectedBps: [Double] { [0.5, 2] }

    public static func plan(_ name: AlgorithmName, _ context: PlanningContext) throws(PlanRefusal) -> AlgorithmPlan {
        let end = try context.end()
        let order = context.order
        let bucket = VolumeWeighted.bucket(lots: order.quantity.lots(of: order.instrument.lot), span: end - context.now)
        let weights = try VolumeWeighted.weights(name, context, to: end, bucket: bucket)
        let algorithm: DynamicVolumeWeighted
        do {
            let history = try context.forecast.statistics(of: order.instrument, at: context.now, days: context.days)
            algorithm = try DynamicVolumeWeighted(
                quantity: order.quantity,
                lot: order.instrument.lot,
                start: context.now,
                bucket: bucket,
                expected: weights.map { $0 * history.dailyVolume },
                end: end,
                catchUp: context.parameters.catchUp ?? .spread,
                style: SliceStyle(context.parameters)
            )
        } catch {
            throw VolumeWeighted.refusal(name, context, error)
        }
        let slices = algorithm.schedule.slices.count
        return AlgorithmPlan(
            algorithm,
            slices: slices,
            words: "\(slices) slices by volume until \(end), re-weighted by the volume seen",
            end: end,
            deadline: context.close,
            schedule: algorithm.schedule.slices,
            warning: VolumeWeighted.warning(context)
        )
    }
}
