internal import MarketData
public import TradingDomain

/// The matching engine: price first, then time, at the resting order's price.
extension OrderBook {
    /// Trades an order against the other side as far as it goes, and does with the rest what the order says.
    ///
    /// - Parameters:
    ///   - order: Its id must not be in the book.
    ///   - events: What happened is appended here; the caller keeps the array, so that a busy venue allocates nothing.
    public mutating func submit(_ order: IncomingOrder, into events: inout [BookEvent]) {
        if let refusal = refusal(order) {
            events.append(.refused(order.id, refusal))
            return
        }
        if order.rest == .fillOrKill, !canFill(order) {
            events.append(.left(order.id, open: order.quantity, .killed))
            return
        }
        match(order, into: &events)
    }

    /// Takes an order out of the book.
    public mutating func cancel(_ id: BookOrderID, into events: inout [BookEvent]) {
        guard let order = remove(id) else {
            events.append(.refused(id, .unknownOrder))
            return
        }
        events.append(.left(id, open: order.open, .cancelled))
    }

    /// Changes what is open of a resting order, its price, or both.
    ///
    /// A smaller size at the same price keeps the order's priority. Every other change puts it behind the orders at its
    /// price, and it trades first where the new price allows.
    ///
    /// `open` is what shall be open from now on, above zero. With `rest` `postOnly`, a change that would trade at once is
    /// refused, and the order stays as it was.
    public mutating func replace(
        _ id: BookOrderID,
        price: Price,
        open: Quantity,
        rest: IncomingOrder.Rest = .rests,
        prevention: SelfTradePrevention = .expireMaker,
        into events: inout [BookEvent]
    ) {
        guard let before = order(id) else {
            events.append(.refused(id, .unknownOrder))
            return
        }
        guard open > .zero else {
            events.append(.refused(id, .quantityNotPositive))
            return
        }
        if price == before.price, open <= before.open {
            guard let after = reduce(id, by: before.open - open) else { return }
            events.append(.reduced(after))
            return
        }
        let change = IncomingOrder(
            id: id,
            owner: before.owner,
            side: before.side,
            limit: price,
            quantity: open,
            rest: rest,
            prevention: prevention
        )
        if rest == .postOnly, meets(change) {
            events.append(.refused(id, .wouldTrade))
            return
        }
        remove(id)
        match(change, into: &events)
    }

    // MARK: How it is done

    private func refusal(_ order: IncomingOrder) -> BookRefusal? {
        if order.quantity <= .zero { return .quantityNotPositive }
        if self.order(order.id) != nil { return .duplicateID }
        guard order.rest == .postOnly else { return nil }
        if order.limit == nil { return .priceMissing }
        return meets(order) ? .wouldTrade : nil
    }

    private func meets(_ order: IncomingOrder) -> Bool {
        best(order.side.opposite).map { order.accepts($0.price) } ?? false
    }

    /// Whether all of a fill-or-kill order would trade now.
    private func canFill(_ order: IncomingOrder) -> Bool {
        var wanted = order.quantity
        for level in levels(of: order.side.opposite).levels.reversed() {
            guard order.accepts(level.price) else { return false }
            if order.prevention == .none || order.owner == .anonymous {
                wanted -= min(wanted, level.size)
            } else {
                for resting in orders(order.side.opposite, at: level.price) {
                    guard order.avoids(resting.owner) else {
                        wanted -= min(wanted, resting.open)
                        continue
                    }
                    // Its own order would end it, unless that order gives way.
                    if order.prevention != .expireMaker, wanted > .zero { return false }
                }
            }
            if wanted <= .zero { return true }
        }
        return false
    }

    private mutating func match(_ order: IncomingOrder, into events: inout [BookEvent]) {
        var open = order.quantity
        while open > .zero, let maker = front(order.side.opposite), order.accepts(maker.price) {
            if order.avoids(maker.owner) {
                if order.prevention != .expireTaker {
                    remove(maker.id)
                    events.append(.left(maker.id, open: maker.open, .selfTrade))
                }
                if order.prevention == .expireMaker { continue }
                events.append(.left(order.id, open: open, .selfTrade))
                return
            }
            let quantity = min(open, maker.open)
            open -= quantity
            reduce(maker.id, by: quantity)
            events.append(
                .traded(
                    maker: maker.id,
                    taker: order.id,
                    price: maker.price,
                    quantity: quantity,
                    makerOpen: maker.open - quantity,
                    takerOpen: open
                )
            )
        }
        guard open > .zero else { return }
        switch order.rest {
        case .rests, .postOnly:
            guard let limit = order.limit else {
                events.append(.left(order.id, open: open, .unfilled))
                return
            }
            let resting = RestingOrder(id: order.id, owner: order.owner, side: order.side, price: limit, open: open)
            rest(resting)
            events.append(.rested(resting))
        case .immediateOrCancel, .fillOrKill:
            events.append(.left(order.id, open: open, .unfilled))
        }
    }
}
