public import TradingDomain

/// Where the price stood some time after the fills of an execution (AN-4): positive when it moved our way.
///
/// A mark-out is `side × (mid(t + horizon) − price) ÷ price`, the mid being the last one at or before that moment. Where
/// the market has not been seen that far there is none, and it is not guessed. Positive after a buy: the price rose, so
/// buying early was right; negative: the price came back, so what was paid was our own impact or bad timing.
public struct MarkOut: Hashable, Sendable {
    /// 1, 5 and 30 minutes.
    public static let horizons: [Duration] = [.seconds(60), .seconds(300), .seconds(1800)]

    public let horizon: Duration
    /// By fill, in basis points of its price, in the order of the fills.
    public let fillBps: [Double?]
    /// Mean over the fills that have one, weighted by quantity; absent when none has.
    public let bps: Double?
    /// What those fills traded.
    public let covered: Quantity

    init(horizon: Duration, fills: [TradedFill], values: [Double?]) {
        self.horizon = horizon
        fillBps = values
        covered = zip(fills, values).reduce(.zero) { $1.1 == nil ? $0 : $0 + $1.0.quantity }
        bps = weightedMean(fills, values)
    }
}

/// The mean of the values that are there, weighted by their fills' quantities.
func weightedMean(_ fills: [TradedFill], _ values: [Double?]) -> Double? {
    var (sum, weight) = (0.0, 0.0)
    for case (let quantity, let value?) in zip(fills.lazy.map(\.quantity.approximate), values) {
        sum += quantity * value
        weight += quantity
    }
    return weight > 0 ? sum / weight : nil
}
