public import TradingDomain

/// Open, high, low and close, checked: no high below a low, open and close between them.
public struct PriceRange: Hashable, Sendable {
    public let open: Price
    public let high: Price
    public let low: Price
    public let close: Price

    /// Positions of the four columns.
    public struct Columns: Sendable {
        let open: Int
        let high: Int
        let low: Int
        let close: Int

        init(_ csv: CSVReader, prefix: String = "") throws(MarketDataError) {
            open = try csv.column(prefix + "open")
            high = try csv.column(prefix + "high")
            low = try csv.column(prefix + "low")
            close = try csv.column(prefix + "close")
        }
    }

    init(_ csv: CSVReader, _ columns: Columns) throws(MarketDataError) {
        open = try csv.price(columns.open)
        high = try csv.price(columns.high)
        low = try csv.price(columns.low)
        close = try csv.price(columns.close)
        guard high >= low else { throw csv.error("high_below_low", columns.high, "it is below the low, \(low).") }
        for (price, column) in [(open, columns.open), (close, columns.close)] where price > high || price < low {
            throw csv.error("price_outside_range", column, "it is outside the row's range of \(low) to \(high).")
        }
    }
}

/// A trade bar (formats TB and TBX).
public struct TradeBarRow: MarketFileRow, Hashable {
    public let start: Timestamp
    public let prices: PriceRange
    public let volume: Quantity
    /// Turnover in the quote currency, where the file has it.
    public let quoteVolume: FixedDecimal?
    public let tradeCount: Int64?

    /// Positions of the columns.
    public struct Columns: Sendable {
        let ts: Int
        let prices: PriceRange.Columns
        let volume: Int
        let quoteVolume: Int?
        let tradeCount: Int?
    }

    public static func columns(of csv: CSVReader) throws(MarketDataError) -> Columns {
        Columns(
            ts: try csv.column("ts"),
            prices: try PriceRange.Columns(csv),
            volume: try csv.column("volume"),
            quoteVolume: csv.optionalColumn("quote_volume"),
            tradeCount: csv.optionalColumn("trade_count")
        )
    }

    public static func read(_ csv: CSVReader, _ columns: Columns) throws(MarketDataError) -> TradeBarRow {
        TradeBarRow(
            start: try csv.ordered(try csv.time(columns.ts), columns.ts),
            prices: try PriceRange(csv, columns.prices),
            volume: try csv.quantity(columns.volume),
            quoteVolume: try columns.quoteVolume.map { column throws(MarketDataError) in try csv.decimal(column) },
            tradeCount: try columns.tradeCount.map { column throws(MarketDataError) in try csv.integer(column) }
        )
    }
}

/// Best bid and ask of a bar (format QB).
public struct QuoteBarRow: MarketFileRow, Hashable {
    public let start: Timestamp
    /// Absent when the side was never quoted in the bar.
    public let bid: PriceRange?
    /// At the bar's end.
    public let bidSize: Quantity
    public let ask: PriceRange?
    public let askSize: Quantity

    /// Positions of the columns.
    public struct Columns: Sendable {
        let ts: Int
        let bid: PriceRange.Columns
        let bidSize: Int
        let ask: PriceRange.Columns
        let askSize: Int
    }

    public static func columns(of csv: CSVReader) throws(MarketDataError) -> Columns {
        Columns(
            ts: try csv.column("ts"),
            bid: try PriceRange.Columns(csv, prefix: "bid_"),
            bidSize: try csv.column("bid_size"),
            ask: try PriceRange.Columns(csv, prefix: "ask_"),
            askSize: try csv.column("ask_size")
        )
    }

    public static func read(_ csv: CSVReader, _ columns: Columns) throws(MarketDataError) -> QuoteBarRow {
        QuoteBarRow(
            start: try csv.ordered(try csv.time(columns.ts), columns.ts),
            bid: csv.isEmpty(columns.bid.close) ? nil : try PriceRange(csv, columns.bid),
            bidSize: csv.isEmpty(columns.bidSize) ? .zero : try csv.quantity(columns.bidSize),
            ask: csv.isEmpty(columns.ask.close) ? nil : try PriceRange(csv, columns.ask),
            askSize: csv.isEmpty(columns.askSize) ? .zero : try csv.quantity(columns.askSize)
        )
    }
}

/// A bar of one session day (format DB).
public struct DailyBarRow: MarketFileRow, Hashable {
    public let date: CalendarDate
    public let prices: PriceRange
    public let adjustedClose: Price?
    public let volume: Quantity
    public let quoteVolume: FixedDecimal?
    public let tradeCount: Int64?

    /// Positions of the columns.
    public struct Columns: Sendable {
        let date: Int
        let prices: PriceRange.Columns
        let adjustedClose: Int?
        let volume: Int
        let quoteVolume: Int?
        let tradeCount: Int?
    }

    public static func columns(of csv: CSVReader) throws(MarketDataError) -> Columns {
        Columns(
            date: try csv.column("date"),
            prices: try PriceRange.Columns(csv),
            adjustedClose: csv.optionalColumn("adj_close"),
            volume: try csv.column("volume"),
            quoteVolume: csv.optionalColumn("quote_volume"),
            tradeCount: csv.optionalColumn("trade_count")
        )
    }

    public static func read(_ csv: CSVReader, _ columns: Columns) throws(MarketDataError) -> DailyBarRow {
        let date = try csv.date(columns.date)
        _ = try csv.ordered(date.startUTC, columns.date)
        return DailyBarRow(
            date: date,
            prices: try PriceRange(csv, columns.prices),
            adjustedClose: try columns.adjustedClose.map { column throws(MarketDataError) in try csv.price(column) },
            volume: try csv.quantity(columns.volume),
            quoteVolume: try columns.quoteVolume.map { column throws(MarketDataError) in try csv.decimal(column) },
            tradeCount: try columns.tradeCount.map { column throws(MarketDataError) in try csv.integer(column) }
        )
    }
}
