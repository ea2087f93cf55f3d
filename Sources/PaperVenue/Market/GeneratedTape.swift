public import TradingDomain

/// A made-up market that never closes, the same for the same seed and time on every machine.
///
/// Crypto contracts trade around the clock, which MarketData's generated market of stocks does not.
public struct GeneratedTape: MarketTape {
    public let symbols: [Symbol]
    private let flows: [GeneratedFlow]
    private let step: Int64
    private var last: Int64?

    /// Most moments told at once; a venue that was away longer is told the latest.
    ///
    /// Few, since one on a starved machine must not fall behind further by catching up.
    private static let momentsMax = 5
    /// Candles from before the venue began: a day.
    private static let historyMinutes: Int64 = 1440

    /// Prices return to `anchors`; a symbol without one gets a usual price.
    ///
    /// Two moments of the market are `step` apart, at least 20 ms.
    public init(
        symbols: [VenueSymbol],
        seed: UInt64,
        anchors: [Symbol: Price] = [:],
        step: Duration = .milliseconds(100)
    ) {
        self.symbols = symbols.map(\.name)
        self.step = max(20, step.milliseconds)
        flows = symbols.map { symbol in
            var own = seed
            for byte in symbol.name.text.utf8 { own = Draw.bits(own, UInt64(byte)) }
            let usual = Self.usualPrices[symbol.name.text].map { Price(units: $0 * 100_000_000) }
            let fallback = Price(units: max(symbol.lowestPrice.units * 4, symbol.tick.units * 20_000))
            let anchor = anchors[symbol.name] ?? usual ?? fallback
            return GeneratedFlow(symbol: symbol, anchor: Double(anchor.units), seed: own)
        }
    }

    /// In whole units of the quote currency.
    private static let usualPrices: [String: Int64] = [
        "BTCUSDT": 95_000, "ETHUSDT": 3400, "SOLUSDT": 180, "BNBUSDT": 640,
    ]

    public mutating func opening(at now: Timestamp) -> [VenueMarketEvent] {
        let moment = now.milliseconds / step * step
        last = moment
        let minute = moment / VenueCandle.minute
        var events: [VenueMarketEvent] = []
        for flow in flows {
            let candles = ((minute - Self.historyMinutes)..<minute).map {
                flow.candle(openTime: $0 * VenueCandle.minute)
            }
            events.append(.history(flow.symbol.name, candles))
            events.append(.funding(flow.symbol.name, flow.fundingRate(at: moment)))
            events += Self.picture(flow, at: moment)
        }
        return events
    }

    public mutating func events(to now: Timestamp) -> [(at: Timestamp, event: VenueMarketEvent)] {
        let end = now.milliseconds / step * step
        var moment = max(last ?? end - step, end - Int64(Self.momentsMax) * step) + step
        var events: [(at: Timestamp, event: VenueMarketEvent)] = []
        while moment <= end {
            let at = Timestamp(nanoseconds: moment * 1_000_000)
            for flow in flows {
                for trade in flow.trades(at: moment, span: step) {
                    events.append(
                        (
                            at,
                            .trade(
                                flow.symbol.name,
                                price: trade.price,
                                quantity: trade.quantity,
                                buyerIsMaker: trade.buyerIsMaker
                            )
                        )
                    )
                }
                events += Self.picture(flow, at: moment).map { (at, $0) }
                if moment / 60_000 != (moment - step) / 60_000 {
                    events.append((at, .funding(flow.symbol.name, flow.fundingRate(at: moment))))
                }
            }
            last = moment
            moment += step
        }
        return events
    }

    private static func picture(_ flow: GeneratedFlow, at moment: Int64) -> [VenueMarketEvent] {
        let book = flow.book(at: moment)
        return [
            .mark(flow.symbol.name, flow.mark(at: moment)), .book(flow.symbol.name, bids: book.bids, asks: book.asks),
        ]
    }
}
