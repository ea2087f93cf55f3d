import MarketData
import Testing
import TradingDomain

struct MergedFeedTests {
    private let start = Timestamp(nanoseconds: 1_800_000_000_000_000_000)
    private let price = Price(units: FixedDecimal.scale)

    private func at(_ second: Int) -> Timestamp { start + .seconds(second) }

    private func quote(_ symbol: Symbol, _ second: Int) -> MarketEvent {
        .quote(Quote(symbol: symbol, at: at(second), bid: price, bidSize: .zero, ask: price, askSize: .zero))
    }

    private func trade(_ symbol: Symbol, _ second: Int) -> MarketEvent {
        .trade(Trade(symbol: symbol, at: at(second), price: price, size: Quantity(1)))
    }

    private func bar(_ symbol: Symbol, _ end: Int) -> MarketEvent { .bar(.of(symbol, at(end - 60), volume: 1)) }

    private func drain(_ source: some MarketSource, _ symbols: [Symbol], to: Timestamp) throws -> [MarketEvent] {
        var feed = try MergedFeed(source: source, symbols: symbols, from: start, to: to)
        var events: [MarketEvent] = []
        while let event = try feed.next() { events.append(event) }
        return events
    }

    @Test func tiesGoByKindThenSymbol() throws {
        let (a, b) = (try Fixed.symbol("A"), try Fixed.symbol("B"))
        let source = ScriptedMarket(script: [
            a: [quote(a, 30), trade(a, 60), bar(a, 60), quote(a, 61)],
            b: [quote(b, 60), trade(b, 60), bar(b, 60), quote(b, 90)],
        ])
        let expected = [
            quote(a, 30), quote(b, 60), trade(a, 60), trade(b, 60), bar(a, 60), bar(b, 60), quote(a, 61),
        ]
        #expect(try drain(source, [b, a, b], to: at(61)) == expected)
        #expect(try drain(source, [], to: at(61)).isEmpty)
    }

    /// Against a plain stable sort, for random streams.
    @Test(arguments: 0..<30)
    func mergingIsSorting(_ seed: Int) throws {
        var random = Seeded(state: UInt64(seed))
        let symbols = try (0..<Int.random(in: 1...9, using: &random)).map { try Fixed.symbol("S\($0)") }
        var script: [Symbol: [MarketEvent]] = [:]
        for symbol in symbols {
            let seconds = (0..<Int.random(in: 0...40, using: &random)).map { _ in Int.random(in: 1...30, using: &random)
            }
            script[symbol] = seconds.sorted().map { quote(symbol, $0) }
        }
        let expected = script.values.flatMap { $0 }.sorted { ($0.at, $0.symbol) < ($1.at, $1.symbol) }
        #expect(try drain(ScriptedMarket(script: script), symbols.shuffled(using: &random), to: at(30)) == expected)
    }

    @Test func goingBackInTimeIsRefused() throws {
        let a = try Fixed.symbol("A")
        let source = ScriptedMarket(script: [a: [quote(a, 5), quote(a, 4)]])
        let error = try #require(throws: MarketDataError.self) { try drain(source, [a], to: at(9)) }
        #expect(error.code == "events_out_of_order" && error.description.contains("A"))
    }

    @Test func theGeneratedMarketMerges() throws {
        let market = GeneratedMarket(seed: 3)
        let session = try #require(try market.calendar.session(on: Fixed.day("2026-11-20")))
        let symbols = try ["SPY", "AAPL", "MSFT"].map(Fixed.symbol)
        var feed = try MergedFeed(
            source: market,
            symbols: symbols,
            from: session.open,
            to: session.open + .seconds(300)
        )
        var (count, last) = (0, session.open)
        while let event = try feed.next() {
            #expect(event.at >= last)
            (count, last) = (count + 1, event.at)
        }
        // Five minutes after the open: 60 quotes and 5 bars of each.
        #expect(count == 3 * 65)
    }
}
