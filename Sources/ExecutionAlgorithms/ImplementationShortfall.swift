import MarketData
public import QuantMath
public import TradingDomain

/// IMPLEMENTATION_SHORTFALL: the Almgren–Chriss path, which trades early when the price is risky and slowly when impact
/// is dear (AL-11).
///
/// Parameters: duration, number of slices (a maximum: never more than lots), and the market's and the trader's numbers in
/// ``QuantMath/AlmgrenChriss/Parameters``; its risk aversion decides how much of the order goes out first. Slices are the
/// path's trades in whole lots, by largest remainder, and sum exactly to the order. Use it when the benchmark is the
/// arrival price. Not without an estimate of volatility and volume: the path is no better than they are.
public struct ImplementationShortfall: ExecutionAlgorithm {
    public private(set) var schedule: SliceSchedule

    /// Plans `quantity` along the path of `parameters`, whose own quantity and periods are replaced by the order's.
    ///
    /// - Throws: `FormulaError` when the path has no minimum, `ApportionmentError` when its trades allow no plan.
    public init(
        quantity: Quantity,
        lot: Quantity,
        start: Timestamp,
        duration: Duration,
        slices: Int,
        parameters: AlmgrenChriss.Parameters,
        catchUp: CatchUpPolicy = .spread
    ) throws {
        let lots = quantity.lots(of: lot)
        let count = Int(max(1, min(Int64(slices), lots)))
        var parameters = parameters
        parameters.size = quantity.approximate
        parameters.periods = count
        let path = try AlmgrenChriss(parameters)
        let weights = try Apportionment.whole(path.trades.map { max($0, 0) })
        let shares = try Apportionment.largestRemainder(lots, over: weights)
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

extension ImplementationShortfall: PlannableAlgorithm {
    /// Trading this share of a day's volume over a day costs one spread (Almgren, Chriss, section 3.4).
    private static let temporaryShare = 0.01
    /// Selling this share of a day's volume moves the price by one spread for good (same source).
    private static let permanentShare = 0.1
    /// How long it works unless told.
    private static let minutes = 60
    private static let slicesMax = 10_000

    public static var names: [AlgorithmName] { [.implementationShortfall] }
    public static var parameters: [String] {
        [
            "duration_minutes", "end_time", "slices", "slice_interval_seconds", "volume_profile_days", "catch_up",
            "risk_aversion",
        ]
    }
    public static var expectedBps: [Double] { [1, 5] }

    /// The risk aversion of an urgency, per unit of the quote currency; the paper's example is `1e-6`.
    public static func riskAversion(of urgency: Urgency) -> Double {
        switch urgency {
        case .critical: 1e-3
        case .high: 1e-4
        case .medium: 1e-5
        case .low: 1e-6
        }
    }

    public static func plan(_ name: AlgorithmName, _ context: PlanningContext) throws(PlanRefusal) -> AlgorithmPlan {
        let end = try context.end(minutes: minutes)
        let order = context.order
        let seconds = (end - context.now).seconds
        let interval = context.parameters.sliceIntervalSeconds ?? 60
        let count = context.parameters.slices ?? max(1, Int(seconds) / max(1, interval))
        guard interval > 0, (1...slicesMax).contains(count) else {
            throw PlanRefusal("BAD_PARAMETERS", "\(count) slices of \(interval) s: give 1 to \(slicesMax) slices.")
        }
        guard let market = context.market, let price = market.last ?? market.touch(for: order.side) else {
            throw PlanRefusal("NO_PRICE", "\(name) needs a price of \(order.symbol), and there is none.")
        }
        let history: HistoryStatistics
        do {
            history = try context.forecast.statistics(of: order.instrument, at: context.now, days: context.days)
        } catch {
            throw PlanRefusal("NO_HISTORY", "\(name) needs volume and volatility of \(order.symbol): \(error)")
        }
        // Where no book is known a spread of one basis point is assumed, as the simulated venue does.
        let spread = max((market.spreadBps ?? 1) / 10_000 * price.approximate, order.instrument.tick.approximate)
        let aversion = context.parameters.riskAversion ?? riskAversion(of: order.urgency)
        // The unit of time of volatility and volume is a session of the instrument's own market.
        let parameters = AlmgrenChriss.Parameters(
            size: order.quantity.approximate,
            horizon: seconds / (history.dailyVolume / history.minuteVolume * 60),
            periods: count,
            volatility: history.dailyVolatility * price.approximate,
            fixedCost: spread / 2,
            temporaryImpact: spread / (temporaryShare * history.dailyVolume),
            permanentImpact: spread / (permanentShare * history.dailyVolume),
            riskAversion: aversion
        )
        do {
            let path = try AlmgrenChriss(parameters)
            let algorithm = try ImplementationShortfall(
                quantity: order.quantity,
                lot: order.instrument.lot,
                start: context.now,
                duration: end - context.now,
                slices: count,
                parameters: parameters,
                catchUp: context.parameters.catchUp ?? .spread
            )
            let value = order.quantity.approximate * price.approximate
            let slices = algorithm.schedule.slices.count
            let cost = PlanWords.twoDecimals(path.cost.expected / value * 10_000)
            let risk = PlanWords.twoDecimals(path.cost.standardDeviation / value * 10_000)
            return AlgorithmPlan(
                algorithm,
                slices: slices,
                words: "\(slices) slices over \(PlanWords.span(end - context.now)), risk aversion \(aversion): "
                    + "predicted cost \(cost) bps, one standard deviation \(risk) bps",
                end: end,
                deadline: min(end + .seconds(90), context.close),
                schedule: algorithm.schedule.slices
            )
        } catch let error as PlanRefusal {
            throw error
        } catch {
            throw PlanRefusal("BAD_PARAMETERS", "\(name): \(error)")
        }
    }
}
