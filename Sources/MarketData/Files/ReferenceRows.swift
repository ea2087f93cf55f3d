public import TradingDomain

/// Daily closes of the file's names (format DC), in the order of the header's columns after `date`.
public struct DailyClosesRow: MarketFileRow, Hashable {
    public let date: CalendarDate
    /// Absent where the source lists the day without a value.
    public let closes: [Price?]

    /// Positions of the columns.
    public struct Columns: Sendable {
        let date: Int
        let closes: [Int]
    }

    public static func columns(of csv: CSVReader) throws(MarketDataError) -> Columns {
        let date = try csv.column("date")
        return Columns(date: date, closes: csv.header.indices.filter { $0 != date })
    }

    public static func read(_ csv: CSVReader, _ columns: Columns) throws(MarketDataError) -> DailyClosesRow {
        let date = try csv.date(columns.date)
        _ = try csv.ordered(date.startUTC, columns.date)
        var closes: [Price?] = []
        closes.reserveCapacity(columns.closes.count)
        for column in columns.closes { closes.append(try csv.optionalPrice(column)) }
        return DailyClosesRow(date: date, closes: closes)
    }
}

/// Corporate-action factors (format FA).
///
/// A raw price of a day is multiplied by `priceFactor` × `splitFactor` of the first row whose `lastDate` is that day or
/// later.
public struct AdjustmentRow: MarketFileRow, Hashable {
    public let lastDate: CalendarDate
    public let priceFactor: FixedDecimal
    public let splitFactor: FixedDecimal
    /// 1 or 0 where the source has none.
    public let referenceClose: Price

    /// Positions of the columns.
    public struct Columns: Sendable {
        let lastDate: Int
        let priceFactor: Int
        let splitFactor: Int
        let referenceClose: Int
    }

    public static func columns(of csv: CSVReader) throws(MarketDataError) -> Columns {
        Columns(
            lastDate: try csv.column("last_date"),
            priceFactor: try csv.column("price_factor"),
            splitFactor: try csv.column("split_factor"),
            referenceClose: try csv.column("reference_close")
        )
    }

    public static func read(_ csv: CSVReader, _ columns: Columns) throws(MarketDataError) -> AdjustmentRow {
        let lastDate = try csv.date(columns.lastDate)
        _ = try csv.ordered(lastDate.startUTC, columns.lastDate)
        return AdjustmentRow(
            lastDate: lastDate,
            priceFactor: try csv.decimal(columns.priceFactor),
            splitFactor: try csv.decimal(columns.splitFactor),
            referenceClose: try csv.price(columns.referenceClose)
        )
    }
}

/// A perpetual's funding rate (format FR); positive when longs pay shorts.
public struct FundingRow: MarketFileRow, Hashable {
    public let settledAt: Timestamp
    /// The fraction of notional in units of 10⁻¹⁸: venues print rates with up to 18 decimals, and eight would lose
    /// part of an hourly rate.
    public let rateE18: Int64

    /// The rate as a fraction, for estimates and charts only.
    public var approximateRate: Double { Double(rateE18) / 1e18 }

    /// Positions of the columns.
    public struct Columns: Sendable {
        let ts: Int
        let rate: Int
    }

    public static func columns(of csv: CSVReader) throws(MarketDataError) -> Columns {
        Columns(ts: try csv.column("ts"), rate: try csv.column("rate"))
    }

    public static func read(_ csv: CSVReader, _ columns: Columns) throws(MarketDataError) -> FundingRow {
        FundingRow(
            settledAt: try csv.ordered(try csv.time(columns.ts), columns.ts),
            rateE18: try csv.scaled(columns.rate, places: 18)
        )
    }
}
