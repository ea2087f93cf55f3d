internal import TradingDomain

/// Which series of candles a path asks for.
enum CandleKind: Sendable {
    case traded, pair, indexPair, mark, premium
}

/// The widths of candles that the venue knows.
enum CandleInterval {
    private static let minutes: [String: Int64] = [
        "1m": 1, "3m": 3, "5m": 5, "15m": 15, "30m": 30, "1h": 60, "2h": 120, "4h": 240, "6h": 360, "8h": 480,
        "12h": 720, "1d": 1440, "3d": 4320,
    ]

    /// First and last millisecond of the candle that holds a time; `nil` for a width that there is not.
    static func bounds(_ name: String, of time: Int64) -> (from: Int64, to: Int64)? {
        if let count = minutes[name] {
            let span = count * VenueCandle.minute
            return (time - time % span, time - time % span + span - 1)
        }
        let day: Int64 = 86_400_000
        switch name {
        case "1w":
            // The first day of 1970 was a Thursday, weeks begin on Monday.
            let start = (time + 3 * day) / (7 * day) * (7 * day) - 3 * day
            return (start, start + 7 * day - 1)
        case "1M":
            let date = CalendarDate(daysSinceEpoch: Int(time / day))
            let parts = date.parts
            let start = time / day - Int64(parts.day - 1)
            var end = start + 27
            while CalendarDate(daysSinceEpoch: Int(end)).parts.month == parts.month { end += 1 }
            return (start * day, end * day - 1)
        default: return nil
        }
    }
}

extension Exchange {
    func candles(_ parameters: RequestParameters, _ kind: CandleKind) throws(Refusal) -> WireValue {
        let symbol: Symbol
        switch kind {
        case .traded, .mark, .premium: symbol = try listed(parameters)
        case .pair, .indexPair:
            guard let found = Symbol(try parameters.required("pair")), markets[found] != nil else {
                throw Refusal.symbol
            }
            if case .pair = kind { _ = try parameters.required("contractType") }
            symbol = found
        }
        let interval = try parameters.required("interval")
        guard CandleInterval.bounds(interval, of: now) != nil else { throw Refusal.interval }
        let span = try self.span(parameters, days: nil)
        let limit = try parameters.limit(500, upTo: 1500)
        let market = self.market(symbol)
        let minutes: [VenueCandle]
        switch kind {
        case .traded, .pair: minutes = market.candles
        case .mark, .indexPair: minutes = market.markCandles
        case .premium:
            minutes = market.markCandles.map { VenueCandle(openTime: $0.openTime, price: .zero) }
        }
        let rows = Self.gather(minutes, interval).filter { span.contains($0.openTime) }
        return .list(
            Self.page(rows, limit, fromFirst: span.from != .min).map { Self.row($0, market.rules) }
        )
    }

    /// Candles of a width made of those of a minute.
    static func gather(_ minutes: [VenueCandle], _ interval: String) -> [VenueCandle] {
        var rows: [VenueCandle] = []
        for minute in minutes {
            if let last = rows.indices.last, minute.openTime <= rows[last].closeTime {
                rows[last].add(minute)
                continue
            }
            guard let bounds = CandleInterval.bounds(interval, of: minute.openTime) else { return [] }
            var row = minute
            (row.openTime, row.span) = (bounds.from, bounds.to - bounds.from + 1)
            rows.append(row)
        }
        return rows
    }

    private static func row(_ candle: VenueCandle, _ rules: VenueSymbol) -> WireValue {
        func price(_ value: Price) -> WireValue { .text(rules.text(value)) }
        func worth(_ value: FixedDecimal) -> WireValue {
            .text(Amounts.text(value.units, decimals: rules.pricePrecision))
        }
        return .list([
            .number(candle.openTime), price(candle.open), price(candle.high), price(candle.low), price(candle.close),
            .text(rules.text(candle.volume)), .number(candle.closeTime), worth(candle.quoteVolume),
            .number(candle.trades), .text(rules.text(candle.takerVolume)), worth(candle.takerQuoteVolume), "0",
        ])
    }
}
