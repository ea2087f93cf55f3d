import ExecutionEngine
import OrderManagement
import TradingDomain

/// The venue's books as it tells them when asked for everything, and what others do in the account's name.
extension HostileVenue {
    /// Somebody trades by hand, or the venue closes a part by force; sometimes nobody tells.
    mutating func intrude(_ symbol: Symbol, at now: Timestamp) {
        let isForced = others.chance(500)
        let price = Price(units: 10_000_000_000)
        let quantity = Quantity(1 + others.below(9))
        let notional = Instrument(symbol: symbol).notional(price, quantity)
        let number = foreign.count + 1
        let fill = Fill(
            account: SimulatedWorld.account,
            symbol: symbol,
            tradeID: TradeID(unchecked: "X-\(number)"),
            clientOrderID: ClientOrderID(unchecked: isForced ? "autoclose-\(number)" : "web_\(number)"),
            side: others.chance(500) ? .buy : .sell,
            quantity: quantity,
            price: price,
            notional: notional,
            commission: .zero(notional.currency),
            tradedAt: now
        )
        foreign.append(fill)
        if others.chance(500) { report(.filled(fill), at: now) }
    }

    /// Everything of the account, or nothing.
    mutating func accountReport(since: Timestamp, at now: Timestamp) -> AccountReportAnswer {
        if isHostile, others.chance(250) { return .unavailable(reason: "nobody answers") }
        var report = BrokerAccountReport(venueTime: clock(at: now), positions: [:])
        for id in working {
            guard let entry = orders[id] else { continue }
            report.openOrders.append(
                VenueOpenOrder(
                    clientID: id,
                    brokerID: BrokerOrderID(unchecked: "v-\(id)"),
                    symbol: entry.order.instrument.symbol,
                    side: entry.order.side,
                    quantity: entry.order.request.quantity - entry.carried,
                    executed: entry.executed,
                    limit: entry.order.request.type.limitPrice,
                    placedAt: entry.order.requestTime
                )
            )
        }
        for fill in fills where fill.tradedAt >= since {
            report.fills.append(VenueFill(fill, brokerID: BrokerOrderID(unchecked: "v-\(fill.clientOrderID)")))
        }
        report.fills.sort { ($0.fill.tradedAt, $0.fill.tradeID) < ($1.fill.tradedAt, $1.fill.tradeID) }
        report.positions = positions
        return .report(report)
    }

    /// Every trade of the account, ours or not.
    private var fills: [Fill] {
        orders.values.flatMap(\.story).compactMap { event -> Fill? in
            guard case .filled(let fill) = event else { return nil }
            return fill
        } + foreign
    }

    var positions: [Symbol: Quantity] {
        fills.reduce(into: [:]) { $0[$1.symbol, default: .zero] += $1.side == .buy ? $1.quantity : -$1.quantity }
    }

    /// How much of the position an order of this side may close, the other orders that close it left as they are.
    func closable(_ order: ChildOrder) -> Quantity {
        let held = positions[order.instrument.symbol] ?? .zero
        let others = working.compactMap { orders[$0] }.filter {
            $0.order.instrument.symbol == order.instrument.symbol && $0.order.request.isReduceOnly
        }
        return max((order.side == .buy ? -held : held) - others.reduce(Quantity.zero) { $0 + $1.remaining }, .zero)
    }

    /// Cancels everything in these symbols, unless the request is lost.
    mutating func cancelAll(_ symbols: [Symbol], at now: Timestamp) -> CancelAllAnswer {
        if isHostile, others.chance(250) { return .unavailable(reason: "nobody answers") }
        for id in working {
            guard let symbol = orders[id]?.order.instrument.symbol, symbols.contains(symbol) else { continue }
            send(.cancel(id, symbol), at: now)
        }
        return .accepted
    }
}
