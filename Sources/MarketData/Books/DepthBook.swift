public import TradingDomain

/// A book by price level: how much rests at each price, and not whose.
public struct DepthBook: Hashable, Sendable {
    /// Worst first, so that changes near the best price move little.
    private var bids: [BookLevel] = []
    private var asks: [BookLevel] = []

    public init() {}

    /// A book of levels in any order; later ones of the same price win.
    public init(_ levels: BookLevels) {
        for level in levels.bids { set(.buy, level.price, to: level.size) }
        for level in levels.asks { set(.sell, level.price, to: level.size) }
    }

    /// Sets what rests at a price; zero removes the level, which need not be there.
    public mutating func set(_ side: Side, _ price: Price, to size: Quantity) {
        if side == .buy {
            Self.set(price, size, in: &bids) { $0 < $1 }
        } else {
            Self.set(price, size, in: &asks) { $0 > $1 }
        }
    }

    private static func set(
        _ price: Price,
        _ size: Quantity,
        in levels: inout [BookLevel],
        isWorse: (Price, Price) -> Bool
    ) {
        let index = search(price, in: levels, isWorse: isWorse)
        let isThere = index < levels.count && levels[index].price == price
        switch (isThere, size > .zero) {
        case (true, true): levels[index] = BookLevel(price: price, size: size)
        case (true, false): levels.remove(at: index)
        case (false, true): levels.insert(BookLevel(price: price, size: size), at: index)
        case (false, false): break
        }
    }

    private static func search(_ price: Price, in levels: [BookLevel], isWorse: (Price, Price) -> Bool) -> Int {
        var low = 0
        var high = levels.count
        while low < high {
            let middle = (low + high) / 2
            if isWorse(levels[middle].price, price) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    // MARK: Questions

    public func best(_ side: Side) -> BookLevel? { side == .buy ? bids.last : asks.last }

    /// What rests at a price; zero where nothing does.
    public func size(_ side: Side, at price: Price) -> Quantity {
        let levels = side == .buy ? bids : asks
        let index = Self.search(price, in: levels) { side == .buy ? $0 < $1 : $0 > $1 }
        return index < levels.count && levels[index].price == price ? levels[index].size : .zero
    }

    /// How many levels a side has.
    public func count(_ side: Side) -> Int { side == .buy ? bids.count : asks.count }

    /// The best levels of both sides, best first.
    public func levels(upTo count: Int = .max) -> BookLevels {
        BookLevels(bids: bids.suffix(count).reversed(), asks: asks.suffix(count).reversed())
    }

    /// The best bid is at or above the best ask: a broken feed, or one that is being mended.
    public var isCrossed: Bool {
        guard let bid = bids.last, let ask = asks.last else { return false }
        return bid.price >= ask.price
    }

    /// The middle of the best prices; `nil` unless both sides have one.
    public var mid: Price? {
        guard let bid = bids.last, let ask = asks.last else { return nil }
        return Price.mid(bid.price, ask.price)
    }

    /// (bids − asks) ÷ (bids + asks) of the sizes at the best `count` levels: from −1 (only asks) to 1 (only bids); `nil`
    /// for an empty book.
    public func imbalance(levels count: Int = 5) -> Double? {
        let bid = bids.suffix(count).reduce(Quantity.zero) { $0.addingClamped($1.size) }.approximate
        let ask = asks.suffix(count).reduce(Quantity.zero) { $0.addingClamped($1.size) }.approximate
        return bid + ask > 0 ? (bid - ask) / (bid + ask) : nil
    }

    /// What taking a quantity from the book at once would trade.
    public struct Sweep: Hashable, Sendable {
        /// Less than was asked where the book has no more inside the limit.
        public var quantity = Quantity.zero
        /// Sum of price × quantity.
        public var turnover = FixedDecimal.zero
        /// The price of the last part; `nil` when nothing trades.
        public var worst: Price?
    }

    /// What an order on `side` would trade now, level by level, at `limit` or better.
    public func sweep(_ side: Side, _ quantity: Quantity, limit: Price? = nil) -> Sweep {
        var sweep = Sweep()
        for level in (side == .buy ? asks : bids).reversed() {
            if let limit, side == .buy ? level.price > limit : level.price < limit { break }
            let part = min(quantity - sweep.quantity, level.size)
            guard part > .zero else { break }
            sweep.quantity += part
            sweep.turnover =
                sweep.turnover + FixedDecimal(units: Int128(level.price.units))
                * FixedDecimal(units: Int128(part.units))
            sweep.worst = level.price
        }
        return sweep
    }
}
