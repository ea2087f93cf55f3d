public import MarketData
public import TradingDomain

/// The single orders of one instrument, by price and then by time of arrival.
///
/// This type keeps orders; it is `submit`, `cancel` and `replace` (in `OrderBook+Matching.swift`) that make a venue of
/// it. Kept apart, it also holds books that were recorded elsewhere, whose trades are told and not made here.
///
/// Finding an order is one look-up, resting or removing one touches its level and its two neighbours. Equal calls give
/// equal books on every machine.
public struct OrderBook: Sendable {
    private struct Node: Sendable {
        var order: RestingOrder
        var next: Int32 = -1
        var previous: Int32 = -1
    }

    /// Orders by place; places of orders that are gone are used again.
    private var nodes: [Node] = []
    private var free: [Int32] = []
    private var places: [BookOrderID: Int32] = [:]
    private var bids = BookSide(.buy)
    private var asks = BookSide(.sell)

    public init() {}

    /// A book of orders given in the order of their priority within each level, as ``orders`` gives them.
    ///
    /// - Returns: `nil` when an id comes twice or an order has nothing open.
    public init?(restoring orders: [RestingOrder]) {
        for order in orders where !rest(order) { return nil }
    }

    // MARK: Questions

    /// How many orders rest here.
    public var count: Int { places.count }

    public func order(_ id: BookOrderID) -> RestingOrder? { places[id].map { nodes[Int($0)].order } }

    /// The best price of a side and what rests there together; `nil` when the side is empty.
    public func best(_ side: Side) -> BookLevel? {
        levels(of: side).best.map { BookLevel(price: $0.price, size: $0.size) }
    }

    /// The order of a side that trades first.
    public func front(_ side: Side) -> RestingOrder? { levels(of: side).best.map { nodes[Int($0.first)].order } }

    /// What rests at a price together; zero where nothing does.
    public func size(_ side: Side, at price: Price) -> Quantity {
        let book = levels(of: side)
        return book.index(of: price).map { book.levels[$0].size } ?? .zero
    }

    /// The best levels of a side, best first.
    public func levels(_ side: Side, upTo count: Int = .max) -> [BookLevel] {
        levels(of: side).levels.suffix(count).reversed().map { BookLevel(price: $0.price, size: $0.size) }
    }

    /// The orders at a price, first to trade first.
    public func orders(_ side: Side, at price: Price) -> [RestingOrder] {
        let book = levels(of: side)
        var found: [RestingOrder] = []
        guard let index = book.index(of: price) else { return found }
        found.reserveCapacity(book.levels[index].count)
        append(book.levels[index], to: &found)
        return found
    }

    /// The orders of a side at `price` and better, best price first and by time within it.
    ///
    /// What it costs depends on the orders found, not on those that rest behind them.
    public func orders(_ side: Side, atLeast price: Price) -> [RestingOrder] {
        let book = levels(of: side)
        var found: [RestingOrder] = []
        for level in book.levels.reversed() {
            if book.isBetter(price, than: level.price) { break }
            append(level, to: &found)
        }
        return found
    }

    /// What trades before an order at its own price; `nil` for an order that is not here.
    public func ahead(of id: BookOrderID) -> Quantity? {
        guard let place = places[id] else { return nil }
        var sum = Quantity.zero
        var before = nodes[Int(place)].previous
        while before >= 0 {
            sum += nodes[Int(before)].order.open
            before = nodes[Int(before)].previous
        }
        return sum
    }

    /// Every order, bids before asks, best price first, oldest first: what ``init(restoring:)`` takes.
    public var orders: [RestingOrder] {
        var all: [RestingOrder] = []
        all.reserveCapacity(count)
        for side in [bids, asks] { for level in side.levels.reversed() { append(level, to: &all) } }
        return all
    }

    /// The best bid is at or above the best ask, which a book that matches never shows.
    public var isCrossed: Bool {
        guard let bid = bids.best, let ask = asks.best else { return false }
        return bid.price >= ask.price
    }

