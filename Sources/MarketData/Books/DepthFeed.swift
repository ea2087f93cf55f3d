/// Keeps a book by price level from a snapshot and the differences after it, and says when it cannot.
///
/// Differences that come before the snapshot wait for it. Then those are dropped that end at or before the snapshot's last
/// update; the first of the others has to reach back to it, and each later one has to continue the one before: by the id
/// of the message before it where the venue gives that, else by its own first id. When one does not, the book is not
/// known any more until the next snapshot.
///
/// Source: Binance, "How to manage a local order book correctly", for spot and for USDⓈ-M futures.
public struct DepthFeed: Hashable, Sendable {
    /// What became of a message.
    public enum Outcome: Hashable, Sendable {
        case applied
        /// Kept until a snapshot comes.
        case waiting
        /// The snapshot knows it already.
        case outdated
        /// Updates between `after` and the message were lost; a new snapshot is needed.
        case gap(after: Int64, next: Int64)
    }

    /// The most differences that wait for a snapshot; of more, the oldest go.
    ///
    /// A snapshot takes seconds, and a busy feed sends a hundred messages in one.
    public static let mostWaiting = 10_000

    /// Meaningful while ``isLive``.
    public private(set) var book = DepthBook()
    /// The last update that the book holds; `nil` while it is not known.
    public private(set) var lastID: Int64?
    /// The book was last made by a snapshot, and the next difference has to reach back to that.
    private var isFresh = false
    private var waiting: [DepthMessage] = []

    public init() {}

    public var isLive: Bool { lastID != nil }

    @discardableResult
    public mutating func take(_ message: DepthMessage) -> Outcome {
        if message.isSnapshot { return start(message) }
        guard let lastID else {
            if waiting.count == Self.mostWaiting { waiting.removeFirst() }
            waiting.append(message)
            return .waiting
        }
        if message.lastID <= lastID { return .outdated }
        guard continues(message, lastID) else {
            stop(with: message)
            return .gap(after: lastID, next: message.firstID ?? message.lastID)
        }
        apply(message)
        return .applied
    }

    private func continues(_ message: DepthMessage, _ lastID: Int64) -> Bool {
        // After a snapshot the message before may have ended anywhere in what the snapshot holds.
        if let previous = message.previousID { return isFresh ? previous <= lastID : previous == lastID }
        return message.firstID.map { $0 <= lastID + 1 } ?? false
    }

    private mutating func start(_ snapshot: DepthMessage) -> Outcome {
        // A snapshot that was asked for earlier than what we hold is no news.
        if let lastID, snapshot.lastID < lastID { return .outdated }
        book = DepthBook()
        apply(snapshot)
        isFresh = true
        let kept = waiting
        waiting = []
        for message in kept {
            if case .gap(let after, let next) = take(message) {
                // What came after the gap waits for the next snapshot too.
                waiting = kept.filter { $0.lastID >= message.lastID }
                return .gap(after: after, next: next)
            }
        }
        return .applied
    }

    private mutating func apply(_ message: DepthMessage) {
        for change in message.changes { book.set(change.side, change.price, to: change.size) }
        lastID = message.lastID
        isFresh = false
    }

    private mutating func stop(with message: DepthMessage) {
        book = DepthBook()
        lastID = nil
        waiting = [message]
    }
}
