import Foundation
import MarketData
import Testing
import TradingDomain

@Suite("Market conditions (RO-5)")
struct MarketConditionsTests {
    /// A whole minute, so that samples fall where the tests say.
    private let start = Timestamp(nanoseconds: 1_800_000_000 / 60 * 60 * 1_000_000_000)
    private let symbol: Symbol

    init() throws { symbol = try Fixed.symbol("A") }

    private func quote(_ bid: String, _ ask: String, _ second: Double, sizes: (Int, Int) = (100, 300)) throws
        -> MarketEvent
    {
        .quote(
            Quote(
                symbol: symbol,
                at: start + .nanoseconds(Int64(second * 1e9)),
                bid: try Price(parsing: bid),
                bidSize: Quantity(sizes.0),
                ask: try Price(parsing: ask),
                askSize: Quantity(sizes.1)
            )
        )
    }

    private func trade(_ price: String, _ size: Int, _ second: Double) throws -> MarketEvent {
        .trade(
            Trade(
                symbol: symbol,
                at: start + .nanoseconds(Int64(second * 1e9)),
                price: try Price(parsing: price),
                size: Quantity(size)
            )
        )
    }

    private func measured(_ events: [MarketEvent]) throws -> MarketConditions {
        var board = MarketBoard()
        for event in events { board.apply(event) }
        return try #require(board.conditions(symbol))
    }

    @Test("Book: spread, touch sizes as liquidity, imbalance")
    func book() throws {
        let found = try measured([quote("99.99", "100.01", 1)])
        let value1 = try #require(found.spreadBps)
        #expect(abs(value1 - 2) < 1e-9)
        let (bid, ask) = (try Price(parsing: "99.99"), try Price(parsing: "100.01"))
        #expect(found.bid == bid && found.ask == ask)
        #expect(found.liquidityBasis == .touch)
        #expect(found.bidLiquidity == Quantity(100) && found.askLiquidity == Quantity(300))
        #expect(found.liquidity(for: .buy) == Quantity(300) && found.liquidity(for: .sell) == Quantity(100))
        #expect(found.imbalance == -0.5)
        #expect(found.minuteVolume == nil && found.volatility == nil && found.liquidityScore == nil)
    }

    @Test("Depth: the best five levels, not the sixth")
    func depth() throws {
        let level = { (price: Int, size: Int) in
            BookLevel(price: Price(units: Int64(price) * FixedDecimal.scale), size: Quantity(size))
        }
        let levels = BookLevels(
            bids: (0..<6).map { level(99 - $0, 10) },
            asks: [level(101, 7), level(102, 3)]
        )
        let found = try measured([
            .depth(BookDepth(symbol: symbol, at: start, levels: levels)), quote("99", "101", 1),
        ])
        #expect(found.liquidityBasis == .depth)
        #expect(found.bidLiquidity == Quantity(50) && found.askLiquidity == Quantity(10))
        let value2 = try #require(found.imbalance)
        #expect(abs(value2 - 40.0 / 60) < 1e-12)
    }

    @Test("A crossed or one-sided book has neither spread nor liquidity", arguments: [("10.1", "10"), ("0", "10")])
    func unusable(bid: String, ask: String) throws {
        let found = try measured([quote("10", "10.02", 1), quote(bid, ask, 2)])
        #expect(found.spreadBps == nil && found.bid == nil && found.bidLiquidity == nil && found.liquidityScore == nil)
    }

    @Test("Trades: the last minute, the mean of up to ten, the session")
    func trades() throws {
        // 60 a minute for eleven minutes, and a burst of 1000 in the first.
        var events = [try trade("10", 1000, 0)]
        for second in 1...660 { events.append(try trade("10", 1, Double(second))) }
        let found = try measured(events)
        #expect(found.dailyVolume == Quantity(1660))
        // The last minute to ten seconds: 51 to 60 of them.
        let last = try #require(found.lastMinuteVolume).approximate
        #expect((51...60).contains(last))
        // The burst is more than ten minutes ago.
        let value3 = try #require(found.minuteVolume)
        #expect(abs(value3.approximate - 60) < 1.5)
        let early = try measured(Array(events[0...120]))
        let value4 = try #require(early.minuteVolume)
        #expect(abs(value4.approximate - 1120.0 / 2) < 1e-6)
        #expect(try measured(Array(events[0...30])).minuteVolume == nil, "half a minute is no minute")
    }

    @Test("Bars of a minute, and longer ones by the minute")
    func bars() throws {
        let minutes = (0..<4).map { Bar.of(symbol, start + .seconds($0 * 60), volume: 100 * ($0 + 1)) }
        let found = try measured(minutes.map(MarketEvent.bar))
        #expect(found.minuteVolume == Quantity(250))
        #expect(found.lastMinuteVolume == Quantity(400))
        let long = try measured([.bar(Bar.of(symbol, start, seconds: 900, volume: 1500))])
        #expect(long.minuteVolume == Quantity(100) && long.lastMinuteVolume == Quantity(100))
        #expect(long.dailyVolume == Quantity(1500))
    }

