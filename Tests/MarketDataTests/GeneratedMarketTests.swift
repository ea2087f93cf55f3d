import MarketData
import Testing
import TradingDomain

struct GeneratedMarketTests {
    private let market: GeneratedMarket
    private let aapl: Symbol
    private let session: TradingSession

    init() throws {
        market = GeneratedMarket(seed: 7)
        aapl = try Fixed.symbol("AAPL")
        session = try #require(try market.calendar.session(on: Fixed.day("2026-11-20")))
    }

    private func events(
        _ symbol: String,
        _ from: Timestamp,
        _ to: Timestamp,
        in source: GeneratedMarket? = nil
    ) throws -> [MarketEvent] {
        var iterator = try (source ?? market).events(Fixed.symbol(symbol), from: from, to: to)
        var events: [MarketEvent] = []
        while let event = try iterator.next() { events.append(event) }
        return events
    }

    private func events(_ from: Timestamp, _ to: Timestamp) throws -> [MarketEvent] { try events("AAPL", from, to) }

    private func quotes(_ events: [MarketEvent]) -> [Quote] {
        events.compactMap { if case .quote(let quote) = $0 { quote } else { nil } }
    }

    @Test func itSaysThatItIsGenerated() {
        #expect(market.title == "GENERATED MARKET (seed 7)")
        #expect(market.fingerprint == "generated-7")
        #expect(market.instruments.map(\.symbol) == market.instruments.map(\.symbol).sorted())
        #expect(market.instruments.count >= 25)
        #expect(market.instruments.first { $0.symbol.text == "SPY" }?.assetClass == .etf)
    }

    @Test func aSeedGivesOneMarket() throws {
        let again = try GeneratedMarket(seed: 7, extraSymbols: [Fixed.symbol("ZZZ")])
        let other = GeneratedMarket(seed: 8)
        let first = try events("NVDA", session.open, session.close)
        // Another day before changes nothing: there is no hidden state.
        _ = try again.bars(Fixed.symbol("NVDA"), from: session.open - .seconds(86_400 * 9), to: session.open)
        #expect(try events("NVDA", session.open, session.close, in: again) == first)
        #expect(try events("NVDA", session.open, session.close, in: other) != first)
    }

    /// A change here changes every demonstration and every recorded run, so it must be meant.
    @Test func theMarketOfASeedStaysAsItIs() throws {
        let bars = try market.bars(aapl, from: session.open, to: session.open + .seconds(120))
        #expect(bars.map { "\($0.open) \($0.high) \($0.low) \($0.close) \($0.volume)" } == Self.recorded)
    }

    private static let recorded = ["207.62 208.04 207.62 207.96 700587", "207.98 208.04 207.86 207.96 242654"]

    @Test(arguments: ["2013-10-07", "2019-07-03", "2026-11-20", "2031-03-14"], ["AAPL", "BAC", "TRV"])
    func booksAreSound(_ day: String, _ symbol: String) throws {
        let session = try #require(try market.calendar.session(on: Fixed.day(day)))
        let quotes = quotes(try events(symbol, session.open - .seconds(1), session.close))
        let tick = Price(units: 1_000_000)
        #expect(quotes.count > Int(session.length.seconds) / 5 - 61)
        for quote in quotes {
            #expect(quote.bid < quote.ask && quote.bid > .zero)
            #expect(quote.bid.units % tick.units == 0 && quote.ask.units % tick.units == 0)
            #expect(quote.bidSize >= Quantity(100) && quote.askSize >= Quantity(100))
            #expect(session.contains(quote.at))
        }
    }

