internal import TradingDomain

/// The price levels of one side of a book.
///
/// A sorted array with the best level last: most changes happen near the best price, where little has to move, and
/// finding a level is a binary search over a few cache lines.
struct BookSide: Sendable {
    struct Level: Sendable {
        let price: Price
        var size: Quantity
        var count: Int
        /// Place of the oldest order, which trades first.
        var first: Int32
        /// Place of the newest order.
        var last: Int32
    }

    let side: Side
    /// Worst first.
    private(set) var levels: [Level] = []

    init(_ side: Side) { self.side = side }

    var best: Level? { levels.last }

    /// Whether `price` is better than `other` for whoever trades against this side: a higher bid, a lower ask.
    func isBetter(_ price: Price, than other: Price) -> Bool { side == .buy ? price > other : price < other }

    /// Where the level of `price` is, or where it would be.
    private func search(_ price: Price) -> (index: Int, found: Bool) {
        var low = 0
        var high = levels.count
        while low < high {
            let middle = (low + high) / 2
            if isBetter(price, than: levels[middle].price) { low = middle + 1 } else { high = middle }
        }
        return (low, low < levels.count && levels[low].price == price)
    }

    func index(of price: Price) -> Int? {
        // Nearly always the best level or one of its neighbours is meant.
        if let best = levels.last, best.price == price { return levels.count - 1 }
        let (index, found) = search(price)
        return found ? index : nil
    }

    /// The level of `price`, made when there is none.
    mutating func makeLevel(_ price: Price) -> Int {
        if let best = levels.last, best.price == price { return levels.count - 1 }
        let (index, found) = search(price)
        if !found { levels.insert(Level(price: price, size: .zero, count: 0, first: -1, last: -1), at: index) }
        return index
    }

    mutating func update(_ index: Int, _ change: (inout Level) -> Void) {
        change(&levels[index])
        if levels[index].count == 0 { levels.remove(at: index) }
    }
}
