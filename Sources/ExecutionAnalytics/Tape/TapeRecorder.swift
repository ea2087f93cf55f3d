public import MarketData
public import TradingDomain

/// Makes a tape of market events, given in time order.
public struct TapeRecorder: Sendable {
    /// Most buckets that a tape holds.
    public static let bucketsMax = 120
    /// Lengths in seconds that read well on an axis; each divides a later one or an hour.
    private static let lengths = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 86_400]
    /// Length of the bars that sources give: shorter buckets would be empty between their ends.
    private static let barLength = 60

    private let start: Timestamp
    private let end: Timestamp
    private let seconds: Int
    private var buckets: [MarketTape.Bucket] = []
    private var barVolumes: [(volume: Quantity, turnover: FixedDecimal, close: Price?)] = []
    private var meter: IntervalMeter
    private var book: (bid: Price, ask: Price)?
    private var hasTrades = false

    /// The span that a tape of an execution covers: some minutes before its arrival are shown as well.
    public static func window(arrival: Timestamp, end: Timestamp) -> (from: Timestamp, to: Timestamp) {
        let lead = min(900, max(180, (end - arrival).nanoseconds / 1_000_000_000 / 10))
        return (arrival - .seconds(lead), max(arrival, end))
    }

    /// Records from some minutes before `arrival` to `end`.
    public init(arrival: Timestamp, end: Timestamp) {
        let window = Self.window(arrival: arrival, end: end)
        start = window.from
        self.end = window.to
        let span = Int((window.to - window.from).nanoseconds / 1_000_000_000) + 1
        seconds = Self.lengths.first { ($0 * Self.bucketsMax) >= span } ?? span / Self.bucketsMax + 1
        meter = IntervalMeter(from: arrival, to: window.to)
    }

    /// Takes the next event; those outside the window change nothing but the carried price.
    public mutating func add(_ event: MarketEvent) {
        guard event.at > start, event.at <= end else { return }
        fill(upTo: event.at)
        let last = buckets.count - 1
        switch event {
        case .quote(let quote):
            guard quote.isUsable else { return }
            book = (quote.bid, quote.ask)
            buckets[last].bid = quote.bid
            buckets[last].ask = quote.ask
        case .trade(let trade):
            hasTrades = true
            meter.add(tradeAt: trade.at, price: trade.price, size: trade.size)
            buckets[last].volume = buckets[last].volume.addingClamped(trade.size)
            buckets[last].turnover =
                buckets[last].turnover + FixedDecimal(units: Int128(trade.price.units))
                * FixedDecimal(units: Int128(trade.size.units))
            buckets[last].last = trade.price
        case .bar(let bar):
            meter.add(bar)
            barVolumes[last].volume = barVolumes[last].volume.addingClamped(bar.volume)
            barVolumes[last].turnover = barVolumes[last].turnover + bar.turnover
            barVolumes[last].close = bar.close
        case .depth:
            break
        }
    }

    /// Adds the buckets up to the one that holds `time`; the book stands until it changes.
    private mutating func fill(upTo time: Timestamp) {
        let length = Int64(seconds) * 1_000_000_000
        let index = Int((time.nanoseconds - start.nanoseconds - 1) / length)
        while buckets.count <= index {
            let bucketEnd = start.nanoseconds + Int64(buckets.count + 1) * length
            buckets.append(
                MarketTape.Bucket(
                    end: min(Timestamp(nanoseconds: bucketEnd), end),
                    volume: .zero,
                    turnover: .zero,
                    bid: book?.bid,
                    ask: book?.ask
                )
            )
            barVolumes.append((.zero, .zero, nil))
        }
    }

    /// The tape of what came; volume is that of trades where they were seen, else that of bars.
    public mutating func finish() -> MarketTape {
        if end > start { fill(upTo: end) }
        guard !hasTrades else { return tape(buckets, seconds) }
        for index in buckets.indices {
            buckets[index].volume = barVolumes[index].volume
            buckets[index].turnover = barVolumes[index].turnover
            buckets[index].last = barVolumes[index].close
        }
        let count = Self.barLength / seconds
        guard count > 1 else { return tape(buckets, seconds) }
        return tape(merged(count), seconds * count)
    }

    private func merged(_ count: Int) -> [MarketTape.Bucket] {
        stride(from: 0, to: buckets.count, by: count).map { first in
            var all = buckets[first]
            for next in buckets[first..<min(first + count, buckets.count)].dropFirst() {
                all.end = next.end
                all.volume = all.volume.addingClamped(next.volume)
                all.turnover = all.turnover + next.turnover
                all.last = next.last ?? all.last
                all.bid = next.bid
                all.ask = next.ask
            }
            return all
        }
    }

    private func tape(_ buckets: [MarketTape.Bucket], _ seconds: Int) -> MarketTape {
        MarketTape(start: start, bucketSeconds: seconds, buckets: buckets, interval: meter.benchmarks)
    }
}