    @Test("Bars count no more once single trades are told")
    func tradesReplaceBars() throws {
        let bars = (0..<3).map { MarketEvent.bar(Bar.of(symbol, start + .seconds($0 * 60), volume: 1000)) }
        let ticks = try (0...120).map { try trade("10", 1, 180 + Double($0)) }
        let found = try measured(bars + ticks)
        #expect(found.dailyVolume == Quantity(121))
        let value5 = try #require(found.minuteVolume)
        #expect(abs(value5.approximate - 60.5) < 1e-6)
    }

    @Test("A market that does not trade has a minute volume of zero, not none")
    func silence() throws {
        var events = [try trade("10", 5, 0)]
        for second in 1...700 { events.append(try quote("10", "10.02", Double(second))) }
        let found = try measured(events)
        #expect(found.minuteVolume == .zero && found.lastMinuteVolume == .zero)
        #expect(found.liquidityScore == 0)
    }

    @Test("Volatility is the root mean square of minute returns, trend the net over the way")
    func volatility() throws {
        let prices = (0...40).map { 100.0 * exp(0.001 * sin(Double($0) * 1.3) + 0.0002 * Double($0)) }
        let events = try prices.enumerated().map { index, price in
            try trade(String(format: "%.6f", price), 1, Double(index) * 60 + 5)
        }
        // What was in force at the end of each minute is the price of five seconds after its beginning.
        let seen = prices.map { (($0 * 1e6).rounded() / 1e6) }.dropLast()
        let returns = zip(seen, seen.dropFirst()).map { log($1 / $0) }.suffix(30)
        let found = try measured(events)
        let expected = (returns.reduce(0) { $0 + $1 * $1 } / 30).squareRoot()
        let value6 = try #require(found.volatility)
        #expect(abs(value6 - expected) < 1e-12)
        let trend = returns.reduce(0, +) / returns.reduce(0) { $0 + $1.magnitude }
        let value7 = try #require(found.trend)
        #expect(abs(value7 - trend) < 1e-12)
        let value8 = try #require(found.volatility(over: .seconds(240)))
        #expect(abs(value8 - 2 * expected) < 1e-12)
        #expect(try measured(Array(events.prefix(6))).volatility == nil, "four returns say nothing")
    }

    @Test("The score: tight, deep and active is high; each alone can bring it down")
    func score() throws {
        func score(_ bid: String, _ ask: String, sizes: (Int, Int), perSecond: Int, every: Int = 1) throws -> Double {
            var events: [MarketEvent] = []
            for second in 0...600 {
                events.append(try quote(bid, ask, Double(second), sizes: sizes))
                if second % every == 0 { events.append(try trade("100", perSecond, Double(second) + 0.5)) }
            }
            return try #require(try measured(events).liquidityScore)
        }
        let good = try score("99.995", "100.005", sizes: (5000, 5000), perSecond: 100)
        #expect(good > 0.9 && good <= 1)
        let wide = try score("99", "101", sizes: (5000, 5000), perSecond: 100)
        let thin = try score("99.995", "100.005", sizes: (5, 5), perSecond: 100)
        let quiet = try score("99.995", "100.005", sizes: (5000, 5000), perSecond: 100, every: 300)
        for poor in [wide, thin, quiet] { #expect(poor >= 0 && poor < 0.75 * good, "\(poor)") }
        // By hand: 2 bps spread, one second's flow at each touch, trades in every minute.
        let known = try score("99.99", "100.01", sizes: (100, 100), perSecond: 100)
        #expect(abs(known - cbrt(1 / 1.2 * 0.5)) < 0.01)
    }

    @Test("After half an hour of silence nothing of before counts")
    func gap() throws {
        var events = try (0...600).map { try trade("\(100 + $0 % 7)", 10, Double($0)) }
        #expect(try measured(events).volatility != nil)
        events.append(try trade("100", 10, 600 + 1801 + 10))
        let found = try measured(events)
        #expect(found.volatility == nil && found.minuteVolume == nil)
        #expect(found.dailyVolume == Quantity(6020))
    }

    @Test("Measured in one go or asked in between, the same", arguments: UInt64(0)..<20)
    func fold(seed: UInt64) throws {
        var draws = SplitMix(seed: seed)
        var second = 0.0
        var events: [MarketEvent] = []
        for _ in 0..<2000 {
            second += draws.uniform() * 3
            let mid = 100 + draws.uniform()
            let bid = String(format: "%.2f", mid - draws.uniform() * 0.1)
            let ask = String(format: "%.2f", mid + draws.uniform() * 0.1)
            events.append(
                draws.uniform() < 0.5
                    ? try quote(bid, ask, second) : try trade(bid, Int(draws.uniform() * 100), second)
            )
        }
        var board = MarketBoard()
        for event in events {
            board.apply(event)
            _ = board.conditions(symbol)
        }
        #expect(board.conditions(symbol) == (try measured(events)))
        // The last minute's volume against a naive sum over sixty seconds at the sampling's own grid.
        let last = try #require(events.last).at.nanoseconds
        let piece: Int64 = 10_000_000_000
        let from = (last / piece - 5) * piece
        let naive = events.reduce(Quantity.zero) { sum, event in
            guard case .trade(let trade) = event, trade.at.nanoseconds >= from else { return sum }
            return sum + trade.size
        }
        #expect(board.conditions(symbol)?.lastMinuteVolume == naive)
    }
}

/// Numbers of a test, from a seed.
struct SplitMix {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    mutating func uniform() -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Double((mixed ^ (mixed >> 31)) >> 11) * 0x1p-53
    }
}
