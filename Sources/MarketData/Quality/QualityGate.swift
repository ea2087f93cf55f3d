public import TradingDomain

/// Keeps bad market data from board, algorithms and venue (MD-4).
///
/// Put it right behind the feed. A price of zero or less, and one more than a tenth off the mean of the last twenty, is
/// *rejected*; crossed books, late and stale events are *flagged* and counted. Both sides of a quote are judged, so that a stub
/// quote cannot hide behind its middle. Fewer than ``priorsNeeded`` prices judge nothing.
///
/// A market that really jumps must not be locked out for ever: prices that were rejected and agree with one another (within a
/// tenth) confirm the jump when there are three of them over at least ``confirmation``. The mean then begins anew with
/// them. A single good price forgets them.
///
/// A pure value: the same events give the same verdicts. A good quote costs a few integer operations and no allocation.
public struct QualityGate: Sendable {
    /// What becomes of an event.
    public enum Verdict: Hashable, Sendable {
        case pass
        /// Let through, with something to say about it.
        case flagged(DataProblem)
        /// Kept from everybody.
        case withheld(DataProblem)

        public var lets: Bool { if case .withheld = self { false } else { true } }
        public var problem: DataProblem? {
            switch self {
            case .pass: nil
            case .flagged(let problem), .withheld(let problem): problem
            }
        }
    }

    /// Prices that the mean is taken over.
    public static let window = 20
    /// Prices that must be known before one is judged.
    public static let priorsNeeded = 5
    /// How long rejected prices must agree before they are believed, unless told otherwise.
    public static let confirmation = Duration.seconds(5)
    /// Rejected prices that must agree.
    private static let agreeing = 3

    /// The last prices of one instrument.
    private struct Track {
        var prices = [Int64](repeating: 0, count: window)
        var count = 0
        var next = 0
        var sum: Int128 = 0
        var lastAt = Timestamp(nanoseconds: .min)
        /// Rejected prices that agree: how many, their sum, and since when.
        var doubted = 0
        var doubtedSum: Int128 = 0
        var doubtedSince = Timestamp(nanoseconds: 0)
        var quality = DataQuality()

        var mean: Price? { count > 0 ? Price(units: Int64(clamping: sum / Int128(count))) : nil }

        mutating func add(_ price: Int64) {
            if count == window { sum -= Int128(prices[next]) } else { count += 1 }
            prices[next] = price
            sum += Int128(price)
            next = next + 1 == window ? 0 : next + 1
        }

        /// More than a tenth off the mean of `count` prices with this sum.
        static func isOff(_ price: Int64, _ sum: Int128, _ count: Int) -> Bool {
            let off = Int128(price) * Int128(count) - sum
            return (off < 0 ? -off : off) * 10 > sum
        }

        /// Notes a rejected price; true when it confirms the ones before.
        mutating func doubt(_ price: Int64, at now: Timestamp, _ confirmation: Duration) -> Bool {
            if doubted == 0 || Self.isOff(price, doubtedSum, doubted) {
                (doubted, doubtedSum, doubtedSince) = (1, Int128(price), now)
                return false
            }
            doubted += 1
            doubtedSum += Int128(price)
            guard doubted >= agreeing, now - doubtedSince >= confirmation else { return false }
            let mean = Int64(clamping: doubtedSum / Int128(doubted))
            (count, next, sum) = (0, 0, 0)
            for _ in 0..<priorsNeeded { add(mean) }
            (doubted, doubtedSum) = (0, 0)
            return true
        }
    }

    private let staleAfter: Duration
    private let confirmation: Duration
    private var places: [Symbol: Int] = [:]
    private var tracks: [Track] = []

    /// A gate that calls an event stale when it is told `staleAfter` after it happened.
    public init(staleAfter: Duration = .seconds(60), confirmation: Duration = QualityGate.confirmation) {
        self.staleAfter = staleAfter
        self.confirmation = confirmation
    }

    /// What the gate has seen of an instrument; `nil` before its first event.
    public func quality(of symbol: Symbol) -> DataQuality? { places[symbol].map { tracks[$0].quality } }

    /// Judges an event that is told at `now`.
    public mutating func screen(_ event: MarketEvent, at now: Timestamp) -> Verdict {
        let symbol = event.symbol
        let place = places[symbol] ?? tracks.count
        if place == tracks.count {
            places[symbol] = place
            tracks.append(Track())
        }
        guard let problem = problem(of: event, place, at: now) else {
            tracks[place].quality.accepted += 1
            return .pass
        }
        let isWithheld = problem.kind.isRejection || (problem.kind == .outOfOrder && event.isState)
        if isWithheld { tracks[place].quality.withheld += 1 } else { tracks[place].quality.accepted += 1 }
        tracks[place].quality.problems[problem.kind.rawValue, default: 0] += 1
        tracks[place].quality.last = problem
        return isWithheld ? .withheld(problem) : .flagged(problem)
    }

    private mutating func problem(of event: MarketEvent, _ place: Int, at now: Timestamp) -> DataProblem? {
        // What prices the instrument, and the extremes that may not be far from it.
        let (low, high, price): (Int64, Int64, Int64)
        switch event {
        case .quote(let quote): (low, high, price) = (quote.bid.units, quote.ask.units, quote.mid.units)
        case .trade(let trade): (low, high, price) = (trade.price.units, trade.price.units, trade.price.units)
        case .bar(let bar): (low, high, price) = (bar.low.units, bar.high.units, bar.close.units)
        case .depth(let depth):
            guard let bid = depth.levels.bids.first?.price.units, let ask = depth.levels.asks.first?.price.units else {
                return late(event, place)
            }
            (low, high, price) = (bid, ask, bid / 2 + ask / 2)
        }
        let least = min(low, high)
        if least <= 0 { return DataProblem(.priceNotPositive, event, price: Price(units: least)) }
        let isLate = event.at < tracks[place].lastAt
        if tracks[place].count >= Self.priorsNeeded {
            let (sum, count) = (tracks[place].sum, tracks[place].count)
            let far = Track.isOff(low, sum, count) ? low : Track.isOff(high, sum, count) ? high : nil
            if let far {
                let mean = tracks[place].mean
                guard !isLate, tracks[place].doubt(price, at: event.at, confirmation) else {
                    return DataProblem(.priceOffMean, event, price: Price(units: far), mean: mean)
                }
                tracks[place].add(price)
                tracks[place].lastAt = event.at
                return DataProblem(.jumpConfirmed, event, price: Price(units: price), mean: mean)
            }
        }
        if isLate { return DataProblem(.outOfOrder, event) }
        tracks[place].lastAt = event.at
        if low > high { return DataProblem(.crossed, event) }
        tracks[place].add(price)
        tracks[place].doubted = 0
        return now - event.at > staleAfter ? DataProblem(.stale, event) : nil
    }

    private func late(_ event: MarketEvent, _ place: Int) -> DataProblem? {
        event.at < tracks[place].lastAt ? DataProblem(.outOfOrder, event) : nil
    }
}

extension MarketEvent {
    /// Tells the state of a book, which a later one replaces; trades and bars are additions.
    fileprivate var isState: Bool {
        switch self {
        case .quote, .depth: true
        case .trade, .bar: false
        }
    }
}
