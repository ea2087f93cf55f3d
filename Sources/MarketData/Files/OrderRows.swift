public import TradingDomain

/// An order-book event of a LOBSTER day and the book right after it (format LB).
public struct BookEventRow: MarketFileRow, Hashable {
    /// What happened to the limit order; the raw values are the file's.
    public enum Kind: Int64, Hashable, Sendable {
        case new = 1
        case partialCancel = 2
        case delete = 3
        case visibleExecution = 4
        /// Of an order that the book does not show.
        case hiddenExecution = 5
        case cross = 6
        case halt = 7
    }

    public let at: Timestamp
    public let kind: Kind
    public let orderID: Int64
    public let size: Quantity
    public let price: Price
    /// The side of the limit order: executing a sell order is a buyer's trade.
    public let side: Side
    public let levels: BookLevels

    /// Positions of the columns.
    public struct Columns: Sendable {
        let at: Int
        let kind: Int
        let orderID: Int
        let size: Int
        let price: Int
        let direction: Int
        let levels: BookLevels.Columns
    }

    public static func columns(of csv: CSVReader) throws(MarketDataError) -> Columns {
        Columns(
            at: try csv.column("ts_ns"),
            kind: try csv.column("type"),
            orderID: try csv.column("order_id"),
            size: try csv.column("size"),
            price: try csv.column("price"),
            direction: try csv.column("direction"),
            levels: try BookLevels.Columns(csv)
        )
    }

    public static func read(_ csv: CSVReader, _ columns: Columns) throws(MarketDataError) -> BookEventRow {
        guard let kind = Kind(rawValue: try csv.integer(columns.kind)) else {
            throw csv.error("bad_kind", columns.kind, "an event's type is 1 to 7.")
        }
        let direction = try csv.integer(columns.direction)
        guard abs(direction) == 1 else { throw csv.error("bad_side", columns.direction, "a direction is 1 or -1.") }
        return BookEventRow(
            at: try csv.ordered(try csv.nanoseconds(columns.at), columns.at),
            kind: kind,
            orderID: try csv.integer(columns.orderID),
            size: try csv.quantity(columns.size),
            price: try csv.price(columns.price),
            side: direction == 1 ? .buy : .sell,
            levels: try BookLevels(csv, columns.levels)
        )
    }
}

/// What happened to one order of a venue that shows single orders (format L3).
public struct OrderEventRow: MarketFileRow, Hashable {
    /// As the file names it.
    public enum Event: String, Hashable, Sendable {
        case created
        case changed
        case deleted
    }

    public let times: VenueTimes
    public let event: Event
    public let orderID: Int64
    public let price: Price
    /// After the event; what was left when a deleted order went.
    public let remainingSize: Quantity
    public let side: Side

    /// Positions of the columns.
    public struct Columns: Sendable {
        let times: VenueTimes.Columns
        let event: Int
        let orderID: Int
        let price: Int
        let remainingSize: Int
        let side: Int
    }

    public static func columns(of csv: CSVReader) throws(MarketDataError) -> Columns {
        Columns(
            times: try VenueTimes.Columns(csv),
            event: try csv.column("event"),
            orderID: try csv.column("order_id"),
            price: try csv.column("price"),
            remainingSize: try csv.column("remaining_size"),
            side: try csv.column("side")
        )
    }

    public static func read(_ csv: CSVReader, _ columns: Columns) throws(MarketDataError) -> OrderEventRow {
        guard let event = Event(rawValue: csv.text(columns.event)) else {
            throw csv.error("bad_kind", columns.event, "an event is created, changed or deleted.")
        }
        return OrderEventRow(
            times: try VenueTimes(csv, columns.times),
            event: event,
            orderID: try csv.integer(columns.orderID),
            price: try csv.price(columns.price),
            remainingSize: try csv.quantity(columns.remainingSize),
            side: try csv.bookSide(columns.side)
        )
    }
}
