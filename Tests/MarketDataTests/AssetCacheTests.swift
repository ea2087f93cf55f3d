import MarketData
import Testing
import TradingDomain

@Suite("Asset cache (MD-5)")
struct AssetCacheTests {
    private let start = Timestamp(nanoseconds: 1_800_000_000_000_000_000)

    private func trade(_ name: String, _ price: Int, _ second: Int) throws -> MarketEvent {
        .trade(
            Trade(
                symbol: try Fixed.symbol(name),
                at: start + .seconds(second),
                price: Price(units: Int64(price) * FixedDecimal.scale),
                size: Quantity(1)
            )
        )
    }

    private func look(_ cache: inout AssetCacheManager, _ name: String, _ second: Int = 0) throws
        -> AssetCacheManager.Asset?
    {
        cache.asset(try Fixed.symbol(name), at: start + .seconds(second))
    }

    @Test("The default symbols are there from the start, and due")
    func defaults() throws {
        let cache = AssetCacheManager()
        #expect(cache.due(at: start).map(\.text) == ["BTC/USDT", "ETH/USDT"])
        #expect(cache.settings.ttl == .seconds(60) && cache.settings.refresh == .seconds(5))
    }

    @Test("`BTC/USDT` and `BTCUSDT` are one asset; 005930 keeps its zeros")
    func names() throws {
        var cache = AssetCacheManager()
        cache.apply(try trade("BTCUSDT", 60_000, 0))
        let seen1 = try look(&cache, "BTC/USDT")
        let found = try #require(seen1)
        #expect(found.price == Price(units: 60_000 * FixedDecimal.scale))
        #expect(cache.count == 2)
        cache.apply(try trade("005930", 71_000, 0))
        let seen2 = try look(&cache, "005930")
        #expect(seen2?.symbol.text == "005930")
        let seen3 = try look(&cache, "5930")
        #expect(seen3 == nil)
    }

    @Test("Old data is not given out, and is due to be asked for before that")
    func ages() throws {
        var cache = AssetCacheManager()
        let symbol = try Fixed.symbol("AAPL")
        cache.learn(Instrument(symbol: symbol))
        cache.apply(try trade("AAPL", 200, 0))
        #expect(!cache.due(at: start + .seconds(5)).contains(symbol))
        #expect(cache.due(at: start + .nanoseconds(5_000_000_001)).contains(symbol))
        let seen4 = try look(&cache, symbol.text, 60)
        #expect(seen4?.price != nil)
        let seen5 = try look(&cache, symbol.text, 61)
        let old = try #require(seen5)
        #expect(old.price == nil && old.trades.isEmpty && old.instrument != nil)
    }

    @Test("It is bounded: the one used least recently leaves, never a default symbol")
    func bounded() throws {
        var settings = AssetCacheManager.Settings()
        settings.capacity = 4
        settings.trades = 3
        var cache = AssetCacheManager(settings)
        for (second, name) in ["A", "B"].enumerated() { cache.apply(try trade(name, 1, second)) }
        _ = try look(&cache, "A")
        cache.apply(try trade("C", 1, 3))
        #expect(cache.count == 4)
        let seen6 = try look(&cache, "B")
        #expect(seen6 == nil)
        let seen7 = try look(&cache, "A")
        #expect(seen7 != nil)
        for index in 0..<100 { cache.apply(try trade("N\(index)", 1, 4)) }
        #expect(cache.count == 4)
        let seen8 = try look(&cache, "ETH/USDT")
        #expect(seen8 != nil)
        for index in 0..<10 { cache.apply(try trade("A", index + 1, 10 + index)) }
        let prices = try look(&cache, "A", 20)?.trades.map(\.price.approximate)
        #expect(prices == [8, 9, 10])
    }

    @Test("Prices come from the book where it can be traded on; what is older changes nothing")
    func prices() throws {
        var cache = AssetCacheManager()
        let symbol = try Fixed.symbol("A")
        func quote(_ bid: Int, _ ask: Int, _ second: Int) -> MarketEvent {
            .quote(
                Quote(
                    symbol: symbol,
                    at: start + .seconds(second),
                    bid: Price(units: Int64(bid) * FixedDecimal.scale),
                    bidSize: Quantity(1),
                    ask: Price(units: Int64(ask) * FixedDecimal.scale),
                    askSize: Quantity(1)
                )
            )
        }
        cache.apply(quote(100, 102, 1))
        cache.apply(try trade("A", 110, 2))
        let seen9 = try look(&cache, symbol.text)
        #expect(seen9?.price?.approximate == 101)
        cache.apply(quote(200, 202, 0))
        let seen10 = try look(&cache, symbol.text)
        #expect(seen10?.price?.approximate == 101)
        cache.apply(quote(105, 103, 3))
        cache.apply(try trade("A", 104, 4))
        let seen11 = try look(&cache, symbol.text)
        #expect(seen11?.price?.approximate == 104)
        let bar = Bar.of(symbol, start + .seconds(5), volume: 1)
        cache.apply(.bar(bar))
        let seen12 = try look(&cache, symbol.text)
        #expect(seen12?.price == bar.close)
    }
}
