import Matching
import TradingDomain

/// The rules of a price–time book once more, as plainly as they can be said: one list, searched from end to end.
struct NaiveBook {
    struct Entry {
        var order: RestingOrder
        /// When it took its place in the queue.
        let since: Int
    }

    private(set) var entries: [Entry] = []
    private var clock = 0

    /// First to trade first: the best price, then the earliest.
    func queue(_ side: Side) -> [RestingOrder] {
        entries.filter { $0.order.side == side }.sorted { left, right in
            if left.order.price != right.order.price {
                return side == .buy ? left.order.price > right.order.price : left.order.price < right.order.price
            }
            return left.since < right.since
        }.map(\.order)
    }

    mutating func submit(_ order: IncomingOrder) -> [BookEvent] {
        if order.quantity <= .zero { return [.refused(order.id, .quantityNotPositive)] }
        if entries.contains(where: { $0.order.id == order.id }) { return [.refused(order.id, .duplicateID)] }
        if order.rest == .postOnly {
            guard order.limit != nil else { return [.refused(order.id, .priceMissing)] }
            if queue(order.side.opposite).contains(where: { accepts(order, $0.price) }) {
                return [.refused(order.id, .wouldTrade)]
            }
        }
        let before = self
        let events = trade(order)
        let traded = events.reduce(Quantity.zero) { sum, event in
            if case .traded(_, _, _, let quantity, _, _) = event { sum + quantity } else { sum }
        }
        if order.rest == .fillOrKill, traded < order.quantity {
            self = before
            return [.left(order.id, open: order.quantity, .killed)]
        }
        return events
    }

    mutating func cancel(_ id: BookOrderID) -> [BookEvent] {
        guard let index = entries.firstIndex(where: { $0.order.id == id }) else { return [.refused(id, .unknownOrder)] }
        return [.left(id, open: entries.remove(at: index).order.open, .cancelled)]
    }

    mutating func replace(
        _ id: BookOrderID,
        price: Price,
        open: Quantity,
        rest: IncomingOrder.Rest,
        prevention: SelfTradePrevention
    ) -> [BookEvent] {
        guard let index = entries.firstIndex(where: { $0.order.id == id }) else { return [.refused(id, .unknownOrder)] }
        if open <= .zero { return [.refused(id, .quantityNotPositive)] }
        let old = entries[index].order
        if price == old.price, open <= old.open {
            let order = RestingOrder(id: id, owner: old.owner, side: old.side, price: price, open: open)
            entries[index].order = order
            return [.reduced(order)]
        }
        let order = IncomingOrder(
            id: id,
            owner: old.owner,
            side: old.side,
            limit: price,
            quantity: open,
            rest: rest,
            prevention: prevention
        )
        if rest == .postOnly, queue(old.side.opposite).contains(where: { accepts(order, $0.price) }) {
            return [.refused(id, .wouldTrade)]
        }
        entries.remove(at: index)
        return trade(order)
    }

    private func accepts(_ order: IncomingOrder, _ price: Price) -> Bool {
        guard let limit = order.limit else { return true }
        return order.side == .buy ? limit >= price : limit <= price
    }

    private mutating func trade(_ order: IncomingOrder) -> [BookEvent] {
        var events: [BookEvent] = []
        var open = order.quantity
        for maker in queue(order.side.opposite) where open > .zero && accepts(order, maker.price) {
            guard let index = entries.firstIndex(where: { $0.order.id == maker.id }) else { continue }
            let isOwn = order.owner != .anonymous && order.owner == maker.owner && order.prevention != .none
            if isOwn {
                if order.prevention != .expireTaker {
                    entries.remove(at: index)
                    events.append(.left(maker.id, open: maker.open, .selfTrade))
                }
                if order.prevention != .expireMaker {
                    return events + [.left(order.id, open: open, .selfTrade)]
                }
                continue
            }
            let quantity = Swift.min(open, maker.open)
            open = open - quantity
            let left = maker.open - quantity
            if left.isZero {
                entries.remove(at: index)
            } else {
                entries[index].order = RestingOrder(
                    id: maker.id,
                    owner: maker.owner,
                    side: maker.side,
                    price: maker.price,
                    open: left
                )
            }
            events.append(
                .traded(
                    maker: maker.id,
                    taker: order.id,
                    price: maker.price,
                    quantity: quantity,
                    makerOpen: left,
                    takerOpen: open
                )
            )
        }
        guard open > .zero else { return events }
        if let limit = order.limit, order.rest == .rests || order.rest == .postOnly {
            clock += 1
            let rest = RestingOrder(id: order.id, owner: order.owner, side: order.side, price: limit, open: open)
            entries.append(Entry(order: rest, since: clock))
            return events + [.rested(rest)]
        }
        return events + [.left(order.id, open: open, .unfilled)]
    }
}