    /// Nothing traded outside the books seen so far; the quote at a bar's end goes before the bar.
    @Test func barsAgreeWithTheBooks() throws {
        let all = try events("JPM", session.open - .seconds(1), session.close)
        var (low, high) = (Price(units: .max), Price.zero)
        var bars = 0
        for event in all {
            switch event {
            case .quote(let quote):
                (low, high) = (min(low, quote.bid), max(high, quote.ask))
            case .bar(let bar):
                bars += 1
                #expect(low <= bar.low && bar.high <= high, "\(bar)")
                #expect(bar.low <= min(bar.open, bar.close) && max(bar.open, bar.close) <= bar.high)
                let vwap = bar.turnover / FixedDecimal(units: Int128(bar.volume.units))
                #expect(vwap.units >= Int128(bar.low.units) && vwap.units <= Int128(bar.high.units))
            case .trade, .depth: Issue.record("no trades and no depth are generated")
            }
        }
        #expect(bars >= 385)
    }

    /// Nothing outside the asked range, in order, and two halves are the whole: also across a night.
    @Test func eventsStayInTheirRange() throws {
        let before = try #require(try market.calendar.session(on: Fixed.day("2026-11-19")))
        let from = before.close - .seconds(610)
        let to = session.open + .seconds(605)
        let whole = try events(from, to)
        #expect(whole.allSatisfy { from < $0.at && $0.at <= to })
        #expect(zip(whole, whole.dropFirst()).allSatisfy { $0.at <= $1.at })
        #expect(try events(from, to) == whole)
        var random = Seeded(state: 5)
        for _ in 0..<20 {
            let middle = from + .nanoseconds(Int64(random.next() % UInt64((to - from).nanoseconds)))
            #expect(try events(from, middle) + events(middle, to) == whole)
            let bars = try market.bars(aapl, from: from, to: middle)
            #expect(bars.allSatisfy { from < $0.end && $0.end <= middle })
            #expect(bars == whole.compactMap { if case .bar(let bar) = $0, bar.end <= middle { bar } else { nil } })
        }
        #expect(try events(to, from).isEmpty)
        #expect(try market.bars(aapl, from: to, to: from).isEmpty)
    }

    /// A session is held in parts; where they begin is nothing that can be seen.
    @Test func aSessionIsItsParts() throws {
        var from = session.open - .seconds(1)
        let whole = try events(from, session.close)
        #expect(quotes(whole).count > 4_000)
        var parts: [MarketEvent] = []
        while from < session.close {
            let to = min(from + .seconds(977), session.close)
            parts += try events(from, to)
            from = to
        }
        #expect(parts == whole)
    }

