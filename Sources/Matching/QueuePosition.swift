public import TradingDomain

/// How much rests before our order at its price, in a market that was recorded without it.
///
/// Always the worst that the record allows:
/// - On arrival everything that is shown at the price is ahead; where the level is not shown, everything that is
///   there when it is first seen.
/// - A trade at the price takes from the front: from what is ahead, and only what is left of it reaches the order.
/// - A cancel is taken to be of the orders behind, until there are none: what is ahead is never more than the level
///   shows, and shrinks no sooner. What arrives later is behind.
/// - A fall of the shown size that comes before the trade which caused it must not count twice: for
///   ``reorderNanoseconds`` a trade first explains such a fall, and takes from what is ahead only beyond it.
/// - When the market trades beyond the price, or the level is gone, nothing is ahead.
public struct QueuePosition: Codable, Hashable, Sendable {
    /// How far the feeds of trades and of books may lag each other; the recorded venue sends books every 100 ms.
    public static let reorderNanoseconds: Int64 = 100_000_000

    /// What trades before the order; `nil` while the market does not show its level.
    public private(set) var ahead: Quantity?
    /// A fall of the level that trades told later may explain.
    private var unexplained = Quantity.zero
    private var fellAt = Timestamp(nanoseconds: 0)
    /// Market data up to here is in this position; set when it is stored.
    public var asOf: Timestamp

    /// The position of an order that has just arrived where `shown` rests; `nil` where the level is not shown.
    public init(behind shown: Quantity?, at time: Timestamp) {
        ahead = shown
        asOf = time
    }

    /// The level shows `size` now.
    public mutating func levelShows(_ size: Quantity, at time: Timestamp) {
        guard let before = ahead else {
            ahead = size
            return
        }
        guard size < before else { return }
        if (time - fellAt).nanoseconds > Self.reorderNanoseconds { unexplained = .zero }
        unexplained += before - size
        fellAt = time
        ahead = size
    }

    /// A trade of `quantity` happened at the order's price.
    ///
    /// - Returns: What of it reaches the order.
    public mutating func traded(_ quantity: Quantity, at time: Timestamp) -> Quantity {
        guard let before = ahead else { return .zero }
        var left = quantity
        if (time - fellAt).nanoseconds <= Self.reorderNanoseconds {
            let explained = min(left, unexplained)
            unexplained -= explained
            left -= explained
        }
        let taken = min(before, left)
        ahead = before - taken
        return left - taken
    }

    /// The market traded beyond the order's price: everything before it has gone.
    public mutating func tradedThrough() {
        ahead = .zero
        unexplained = .zero
    }
}
