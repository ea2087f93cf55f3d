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
        catchUp: CatchUpPolicy = .spread,
        style: SliceStyle = SliceStyle()
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
            catchUp: catchUp,
            style: style
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
        ["duration_minutes", "slices", "slice_interval_seconds", "volume_profile_days", "risk_aversion"]
            + SliceStyle.parameters
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

    /// The order and its market in the paper's numbers.
    private static func path(
        _ context: PlanningContext,
        _ history: HistoryStatistics,
        _ market: MarketSeen,
        _ price: Price,
        seconds: Double,
        periods: Int
    ) -> AlmgrenChriss.Parameters {
        let order = context.order
        // Where no book is known a spread of one basis point is assumed, as the simulated venue does.
        let spread = max((market.spreadBps ?? 1) / 10_000 * price.approximate, order.instrument.tick.approximate)
        // The unit of time of volatility and volume is a session of the instrument's own market.
        return AlmgrenChriss.Parameters(
            size: order.quantity.approximate,
            horizon: seconds / sessionSeconds(history),
            periods: periods,
            volatility: history.dailyVolatility * price.approximate,
            fixedCost: spread / 2,
            temporaryImpact: spread / (temporaryShare * history.dailyVolume),
            permanentImpact: spread / (permanentShare * history.dailyVolume),
            riskAversion: context.parameters.riskAversion ?? riskAversion(of: order.urgency)
        )
    }

    private static func sessionSeconds(_ history: HistoryStatistics) -> Double {
        history.dailyVolume / history.minuteVolume * 60
    }

    /// The time in which its path would bring an order down to 1/e; `nil` for a straight line, or without a price.
    static func foldTime(
        _ context: PlanningContext,
        _ history: HistoryStatistics,
        seconds: Double,
        periods: Int
    ) -> Duration? {
        guard let market = context.market, let price = market.last ?? market.touch(for: context.order.side),
            price.units > 0,
            let path = try? AlmgrenChriss(path(context, history, market, price, seconds: seconds, periods: periods))
        else { return nil }
        let fold = path.foldTime * sessionSeconds(history)
        // Beyond a year the path is a straight line to anybody.
        return fold < 3e7 ? .nanoseconds(Int64(fold * 1e9)) : nil
    }

    public static func plan(_ name: AlgorithmName, _ context: PlanningContext) throws(PlanRefusal) -> AlgorithmPlan {
        let end = try context.end(minutes: minutes)
        let order = context.order
        let seconds = (end - context.now).seconds
        let interval = context.parameters.sliceIntervalSeconds ?? 60
        let count = context.parameters.slices ?? max(1, Int(seconds) / interval)
        guard count <= slicesMax else {
            throw PlanRefusal("BAD_PARAMETERS", "\(count) slices of \(interval) s: give at most \(slicesMax) slices.")
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
        guard price.units > 0 else {
            throw PlanRefusal("NO_PRICE", "\(name) needs a price above 0, and \(order.symbol) is at \(price).")
        }
        let parameters = path(context, history, market, price, seconds: seconds, periods: count)
        let aversion = parameters.riskAversion
        do {
            let path = try AlmgrenChriss(parameters)
            let algorithm = try ImplementationShortfall(
                quantity: order.quantity,
                lot: order.instrument.lot,
                start: context.now,
                duration: end - context.now,
                slices: count,
                parameters: parameters,
                catchUp: context.parameters.catchUp ?? .spread,
                style: SliceStyle(context.parameters)
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
