internal import MarketData
internal import Matching
internal import TradingDomain

/// One symbol: its book, what was traded, its prices, and what its streams have yet to tell.
struct VenueMarket: Sendable {
    /// Trades and candles that are kept.
    static let mostTrades = 1000
    static let mostCandles = 20_160

    var rules: VenueSymbol
    private(set) var book = OrderBook()
    /// The background's orders by level.
    private var background: [Side: [Price: [BookOrderID]]] = [.buy: [:], .sell: [:]]
    private var nextBackground: UInt64 = 1 << 62

    /// Grows with each change of a level.
    private(set) var updateID: Int64 = 0
    /// When a level changed last, in milliseconds.
    private(set) var changed: Int64 = 0
    /// Levels that a depth stream has yet to tell, by the stream's name.
    var untold: [String: DepthDiff] = [:]

    var mark: Price?
    var fundingRate = FixedDecimal(units: 10_000)
    var fundingHistory: [(time: Int64, rate: FixedDecimal, mark: Price)] = []

    /// Newest last.
    private(set) var prints: [VenuePrint] = []
    private(set) var aggregates: [VenueAggregate] = []
    private(set) var candles: [VenueCandle] = []
    private(set) var markCandles: [VenueCandle] = []

    init(_ rules: VenueSymbol) { self.rules = rules }

    // MARK: Prices

    var last: Price? { prints.last?.price ?? lastBefore ?? candles.last?.close }
    /// What was traded last at before a restart.
    var lastBefore: Price?
    /// What positions are worth by: the mark price, and until there is one what was traded or quoted last.
    var markPrice: Price {
        if let mark { return mark }
        if let last { return last }
        switch (book.best(.buy)?.price, book.best(.sell)?.price) {
        case (let bid?, let ask?): return Price.mid(bid, ask)
        case (let one?, nil), (nil, let one?): return one
        case (nil, nil): return .zero
        }
    }

    // MARK: The book

    private mutating func touch(_ side: Side, _ price: Price, at now: Int64) {
        // Begins with the time, so that a venue that was restarted does not tell old numbers again.
        updateID = max(updateID + 1, now * 100)
        changed = now
        for name in untold.keys { untold[name]?.touch(side, price, updateID) }
    }

    mutating func rest(_ order: RestingOrder, at now: Int64) {
        book.rest(order)
        touch(order.side, order.price, at: now)
    }

    mutating func remove(_ id: BookOrderID, at now: Int64) {
        guard let order = book.remove(id) else { return }
        touch(order.side, order.price, at: now)
    }

    mutating func reduce(_ id: BookOrderID, by quantity: Quantity, at now: Int64) {
        guard let order = book.order(id), quantity > .zero else { return }
        book.reduce(id, by: quantity)
        touch(order.side, order.price, at: now)
    }

    /// Lets the matching engine trade `quantity`, at most what is open, with the order that is first at the other side.
    mutating func trade(
        _ taker: BookOrderID,
        _ side: Side,
        _ quantity: Quantity,
        with maker: RestingOrder,
        at now: Int64
    ) {
        var events: [BookEvent] = []
        let order = IncomingOrder(
            id: taker,
            side: side,
            limit: maker.price,
            quantity: quantity,
            rest: .immediateOrCancel,
            prevention: .none
        )
        book.submit(order, into: &events)
        precondition(events.count == 1, "one trade was asked for, the book did \(events)")
        touch(maker.side, maker.price, at: now)
    }

    // MARK: The background

    static func isBackground(_ id: BookOrderID) -> Bool { id.number >= 1 << 62 }

    mutating func makeBackgroundID() -> BookOrderID {
        defer { nextBackground += 1 }
        return BookOrderID(nextBackground)
    }

    /// Shrinks the background's levels to what is shown now, and returns what is missing of them, best level first.
    mutating func shrinkBackground(_ side: Side, to levels: [(Price, Quantity)], at now: Int64) -> [(Price, Quantity)] {
        var missing: [Price: Quantity] = [:]
        for (price, quantity) in levels where quantity > .zero { missing[price] = quantity }
        for (price, ids) in (background[side] ?? [:]).sorted(by: { $0.key < $1.key }) {
            let orders = ids.compactMap { book.order($0) }
            let there = orders.reduce(Quantity.zero) { $0 + $1.open }
            let wanted = missing[price] ?? .zero
            missing[price] = wanted > there ? wanted - there : nil
            guard there > wanted || orders.count < ids.count else { continue }
            var over = there - wanted
            var left = orders.map(\.id)
            // The newest goes first, as in a queue whose front waits on.
            for order in orders.reversed() where over > .zero {
                let less = min(over, order.open)
                reduce(order.id, by: less, at: now)
                over -= less
                if less == order.open { left.removeLast() }
            }
            background[side]?[price] = left.isEmpty ? nil : left
        }
        return levels.compactMap { price, _ in missing[price].map { (price, $0) } }
    }

