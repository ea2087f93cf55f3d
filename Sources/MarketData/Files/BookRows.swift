public import TradingDomain

/// Price and size of one level of a book.
public struct BookLevel: Hashable, Sendable {
    public let price: Price
    /// Zero where the venue showed a price with nothing at it.
    public let size: Quantity

    public init(price: Price, size: Quantity) {
        self.price = price
        self.size = size
    }
}

/// Both sides of a book, best level first; levels that the source left empty are left out.
public struct BookLevels: Hashable, Sendable {
    public let bids: [BookLevel]
    public let asks: [BookLevel]

    public init(bids: [BookLevel], asks: [BookLevel]) {
        self.bids = bids
        self.asks = asks
    }

    /// What the best `count` levels of a side hold together.
    public func liquidity(of side: Side, levels count: Int = 5) -> Quantity {
        (side == .buy ? bids : asks).prefix(count).reduce(.zero) { $0.addingClamped($1.size) }
    }

    /// Positions of `bid_price_1`, `bid_size_1`, `ask_price_1`, … for as many levels as the header has.
    public struct Columns: Sendable {
        let bids: [(price: Int, size: Int)]
        let asks: [(price: Int, size: Int)]

        init(_ csv: CSVReader) throws(MarketDataError) {
            _ = try csv.column("bid_price_1")
            bids = try Self.side("bid", csv)
            asks = try Self.side("ask", csv)
        }

        private static func side(_ name: String, _ csv: CSVReader) throws(MarketDataError) -> [(price: Int, size: Int)]
        {
            var levels: [(price: Int, size: Int)] = []
            while let price = csv.optionalColumn("\(name)_price_\(levels.count + 1)") {
                levels.append((price, try csv.column("\(name)_size_\(levels.count + 1)")))
            }
            return levels
        }
    }

    init(_ csv: CSVReader, _ columns: Columns) throws(MarketDataError) {
        bids = try Self.side(csv, columns.bids)
        asks = try Self.side(csv, columns.asks)
    }

    private static func side(_ csv: CSVReader, _ columns: [(price: Int, size: Int)]) throws(MarketDataError)
        -> [BookLevel]
    {
        var levels: [BookLevel] = []
        levels.reserveCapacity(columns.count)
        for column in columns where !csv.isEmpty(column.price) {
            levels.append(BookLevel(price: try csv.price(column.price), size: try csv.quantity(column.size)))
        }
        return levels
    }
}

/// A snapshot of a book's best levels (format BK).
public struct BookSnapshotRow: MarketFileRow, Hashable {
    public let times: VenueTimes
    public let updateID: Int64?
    public let levels: BookLevels

    /// Positions of the columns.
    public struct Columns: Sendable {
        let times: VenueTimes.Columns
        let updateID: Int?
        let levels: BookLevels.Columns
    }

    public static func columns(of csv: CSVReader) throws(MarketDataError) -> Columns {
        Columns(
            times: try VenueTimes.Columns(csv),
            updateID: csv.optionalColumn("update_id"),
            levels: try BookLevels.Columns(csv)
        )
    }

    public static func read(_ csv: CSVReader, _ columns: Columns) throws(MarketDataError) -> BookSnapshotRow {
        BookSnapshotRow(
            times: try VenueTimes(csv, columns.times),
            updateID: try columns.updateID.map { column throws(MarketDataError) in try csv.integer(column) },
            levels: try BookLevels(csv, columns.levels)
        )
    }
}

/// A quote message of one of many issues, with five levels (format KB).
///
/// Rows are in the order of the packets; the exchange's accept time may step back.
public struct IssueBookRow: MarketFileRow, Hashable {
    public let at: Timestamp
    /// In steps of 10 ms.
    public let acceptedAt: Timestamp
    public let issue: String
    public let levels: BookLevels

    /// Positions of the columns.
    public struct Columns: Sendable {
        let at: Int
        let acceptedAt: Int
        let issue: Int
        let levels: BookLevels.Columns
    }

    public static func columns(of csv: CSVReader) throws(MarketDataError) -> Columns {
        Columns(
            at: try csv.column("ts_packet_ns"),
            acceptedAt: try csv.column("ts_accept_ns"),
            issue: try csv.column("issue"),
            levels: try BookLevels.Columns(csv)
        )
    }

    public static func read(_ csv: CSVReader, _ columns: Columns) throws(MarketDataError) -> IssueBookRow {
        IssueBookRow(
            at: try csv.ordered(try csv.nanoseconds(columns.at), columns.at),
            acceptedAt: try csv.nanoseconds(columns.acceptedAt),
            issue: csv.text(columns.issue),
            levels: try BookLevels(csv, columns.levels)
        )
    }
}

/// One price level of a full-depth feed (format DP); rows of one message follow each other and share its ids.
///
/// Drop differences with `lastID` up to the snapshot's; then each must continue the last: `firstID` ≤ last + 1 on spot,
/// `previousID` = last on futures.
public struct DepthRow: MarketFileRow, Hashable {
    public let times: VenueTimes
    public let isSnapshot: Bool
    public let firstID: Int64?
    public let lastID: Int64
    public let previousID: Int64?
    /// `buy` for a bid, `sell` for an ask.
    public let side: Side
    public let price: Price
    /// The new total at the price; zero removes the level.
    public let size: Quantity

    /// Positions of the columns.
    public struct Columns: Sendable {
        let times: VenueTimes.Columns
        let kind: Int
        let firstID: Int
        let lastID: Int
        let previousID: Int
        let side: Int
        let price: Int
        let size: Int
    }

    public static func columns(of csv: CSVReader) throws(MarketDataError) -> Columns {
        Columns(
            times: try VenueTimes.Columns(csv),
            kind: try csv.column("kind"),
            firstID: try csv.column("first_id"),
            lastID: try csv.column("last_id"),
            previousID: try csv.column("prev_id"),
            side: try csv.column("side"),
            price: try csv.column("price"),
            size: try csv.column("size")
        )
    }

    public static func read(_ csv: CSVReader, _ columns: Columns) throws(MarketDataError) -> DepthRow {
        let kind = csv.bytes(columns.kind)
        guard kind.elementsEqual("diff".utf8) || kind.elementsEqual("snapshot".utf8) else {
            throw csv.error("bad_kind", columns.kind, "the kind is snapshot or diff.")
        }
        return DepthRow(
            times: try VenueTimes(csv, columns.times),
            isSnapshot: kind.count == 8,
            firstID: try csv.optionalInteger(columns.firstID),
            lastID: try csv.integer(columns.lastID),
            previousID: try csv.optionalInteger(columns.previousID),
            side: try csv.bookSide(columns.side),
            price: try csv.price(columns.price),
            size: try csv.quantity(columns.size)
        )
    }
}
