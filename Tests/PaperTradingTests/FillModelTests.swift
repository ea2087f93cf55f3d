import ExecutionEngine
import MarketData
import OrderManagement
import PaperTrading
import Testing
import TradingDomain

@Suite("What a simulated fill costs")
struct FillModelTests {
    private func fills(
        _ order: ChildOrder,
        _ event: MarketEvent,
        _ change: (inout FillModel) -> Void = { _ in }
    ) -> [Fill] {
        var venue = Sample.venue(change)
        venue.send(.place(order), at: Sample.open)
        venue.advance(to: Sample.at(0.05))
        venue.market(event)
        return venue.takeReports(until: Sample.at(120)).fills
    }

    @Test("Commission is 0.015 % of the notional, exact: 100 at 100.03 pay 1.50045 (SE-5)")
    func commission() throws {
        let quote = Sample.quote(10_001, 10_002, size: Quantity(1000), at: Sample.at(1))
        let fill = try #require(fills(Sample.order(1, Quantity(100)), quote).first)
        // Impact of 100 shares is half a basis point of 100.02: 0.005001, to the nearest tick one cent.
        #expect(fill.price == Sample.price(10_003))
        #expect(fill.notional == (try Money(parsing: "10003", .usd)))
        #expect(fill.commission == (try Money(parsing: "1.50045", .usd)))
    }

    @Test("Fills are on the tick, no better than the touch, and inside the limit", arguments: UInt64(0)..<300)
    func prices(seed: UInt64) throws {
        var random = Seeded(seed)
        let ticks: [Int64] = [1, 10, 100_000, 1_000_000, 5_000_000, 100_000_000]
        let tick = Price(units: ticks[random.below(6)])
        let lots: [Int64] = [1, 100_000, 100_000_000, 10_000_000_000]
        let lot = Quantity(units: lots[random.below(4)])
        let instrument = Instrument(symbol: Sample.nvda, tick: tick, lot: lot)
        let side: Side = random.below(2) == 0 ? .buy : .sell
        // Not on the grid: adjusted data is not.
        let close = Price(
            units: tick.units * Int64(20 + random.below(100_000)) + Int64(random.below(Int(min(tick.units, 1000))))
        )
        let quantity = Quantity(units: lot.units * Int64(1 + random.below(5000)))
        let away = Price(units: tick.units * Int64(random.below(40)))
        let base = close.rounded(to: tick, for: .buy)
        let limit = side == .buy ? base + away : base - away
        let type = random.below(3) == 0 ? OrderType.market : .limit(limit)
        let order = Sample.order(1, quantity, side: side, type: type, instrument: instrument)
        let volume = Quantity(units: lot.units * Int64(random.below(100_000)))
        let event: MarketEvent =
            random.below(2) == 0
            ? .bar(Sample.bar(close, volume: volume, end: Sample.at(60)))
            : .quote(
                Quote(symbol: Sample.nvda, at: Sample.at(1), bid: close, bidSize: volume, ask: close, askSize: volume)
            )
        for fill in fills(order, event, { $0.seed = seed }) {
            #expect(fill.price.rounded(to: tick, for: .buy) == fill.price, "seed \(seed): \(fill.price) on \(tick)")
            #expect(fill.price > .zero)
            #expect(side == .buy ? fill.price >= close : fill.price <= close, "seed \(seed)")
            if let limit = type.limitPrice {
                #expect(side == .buy ? fill.price <= limit : fill.price >= limit, "seed \(seed)")
            }
            #expect(fill.quantity.rounded(toLot: lot) == fill.quantity && fill.quantity > .zero)
            let share = Int128(fill.quantity.units) * 10
            #expect(share <= Int128(volume.units), "seed \(seed): \(fill.quantity) of \(volume)")
        }
    }

    @Test(
        "The share of volume is never above the cap, in the smallest units",
        arguments: [
            // 9.98 % of 20 units is 1.996: one unit, and not two.
            (Int64(20), "9.98", Int64(1)), (19, "10", 1), (9, "10", 0), (10, "10", 1),
            (1_000_000_001, "100", 1_000_000_001),
            (9_000_000_000_000_000_000, "100", 9_000_000_000_000_000_000),
            (9_000_000_000_000_000_000, "33.33333333", 2_999_999_999_700_000_000),
        ]
    )
    func share(units: Int64, percent: String, most: Int64) throws {
        let instrument = Instrument(symbol: Sample.nvda, tick: Price(units: 1), lot: Quantity(units: 1))
        let order = Sample.order(1, Quantity(units: .max), instrument: instrument)
        let quote = Quote(
            symbol: Sample.nvda,
            at: Sample.at(1),
            bid: Price(units: 1),
            bidSize: Quantity(units: units),
            ask: Price(units: 1),
            askSize: Quantity(units: units)
        )
        let cap = try FixedDecimal(parsing: percent)
        let filled = fills(order, .quote(quote), { $0.participationPercent = cap }).reduce(.zero) { $0 + $1.quantity }
        #expect(filled.units == most)
    }

    @Test("A sale of something that costs one tick still has a price")
    func oneTick() throws {
        let instrument = Instrument(symbol: Sample.nvda, tick: Price(units: 1), lot: Quantity(1))
        for seed in UInt64(0)..<20 {
            let order = Sample.order(1, Quantity(1000), side: .sell, instrument: instrument)
            let bar = Sample.bar(Price(units: 1), volume: Quantity(100_000), end: Sample.at(60))
            let fill = try #require(fills(order, .bar(bar), { $0.seed = seed }).first)
            #expect(fill.price == Price(units: 1))
        }
    }

    @Test("A resting limit order fills at its limit only when a bar trades through it while it was there")
    func throughLimit() {
        let limit = Sample.price(9_990)
        let order = Sample.order(1, Quantity(10), type: .limit(limit))
        func filled(low: Int, end: Double) -> [Price] {
            let bar = Sample.bar(
                Sample.price(10_000),
                volume: Quantity(1000),
                end: Sample.at(end),
                low: Sample.price(low),
                high: Sample.price(10_000)
            )
            return fills(order, .bar(bar)).map(\.price)
        }
        #expect(filled(low: 9_989, end: 61) == [limit])
        #expect(filled(low: 9_990, end: 61).isEmpty, "touched is not through")
        #expect(filled(low: 9_989, end: 60).isEmpty, "it may have traded there before the order came")
    }
}
