public import TradingDomain

/// The events of several symbols of one source in time order, read as they are asked for.
///
/// Events of the same moment come quotes first, then trades, then bars, and by symbol within each: the same order on
/// every machine. One event per symbol is read ahead and not shown early. Keep it inside one actor or task.
public struct MergedFeed {
    private struct Entry {
        let event: MarketEvent
        let stream: Int

        static func precedes(_ left: Entry, _ right: Entry) -> Bool {
            let (one, other) = (left.event, right.event)
            if one.at != other.at { return one.at < other.at }
            if one.rank != other.rank { return one.rank < other.rank }
            return one.symbol < other.symbol
        }
    }

    private let source: any MarketSource
    private var streams: [any MarketEventIterator] = []
    private var symbols: Set<Symbol> = []
    /// A binary heap, earliest first; one entry per stream that has more.
    private var heap: [Entry] = []

    /// A feed of `source` without symbols; see ``add(_:from:to:)``.
    public init(source: any MarketSource) { self.source = source }

    /// Opens the streams of `symbols`, each once, for events with `from < at <= to`.
    ///
    /// - Throws: What the source throws when it opens a stream or reads its first event.
    public init(source: any MarketSource, symbols: [Symbol], from: Timestamp, to: Timestamp) throws {
        self.init(source: source)
        for symbol in symbols { try add(symbol, from: from, to: to) }
    }

    /// Follows one more symbol, for events with `from < at <= to`; a symbol that is followed already changes nothing.
    ///
    /// - Throws: What the source throws when it opens the stream or reads its first event.
    public mutating func add(_ symbol: Symbol, from: Timestamp, to: Timestamp) throws {
        guard symbols.insert(symbol).inserted else { return }
        streams.append(try source.events(symbol, from: from, to: to))
        if let event = try streams[streams.count - 1].next() {
            push(Entry(event: event, stream: streams.count - 1))
        }
    }

    /// When the next event happens, or `nil` when every stream has ended.
    public var nextAt: Timestamp? { heap.first?.event.at }

    /// The next event of all symbols, or `nil` when every stream has ended.
    ///
    /// - Throws: What a stream throws; `events_out_of_order` when one goes back in time.
    public mutating func next() throws -> MarketEvent? {
        guard let first = heap.first else { return nil }
        if let event = try streams[first.stream].next() {
            guard event.at >= first.event.at else { throw outOfOrder(first.event, event) }
            heap[0] = Entry(event: event, stream: first.stream)
        } else {
            heap[0] = heap[heap.count - 1]
            heap.removeLast()
        }
        siftDown()
        return first.event
    }

    private mutating func push(_ entry: Entry) {
        heap.append(entry)
        var child = heap.count - 1
        while child > 0, Entry.precedes(heap[child], heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private mutating func siftDown() {
        var parent = 0
        while true {
            var first = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && Entry.precedes(heap[child], heap[first]) {
                first = child
            }
            if first == parent { return }
            heap.swapAt(parent, first)
            parent = first
        }
    }

    private func outOfOrder(_ before: MarketEvent, _ after: MarketEvent) -> MarketDataError {
        MarketDataError(
            code: "events_out_of_order",
            message: "events of \(after.symbol) go back from \(before.at) to \(after.at); sort its data by time"
        )
    }
}

extension MarketEvent {
    /// What comes first at the same moment: depth, then quotes, trades and bars.
    fileprivate var rank: Int {
        switch self {
        case .depth: 0
        case .quote: 1
        case .trade: 2
        case .bar: 3
        }
    }
}
