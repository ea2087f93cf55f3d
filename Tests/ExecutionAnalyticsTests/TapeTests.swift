import ExecutionAnalytics
import Foundation
import MarketData
import Testing
import TradingDomain

@Suite("Tape of an execution")
struct TapeTests {
    private static func trade(_ seconds: Int64, _ price: Int64, _ size: Int) -> MarketEvent {
        .trade(
            Trade(
                symbol: Sample.symbol,
                at: Sample.start + .seconds(seconds),
                price: Price(units: price * 100_000_000),
                size: Quantity(size)
            )
        )
    }

    private static func bar(_ minute: Int64, _ close: Int64, _ volume: Int) -> MarketEvent {
        let price = Price(units: close * 100_000_000)
        return .bar(
            Bar(
                symbol: Sample.symbol,
                start: Sample.start + .seconds(minute * 60 - 60),
                end: Sample.start + .seconds(minute * 60),
                open: price,
                high: price,
                low: price,
                close: price,
                volume: Quantity(volume)
            )
        )
    }

    @Test(
        "A tape holds all volume of its window in at most 120 buckets",
        arguments: [0, 1, 59, 300, 1800, 23_400, 90_000]
    )
    func buckets(seconds: Int64) throws {
        var recorder = TapeRecorder(arrival: Sample.start, end: Sample.start + .seconds(seconds))
        let window = TapeRecorder.window(arrival: Sample.start, end: Sample.start + .seconds(seconds))
        let first = (window.from - Sample.start).nanoseconds / 1_000_000_000
        var inside = 0
        for second in stride(from: first - 20, through: seconds + 20, by: 7) {
            recorder.add(Self.trade(second, 100, 3))
            if second > first, second <= seconds { inside += 3 }
        }
        let tape = recorder.finish()
        #expect((1...TapeRecorder.bucketsMax).contains(tape.buckets.count))
        #expect(tape.buckets.reduce(Quantity.zero) { $0 + $1.volume } == Quantity(inside))
        #expect(tape.buckets.map(\.end) == tape.buckets.map(\.end).sorted())
        #expect(tape.buckets.last?.end == window.to, "nothing after the end (I9)")
        #expect(try JSONDecoder().decode(MarketTape.self, from: JSONEncoder().encode(tape)) == tape)
    }

    @Test("Bars alone give buckets of a minute; beside trades they count nothing")
    func bars() {
        let end = Sample.start + .seconds(120)
        var bars = TapeRecorder(arrival: Sample.start, end: end)
        for minute in Int64(-1)...2 { bars.add(Self.bar(minute, 100 + minute, 10)) }
        let tape = bars.finish()
        #expect(tape.bucketSeconds == 60)
        #expect(
            tape.buckets.map(\.volume)
                == [.zero, Quantity(10), Quantity(10), Quantity(10), Quantity(10)].suffix(tape.buckets.count)
        )
        #expect(tape.interval.volume == Quantity(20))
        #expect(tape.interval.twap == 101.5)
        var both = TapeRecorder(arrival: Sample.start, end: end)
        both.add(Self.trade(30, 90, 4))
        both.add(Self.bar(1, 100, 10))
        #expect(both.finish().buckets.reduce(Quantity.zero) { $0 + $1.volume } == Quantity(4))
    }

    @Test("The book stands until it changes")
    func quotes() {
        var recorder = TapeRecorder(arrival: Sample.start, end: Sample.start + .seconds(10))
        recorder.add(
            .quote(
                Quote(
                    symbol: Sample.symbol,
                    at: Sample.start - .seconds(60),
                    bid: Price(units: 99),
                    bidSize: Quantity(1),
                    ask: Price(units: 101),
                    askSize: Quantity(1)
                )
            )
        )
        let tape = recorder.finish()
        #expect(tape.buckets.last?.price == Price(units: 100))
        #expect(tape.buckets.first?.price == nil)
        #expect(tape.buckets.allSatisfy { $0.volume == .zero })
    }
}
