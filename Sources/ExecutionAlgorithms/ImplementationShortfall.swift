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
        parameters.quantity = quantity.approximate
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
