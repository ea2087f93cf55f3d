public import MarketData
public import TradingDomain

/// What the market did between two moments: volume, VWAP and TWAP.
public struct IntervalBenchmarks: Codable, Hashable, Sendable {
    public let volume: Quantity
    /// Sum of price × volume.
    public let turnover: FixedDecimal
    /// Time-weighted average price, in quote currency; absent before the first price.
    public let twap: Double?

    /// Volume-weighted average price, in quote currency; absent when nothing traded.
    public var vwap: Double? {
        volume > .zero ? Double(turnover.units) / Double(volume.units) : nil
    }

    private enum CodingKeys: String, CodingKey { case volume, turnover, twap }
}

/// Measures an interval while its trades or bars come in, in time order.
///
/// Trades count from start to end, both included; TWAP weighs the last price by the time for which it stood, the last
/// one before the start included. Bars count when they overlap the interval; TWAP is then the mean of their closes,
/// those without volume included. Where trades are seen, bars count nothing.
public struct IntervalMeter: Sendable {
    private let start: Timestamp
    private let end: Timestamp
    private var tradeVolume = Quantity.zero
    private var tradeTurnover = FixedDecimal.zero
    private var barVolume = Quantity.zero
    private var barTurnover = FixedDecimal.zero
    private var closes: Int128 = 0
    private var barCount: Int128 = 0
    private var carried: (price: Price, since: Timestamp)?
    /// Price units × nanoseconds.
    private var weighted: Int128 = 0
    private var hasTrades = false

    public init(from start: Timestamp, to end: Timestamp) {
        self.start = start
        self.end = end
    }

    /// Takes the next trade of the market; those before the start tell which price is carried in.
    public mutating func add(tradeAt time: Timestamp, price: Price, size: Quantity) {
        guard time <= end else { return }
        if let carried {
            weigh(carried.price, from: max(carried.since, start), to: time)
        } else {
            weigh(price, from: start, to: time)  // Nothing is known before the first price, so it stands in.
        }
        carried = (price, time)
        guard time >= start else { return }
        hasTrades = true
        tradeVolume = tradeVolume.addingClamped(size)
        tradeTurnover =
            tradeTurnover + FixedDecimal(units: Int128(price.units)) * FixedDecimal(units: Int128(size.units))
    }

    /// Takes the next bar of the market.
    public mutating func add(_ bar: Bar) {
        guard bar.end > start, bar.start < end else { return }
        barVolume = barVolume.addingClamped(bar.volume)
        barTurnover = barTurnover + bar.turnover
        closes += Int128(bar.close.units)
        barCount += 1
    }

    private mutating func weigh(_ price: Price, from: Timestamp, to: Timestamp) {
        guard to > from else { return }
        weighted += Int128(price.units) * Int128(to.nanoseconds - from.nanoseconds)
    }

    /// What was measured.
    public var benchmarks: IntervalBenchmarks {
        guard hasTrades || barCount == 0 else {
            return IntervalBenchmarks(
                volume: barVolume,
                turnover: barTurnover,
                twap: Double(closes) / Double(barCount) / Double(FixedDecimal.scale)
            )
        }
        return IntervalBenchmarks(volume: tradeVolume, turnover: tradeTurnover, twap: tradeTwap)
    }

    private var tradeTwap: Double? {
        guard let carried else { return nil }
        let span = end.nanoseconds - start.nanoseconds
        guard span > 0 else { return carried.price.approximate }
        let since = max(carried.since, start)
        let total = weighted + Int128(carried.price.units) * Int128(max(0, end.nanoseconds - since.nanoseconds))
        return Double(total) / Double(span) / Double(FixedDecimal.scale)
    }
}