    private func append(_ level: BookSide.Level, to found: inout [RestingOrder]) {
        var place = level.first
        while place >= 0 {
            found.append(nodes[Int(place)].order)
            place = nodes[Int(place)].next
        }
    }

    func levels(of side: Side) -> BookSide { side == .buy ? bids : asks }

    // MARK: Changes

    /// Puts an order behind all others at its price, without trading it.
    ///
    /// - Returns: `false`, and nothing changed, when its id is here already or it has nothing open.
    @discardableResult
    public mutating func rest(_ order: RestingOrder) -> Bool {
        guard order.open > .zero, places[order.id] == nil else { return false }
        let place: Int32
        if let used = free.popLast() {
            place = used
            nodes[Int(place)] = Node(order: order)
        } else {
            place = Int32(nodes.count)
            nodes.append(Node(order: order))
        }
        places[order.id] = place
        if order.side == .buy { Self.link(place, &nodes, &bids) } else { Self.link(place, &nodes, &asks) }
        return true
    }

    /// Takes an order out; `nil` when it is not here.
    @discardableResult
    public mutating func remove(_ id: BookOrderID) -> RestingOrder? {
        guard let place = places.removeValue(forKey: id) else { return nil }
        let order = nodes[Int(place)].order
        if order.side == .buy { Self.unlink(place, &nodes, &bids) } else { Self.unlink(place, &nodes, &asks) }
        free.append(place)
        return order
    }

    /// Takes `quantity` off an order, which keeps its priority; an order with nothing left leaves the book.
    ///
    /// - Returns: The order as it is afterwards; `nil`, and nothing changed, when it is not here or has less than that.
    @discardableResult
    public mutating func reduce(_ id: BookOrderID, by quantity: Quantity) -> RestingOrder? {
        guard let place = places[id], quantity >= .zero, nodes[Int(place)].order.open >= quantity else { return nil }
        nodes[Int(place)].order.open -= quantity
        let order = nodes[Int(place)].order
        if order.side == .buy { Self.shrink(order, quantity, &bids) } else { Self.shrink(order, quantity, &asks) }
        if order.open.isZero { remove(id) }
        return order
    }

    private static func shrink(_ order: RestingOrder, _ quantity: Quantity, _ side: inout BookSide) {
        guard let index = side.index(of: order.price) else { return }
        side.update(index) { $0.size -= quantity }
    }

    private static func link(_ place: Int32, _ nodes: inout [Node], _ side: inout BookSide) {
        let order = nodes[Int(place)].order
        side.update(side.makeLevel(order.price)) { level in
            nodes[Int(place)].previous = level.last
            if level.last >= 0 { nodes[Int(level.last)].next = place } else { level.first = place }
            level.last = place
            level.size += order.open
            level.count += 1
        }
    }

    private static func unlink(_ place: Int32, _ nodes: inout [Node], _ side: inout BookSide) {
        let (order, previous, next) = (nodes[Int(place)].order, nodes[Int(place)].previous, nodes[Int(place)].next)
        guard let index = side.index(of: order.price) else { return }
        side.update(index) { level in
            if previous >= 0 { nodes[Int(previous)].next = next } else { level.first = next }
            if next >= 0 { nodes[Int(next)].previous = previous } else { level.last = previous }
            level.size -= order.open
            level.count -= 1
        }
    }
}

extension OrderBook: Equatable {
    /// The same orders with the same priorities.
    public static func == (left: OrderBook, right: OrderBook) -> Bool { left.orders == right.orders }
}

extension OrderBook: Codable {
    /// Reads a list of orders.
    ///
    /// - Throws: `DecodingError.dataCorrupted` when an id comes twice or an order has nothing open.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let book = OrderBook(restoring: try container.decode([RestingOrder].self)) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "An order of the book comes twice or has nothing open; restore it from a backup."
            )
        }
        self = book
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(orders)
    }
}
