public import ExecutionEngine
import OrderManagement
public import TradingDomain

/// What the venue knows: of one order, and of the account.
extension FuturesBroker {
    public func query(_ order: ClientOrderID, _ symbol: Symbol) async -> BrokerAnswer {
        do {
            let root = reports.chains.root(of: order)
            if let found = try await rest.order(root, symbol) { return try await answer(order, found) }
            // Not there *yet*, perhaps. By the venue's own clock, read before it is asked once more, nobody can be wrong.
            let time = try await rest.serverTime()
            guard let found = try await rest.order(root, symbol) else { return .notFound(venueTime: time) }
            return try await answer(order, found)
        } catch {
            return .unavailable(reason: error.description)
        }
    }

    private func answer(_ order: ClientOrderID, _ found: WireOrder) async throws(FuturesError) -> BrokerAnswer {
        clientIDs[found.orderId] = found.id
        let trades = found.executedQty.isZero ? [] : try await rest.trades(found.symbol, of: found.orderId)
        let isChain = !reports.chains.chain(of: order).isEmpty
        if isChain { try await learnChain(of: order, found, trades) }
        var events: [BrokerEvent] = []
        let placedAt = Timestamp(milliseconds: found.time ?? found.updateTime)
        if reports.chains.root(of: order) == order {
            events.append(.acknowledged(order, found.brokerID, at: placedAt))
        }
        for takeover in takeovers(of: order) {
            events.append(
                .replaced(
                    takeover.old,
                    by: takeover.new,
                    found.brokerID,
                    executed: takeover.executed,
                    at: Timestamp(milliseconds: found.updateTime)
                )
            )
        }
        // A replacement that was never made; whether it still can be is for the venue's clock to say.
        if order != reports.chains.root(of: order), !events.contains(where: { $0.order == order }) {
            return .notFound(venueTime: try await rest.serverTime())
        }
        var cumulative = Quantity.zero
        for trade in trades.sorted(by: { $0.id < $1.id }) {
            cumulative += trade.qty
            let fill = reports.fill(trade, for: reports.chains.owner(of: found.id, after: cumulative))
            events += fill.events
            for note in fill.notes { tell(.alert(code: note.code, message: note.message)) }
        }
        if let end = reports.end(found.id, found.status.rawValue, cumulative: found.executedQty) { events.append(end) }
        return .known(events)
    }

    /// Finds out which replacements of a chain were made, from the venue's list of changes.
    private func learnChain(
        of order: ClientOrderID,
        _ found: WireOrder,
        _ trades: [WireTrade]
    ) async throws(FuturesError) {
        guard reports.chains.chain(of: order).contains(where: { $0.takenOverAt == nil }) else { return }
        for change in try await rest.amendments(found.symbol, of: found.orderId) {
            guard let total = Int64(exactly: change.amendment.origQty.after.units),
                let price = Int64(exactly: change.amendment.price.after.units)
            else { continue }
            let before = trades.filter { $0.time < change.time }.reduce(Quantity.zero) { $0 + $1.qty }
            _ = reports.chains.changed(
                found.id,
                total: Quantity(units: total),
                price: Price(units: price),
                cumulative: before
            )
        }
    }

    /// The replacements of an order's chain that were made, in their order.
    private func takeovers(of order: ClientOrderID) -> [ReplacementChains.Takeover] {
        let made = reports.chains.chain(of: order).filter { $0.takenOverAt != nil }
        return zip(made, made.dropFirst()).map { old, new in
            ReplacementChains.Takeover(
                old: old.id,
                new: new.id,
                executed: (new.takenOverAt ?? .zero) - (old.takenOverAt ?? .zero)
            )
        }
    }

    // MARK: The account

    public func accountReport(since: Timestamp) async -> AccountReportAnswer {
        do {
            let time = try await rest.serverTime()
            let open = try await rest.openOrders()
            let positions = try await rest.positions()
            let payments = try await rest.income(since: since, until: time)
            var symbols = Set(settings.symbols + positions.keys + open.map(\.symbol))
            symbols.formUnion(payments.compactMap(\.symbol))
            for order in open { clientIDs[order.orderId] = order.id }
            var fills: [VenueFill] = []
            for symbol in symbols.sorted() {
                fills += try await self.fills(of: symbol, since: since, until: time)
            }
            fills.sort { ($0.fill.tradedAt, $0.fill.tradeID.text) < ($1.fill.tradedAt, $1.fill.tradeID.text) }
            return .report(
                BrokerAccountReport(
                    venueTime: time,
                    openOrders: open.map(openOrder),
                    fills: fills,
                    positions: positions,
                    balances: try await rest.balances(),
                    payments: payments.compactMap(payment)
                )
            )
        } catch {
            return .unavailable(reason: error.description)
        }
    }

