public import TradingDomain

/// One trade of a consolidated tape (format TT).
public struct TapeTradeRow: MarketFileRow, Hashable {
    public let at: Timestamp
    public let price: Price
    public let size: Quantity
    /// The tape's letter for the exchange, such as `P` for NYSE Arca, in ASCII.
    public let exchange: UInt8
    public let conditions: UInt32
    public let isSuspicious: Bool

    /// Official open and close prints repeat an auction's volume and belong in no sum.
    public var isOfficialPrint: Bool { conditions & 0x0500_0000 != 0 }

    /// Positions of the columns.
    public struct Columns: Sendable {
        let at: Int
        let price: Int
        let size: Int
        let exchange: Int
        let conditions: Int
        let suspicious: Int
    }

    public static func columns(of csv: CSVReader) throws(MarketDataError) -> Columns {
        Columns(
            at: try csv.column("ts_ns"),
            price: try csv.column("price"),
            size: try csv.column("size"),
            exchange: try csv.column("exchange"),
            conditions: try csv.column("conditions"),
            suspicious: try csv.column("suspicious")
        )
    }

    public static func read(_ csv: CSVReader, _ columns: Columns) throws(MarketDataError) -> TapeTradeRow {
        TapeTradeRow(
            at: try csv.ordered(try csv.nanoseconds(columns.at), columns.at),
            price: try csv.price(columns.price),
            size: try csv.quantity(columns.size),
            exchange: try csv.letter(columns.exchange),
            conditions: try csv.mask(columns.conditions),
            isSuspicious: try csv.integer(columns.suspicious) != 0
        )
    }
}

/// A tape's new best bid or ask over all exchanges, with the exchange that has it (format QT).
///
/// Bid and ask come in pairs; the latest of each side is the market's quote.
public struct TapeQuoteRow: MarketFileRow, Hashable {
    public let at: Timestamp
    /// `buy` for a bid, `sell` for an ask.
    public let side: Side
    public let price: Price
    public let size: Quantity
    /// The tape's letter for the exchange, in ASCII.
    public let exchange: UInt8
    public let conditions: UInt32
    public let isSuspicious: Bool

    /// Positions of the columns.
    public struct Columns: Sendable {
        let trade: TapeTradeRow.Columns
        let side: Int
    }

    public static func columns(of csv: CSVReader) throws(MarketDataError) -> Columns {
        Columns(trade: try TapeTradeRow.columns(of: csv), side: try csv.column("side"))
    }

    public static func read(_ csv: CSVReader, _ columns: Columns) throws(MarketDataError) -> TapeQuoteRow {
        let row = try TapeTradeRow.read(csv, columns.trade)
        return TapeQuoteRow(
            at: row.at,
            side: try csv.bookSide(columns.side),
            price: row.price,
            size: row.size,
            exchange: row.exchange,
            conditions: row.conditions,
            isSuspicious: row.isSuspicious
        )
    }
}

/// One trade of a crypto venue (formats CT and CT2).
public struct VenueTradeRow: MarketFileRow, Hashable {
    public let times: VenueTimes
    public let id: Int64
    public let price: Price
    public let size: Quantity
    /// The taker's side, where the venue tells.
    public let aggressor: Side?
    /// As the venue sent it.
    public let orderType: String?

    /// Positions of the columns.
    public struct Columns: Sendable {
        let times: VenueTimes.Columns
        let id: Int
        let price: Int
        let size: Int
        let aggressor: Int?
        let orderType: Int?
    }

    public static func columns(of csv: CSVReader) throws(MarketDataError) -> Columns {
        Columns(
            times: try VenueTimes.Columns(csv),
            id: try csv.column("trade_id"),
            price: try csv.column("price"),
            size: try csv.column("size"),
            aggressor: csv.optionalColumn("aggressor"),
            orderType: csv.optionalColumn("order_type")
        )
    }

    public static func read(_ csv: CSVReader, _ columns: Columns) throws(MarketDataError) -> VenueTradeRow {
        var aggressor: Side?
        if let column = columns.aggressor, !csv.isEmpty(column) {
            switch csv.text(column) {
            case "buy": aggressor = .buy
            case "sell": aggressor = .sell
            default: throw csv.error("bad_side", column, "the taker's side is buy or sell.")
            }
        }
        var orderType: String?
        if let column = columns.orderType, !csv.isEmpty(column) { orderType = csv.text(column) }
        return VenueTradeRow(
            times: try VenueTimes(csv, columns.times),
            id: try csv.integer(columns.id),
            price: try csv.price(columns.price),
            size: try csv.quantity(columns.size),
            aggressor: aggressor,
            orderType: orderType
        )
    }
}

/// A best bid/ask update of a crypto venue (format BB).
public struct BestQuoteRow: MarketFileRow, Hashable {
    public let times: VenueTimes
    public let updateID: Int64
    public let bid: Price
    public let bidSize: Quantity
    public let ask: Price
    public let askSize: Quantity

    /// Positions of the columns.
    public struct Columns: Sendable {
        let times: VenueTimes.Columns
        let updateID: Int
        let bid: Int
        let bidSize: Int
        let ask: Int
        let askSize: Int
    }

    public static func columns(of csv: CSVReader) throws(MarketDataError) -> Columns {
        Columns(
            times: try VenueTimes.Columns(csv),
            updateID: try csv.column("update_id"),
            bid: try csv.column("bid_price"),
            bidSize: try csv.column("bid_size"),
            ask: try csv.column("ask_price"),
            askSize: try csv.column("ask_size")
        )
    }

    public static func read(_ csv: CSVReader, _ columns: Columns) throws(MarketDataError) -> BestQuoteRow {
        BestQuoteRow(
            times: try VenueTimes(csv, columns.times),
            updateID: try csv.integer(columns.updateID),
            bid: try csv.price(columns.bid),
            bidSize: try csv.quantity(columns.bidSize),
            ask: try csv.price(columns.ask),
            askSize: try csv.quantity(columns.askSize)
        )
    }
}

extension CSVReader {
    /// One ASCII character.
    func letter(_ column: Int) throws(MarketDataError) -> UInt8 {
        let cell = bytes(column)
        guard cell.count == 1 else { throw error("bad_letter", column, "one letter is needed here.") }
        return cell[0]
    }

    /// `B` for bid or buy, `A` for ask.
    func bookSide(_ column: Int) throws(MarketDataError) -> Side {
        switch try letter(column) {
        case UInt8(ascii: "B"): return .buy
        case UInt8(ascii: "A"): return .sell
        default: throw error("bad_side", column, "a side is B (bid) or A (ask).")
        }
    }
}
