internal import TradingDomain

/// A stream that somebody follows: what its name means and what it told last.
struct VenueStream: Sendable {
    enum Kind: Hashable, Sendable {
        case trade, aggregate, bestQuote
        case depth
        case partialDepth(Int)
        case candle(String)
        case mark
        case miniTicker, ticker
        case forced
    }

    let name: String
    /// `nil` for all symbols.
    let symbol: Symbol?
    let kind: Kind
    /// Milliseconds between two events; zero for those that are sent at once.
    let every: Int64
    /// The interval that was told last.
    var slot: Int64 = -1
    /// The last number told: of a trade, a change of the book, or a candle's beginning.
    var told: Int64 = -1

    /// - Returns: `nil` for a name that means nothing here; it is accepted and stays silent.
    init?(_ name: String) {
        self.name = name
        if let all = Self.forAll[name] {
            (symbol, kind, every) = (nil, all.0, all.1)
            return
        }
        let parts = name.split(separator: "@").map(String.init)
        guard parts.count >= 2, parts.count <= 3 else { return nil }
        let speed = parts.count == 3 ? parts[2] : ""
        let last = parts[1]
        if last.hasPrefix("continuousKline_") {
            guard let pair = parts[0].split(separator: "_").first else { return nil }
            symbol = Symbol(pair.uppercased())
        } else {
            symbol = Symbol(parts[0].uppercased())
        }
        guard symbol != nil else { return nil }
        switch last {
        case "trade": (kind, every) = (.trade, 0)
        case "aggTrade": (kind, every) = (.aggregate, 0)
        case "bookTicker": (kind, every) = (.bestQuote, 0)
        case "depth": (kind, every) = (.depth, Self.speed(speed))
        case "rpiDepth": (kind, every) = (.depth, 500)
        case "depth5", "depth10", "depth20":
            (kind, every) = (.partialDepth(Int(last.dropFirst(5)) ?? 5), Self.speed(speed))
        case "markPrice": (kind, every) = (.mark, speed == "1s" ? 1000 : 3000)
        case "miniTicker": (kind, every) = (.miniTicker, 2000)
        case "ticker": (kind, every) = (.ticker, 2000)
        case "forceOrder": (kind, every) = (.forced, 0)
        default:
            let words = last.split(separator: "_")
            guard words.count == 2, words[0] == "kline" || words[0] == "continuousKline" else { return nil }
            let interval = String(words[1])
            guard CandleInterval.bounds(interval, of: 0) != nil else { return nil }
            (kind, every) = (.candle(interval), 250)
        }
    }

    private static func speed(_ text: String) -> Int64 { text == "100ms" ? 100 : text == "500ms" ? 500 : 250 }

    private static let forAll: [String: (Kind, Int64)] = [
        "!bookTicker": (.bestQuote, 0), "!markPrice@arr": (.mark, 3000), "!markPrice@arr@1s": (.mark, 1000),
        "!miniTicker@arr": (.miniTicker, 1000), "!ticker@arr": (.ticker, 1000), "!forceOrder@arr": (.forced, 0),
    ]

    func concerns(_ other: Symbol) -> Bool { symbol == nil || symbol == other }
}
