import ExecutionAlgorithms
import MarketData
import OrderManagement
import Portfolio
import TradingDomain

/// What is done about each difference between our books and the venue's.
extension EngineCore {
    func bookedOrders(in report: BrokerAccountReport) -> BookedOrders {
        var books = BookedOrders(children: [:], parents: [])
        func enter(_ child: ChildState) {
            books.children[child.order.id] = BookedOrders.Child(
                symbol: child.order.instrument.symbol,
                isFinal: child.life.isFinal,
                isAcknowledged: acknowledged.contains(child.order.id),
                filled: child.filled
            )
        }
        for place in working {
            for child in sessions.all[place].openChildren where !lost.contains(child.order.id) { enter(child) }
        }
        for order in report.openOrders {
            guard let parent = order.clientID.parts?.parent, let session = sessions[parent] else { continue }
            books.parents.insert(parent)
            if let child = session.children[order.clientID] { enter(child) }
        }
        return books
    }

    mutating func perform(_ step: Reconciler.OrderStep, at now: Timestamp) {
        switch step {
        case .ask(let id): questions[id] = questions[id].map { min($0, now) } ?? now
        case .acknowledge(let order):
            broker(.acknowledged(order.clientID, order.brokerID, at: order.placedAt), at: now)
        case .cancel(let order): pending.cancels.append(.cancel(order.clientID, order.symbol))
        case .attribute(let order): attribute(order, isOpen: true, at: now)
        }
    }

    /// Counts an order of ours that is in no record for its parent; one that has ended is what it has executed.
    private mutating func attribute(_ order: VenueOpenOrder, isOpen: Bool, at now: Timestamp) {
        guard let parent = order.clientID.parts?.parent, let place = sessions.place(of: parent) else { return }
        let child = ChildOrder(
            id: order.clientID,
            parent: parent,
            account: account,
            instrument: sessions.all[place].parent.instrument,
            side: order.side,
            request: ChildRequest(
                quantity: order.quantity,
                type: order.limit.map(OrderType.limit) ?? .market,
                timeInForce: .goodTillCancel
            ),
            requestTime: order.placedAt,
            validFor: configuration.intentValidity
        )
        pending.found.append(child)
        pending.children.append(child.id)
        let effects = sessions.all[place].adopt(child, order.brokerID, isOpen: isOpen, at: now)
        acknowledged.insert(child.id)
        keep(place)
        perform(effects, of: place, at: now)
        if isOpen { questions[child.id] = now }
        let standing = isOpen ? "is" : "has traded"
        alert(
            "unrecorded_order",
            "Order \(child.id) of \(order.quantity) \(order.symbol) \(standing) at the venue and was in no record of ours. "
                + "It counts for parent \(parent)\(isOpen ? " and is cancelled" : "").",
            parent: parent,
            at: now
        )
    }

    /// Counts orders of ours that are in no record and have left nothing at the venue but their trades, as after a fail-over
    /// to a standby that was behind: each is an order of what has traded.
    mutating func attribute(_ fills: [VenueFill], at now: Timestamp) {
        var orders: [ClientOrderID: [VenueFill]] = [:]
        var order: [ClientOrderID] = []
        for entry in fills {
            let id = entry.fill.clientOrderID
            guard let parent = id.parts?.parent, let session = sessions[parent], session.children[id] == nil else {
                continue
            }
            if orders[id] == nil { order.append(id) }
            orders[id, default: []].append(entry)
        }
        for id in order {
            guard let traded = orders[id], let first = traded.first else { continue }
            let quantity = traded.reduce(Quantity.zero) { $0 + $1.fill.quantity }
            attribute(
                VenueOpenOrder(
                    clientID: id,
                    brokerID: first.brokerID,
                    symbol: first.fill.symbol,
                    side: first.fill.side,
                    quantity: quantity,
                    executed: quantity,
                    limit: nil,
                    placedAt: first.fill.tradedAt
                ),
                isOpen: false,
                at: now
            )
        }
    }

