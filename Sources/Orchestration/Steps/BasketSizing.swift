import ExecutionEngine
import MarketData
import Portfolio
import RiskRules
import TradingDomain
import Workflows

/// Sizes the orders of several decisions as one basket: by a method, within the cash, under a cap on turnover.
struct BasketSizing {
    private let method: BasketMethod?
    private let maxTurnover: FixedDecimal?

    init(_ call: StepCall) {
        method = call.text("method").flatMap { BasketMethod(rawValue: $0) }
        maxTurnover = call.inputs["max_turnover"]?.percentValue
    }

    /// The orders with their sizes as parts of the basket, in the order given, and what was made of the others.
    func sized(_ asked: [ProposedOrder], _ context: StepContext) async -> ([ProposedOrder], [ItemNote]) {
        let desk = context.desk
        let snapshot = await desk.engine.riskSnapshot(at: context.now, naming: asked.map(\.instrument))
        var notes: [ItemNote] = []
        var sizes = Dictionary(asked.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        func leave(_ orders: [ProposedOrder]) { for order in orders { sizes[order.key] = order } }
        func drop(_ order: ProposedOrder, _ code: String, _ message: String) {
            sizes[order.key] = nil
            notes.append(.ended(order.symbol, status: .hold, code: code, message: message))
        }
        if let method {
            let opening = asked.filter { !snapshot.onlyReduces($0) }
            var volatilities: [Symbol: Double] = [:]
            for order in opening where method == .inverseVolatility {
                let known = await desk.engine.statistics(of: order.instrument, at: context.now)
                volatilities[order.symbol] = known?.dailyVolatility
            }
            let sized = BasketSizer(method).sized(
                opening,
                largest: snapshot.equity.percent(desk.sizing.maximumPercent),
                volatilities: volatilities
            )
            leave(sized.orders)
            for order in sized.dropped {
                let isUnknown = method == .inverseVolatility && volatilities[order.symbol] == nil
                drop(
                    order,
                    isUnknown ? "NO_HISTORY" : SizingCode.belowOneLot.rawValue,
                    isUnknown
                        ? "no earlier session tells how much \(order.symbol) moves, so \(method.rawValue) gives it nothing"
                        : "its part of the basket is less than one lot of \(order.symbol)"
                )
            }
            // Each was within the cash by itself; together they may not be.
            let buys = asked.compactMap { sizes[$0.key] }.filter { $0.side == .buy && !snapshot.onlyReduces($0) }
            let fitted = Rebalancer(config: desk.rebalancing).resizeBuys(buys, cash: snapshot.freeCash)
            leave(fitted.orders)
            for order in buys where fitted.dropped.contains(order.key) {
                drop(order, SizingCode.insufficientCash.rawValue, "the cash leaves nothing for \(order.symbol)")
            }
        }
        if let maxTurnover {
            let orders = asked.compactMap { sizes[$0.key] }
            let exits = orders.filter { order in
                let held = snapshot.holdings[order.symbol]?.quantity ?? .zero
                return order.side == (held > .zero ? .sell : .buy) && order.quantity == held.magnitude
            }
            let cap = TurnoverCap(percent: maxTurnover, of: snapshot.equity)
            let capped = cap.fit(orders, exits: Set(exits.map(\.key))) { desk.rebalancing.minimum(for: $0) }
            leave(capped.orders)
            for order in orders where capped.dropped.contains(order.key) {
                drop(
                    order,
                    RebalancePlan.Outcome.turnoverCap.rawValue,
                    "the cap on turnover of \(maxTurnover) % of equity leaves nothing for \(order.symbol)"
                )
            }
        }
        for order in asked {
            guard let size = sizes[order.key], size.quantity != order.quantity else { continue }
            notes.append(
                .remark(order.symbol, "\(order.quantity) by its own decision, \(size.quantity) as part of the basket")
            )
        }
        return (asked.compactMap { sizes[$0.key] }, notes)
    }
}
