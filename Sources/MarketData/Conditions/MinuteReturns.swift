import Glibc
import TradingDomain

/// Log returns from minute to minute over the last half hour.
///
/// Sums are taken anew from the ring each minute, so that no rounding accumulates.
struct MinuteReturns: Sendable {
    static let window = 30
    /// Fewer say nothing.
    static let needed = 5

    private var ring = [Double](repeating: 0, count: window)
    private var count = 0
    private var next = 0
    private var last: Price?
    /// Root mean square of the returns; absent before ``needed`` of them.
    private(set) var volatility: Double?
    /// Net move over the sum of moves, −1 to 1; zero where nothing moved, absent before ``needed`` returns.
    private(set) var trend: Double?

    /// Takes the price that was in force at the end of a minute; one that is not positive counts as unchanged.
    mutating func take(_ price: Price?) {
        guard let price = price ?? last, price.units > 0 else { return }
        defer { last = price }
        guard let last else { return }
        ring[next] = log(price.approximate / last.approximate)
        next = (next + 1) % Self.window
        count = min(count + 1, Self.window)
        guard count >= Self.needed else { return }
        var (squares, net, way) = (0.0, 0.0, 0.0)
        for place in 0..<count {
            squares += ring[place] * ring[place]
            net += ring[place]
            way += ring[place].magnitude
        }
        volatility = (squares / Double(count)).squareRoot()
        trend = way > 0 ? net / way : 0
    }

    mutating func clear() {
        (count, next, last) = (0, 0, nil)
        (volatility, trend) = (nil, nil)
    }
}
