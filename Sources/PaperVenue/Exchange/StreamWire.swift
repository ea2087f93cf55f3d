internal import TradingDomain

/// Events of the market streams that are sent at intervals.
extension Exchange {
    func markUpdate(_ symbol: Symbol) -> WireValue {
        let market = self.market(symbol)
        let mark = Amounts.text(Int128(market.markPrice.units), decimals: 8)
        return .object([
            "e": "markPriceUpdate", "E": .number(said), "s": .text(symbol.text), "p": .text(mark), "ap": .text(mark),
            "P": .text(mark), "i": .text(mark), "r": .text(market.fundingRate.wire),
            "T": .number(nextFunding(market.rules)),
        ])
    }

    func tickerUpdate(_ symbol: Symbol, isMini: Bool) -> WireValue {
        let market = self.market(symbol)
        let rules = market.rules
        let day = Self.day(market, now)
        func price(_ value: Price) -> WireValue { .text(rules.text(value)) }
        let volumes: KeyValuePairs<String, WireValue> = [
            "o": price(day.open), "h": price(day.high), "l": price(day.low), "v": .text(rules.text(day.volume)),
            "q": .text(Amounts.text(day.quoteVolume.units, decimals: rules.pricePrecision)),
        ]
        let head: WireValue = .object([
            "e": isMini ? "24hrMiniTicker" : "24hrTicker", "E": .number(said), "s": .text(symbol.text),
        ])
        guard !isMini else { return head.with(["c": price(day.close)]).with(volumes) }
        let change = day.close - day.open
        let percent =
            day.open == .zero
            ? FixedDecimal.zero
            : FixedDecimal(units: Int128(change.units) * 100) / FixedDecimal(units: Int128(day.open.units))
        let average = day.volume.isZero ? day.close : Amounts.price(day.quoteVolume, per: day.volume)
        return head.with([
            "p": price(change), "P": .text(Amounts.text(percent.units, decimals: 3)), "w": price(average),
            "c": price(day.close), "Q": .text(rules.text(market.prints.last?.quantity ?? .zero)),
        ]).with(volumes).with([
            "O": .number(day.openTime), "C": .number(now), "F": .number(day.firstTrade), "L": .number(day.lastTrade),
            "n": .number(day.trades),
        ])
    }

    func candleUpdate(_ symbol: Symbol, _ candle: VenueCandle, _ interval: String, isClosed: Bool) -> WireValue {
        let rules = market(symbol).rules
        func worth(_ value: FixedDecimal) -> WireValue {
            .text(Amounts.text(value.units, decimals: rules.pricePrecision))
        }
        let body: WireValue = .object([
            "t": .number(candle.openTime), "T": .number(candle.closeTime), "s": .text(symbol.text),
            "i": .text(interval),
            "f": .number(candle.firstTrade), "L": .number(candle.lastTrade), "o": .text(rules.text(candle.open)),
            "c": .text(rules.text(candle.close)), "h": .text(rules.text(candle.high)),
            "l": .text(rules.text(candle.low)),
            "v": .text(rules.text(candle.volume)), "n": .number(candle.trades), "x": .flag(isClosed),
            "q": worth(candle.quoteVolume), "V": .text(rules.text(candle.takerVolume)),
            "Q": worth(candle.takerQuoteVolume), "B": "0",
        ])
        return .object(["e": "kline", "E": .number(said), "s": .text(symbol.text), "k": body])
    }
}