    /// Rests more of the background at a level.
    mutating func growBackground(_ id: BookOrderID, _ side: Side, _ price: Price, _ quantity: Quantity, at now: Int64) {
        rest(RestingOrder(id: id, side: side, price: price, open: quantity), at: now)
        background[side, default: [:]][price, default: []].append(id)
    }

    // MARK: The tape

    /// Writes down a trade.
    mutating func print(_ trade: VenuePrint) {
        prints.append(trade)
        if prints.count > 2 * Self.mostTrades { prints.removeFirst(Self.mostTrades) }
        var candle = VenueCandle(openTime: trade.time - trade.time % VenueCandle.minute, price: trade.price)
        candle.volume = trade.quantity
        candle.quoteVolume = Amounts.worth(trade.price, trade.quantity)
        if !trade.isBuyerMaker {
            candle.takerVolume = candle.volume
            candle.takerQuoteVolume = candle.quoteVolume
        }
        candle.trades = 1
        (candle.firstTrade, candle.lastTrade) = (trade.id, trade.id)
        Self.add(candle, to: &candles)
        if let index = aggregates.indices.last, aggregates[index].takes(trade) {
            aggregates[index].add(trade)
        } else {
            aggregates.append(VenueAggregate(trade))
            if aggregates.count > 2 * Self.mostTrades { aggregates.removeFirst(Self.mostTrades) }
        }
    }

    mutating func moveMark(to price: Price, at now: Int64) {
        mark = price
        Self.add(VenueCandle(openTime: now - now % VenueCandle.minute, price: price), to: &markCandles)
    }

    /// Takes candles from before the first trade.
    mutating func prepend(_ history: [VenueCandle]) {
        let first = candles.first?.openTime ?? .max
        candles = Array((history.filter { $0.openTime < first } + candles).suffix(Self.mostCandles))
    }

    private static func add(_ candle: VenueCandle, to candles: inout [VenueCandle]) {
        if let index = candles.indices.last, candles[index].openTime == candle.openTime {
            candles[index].add(candle)
            return
        }
        // Minutes without trades are candles at the last price, as long as they are not too many.
        if let before = candles.last, candle.openTime - before.openTime < 1440 * VenueCandle.minute {
            var time = before.openTime + VenueCandle.minute
            while time < candle.openTime {
                candles.append(VenueCandle(openTime: time, price: before.close))
                time += VenueCandle.minute
            }
        }
        candles.append(candle)
        if candles.count > mostCandles + 1440 { candles.removeFirst(candles.count - mostCandles) }
    }
}

/// A trade as everybody sees it.
struct VenuePrint: Hashable, Sendable {
    let id: Int64
    let price: Price
    let quantity: Quantity
    let isBuyerMaker: Bool
    /// Milliseconds.
    let time: Int64
    /// The order that took.
    let taker: UInt64
}

/// Trades of one taker at one price and time.
struct VenueAggregate: Hashable, Sendable {
    let price: Price
    let isBuyerMaker: Bool
    let time: Int64
    let taker: UInt64
    let first: Int64
    private(set) var last: Int64
    private(set) var quantity: Quantity

    init(_ trade: VenuePrint) {
        price = trade.price
        isBuyerMaker = trade.isBuyerMaker
        time = trade.time
        taker = trade.taker
        first = trade.id
        last = trade.id
        quantity = trade.quantity
    }

    /// Follows from the first trade's number, so that it never comes twice either.
    var id: Int64 { first }

    func takes(_ trade: VenuePrint) -> Bool {
        trade.price == price && trade.time == time && trade.taker == taker && trade.isBuyerMaker == isBuyerMaker
            && trade.id == last + 1
    }

    mutating func add(_ trade: VenuePrint) {
        last = trade.id
        quantity += trade.quantity
    }
}

/// What changed since a depth stream was sent last.
struct DepthDiff: Sendable {
    /// The last number that was told.
    var told: Int64
    var first: Int64 = 0
    var last: Int64 = 0
    private(set) var bids: Set<Price> = []
    private(set) var asks: Set<Price> = []

    init(told: Int64) {
        self.told = told
        last = told
    }

    var isEmpty: Bool { bids.isEmpty && asks.isEmpty }

    mutating func touch(_ side: Side, _ price: Price, _ id: Int64) {
        if isEmpty { first = told + 1 }
        last = id
        if side == .buy { bids.insert(price) } else { asks.insert(price) }
    }

    mutating func sent() {
        told = last
        bids.removeAll(keepingCapacity: true)
        asks.removeAll(keepingCapacity: true)
    }
}
