import MarketData
import Matching
import OrderManagement
import TradingDomain

/// The venue's instruments, each with its working orders and the market that it replays.
struct VenueFloors: Sendable {
    /// One instrument's.
    struct Floor: Sendable {
        /// What the best prices still offer for us until the next quote, where only those are shown.
        struct Offer: Sendable {
            var bidLeft: Quantity
            var askLeft: Quantity
        }

        var market = RecordedBook()
        var offer: Offer?
        /// Single trades or a deep book are told, so resting orders wait in the queue at their price.
        var hasQueues = false
        /// Places of market orders and of immediate ones that wait for data, in order of arrival.
        var takers: [Int] = []
        /// All other working orders, by price and arrival; an order's number is its place.
        var resting = OrderBook()

        var isDeep: Bool { market.isDeep }
    }

    private var indices: [Symbol: Int] = [:]
    private var floors: [Floor] = []
    /// Working orders by their place.
    private(set) var ids: [Int: ClientOrderID] = [:]

    /// The instrument's index, for as long as the venue lives.
    mutating func index(of symbol: Symbol) -> Int {
        if let index = indices[symbol] { return index }
        indices[symbol] = floors.count
        floors.append(Floor())
        return floors.count - 1
    }

    subscript(index: Int) -> Floor {
        get { floors[index] }
        _modify { yield &floors[index] }
    }

    func floor(of symbol: Symbol) -> Floor? { indices[symbol].map { floors[$0] } }

    mutating func enter(_ order: VenueOrder) {
        ids[order.place] = order.order.id
        let index = index(of: order.order.instrument.symbol)
        if let price = order.restingPrice {
            floors[index].resting.rest(
                RestingOrder(
                    id: BookOrderID(UInt64(order.place)),
                    side: order.order.side,
                    price: price,
                    open: order.remaining
                )
            )
        } else {
            floors[index].takers.append(order.place)
        }
    }

    mutating func leave(_ order: VenueOrder) {
        guard ids.removeValue(forKey: order.place) != nil else { return }
        let index = index(of: order.order.instrument.symbol)
        if order.restingPrice != nil {
            floors[index].resting.remove(BookOrderID(UInt64(order.place)))
        } else {
            floors[index].takers.removeAll { $0 == order.place }
        }
    }

    /// Puts a smaller order in the place of another, which keeps its priority.
    mutating func replace(_ old: VenueOrder, by new: VenueOrder) {
        ids[new.place] = new.order.id
        let less = old.remaining - new.remaining
        if less > .zero { filled(old, less) }
    }

    /// Tells the book of resting orders that one of them was filled in part.
    mutating func filled(_ order: VenueOrder, _ size: Quantity) {
        guard order.restingPrice != nil else { return }
        let index = index(of: order.order.instrument.symbol)
        floors[index].resting.reduce(BookOrderID(UInt64(order.place)), by: size)
    }

    /// Working orders of an instrument that may trade when buyers reach up to `ask` and sellers down to `bid`: those
    /// without a price, buys at `ask` or above, sells at `bid` or below; in order of arrival.
    func within(_ index: Int, bid: Price, ask: Price) -> [ClientOrderID] {
        let floor = floors[index]
        if floor.takers.isEmpty, floor.resting.count == 0 { return [] }
        let buys = floor.resting.orders(.buy, atLeast: ask).map { Int($0.id.number) }
        let sells = floor.resting.orders(.sell, atLeast: bid).map { Int($0.id.number) }
        if buys.isEmpty, sells.isEmpty { return floor.takers.compactMap { ids[$0] } }
        return (floor.takers + buys + sells).sorted().compactMap { ids[$0] }
    }
}

/// When working orders expire, soonest first, and by place among those of one instant.
struct ExpiryQueue: Sendable {
    private struct Entry: Sendable {
        let at: Timestamp
        let place: Int
        let id: ClientOrderID

        func precedes(_ other: Entry) -> Bool { (at, place) < (other.at, other.place) }
    }

    private var entries: [Entry] = []
    private var times: [Int: Timestamp] = [:]

    var next: Timestamp? { entries.first?.at }

    mutating func add(_ order: VenueOrder, _ at: Timestamp) {
        let entry = Entry(at: at, place: order.place, id: order.order.id)
        times[order.place] = at
        entries.insert(entry, at: search(entry))
    }

    mutating func remove(_ order: VenueOrder) {
        guard let at = times.removeValue(forKey: order.place) else { return }
        let index = search(Entry(at: at, place: order.place, id: order.order.id))
        if index < entries.count, entries[index].place == order.place { entries.remove(at: index) }
    }

    /// Takes out what is due, by place.
    mutating func takeDue(at now: Timestamp) -> [ClientOrderID] {
        guard let first = entries.first, first.at <= now else { return [] }
        let due = entries.prefix { $0.at <= now }
        entries.removeFirst(due.count)
        for entry in due { times[entry.place] = nil }
        return due.sorted { $0.place < $1.place }.map(\.id)
    }

    private func search(_ entry: Entry) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].precedes(entry) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
