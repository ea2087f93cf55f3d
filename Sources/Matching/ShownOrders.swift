public import MarketData
public import TradingDomain

/// A book of single orders, rebuilt from the messages of a feed that tells the best `depth` levels and no more (LOBSTER).
///
/// What such a feed does not tell is known, and is kept apart instead of guessed:
/// - Orders that rested before the first message, and those of a level that comes into view, have no ids yet. They are one
///   anonymous order in front of the level, which messages about unknown ids take from.
/// - A level that falls out of view is forgotten: its orders may change unseen. When it comes back it is a new level, and
///   its size is told by the row and not by the messages. No other size is ever taken from a row.
/// - Hidden executions and crosses trade against orders that the book does not show, and change nothing in it.
///
/// Everything else has to agree, order by order and level by level; what does not is an error.
public struct ShownOrders: Sendable {
    /// What a message did.
    public struct Step: Hashable, Sendable {
        /// Levels that came into view with this message.
        public var revealed = 0
        /// Levels that fell out of view.
        public var forgotten = 0
        /// Of a visible execution: whether the order was the first of its level's queue.
        public var inFront: Bool?
    }

    /// A message that contradicts the book.
    public enum Contradiction: Error, Hashable, Sendable {
        /// Neither the order nor enough anonymous size is at the price.
        case nothingThere(BookOrderID, Price)
        /// An execution away from the best price.
        case notAtBest(BookOrderID, Price)
        /// An order that rests already is told as new.
        case restsAlready(BookOrderID)
        /// The engine traded the order in front otherwise than the feed did.
        case tradedOtherwise([BookEvent])
        /// Levels of a side, as the messages made them and as the row shows them.
        case levels(Side, made: [BookLevel], shown: [BookLevel])
    }

    public private(set) var book = OrderBook()
    /// How many levels of a side the feed tells.
    public let depth: Int
    /// Anonymous orders get numbers that no venue gives out.
    private var anonymous = UInt64.max
    private var events: [BookEvent] = []

    /// A book as a row shows it: the first row of a file, after its own message.
    public init(shown levels: BookLevels, depth: Int) {
        self.depth = depth
        for level in levels.bids { reveal(.buy, level) }
        for level in levels.asks { reveal(.sell, level) }
    }

    /// Takes a message and compares the book with the levels beside it.
    ///
    /// - Throws: What does not agree; the book is not to be used afterwards.
    @discardableResult
    public mutating func apply(_ row: BookEventRow) throws(Contradiction) -> Step {
        var step = Step()
        let id = BookOrderID(UInt64(bitPattern: row.orderID))
        switch row.kind {
        case .new:
            let order = RestingOrder(id: id, side: row.side, price: row.price, open: row.size)
            guard book.rest(order) else { throw .restsAlready(id) }
        case .partialCancel, .delete:
            let target = try find(id, row)
            book.reduce(target, by: row.size)
        case .visibleExecution:
            guard book.best(row.side)?.price == row.price else { throw .notAtBest(id, row.price) }
            let target = try find(id, row)
            step.inFront = book.front(row.side)?.id == target
            if step.inFront == true { try trade(row, target) } else { book.reduce(target, by: row.size) }
        case .hiddenExecution, .cross, .halt: break
        }
        try compare(.buy, row.levels.bids, &step)
        try compare(.sell, row.levels.asks, &step)
        return step
    }

    /// The order, or the anonymous one that it is part of.
    private func find(_ id: BookOrderID, _ row: BookEventRow) throws(Contradiction) -> BookOrderID {
        if let order = book.order(id), order.price == row.price, order.side == row.side, order.open >= row.size {
            return id
        }
        guard let front = book.orders(row.side, at: row.price).first, front.id > BookOrderID(anonymous),
            front.open >= row.size
        else { throw .nothingThere(id, row.price) }
        return front.id
    }

    /// Lets the engine make the trade that the feed tells.
    private mutating func trade(_ row: BookEventRow, _ target: BookOrderID) throws(Contradiction) {
        events.removeAll(keepingCapacity: true)
        let taker = IncomingOrder(
            id: BookOrderID(anonymous),
            side: row.side.opposite,
            limit: row.price,
            quantity: row.size,
            rest: .immediateOrCancel
        )
        book.submit(taker, into: &events)
        guard events.count == 1, case .traded(target, _, row.price, row.size, _, .zero) = events[0] else {
            throw .tradedOtherwise(events)
        }
    }

    private mutating func compare(_ side: Side, _ shown: [BookLevel], _ step: inout Step) throws(Contradiction) {
        let made = book.levels(side, upTo: depth + 1)
        for level in made.dropFirst(depth) {
            for order in book.orders(side, at: level.price) { book.remove(order.id) }
            step.forgotten += 1
        }
        let inView = made.prefix(depth)
        guard inView.count <= shown.count, inView.elementsEqual(shown.prefix(inView.count)) else {
            throw .levels(side, made: Array(inView), shown: shown)
        }
        for level in shown.dropFirst(inView.count) {
            reveal(side, level)
            step.revealed += 1
        }
    }

    private mutating func reveal(_ side: Side, _ level: BookLevel) {
        book.rest(RestingOrder(id: BookOrderID(anonymous), side: side, price: level.price, open: level.size))
        anonymous -= 1
    }
}
