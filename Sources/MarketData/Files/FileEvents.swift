internal import TradingDomain

/// Merges the streams of one instrument in time order, `from < at <= to`; at one instant the earlier stream goes first,
/// so quotes come before trades before bars.
struct FileEvents: MarketEventIterator {
    private var streams: [TickStream]
    private var heads: [MarketEvent?]
    private let from: Timestamp
    private let to: Timestamp
    private var isOpen = false

    init(_ streams: [TickStream], from: Timestamp, to: Timestamp) {
        self.streams = streams
        heads = Array(repeating: nil, count: streams.count)
        self.from = from
        self.to = to
    }

    mutating func next() throws -> MarketEvent? {
        if !isOpen {
            for index in streams.indices { heads[index] = try advance(index) }
            isOpen = true
        }
        var best: (index: Int, event: MarketEvent)?
        for (index, head) in heads.enumerated() {
            if let head, best.map({ head.at < $0.event.at }) ?? true { best = (index, head) }
        }
        guard let best else { return nil }
        heads[best.index] = try advance(best.index)
        return best.event
    }

    private func advance(_ index: Int) throws -> MarketEvent? {
        while let event = try streams[index].next() {
            if event.at > to { return nil }
            if event.at > from { return event }
        }
        return nil
    }
}