    private func openOrder(_ order: WireOrder) -> VenueOpenOrder {
        VenueOpenOrder(
            clientID: reports.chains.head(of: order.id, cumulative: order.executedQty).id,
            brokerID: order.brokerID,
            symbol: order.symbol,
            side: order.side,
            quantity: order.origQty,
            executed: order.executedQty,
            limit: order.price > .zero ? order.price : nil,
            placedAt: Timestamp(milliseconds: order.time ?? order.updateTime)
        )
    }

    private func fills(
        of symbol: Symbol,
        since: Timestamp,
        until: Timestamp
    ) async throws(FuturesError) -> [VenueFill] {
        let trades = try await rest.trades(symbol, since: since, until: until)
        // Trades name orders by the venue's id alone.
        if trades.contains(where: { clientIDs[$0.orderId] == nil }) {
            for order in try await rest.orders(symbol, since: since, until: until) {
                clientIDs[order.orderId] = order.id
            }
        }
        var fills: [VenueFill] = []
        for trade in trades {
            let id = try await clientID(of: trade)
            let before = try await executed(until: trade, of: id)
            let fill = reports.fill(trade, for: reports.chains.owner(of: id, after: before))
            for note in fill.notes { tell(.alert(code: note.code, message: note.message)) }
            for case .filled(let fill) in fill.events {
                fills.append(VenueFill(fill, brokerID: BrokerOrderID(unchecked: String(trade.orderId))))
            }
        }
        return fills
    }

    /// What the venue had executed of a trade's order after it; asked only where that tells the links of a chain apart.
    private func executed(until trade: WireTrade, of id: ClientOrderID) async throws(FuturesError) -> Quantity {
        guard !reports.chains.chain(of: id).isEmpty else { return trade.qty }
        return try await rest.trades(trade.symbol, of: trade.orderId).filter { $0.id <= trade.id }
            .reduce(Quantity.zero) { $0 + $1.qty }
    }

    /// The client order id of a trade's order, which was made before the time that was asked about.
    private func clientID(of trade: WireTrade) async throws(FuturesError) -> ClientOrderID {
        if let known = clientIDs[trade.orderId] { return known }
        let found = try await rest.order(numbered: trade.orderId, trade.symbol)
        // Forgotten by the venue: then nobody can say whose it was, and the trade counts as somebody else's.
        let id = found?.id ?? ClientOrderID(unchecked: "order-\(trade.orderId)")
        clientIDs[trade.orderId] = id
        return id
    }

    private func payment(_ income: FuturesIncome) -> VenuePayment? {
        // Profit and commission are parts of trades.
        guard !["REALIZED_PNL", "COMMISSION"].contains(income.kind), let currency = Currency(rawValue: income.asset)
        else { return nil }
        return VenuePayment(
            kind: income.kind.hasSuffix("FUNDING_FEE") ? .funding : .transfer,
            reference: income.reference,
            amount: Money(units: income.amount.units, currency),
            symbol: income.symbol,
            at: income.at
        )
    }

    // MARK: Emergencies

    public func cancelAll(_ symbols: [Symbol]) async -> CancelAllAnswer {
        for symbol in symbols {
            switch await rest.cancelAll(symbol) {
            case .accepted: continue
            case .refused(let message): return .unavailable(reason: "\(symbol): \(message.message) (\(message.code))")
            case .unavailable(let reason, _), .unknown(let reason):
                return .unavailable(reason: "\(symbol): \(reason)")
            }
        }
        return .accepted
    }

    public func armDeadMan(_ after: Duration?, _ symbols: [Symbol]) async -> DeadManAnswer {
        // By the earliest that the venue's clock can have shown: it fires no earlier than told.
        var until: Timestamp?
        for symbol in symbols {
            let asked = rest.venueTimeAtLeast
            switch await rest.countdown(symbol, after ?? .zero) {
            case .accepted: until = after.flatMap { after in asked.map { max(until ?? ($0 + after), $0 + after) } }
            case .refused(let message): return .unavailable(reason: "\(symbol): \(message.message) (\(message.code))")
            case .unavailable(let reason, _), .unknown(let reason):
                return .unavailable(reason: "\(symbol): \(reason)")
            }
        }
        return .armed(until: until)
    }
}
