import ExecutionEngine
import OrderManagement
import TradingDomain

/// Sending, and what became of it.
extension FuturesBroker {
    /// Performs one command, or several cancels of one symbol.
    func perform(_ commands: [BrokerCommand]) async {
        if commands.count > 1 { return await cancel(commands.map(\.order), commands) }
        for command in commands {
            switch command {
            case .place(let order): await place(order)
            case .replace(let order): await replace(order)
            case .cancel(let order, let symbol): await cancel(order, symbol)
            }
        }
    }

    // MARK: Orders

    private func place(_ order: ChildOrder) async {
        guard let prepared = await ready(order) else { return }
        let (verdict, answer) = await rest.place(prepared)
        guard verdict == .accepted else { return await failed(order, verdict) }
        guard let answer, answer.id == order.id else {
            return report(.unknown(order.id, reason: "the answer is about another order"))
        }
        clientIDs[answer.orderId] = order.id
        report(.acknowledged(order.id, answer.brokerID, at: Timestamp(milliseconds: answer.updateTime)))
        if let end = reports.end(order.id, answer.status.rawValue, cumulative: answer.executedQty) { report(end) }
    }

    /// The order as it may be sent; `nil` when it must not be, which has then been told.
    private func ready(_ order: ChildOrder) async -> FuturesOrder? {
        await seeMark(for: order)
        if let time = rest.venueTimeAtLeast, time > order.requestTime + order.validFor {
            report(.notPlaced(order.id, reason: "its validity of \(order.validFor) ended before it could be sent"))
            return nil
        }
        let symbol = order.instrument.symbol
        do throws(OrderRefusal) {
            guard let rules = reports.rules[symbol] else { throw .unknownSymbol(symbol) }
            return try rules.prepare(
                order,
                mark: mark(of: symbol),
                reduceOnly: order.request.isReduceOnly,
                prevention: settings.selfTradePrevention
            )
        } catch {
            report(.rejected(order.id, code: error.code, message: error.description))
            return nil
        }
    }

    /// Reports an order that was not accepted.
    private func failed(_ order: ChildOrder, _ verdict: VenueVerdict) async {
        switch verdict {
        case .accepted: break
        case .refused(let message):
            // By other filters, or another mark price, the same request may pass: then it is tried again, as a new order.
            let symbol = order.instrument.symbol
            var mayPass = false
            if message.meansFiltersChanged {
                mayPass = await rulesMayHaveChanged(symbol, message)
            } else if message.meansMarkMoved {
                mayPass = await readMark(symbol)
            }
            let words = "\(message.message) (\(message.code))"
            report(.rejected(order.id, code: mayPass ? "TRY_AGAIN" : message.name, message: words))
        case .unavailable(let reason, let passing):
            report(.notPlaced(order.id, reason: reason))
            if passing == .late { await measureClockAgain() }
        case .unknown(let reason): report(.unknown(order.id, reason: reason))
        }
    }

    // MARK: Replacements

    /// Takes note that an order is to take another's place, or may have.
    func expect(_ order: ChildOrder) {
        guard let old = order.replaces else { return }
        // As it would be sent; one that never can be is dropped when that is found.
        let sent = try? reports.rules[order.instrument.symbol]?.prepare(order, mark: nil)
        let link = ReplacementChains.Link(
            id: order.id,
            total: sent?.quantity ?? order.request.quantity,
            price: sent?.price ?? order.request.type.limitPrice,
            takenOverAt: nil
        )
        reports.chains.expect(link, replacing: old)
    }

    private func replace(_ order: ChildOrder) async {
        guard order.replaces != nil else { return await place(order) }
        guard order.request.type.limitPrice != nil else {
            let refusal = OrderRefusal.marketOrderInstead
            reports.chains.drop(order.id)
            return report(.rejected(order.id, code: refusal.code, message: refusal.description))
        }
        guard let prepared = await ready(order), let price = prepared.price else {
            return reports.chains.drop(order.id)
        }
        // The mark price may have drawn it in.
        reports.chains.correct(order.id, total: prepared.quantity, price: price)
        let root = reports.chains.root(of: order.id)
        let (verdict, answer) = await rest.modify(prepared, knownAs: root)
        if case .refused(let message) = verdict, message.code == -5027 {
            // It is so already: that this very replacement was made can be found out, not guessed.
            return report(.unknown(order.id, reason: message.message))
        }
        guard verdict == .accepted else {
            if case .unknown = verdict {} else { reports.chains.drop(order.id) }
            return await failed(order, verdict)
        }
        guard let answer, answer.id == root else {
            return report(.unknown(order.id, reason: "the answer is about another order"))
        }
        // A change that cannot stand (it would take, or less than what has executed) cancels the order instead.
        guard answer.status.isOpen || answer.status == .filled else {
            reports.chains.drop(order.id)
            report(
                .rejected(order.id, code: "replacement_cancelled", message: "The venue cancelled the order instead.")
            )
            if let end = reports.end(root, answer.status.rawValue, cumulative: answer.executedQty) { report(end) }
            return
        }
        let at = Timestamp(milliseconds: answer.updateTime)
        for event in reports.changed(root, answer.brokerID, prepared.quantity, price, answer.executedQty, at: at) {
            report(event)
        }
    }

    // MARK: Cancels

    /// Cancels are harmless when repeated, so only what is certain is told; the engine asks again about the rest.
    private func cancel(_ order: ClientOrderID, _ symbol: Symbol) async {
        let root = reports.chains.root(of: order)
        let (verdict, answer) = await rest.cancel(root, symbol)
        switch verdict {
        case .accepted: answer.map(cancelled)
        case .refused(let message): cancelRefused(order, message)
        case .unavailable(_, .late): await measureClockAgain()
        case .unavailable, .unknown: break
        }
    }

    private func cancel(_ orders: [ClientOrderID], _ commands: [BrokerCommand]) async {
        guard case .cancel(_, let symbol)? = commands.first else { return }
        let roots = orders.map { reports.chains.root(of: $0) }
        let (verdict, answer) = await rest.cancel(roots, symbol)
        switch verdict {
        case .accepted:
            for (order, element) in zip(orders, answer ?? []) {
                switch element {
                case .order(let order): cancelled(order)
                case .error(let message): cancelRefused(order, message)
                }
            }
        case .refused(let message): for order in orders { cancelRefused(order, message) }
        case .unavailable(_, .late): await measureClockAgain()
        case .unavailable, .unknown: break
        }
    }

    private func cancelled(_ answer: WireOrder) {
        if let end = reports.end(answer.id, answer.status.rawValue, cumulative: answer.executedQty) { report(end) }
    }

    /// Only that the order is gone says something about it; a key that was refused, for one, does not.
    private func cancelRefused(_ order: ClientOrderID, _ message: VenueMessage) {
        let words = "\(message.message) (\(message.code))"
        if message.code == -2011 {
            report(.cancelRefused(order, code: message.name, message: words))
        } else {
            tell(.alert(code: message.name, message: "The venue refused to cancel \(order): \(words)."))
        }
    }
}
