public import TradingDomain

/// What market data an algorithm wants to be called for.
///
/// Its own children, timers and control always come; everything else only when asked for, so that a parent with
/// nothing to do costs nothing per quote.
public struct Interests: OptionSet, Sendable, Hashable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }

    public static let quotes = Interests(rawValue: 1)
    public static let trades = Interests(rawValue: 2)
}

/// Something an algorithm is told.
public enum AlgorithmEvent: Hashable, Sendable {
    case started
    case timer
    case quote
    case trade
    case filled(ClientOrderID, Quantity)
    /// A child reached a final state; what it had not filled is free again.
    case childClosed(ClientOrderID, ChildLife)
    /// A request was not accepted and nothing was sent.
    case refused(code: String)
    case paused
    /// Working again, after a pause or after a takeover: time may have passed.
    case resumed
    case cancelRequested
    /// Its author changed the order; the context already holds the new one. Nothing is sent on it: a timer comes for that.
    case amended(ParentAmendment)
}

/// How far a parent order is.
public struct ExecutionProgress: Hashable, Sendable {
    public var filled: Quantity
    /// Everything that children may still fill, unknown ones included.
    public var open: Quantity
    public var total: Quantity

    public init(filled: Quantity, open: Quantity, total: Quantity) {
        self.filled = filled
        self.open = open
        self.total = total
    }

    /// What may still be asked for.
    public var remaining: Quantity { total - filled - open }
}

/// Everything an algorithm may look at.
public struct AlgorithmContext: Sendable {
    public let now: Timestamp
    public let parent: ParentOrder
    public let progress: ExecutionProgress
    public let market: MarketSeen?
    private let draws: CounterRandom
    /// Which engine names the children, and how many it has named.
    private let incarnation: Incarnation
    private let childCount: Int

    public init(
        now: Timestamp,
        parent: ParentOrder,
        progress: ExecutionProgress,
        market: MarketSeen?,
        random: CounterRandom,
        incarnation: Incarnation = Incarnation(bits: 0),
        childCount: Int = 0
    ) {
        self.now = now
        self.parent = parent
        self.progress = progress
        self.market = market
        self.draws = random
        self.incarnation = incarnation
        self.childCount = childCount
    }

    /// The id that the child of a request in this event gets, the requests counted from 1; for replacing it later.
    public func id(ofRequest number: Int) -> ClientOrderID {
        ClientOrderID(parent: parent.id, incarnation: incarnation, sequence: childCount + number)
    }

    /// The same moment with another view of how far the order is.
    func showing(_ progress: ExecutionProgress) -> AlgorithmContext {
        AlgorithmContext(
            now: now,
            parent: parent,
            progress: progress,
            market: market,
            random: draws,
            incarnation: incarnation,
            childCount: childCount
        )
    }

    /// A number in [0, 1) that depends only on the run's seed, the parent, the event's number and `draw`.
    public func random(_ draw: UInt64) -> Double { draws.uniform(draw) }
}

/// What an algorithm asks for; the session around it decides whether it happens.
public enum AlgorithmAction: Hashable, Sendable {
    case submit(ChildRequest)
    case cancel(ClientOrderID)
    /// Replaces a working child by one of this quantity and price; the quantity is the total, its fills included.
    ///
    /// The algorithm hears that the old one is `replaced`, or that the new one is rejected and the old one works on.
    case replace(ClientOrderID, ChildRequest)
    /// Cancels every child that is open.
    case cancelOpen
    case wake(at: Timestamp)
    case finish(reason: String)
}

/// Collects the actions of one event.
public struct ActionBuffer: Sendable {
    public private(set) var actions: [AlgorithmAction] = []

    public init() {}

    public mutating func submit(_ request: ChildRequest) { actions.append(.submit(request)) }
    public mutating func cancel(_ child: ClientOrderID) { actions.append(.cancel(child)) }
    public mutating func replace(_ child: ClientOrderID, by request: ChildRequest) {
        actions.append(.replace(child, request))
    }
    public mutating func cancelOpen() { actions.append(.cancelOpen) }
    public mutating func wake(at time: Timestamp) { actions.append(.wake(at: time)) }
    public mutating func finish(_ reason: String) { actions.append(.finish(reason: reason)) }
}

/// A way to work a parent order, as a pure state machine.
///
/// It only *asks*. The session around it keeps the invariants, so that a wrong algorithm, a user's own too, cannot
/// overfill, break a lot, trade through a price collar or outlive its deadline. No clock, no randomness but the
/// context's, no I/O: the same events give the same actions, live and in a backtest.
public protocol ExecutionAlgorithm: Codable, Sendable {
    /// Stored with each snapshot; a snapshot of another version is not decoded.
    static var version: Int { get }

    /// Read again after every ``handle(_:_:into:)``.
    var interests: Interests { get }

    mutating func handle(_ event: AlgorithmEvent, _ context: AlgorithmContext, into actions: inout ActionBuffer)
}

extension ExecutionAlgorithm {
    public static var version: Int { 1 }
    public var interests: Interests { [] }
}
