public import ExecutionEngine
public import TradingDomain

extension SimulatedVenue {
    /// What is open, in the order of arrival.
    public var openOrders: [VenueOpenOrder] {
        orders.values.filter { $0.state == .working }.sorted { ($0.place, $0.order.id) < ($1.place, $1.order.id) }
            .map { entry in
                let child = entry.order
                return VenueOpenOrder(
                    clientID: child.id,
                    brokerID: entry.brokerID,
                    symbol: child.instrument.symbol,
                    side: child.side,
                    quantity: child.request.quantity - (entry.carried ?? .zero),
                    executed: entry.executed,
                    limit: child.request.type.limitPrice,
                    placedAt: entry.arrivedAt
                )
            }
    }

    /// How much of the position an order of this side may close, the other orders that close it left as they are.
    func closable(_ order: ChildOrder) -> Quantity {
        let same = orders.values.filter { $0.order.instrument.symbol == order.instrument.symbol }
        let held = same.flatMap(\.fills).reduce(Quantity.zero) {
            $1.side == order.side ? $0 - $1.quantity : $0 + $1.quantity
        }
        let closing = same.filter {
            $0.state == .working && $0.order.side == order.side && $0.order.request.isReduceOnly
        }
        return max(held - closing.reduce(Quantity.zero) { $0 + $1.remaining }, .zero)
    }

    /// Everything that it knows of the account, also what it has not told yet.
    ///
    /// It keeps no cash, so it tells no balances.
    public func report(since: Timestamp, at now: Timestamp) -> BrokerAccountReport {
        var report = BrokerAccountReport(venueTime: now, openOrders: openOrders)
        var positions: [Symbol: Quantity] = [:]
        for entry in orders.values {
            for fill in entry.fills {
                positions[fill.symbol, default: .zero] += fill.side == .buy ? fill.quantity : -fill.quantity
                if fill.tradedAt >= since { report.fills.append(VenueFill(fill, brokerID: entry.brokerID)) }
            }
        }
        report.fills.sort { ($0.fill.tradedAt, $0.fill.tradeID) < ($1.fill.tradedAt, $1.fill.tradeID) }
        report.positions = positions.filter { !$0.value.isZero }
        return report
    }
}
