import ExecutionAnalytics
import Foundation
import MarketData
import Testing
import TradingDomain

@Suite("Mark-outs")
struct MarkOutTests {
    private static func fill(_ seconds: Int64, _ price: Int64, _ quantity: Int = 1) -> TradedFill {
        TradedFill(
            at: Sample.start + .seconds(seconds),
            quantity: Quantity(quantity),
            price: Price(units: price),
            notional: .zero(.usd),
            fee: .zero(.usd)
        )
    }

    private static func quote(_ seconds: Int64, _ bid: Int64, _ ask: Int64) -> MarketEvent {
        .quote(
            Quote(
                symbol: Sample.symbol,
                at: Sample.start + .seconds(seconds),
                bid: Price(units: bid),
                bidSize: Quantity(1),
                ask: Price(units: ask),
                askSize: Quantity(1)
            )
        )
    }

    private static func trade(_ seconds: Int64, _ price: Int64) -> MarketEvent {
        .trade(
            Trade(
                symbol: Sample.symbol,
                at: Sample.start + .seconds(seconds),
                price: Price(units: price),
                size: Quantity(1)
            )
        )
    }

    @Test("What the market has not reached yet is absent and never changes what is known", arguments: GoldenCost.all)
    func growing(_ golden: GoldenCost) {
        guard golden.expected.error == nil else { return }
        let whole = golden.markOutMeter().markOuts
        for quote in golden.inputs.quotes {
            for (early, final) in zip(golden.markOutMeter(upTo: quote.t).markOuts, whole) {
                for (known, later) in zip(early.fillBps, final.fillBps) where known != nil { #expect(known == later) }
                #expect(early.covered <= final.covered)
                #expect((early.bps == nil) == early.covered.isZero)
            }
        }
    }

    @Test("A book counts before trades; crossed books count nothing; several events of one moment leave the last")
    func sources() {
        var meter = MarkOutMeter(side: .buy, fills: [Self.fill(10, 100)], horizons: [.seconds(60)])
        meter.add(Self.trade(5, 50))
        meter.add(Self.quote(6, 99, 101))
        meter.add(Self.trade(9, 500))
        meter.add(Self.quote(10, 98, 100))
        meter.add(Self.quote(10, 97, 99))
        meter.add(Self.quote(30, 103, 101))
        meter.add(Self.quote(69, 109, 111))
        #expect(meter.markOuts[0].bps == nil, "the market was seen to 69 s only")
        meter.add(Self.quote(71, 1, 3))
        #expect(meter.markOuts[0].bps == 1000)
        #expect(meter.effectiveHalfSpreadBps.map { ($0 - 2.0 / 98 * 10_000).magnitude < 1e-9 } == true)
        var sell = MarkOutMeter(side: .sell, fills: [Self.fill(10, 100)], horizons: [.seconds(60)])
        for event in [Self.trade(10, 100), Self.trade(70, 110)] { sell.add(event) }
        #expect(sell.markOuts[0].bps == -1000, "a price of the very moment counts")
        #expect(sell.effectiveHalfSpreadBps == 0)
    }

    @Test("Nothing filled, nothing marked")
    func empty() {
        var meter = MarkOutMeter(side: .buy, fills: [])
        meter.add(Self.trade(1, 2))
        #expect(meter.end == nil && meter.effectiveHalfSpreadBps == nil)
        #expect(meter.markOuts.map(\.covered) == [.zero, .zero, .zero])
        #expect(meter.markOuts.map(\.horizon) == [.seconds(60), .seconds(300), .seconds(1800)])
    }

    @Test("What is kept of a mark-out reads back, absent values as null")
    func kept() throws {
        let meter = MarkOutMeter(side: .buy, fills: [Self.fill(10, 100)])
        let aftermath = Aftermath(meter, closePrice: nil, readUntil: Sample.start, isComplete: false)
        let json = try JSONEncoder().encode(aftermath)
        #expect(String(decoding: json, as: UTF8.self).contains("\"bps\":null"))
        #expect(try JSONDecoder().decode(Aftermath.self, from: json) == aftermath)
        #expect(aftermath.marks.map(\.horizonSeconds) == [60, 300, 1800])
    }
}
