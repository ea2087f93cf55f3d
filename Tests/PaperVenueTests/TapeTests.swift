import MarketData
import TradingDomain
import Testing

@testable import PaperVenue

@Suite("Tapes")
struct TapeTests {
    private let now = Timestamp(nanoseconds: 1_795_219_200_000_000_000)

    private func told(_ events: [VenueMarketEvent]) -> [String] { events.map { "\($0)" } }

    @Test(
        "A generated market is the same for the same seed and time, whenever the venue began",
        arguments: UInt64(1)...3
    )
    func deterministic(seed: UInt64) {
        var early = GeneratedTape(symbols: [.bitcoin, .ether], seed: seed)
        var late = GeneratedTape(symbols: [.bitcoin, .ether], seed: seed)
        _ = early.opening(at: now)
        _ = early.events(to: now + .seconds(1))
        _ = late.opening(at: now + .seconds(1))
        let first = early.events(to: now + .seconds(2))
        let second = late.events(to: now + .seconds(2))
        #expect(first.map(\.at) == second.map(\.at))
        #expect(told(first.map(\.event)) == told(second.map(\.event)))
        #expect(!first.isEmpty)
        var other = GeneratedTape(symbols: [.bitcoin, .ether], seed: seed + 1)
        #expect(told(other.opening(at: now + .seconds(1))) != told(late.opening(at: now + .seconds(1))))
    }

    @Test("Books are on the grid, in order and never crossed", arguments: [VenueSymbol.bitcoin, .ether])
    func books(_ symbol: VenueSymbol) {
        var tape = GeneratedTape(symbols: [symbol], seed: 7)
        _ = tape.opening(at: now)
        var count = 0
        for half in 1...240 {
            for (_, event) in tape.events(to: now + .milliseconds(500 * half)) {
                guard case .book(_, let bids, let asks) = event else { continue }
                count += 1
                let prices = bids.reversed().map(\.0) + asks.map(\.0)
                #expect(prices == prices.sorted() && Set(prices).count == prices.count)
                #expect(prices.allSatisfy { $0.units % symbol.tick.units == 0 })
                #expect((bids + asks).allSatisfy { $0.1 > .zero && $0.1.units % symbol.step.units == 0 })
            }
        }
        #expect(count == 1200)
    }

    @Test("The price moves, but not wildly")
    func wandering() {
        let flow = GeneratedFlow(symbol: .bitcoin, anchor: 95_000e8, seed: 3)
        let hours = (0..<240).map { flow.middle(at: 1_795_219_200_000 + $0 * 3_600_000).approximate }
        #expect(Set(hours).count > 200)
        #expect(hours.allSatisfy { (85_000...106_000).contains($0) })
        let moves = zip(hours, hours.dropFirst()).map { abs($1 / $0 - 1) }
        #expect(moves.reduce(0, +) / 239 > 0.001)
        #expect(moves.allSatisfy { $0 < 0.05 })
    }

    @Test("A venue that slept is told the latest moments, not all of them")
    func sleeping() {
        var tape = GeneratedTape(symbols: [.bitcoin], seed: 7)
        _ = tape.opening(at: now)
        let books = tape.events(to: now + .seconds(3600)).filter { if case .book = $0.event { true } else { false } }
        #expect(books.count == 5)
        #expect(books.last?.at == now + .seconds(3600))
    }

    /// A market of three moments, two seconds long.
    private struct Recording: MarketSource {
        let title = "RECORDING"
        let fingerprint = "recording"
        let instruments: [Instrument] = []
        let all: [MarketEvent]

        func bars(_ symbol: Symbol, from: Timestamp, to: Timestamp) -> [Bar] { [] }
        func events(_ symbol: Symbol, from: Timestamp, to: Timestamp) -> any MarketEventIterator {
            Events(all: all[...])
        }

        struct Events: MarketEventIterator {
            var all: ArraySlice<MarketEvent>
            mutating func next() -> MarketEvent? { all.popFirst() }
        }
    }

    @Test("A recording is told from now on, and again from its beginning when it ends")
    func replay() throws {
        let symbol = try #require(Symbol("BTCUSDT"))
        let start = try #require(Timestamp("2024-08-08T00:00:00Z"))
        func depth(_ after: Duration, _ bid: Int64) -> MarketEvent {
            let size = Quantity(1)
            let levels = BookLevels(
                bids: [BookLevel(price: Price(units: bid), size: size)],
                asks: [BookLevel(price: Price(units: bid + 10), size: size)]
            )
            return .depth(BookDepth(symbol: symbol, at: start + after, levels: levels))
        }
        let trade = Trade(
            symbol: symbol,
            at: start + .seconds(1),
            price: Price(units: 100),
            size: Quantity(2),
            aggressor: .sell
        )
        let source = Recording(all: [depth(.zero, 100), .trade(trade), depth(.seconds(2), 200)])
        var tape = try RecordedTape(source, tracks: [.init(symbol: .bitcoin, recorded: symbol)])
        #expect(tape.opening(at: now).count == 2)
        func kinds(_ seconds: Int) -> [String] {
            tape.events(to: now + .seconds(seconds)).map { at, event in
                let name = "\(event)".prefix { $0 != "(" }
                return "\((at - now).components.seconds) \(name)"
            }
        }
        #expect(kinds(0) == ["0 mark", "0 book"])
        #expect(kinds(1) == ["1 trade"])
        // The recording is three seconds long with the second after its last moment.
        #expect(kinds(3) == ["2 mark", "2 book", "3 mark", "3 book"])
        #expect(kinds(4) == ["4 trade"])
    }
}
