import MarketData
import Testing
import TradingDomain

struct MarketBoardTests {
    private let start = Timestamp(nanoseconds: 1_800_000_000_000_000_000)
    private let symbol: Symbol

    init() throws { symbol = try Fixed.symbol("A") }

    private func price(_ text: String) throws -> Price { try Price(parsing: text) }

    private func quote(_ bid: String, _ ask: String, _ second: Int) throws -> MarketEvent {
        .quote(
            Quote(
                symbol: symbol,
                at: start + .seconds(second),
                bid: try price(bid),
                bidSize: Quantity(100),
                ask: try price(ask),
                askSize: Quantity(200)
            )
        )
    }

    private func trade(_ text: String, _ size: Int, _ second: Int) throws -> MarketEvent {
        .trade(Trade(symbol: symbol, at: start + .seconds(second), price: try price(text), size: Quantity(size)))
    }

    private func view(_ events: [MarketEvent]) throws -> MarketView {
        var board = MarketBoard()
        for event in events { board.apply(event) }
        return try #require(board.view(symbol))
    }

    /// A file may claim volumes whose sum cannot be held; that is its error and not ours to end at.
    @Test func volumeStopsAtTheLargestQuantity() throws {
        let seen = try view([trade("10", 90_000_000_000, 1), trade("10", 90_000_000_000, 2)])
        #expect(seen.cumulativeVolume == Quantity(units: .max))
    }

    @Test func anUnseenSymbolHasNoView() { #expect(MarketBoard().view(symbol) == nil) }

    /// Who keeps something per instrument finds it at the symbol's place.
    @Test func everySymbolKeepsItsPlace() throws {
        let other = try Fixed.symbol("B")
        var board = MarketBoard()
        let place = board.place(of: other)
        #expect(board.view(other) == nil && board.view(at: place) == nil, "asked for is not seen")
        let first = board.apply(try quote("10", "10.02", 1))
        #expect(first != place && board.place(of: symbol) == first)
        #expect(board.apply(try trade("9", 5, 2)) == first)
        #expect(board.apply(.bar(.of(other, start, volume: 1))) == place)
        #expect(board.view(at: first) == board.view(symbol) && board.view(at: place) == board.view(other))
    }

    /// The day's loss counts from it.
    @Test func theFirstPriceStays() throws {
        #expect(try view([quote("0", "10", 1)]).first == nil)
        let seen = try view([quote("0", "10", 1), quote("10", "10.02", 2), trade("9", 5, 3), quote("11", "11.02", 4)])
        #expect(seen.first == (try price("10.01")))
    }

    @Test func theMidComesFromTheBook() throws {
        let seen = try view([trade("9", 5, 1), quote("10", "10.02", 2)])
        #expect(seen.mid == (try price("10.01")))
        #expect(seen.pricedAt == start + .seconds(2))
        #expect(abs((seen.spreadBps ?? 0) - 19.98001998) < 1e-6)
        #expect(seen.last == (try price("9")))
    }

    /// A crossed or one-sided book prices nothing; a locked one does.
    @Test func unusableBooksFallBackToTheLastTrade() throws {
        let crossed = try view([trade("9", 5, 1), quote("10.02", "10", 2)])
        #expect(crossed.mid == (try price("9")))
        #expect(crossed.spreadBps == nil && crossed.pricedAt == start + .seconds(1))
        #expect(try view([quote("0", "10", 2)]).mid == nil)
        #expect(try view([quote("10", "10", 2)]).mid == (try price("10")))
        #expect(try view([quote("10", "10", 2)]).spreadBps == 0)
    }

    @Test func barsTellTheVolumeWhereNoTradesDo() throws {
        let bar = MarketEvent.bar(.of(symbol, start, volume: 300))
        let seen = try view([bar, bar])
        #expect(seen.cumulativeVolume == Quantity(600))
        #expect(seen.cumulativeTurnover == FixedDecimal(60_000))
        #expect(seen.lastAt == start + .seconds(60))
    }

    /// The same volume is never counted from both.
    @Test func tradesReplaceBars() throws {
        let bar = MarketEvent.bar(.of(symbol, start, volume: 300))
        let seen = try view([bar, trade("10", 5, 61), bar, trade("11", 5, 62)])
        #expect(seen.cumulativeVolume == Quantity(10))
        #expect(seen.cumulativeTurnover == FixedDecimal(105))
        #expect(seen.last == (try price("11")))
    }

    @Test func theBoardIsAFold() throws {
        let market = GeneratedMarket(seed: 5)
        let session = try #require(try market.calendar.session(on: Fixed.day("2026-11-20")))
        let symbols = try ["AAPL", "SPY"].map(Fixed.symbol)
        let end = session.open + .seconds(1800)
        func board() throws -> MarketBoard {
            var feed = try MergedFeed(source: market, symbols: symbols, from: session.open, to: end)
            var board = MarketBoard()
            while let event = try feed.next() { board.apply(event) }
            return board
        }
        let (first, second) = (try board(), try board())
        for symbol in symbols {
            #expect(first.view(symbol) == second.view(symbol))
            let bars = try market.bars(symbol, from: session.open, to: end)
            #expect(first.view(symbol)?.cumulativeVolume == bars.map(\.volume).reduce(.zero, +))
            #expect(first.view(symbol)?.cumulativeTurnover == bars.map(\.turnover).reduce(.zero, +))
        }
    }
}
