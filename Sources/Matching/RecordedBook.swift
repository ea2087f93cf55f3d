public import MarketData
public import TradingDomain

/// The book that a recorded market shows, as quotes and depth tell it, less what we have taken from it.
///
/// The record does not answer to our orders. What we take of a level is therefore missing from it until the level grows,
/// and only by as much as it grows, or until it is gone and comes anew; when it shrinks, what is left to take shrinks
/// with it. A quote corrects the best level of a deeper book, and takes better ones away.
public struct RecordedBook: Sendable {
    /// A level as it is shown, and what of it we have taken.
    public struct Level: Hashable, Sendable {
        public let price: Price
        public fileprivate(set) var size: Quantity
        public fileprivate(set) var taken = Quantity.zero

        public var left: Quantity { size - taken }
    }

    /// Best first.
    public private(set) var bids: [Level] = []
    public private(set) var asks: [Level] = []
    /// More than the best level is shown.
    public private(set) var isDeep = false

    public init() {}

    public var isEmpty: Bool { bids.isEmpty && asks.isEmpty }

    public func levels(_ side: Side) -> [Level] { side == .buy ? bids : asks }

    public func best(_ side: Side) -> Price? { side == .buy ? bids.first?.price : asks.first?.price }

    /// What is shown at a price; `nil` where the book does not reach that far.
    public func shown(_ side: Side, at price: Price) -> Quantity? {
        for level in side == .buy ? bids : asks {
            if level.price == price { return level.size }
            if side == .buy ? price > level.price : price < level.price { return .zero }
        }
        return nil
    }

    /// Takes a two-sided, uncrossed quote; any other empties the book.
    public mutating func apply(_ quote: Quote) {
        guard quote.isUsable else {
            bids = []
            asks = []
            return
        }
        Self.correct(&bids, quote.bid, quote.bidSize, isDeep) { $0 > $1 }
        Self.correct(&asks, quote.ask, quote.askSize, isDeep) { $0 < $1 }
    }

    public mutating func apply(_ depth: BookDepth) {
        isDeep = true
        Self.replace(&bids, depth.levels.bids)
        Self.replace(&asks, depth.levels.asks)
    }

    /// Takes `quantity` of what is left at a price.
    public mutating func take(_ quantity: Quantity, _ side: Side, at price: Price) {
        if side == .buy {
            if let index = bids.firstIndex(where: { $0.price == price }) { bids[index].taken += quantity }
        } else if let index = asks.firstIndex(where: { $0.price == price }) {
            asks[index].taken += quantity
        }
    }

    private static func correct(
        _ levels: inout [Level],
        _ price: Price,
        _ size: Quantity,
        _ isDeep: Bool,
        isBetter: (Price, Price) -> Bool
    ) {
        var gone = 0
        while gone < levels.count, isBetter(levels[gone].price, price) { gone += 1 }
        if gone > 0 { levels.removeFirst(gone) }
        if let first = levels.first, first.price == price {
            resize(&levels[0], size)
        } else {
            levels.insert(Level(price: price, size: size), at: 0)
        }
        if !isDeep, levels.count > 1 { levels.removeLast(levels.count - 1) }
    }

    private static func replace(_ levels: inout [Level], _ shown: [BookLevel]) {
        var made: [Level] = []
        made.reserveCapacity(shown.count)
        for level in shown {
            var entry = Level(price: level.price, size: level.size)
            if let before = levels.first(where: { $0.price == level.price }), !before.taken.isZero {
                entry.taken = min(before.taken, level.size)
            }
            made.append(entry)
        }
        levels = made
    }

    private static func resize(_ level: inout Level, _ size: Quantity) {
        level.size = size
        level.taken = min(level.taken, size)
    }
}