    /// Books trades that no report had told.
    mutating func book(
        _ fills: [VenueFill],
        _ venueTime: Timestamp,
        at now: Timestamp
    ) -> [ReconciliationFinding] {
        var findings: [ReconciliationFinding] = []
        for entry in fills where !ledger.isBooked(entry.fill) {
            let fill = entry.fill
            broker(.filled(fill), at: now)
            guard ledger.isBooked(fill) else { continue }
            let isOurs = fill.clientOrderID.parts != nil
            // The report of a trade of this moment is most likely on its way.
            guard !isOurs || fill.tradedAt + configuration.cancelPatience < venueTime else { continue }
            findings.append(
                ReconciliationFinding(
                    isOurs ? .missingFill : fill.clientOrderID.isLiquidation ? .liquidation : .externalFill,
                    order: fill.clientOrderID,
                    symbol: fill.symbol,
                    message:
                        "Trade \(fill.tradeID): \(fill.side.rawValue) \(fill.quantity) \(fill.symbol) at \(fill.price) "
                        + "for order \(fill.clientOrderID) was not in our books.",
                    action: "booked"
                )
            )
        }
        return findings
    }

    mutating func book(_ payments: [VenuePayment], at now: Timestamp) -> [ReconciliationFinding] {
        var findings: [ReconciliationFinding] = []
        for payment in payments where payment.amount.currency == configuration.currency {
            let kind: LedgerEntry.Kind = payment.kind == .funding ? .funding : .transfer
            guard !ledger.isBooked(kind, payment.reference, payment.symbol) else { continue }
            let isBooked = enter(kind, payment.reference, payment.amount, payment.symbol, nil, nil, at: payment.at)
            guard isBooked else { continue }
            findings.append(
                ReconciliationFinding(
                    .payment,
                    symbol: payment.symbol,
                    message: "\(payment.kind.rawValue) \(payment.reference) of \(payment.amount) at \(payment.at).",
                    action: "booked"
                )
            )
        }
        return findings
    }

    /// Takes the venue's positions and balance for ours, because a person has said so.
    mutating func adopt(
        _ report: BrokerAccountReport,
        _ request: ReconciliationRequest,
        at now: Timestamp
    ) -> [ReconciliationFinding] {
        var findings: [ReconciliationFinding] = []
        let note = "\(request.reason) (by \(request.by))"
        let reference = "reconcile-\(request.number)"
        let symbols = Set(portfolio.openPositions.map(\.symbol)).union(report.positions?.keys.map(\.self) ?? [])
        for symbol in symbols.sorted() where report.positions != nil {
            let missing = (report.positions?[symbol] ?? .zero) - portfolio.position(symbol).quantity
            guard !missing.isZero, let instrument = configuration.instrument(symbol),
                instrument.currency == configuration.currency, let mark = board.mid(symbol)
            else { continue }
            let cost = instrument.notional(mark, missing)
            guard enter(.adjustment, reference, -cost, symbol, (missing, cost), note, at: now) else { continue }
            findings.append(
                ReconciliationFinding(
                    .adjusted,
                    symbol: symbol,
                    message: "\(missing) \(symbol) were booked at \(mark): \(note).",
                    action: "adjusted to the venue"
                )
            )
        }
        for balance in report.balances where balance.currency == portfolio.cash.currency {
            let missing = balance - Reconciler.wallet(portfolio)
            guard missing.units != 0, enter(.adjustment, reference, missing, nil, nil, note, at: now) else { continue }
            findings.append(
                ReconciliationFinding(
                    .adjusted,
                    message: "\(missing) of cash were booked: \(note).",
                    action: "adjusted to the venue"
                )
            )
        }
        return findings
    }

    /// Books an entry that no fill tells.
    ///
    /// - Returns: Whether it was new and sound.
    private mutating func enter(
        _ kind: LedgerEntry.Kind,
        _ reference: String,
        _ cash: Money,
        _ symbol: Symbol?,
        _ change: (quantity: Quantity, cost: Money)?,
        _ note: String?,
        at time: Timestamp
    ) -> Bool {
        do {
            let entry = try LedgerEntry(
                account: account,
                kind: kind,
                reference: reference,
                at: time,
                cashChange: cash,
                symbol: symbol,
                quantity: change?.quantity,
                notional: change?.cost,
                note: note
            )
            guard try ledger.book(entry) else { return false }
            pending.ledger.append(entry)
            if let symbol {
                changed(symbol)
                pending.symbols.insert(symbol)
            }
            return true
        } catch {
            alert(error.code, "\(error)", parent: nil, at: time)
            return false
        }
    }
}
