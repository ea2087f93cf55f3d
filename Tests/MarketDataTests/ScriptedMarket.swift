import MarketData
import TradingDomain

/// A source of a test, with exactly the events that it is given.
struct ScriptedMarket: MarketSource {
    let title = "SCRIPTED"
    let fingerprint = "scripted"
    let instruments: [Instrument] = []
    var script: [Symbol: [MarketEvent]] = [:]

    func bars(_ symbol: Symbol, from: Timestamp, to: Timestamp) throws -> [Bar] {
        (script[symbol] ?? []).compactMap {
            if case .bar(let bar) = $0, from < bar.end, bar.end <= to { bar } else { nil }
        }
    }

    func events(_ symbol: Symbol, from: Timestamp, to: Timestamp) throws -> any MarketEventIterator {
        Events(rest: (script[symbol] ?? []).filter { from < $0.at && $0.at <= to }[...])
    }

    private struct Events: MarketEventIterator {
        var rest: ArraySlice<MarketEvent>
        mutating func next() throws -> MarketEvent? { rest.popFirst() }
    }
}

extension Bar {
    /// A bar of a test whose price does not matter.
    static func of(_ symbol: Symbol, _ start: Timestamp, seconds: Int = 60, volume: Int) -> Bar {
        let price = Price(units: 100 * FixedDecimal.scale)
        return Bar(
            symbol: symbol,
            start: start,
            end: start + .seconds(seconds),
            open: price,
            high: price,
            low: price,
            close: price,
            volume: Quantity(volume)
        )
    }
}
