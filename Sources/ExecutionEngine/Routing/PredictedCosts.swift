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
        guard let dailyVolume = inputs.dailyVolume, let dailyVolatility = inputs.dailyVolatility else { return [:] }
        let spread = inputs.conditions?.spreadBps ?? 0
        var costs: [AlgorithmName: Double] = [:]
        for name in names {
            let style = UrgencyRoute.table.first { $0.algorithm == name }?.style ?? catalog.style(of: name)
            // What the model refuses (no daily volume) has no prediction, and `missing` says so.
            costs[name] =
                try? model.predict(
                    CostModel.Inputs(
                        size: order.quantity.approximate,
                        dailyVolume: dailyVolume,
                        dailyVolatility: dailyVolatility,
                        spreadBps: spread,
                        crossing: Self.crossing(of: name, spreadBps: spread),
                        urgencyFactor: style.multiplier / ExecutionStyle.passive.multiplier
                    )
                ).totalBps
        }
        return costs
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
