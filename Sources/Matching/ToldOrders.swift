public import MarketData
internal import TradingDomain

/// A book of single orders, rebuilt from a feed that tells what happened to each of them (L3).
///
/// The feed says nothing of the orders that rested before it began; they are met when they change or go. It tells
/// an incoming order before its trades, so the book may be crossed for a moment. A deletion that was lost leaves its order
/// for ever: compare ``book`` with the venue's own levels before trusting it.
public struct ToldOrders: Sendable {
    /// What became of an event.
    public enum Outcome: Hashable, Sendable {
        case applied
        /// The order had not been told of before; it is from now on, if it still rests.
        case wasUnknown
        /// It was told as new a second time.
        case repeated
    }

    public private(set) var book = OrderBook()

    public init() {}

    /// Takes an event; an order that grows or changes its price goes to the end of its queue.
    @discardableResult
    public mutating func apply(_ row: OrderEventRow) -> Outcome {
        let id = BookOrderID(UInt64(bitPattern: row.orderID))
        let before = book.order(id)
        let after = RestingOrder(id: id, side: row.side, price: row.price, open: row.remainingSize)
        switch row.event {
        case .created:
            return book.rest(after) ? .applied : .repeated
        case .changed:
            if let before, before.price == after.price, before.side == after.side, before.open >= after.open {
                book.reduce(id, by: before.open - after.open)
                return .applied
            }
            book.remove(id)
            book.rest(after)
        case .deleted:
            book.remove(id)
        }
        return before == nil ? .wasUnknown : .applied
    }
}
