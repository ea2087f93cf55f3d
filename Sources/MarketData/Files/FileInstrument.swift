internal import TradingDomain

/// Makes an instrument of what a file's name and first rows say.
///
/// US shares and funds: XNYS, USD, tick 0.01, lot 1. Crypto pairs: always open, the currency from the pair, tick and lot
/// from the decimals of the first rows. Futures by root and month code (`ESZ13`): tick from the first rows' prices, the
/// multiplier from a short table. A user's own instrument takes precedence over all of this.
enum FileInstrument {
    /// - Returns: `nil` for a future whose contract multiplier we do not know.
    static func make(_ symbol: Symbol, _ files: [MarketFile]) throws -> Instrument? {
        guard let name = files.first?.name else { return nil }
        if name.venue == "XKRX" {
            return Instrument(
                symbol: symbol,
                venue: "XKRX",
                currency: .krw,
                tick: Price(units: FixedDecimal.scale),
                calendar: "XKRX"
            )
        }
        if let currency = pairCurrency(name) {
            let sample = try Sample(files)
            return Instrument(
                symbol: symbol,
                venue: name.venue ?? "CRYPTO",
                currency: currency,
                assetClass: .crypto,
                tick: Price(units: sample.priceStep),
                // FTX's volume is in USD, so its decimals are no lot; its bitcoin contract traded in 0.0001.
                lot: Quantity(units: name.venue == "FTX" ? 10_000 : sample.sizeStep),
                calendar: "24/7"
            )
        }
        guard let root = futureRoot(name.symbol) else { return Instrument(symbol: symbol) }
        guard let multiplier = multipliers[root] else { return nil }
        return Instrument(
            symbol: symbol,
            venue: "XCME",
            assetClass: .future,
            tick: Price(units: try Sample(files).priceDivisor),
            contractMultiplier: FixedDecimal(multiplier),
            calendar: "24/7"
        )
    }

    /// The quote currency of `BTC-USD`, `BTC/USDT`, `XRPETH`; a `…-PERP` contract is quoted in USD.
    private static func pairCurrency(_ name: MarketFileName) -> Currency? {
        let text = name.symbol
        if text.hasSuffix("-PERP"), name.venue != nil { return .usd }
        if let cut = text.lastIndex(where: { $0 == "-" || $0 == "/" }) {
            let quote = String(text[text.index(after: cut)...])
            return quoteCurrencies.contains(quote) ? Currency(rawValue: quote) : nil
        }
        // Without a separator a share's name could end like a currency, so a venue or a long stable coin must say it.
        for quote in quoteCurrencies where text.hasSuffix(quote) && text.count > quote.count {
            if name.venue != nil || name.market != nil || quote.count == 4 { return Currency(rawValue: quote) }
        }
        return nil
    }

    /// `ES` of `ESZ13`: one to three letters or digits, a month's code and the year.
    private static func futureRoot(_ text: String) -> String? {
        guard (4...6).contains(text.count), text.suffix(2).allSatisfy(\.isNumber),
            text.dropLast(2).last.map({ "FGHJKMNQUVXZ".contains($0) }) == true
        else { return nil }
        return String(text.dropLast(3))
    }

    private static let quoteCurrencies = ["USDT", "USDC", "BUSD", "USD", "EUR", "GBP", "KRW", "BTC", "ETH"]
    /// Units of the underlying in one contract, by CME Group's contract specifications.
    private static let multipliers = ["ES": 50, "NQ": 20, "CL": 1000, "GC": 100]
}

/// Prices and sizes of the first rows.
private struct Sample {
    private var prices: [Int64] = []
    private var sizes: [Int64] = []

    /// Enough that the last decimal is used somewhere; read in a moment.
    private static let rows = 500

    init(_ files: [MarketFile]) throws {
        for file in files.prefix(2) {
            switch file.kind {
            case .tradeBars:
                try read(file, TradeBarRow.self) {
                    [$0.prices.open, $0.prices.close]
                } sizes: {
                    [$0.volume]
                }
            case .dailyBars:
                try read(file, DailyBarRow.self) {
                    [$0.prices.open, $0.prices.close]
                } sizes: {
                    [$0.volume]
                }
            case .quoteBars:
                try read(file, QuoteBarRow.self) {
                    [$0.bid?.close, $0.ask?.close].compactMap(\.self)
                } sizes: {
                    [$0.bidSize, $0.askSize]
                }
            case .venueTrades:
                try read(file, VenueTradeRow.self) {
                    [$0.price]
                } sizes: {
                    [$0.size]
                }
            case .bestQuotes:
                try read(file, BestQuoteRow.self) {
                    [$0.bid, $0.ask]
                } sizes: {
                    [$0.bidSize, $0.askSize]
                }
            case .depthFeed:
                try read(file, DepthRow.self) {
                    [$0.price]
                } sizes: {
                    [$0.size]
                }
            case .bookSnapshots:
                try read(file, BookSnapshotRow.self) {
                    ($0.levels.bids + $0.levels.asks).map(\.price)
                } sizes: {
                    ($0.levels.bids + $0.levels.asks).map(\.size)
                }
            case .shownOrders:
                try read(file, BookEventRow.self) {
                    [$0.price]
                } sizes: {
                    [$0.size]
                }
            case .tapeTrades:
                try read(file, TapeTradeRow.self) {
                    [$0.price]
                } sizes: {
                    [$0.size]
                }
            case .tapeQuotes:
                try read(file, TapeQuoteRow.self) {
                    [$0.price]
                } sizes: {
                    [$0.size]
                }
            }
        }
    }

    private mutating func read<Row: MarketFileRow>(
        _ file: MarketFile,
        _: Row.Type,
        prices pricesOf: (Row) -> [Price],
        sizes sizesOf: (Row) -> [Quantity]
    ) throws {
        let reader = try MarketFileReader<Row>(file.path)
        var count = 0
        while count < Self.rows, let row = try reader.next() {
            count += 1
            prices += pricesOf(row).map(\.units)
            sizes += sizesOf(row).map(\.units)
        }
    }

    var priceStep: Int64 { Self.step(prices) }
    var sizeStep: Int64 { Self.step(sizes) }

    /// The largest number that divides every price.
    var priceDivisor: Int64 {
        var divisor: Int64 = 0
        for price in prices { divisor = Self.commonDivisor(divisor, abs(price)) }
        return max(1, divisor)
    }

    /// One unit of the last decimal used: at most 1.
    private static func step(_ units: [Int64]) -> Int64 {
        var step = FixedDecimal.scale
        for value in units { while value % step != 0 { step /= 10 } }
        return step
    }

    private static func commonDivisor(_ first: Int64, _ second: Int64) -> Int64 {
        second == 0 ? first : commonDivisor(second, first % second)
    }
}
