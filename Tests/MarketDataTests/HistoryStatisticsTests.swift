import MarketData
import Testing
import TradingDomain

struct HistoryStatisticsTests {
    /// The generated market's volatility is what its own bars of the same days say, computed another way.
    @Test func measuresTheDaysBefore() throws {
        let market = GeneratedMarket(seed: 7)
        let symbol = try Fixed.symbol("KO")
        let date = try Fixed.day("2026-03-03")
        let found = try HistoryStatistics.learn(
            source: market,
            symbol: symbol,
            calendar: market.calendar,
            before: date,
            sessions: 3
        )
        #expect(found.dates.count == 3)
        #expect(found.dates.allSatisfy { $0 < date })
        var volume = 0.0
        var squares = 0.0
        for day in found.dates {
            let session = try #require(try market.calendar.session(on: day))
            let bars = try market.bars(symbol, from: session.open, to: session.close)
            volume += bars.map(\.volume.approximate).reduce(0, +)
            for (before, after) in zip(bars, bars.dropFirst()) {
                // A log return of a minute is its simple return, to second order.
                let simple = (after.close.approximate - before.close.approximate) / before.close.approximate
                squares += simple * simple
            }
        }
        #expect((found.dailyVolume - volume / 3).magnitude < 1e-6 * volume)
        #expect((found.minuteVolume - volume / 3 / 390).magnitude < 1e-6 * volume)
        let expected = (squares / 3).squareRoot()
        #expect((found.dailyVolatility / expected - 1).magnitude < 1e-2)
    }

    @Test func withoutHistoryItSaysWhatToDo() throws {
        let market = GeneratedMarket(seed: 7)
        let nothing = try Fixed.day("2026-03-03")
        #expect(throws: MarketDataError.self) {
            try HistoryStatistics.learn(
                source: market,
                symbol: try Fixed.symbol("NOPE"),
                calendar: market.calendar,
                before: nothing
            )
        }
    }
}