    @Test func sessionsContinueOneAnother() throws {
        let start = try Fixed.day("2026-06-01")
        let sessions = try market.calendar.sessions(before: start, count: 12)
        var previous: Price?
        for session in sessions {
            let bars = try market.bars(aapl, from: session.open, to: session.close)
            let open = try #require(bars.first?.open)
            if let previous { #expect(abs(open.approximate / previous.approximate - 1) < 0.04) }
            previous = bars.last?.close
        }
    }

    @Test func daysMoveByOneToTwoPercent() throws {
        let closes = try market.calendar.sessions(before: Fixed.day("2026-06-01"), count: 40).map { session in
            let bars = try market.bars(aapl, from: session.close - .seconds(60), to: session.close)
            return try #require(bars.last).close.approximate
        }
        let returns = zip(closes, closes.dropFirst()).map { $1 / $0 - 1 }
        let deviation = (returns.map { $0 * $0 }.reduce(0, +) / Double(returns.count)).squareRoot()
        #expect(deviation > 0.008 && deviation < 0.022, "\(deviation)")
        #expect(closes.allSatisfy { $0 > 120 && $0 < 300 })
    }

    @Test func volumeIsHighAtBothEnds() throws {
        let bars = try market.bars(aapl, from: session.open, to: session.close)
        func volume(_ range: Range<Int>) -> Double {
            bars.filter { range.contains(Int(($0.start - session.open).seconds) / 60) }
                .map(\.volume.approximate).reduce(0, +) / Double(range.count)
        }
        #expect(volume(0..<30) > 1.5 * volume(180..<210))
        #expect(volume(360..<390) > 1.5 * volume(180..<210))
    }

    @Test func namesMoveTogether() throws {
        func moves(_ symbol: String) throws -> [Int: Double] {
            let bars = try market.bars(Fixed.symbol(symbol), from: session.open, to: session.close)
            return Dictionary(
                bars.map { (Int($0.start.nanoseconds), $0.close.approximate / $0.open.approximate - 1) },
                uniquingKeysWith: { $1 }
            )
        }
        let (left, right) = (try moves("MSFT"), try moves("SPY"))
        let pairs = left.compactMap { key, move in right[key].map { (move, $0) } }
        let product = pairs.map { $0 * $1 }.reduce(0, +)
        let sizes = pairs.map { $0.0 * $0.0 }.reduce(0, +) * pairs.map { $0.1 * $0.1 }.reduce(0, +)
        #expect(product / sizes.squareRoot() > 0.3)
    }

    /// Over forty sessions a halt is all but certain; in it there are neither quotes nor bars.
    @Test func tradingHaltsNowAndThen() throws {
        var halts = 0
        var thinnest = Double.infinity
        for session in try market.calendar.sessions(before: Fixed.day("2026-06-01"), count: 40) {
            let bars = try market.bars(aapl, from: session.open, to: session.close)
            let mean = bars.map(\.volume.approximate).reduce(0, +) / Double(bars.count)
            thinnest = min(thinnest, (bars.map(\.volume.approximate).min() ?? 0) / mean)
            guard bars.count < Int(session.length.seconds) / 60 else { continue }
            halts += 1
            let minutes = Set(bars.map(\.start))
            let all = quotes(try events(session.open - .seconds(1), session.close))
            let quoted = all.map { session.open + .seconds(Int(($0.at - session.open).seconds) / 60 * 60) }
            #expect(minutes == Set(quoted))
        }
        #expect(halts > 0 && halts < 20)
        #expect(thinnest < 0.1)
    }

    @Test func whatIsNotThereIsRefused() throws {
        let error = try #require(throws: MarketDataError.self) {
            try market.bars(Fixed.symbol("NOPE"), from: session.open, to: session.close)
        }
        #expect(error.code == "unknown_symbol" && error.description.contains("AAPL"))
        let added = try GeneratedMarket(seed: 7, extraSymbols: [Fixed.symbol("NOPE")])
        #expect(try added.bars(Fixed.symbol("NOPE"), from: session.open, to: session.close).count > 380)
        let tooLong = try #require(throws: MarketDataError.self) {
            try market.bars(aapl, from: session.open - .seconds(86_400 * 1500), to: session.open)
        }
        #expect(tooLong.code == "range_too_long")
    }

    /// "From the beginning" and "to the end" are ranges like others; days are drawn only as they are read.
    @Test func rangesMayBeOpen() throws {
        let (first, last) = (Timestamp(nanoseconds: .min), Timestamp(nanoseconds: .max))
        var everything = try market.events(aapl, from: first, to: last)
        #expect(try everything.next()?.at.description == "1998-01-12T14:30:00Z")
        var later = try market.events(aapl, from: session.open, to: last)
        #expect(try later.next()?.at == session.open + .seconds(5))
    }

    @Test func nothingTradesWhenTheExchangeIsClosed() throws {
        let thanksgiving = try Fixed.day("2026-11-26").startUTC
        #expect(try events(thanksgiving, thanksgiving + .seconds(86_400)).isEmpty)
        let half = try market.bars(aapl, from: thanksgiving, to: thanksgiving + .seconds(2 * 86_400))
        #expect(half.last?.end == (try Fixed.time("2026-11-27T18:00:00Z")))
    }
}

/// Random numbers of a test, from its seed alone.
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (state ^ (state >> 33)) &* 0xFF51_AFD7_ED55_8CCD
    }
}
