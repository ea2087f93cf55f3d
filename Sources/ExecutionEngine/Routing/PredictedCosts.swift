import ExecutionAlgorithms
import QuantMath
import TradingDomain

/// What each algorithm is predicted to cost an order, by the cost model.
///
/// An algorithm enters with two numbers. `crossing` is the share of half the spread that its children pay. Its factor on the
/// impact is its SE-3 multiplier over that of VWAP, the schedule over the day that the model means: 1 for PASSIVE styles, 2
/// for MODERATE, 4 for AGGRESSIVE.
struct PredictedCosts {
    let model: CostModel
    let catalog: AlgorithmCatalog

    /// Basis points of the arrival price; empty where history or quantity make no prediction possible.
    func costs(
        of names: [AlgorithmName],
        _ order: ProposedOrder,
        _ inputs: RoutingInputs
    ) -> [AlgorithmName: Double] {
        names.reduce(into: [:]) { $0[$1] = cost(of: $1, order, inputs)?.totalBps }
    }

    /// The cost by its parts, as it is kept with the order; `nil` where history or quantity make no prediction possible.
    func cost(of name: AlgorithmName, _ order: ProposedOrder, _ inputs: RoutingInputs) -> PredictedCost? {
        guard let dailyVolume = inputs.dailyVolume, let dailyVolatility = inputs.dailyVolatility else { return nil }
        let spread = inputs.conditions?.spreadBps ?? 0
        let style = UrgencyRoute.table.first { $0.algorithm == name }?.style ?? catalog.style(of: name)
        // What the model refuses (no daily volume) has no prediction, and `missing` says so.
        return try? model.predicted(
            CostModel.Inputs(
                size: order.quantity.approximate,
                dailyVolume: dailyVolume,
                dailyVolatility: dailyVolatility,
                spreadBps: spread,
                crossing: Self.crossing(of: name, spreadBps: spread),
                urgencyFactor: style.multiplier / ExecutionStyle.passive.multiplier
            )
        )
    }

    /// 1 where children take, 0 where they rest first and take what is left, −1 where they only rest.
    private static func crossing(of name: AlgorithmName, spreadBps: Double) -> Double {
        switch name {
        case .passive: 0
        case .limit, .iceberg: -1
        // It takes in narrow markets and rests in wide ones.
        case .adaptive: spreadBps < Adaptive.narrowBps ? 1 : 0
        default: 1
        }
    }
}
