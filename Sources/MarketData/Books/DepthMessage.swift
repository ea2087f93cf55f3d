public import TradingDomain

/// One message of a venue's depth feed: the whole book, or what has changed in it.
public struct DepthMessage: Hashable, Sendable {
    /// What rests at a price from now on; zero for nothing.
    public struct Change: Hashable, Sendable {
        public let side: Side
        public let price: Price
        public let size: Quantity

        public init(side: Side, price: Price, size: Quantity) {
            self.side = side
            self.price = price
            self.size = size
        }
    }

    public let isSnapshot: Bool
    /// The first of the venue's updates that a difference holds.
    public let firstID: Int64?
    /// The last of them; of a snapshot, the last update that it knows.
    public let lastID: Int64
    /// The message before this one ended with this update, where the venue says so.
    public let previousID: Int64?
    public let changes: [Change]

    public init(isSnapshot: Bool, firstID: Int64?, lastID: Int64, previousID: Int64?, changes: [Change]) {
        self.isSnapshot = isSnapshot
        self.firstID = firstID
        self.lastID = lastID
        self.previousID = previousID
        self.changes = changes
    }
}

/// Puts the rows of a depth file together to the messages that they were.
public struct DepthMessageReader {
    private let rows: MarketFileReader<DepthRow>
    private var ahead: DepthRow?
    private var isOpen = false

    /// - Throws: A ``MarketDataError`` when the file cannot be opened or lacks a column.
    public init(_ file: String) throws(MarketDataError) { rows = try MarketFileReader(file) }

    /// The next message with its times; `nil` at the end.
    ///
    /// - Throws: A ``MarketDataError`` naming file and line.
    public mutating func next() throws(MarketDataError) -> (times: VenueTimes, message: DepthMessage)? {
        if !isOpen {
            isOpen = true
            ahead = try rows.next()
        }
        guard let first = ahead else { return nil }
        var changes: [DepthMessage.Change] = []
        while let row = ahead, row.isSnapshot == first.isSnapshot, row.firstID == first.firstID,
            row.lastID == first.lastID
        {
            changes.append(DepthMessage.Change(side: row.side, price: row.price, size: row.size))
            ahead = try rows.next()
        }
        let message = DepthMessage(
            isSnapshot: first.isSnapshot,
            firstID: first.firstID,
            lastID: first.lastID,
            previousID: first.previousID,
            changes: changes
        )
        return (first.times, message)
    }
}
