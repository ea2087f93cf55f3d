import MarketData
import TradingDomain

/// Keeps the book of one symbol from a stream of differences, and says when a snapshot has to be asked for.
///
/// ``MarketData/DepthFeed`` holds the rules of the protocol; this adds what a live feed needs: one question at a time, and a new
/// one when the answer came from before what waits, when a message was lost, and after every reconnection. The book is
/// never shown while it is not known.
struct DepthSync: Hashable, Sendable {
    /// What to do after a message.
    enum Step: Hashable, Sendable {
        case nothing
        /// The book changed.
        case show(DepthBook)
        /// Ask for a snapshot and give it to ``take(snapshot:)``, or tell ``snapshotFailed()``.
        case ask
    }

    private var feed = DepthFeed()
    private(set) var isAsking = false
    /// The answer on its way was asked for by an earlier connection.
    private var isAnswerOld = false

    /// The book; `nil` while it is not known.
    var book: DepthBook? { feed.isLive ? feed.book : nil }

    mutating func take(_ difference: DepthMessage) -> Step {
        switch feed.take(difference) {
        case .applied: .show(feed.book)
        case .outdated: .nothing
        case .waiting, .gap: ask()
        }
    }

    mutating func take(snapshot: DepthMessage) -> Step {
        isAsking = false
        guard !isAnswerOld else {
            isAnswerOld = false
            return ask()
        }
        return switch feed.take(snapshot) {
        case .applied: .show(feed.book)
        case .outdated, .waiting: .nothing
        // What waits begins after it: the venue's answer was older than the stream.
        case .gap: ask()
        }
    }

    mutating func snapshotFailed() {
        isAsking = false
        isAnswerOld = false
    }

    /// The stream was interrupted: nothing is known until a snapshot fits what comes from now on.
    mutating func disconnected() {
        feed = DepthFeed()
        isAnswerOld = isAsking
    }

    private mutating func ask() -> Step {
        guard !isAsking else { return .nothing }
        isAsking = true
        return .ask
    }
}
