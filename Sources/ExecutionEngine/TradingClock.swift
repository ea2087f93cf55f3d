public import TradingDomain

/// Business time, and the world that moves with it: market data, the broker's reports, the engine's timers.
public protocol TradingClock: Sendable {
    func now() async -> Timestamp

    /// Seconds of business time in one second of the wall clock; `nil` where time jumps from event to event, and stands
    /// still while a person is waited for.
    var speed: Int? { get }

    /// Follows the market data of these symbols from now on; what they did earlier in the session is made up for.
    ///
    /// - Throws: The market source's errors.
    func watch(_ symbols: [Symbol]) async throws

    /// Lets everything that is due now happen, such as the admission of an order just asked for.
    func settle() async throws

    /// Lets time pass until something happened that may matter to a waiting step.
    ///
    /// In virtual time this is the next event; paced, it waits for it.
    ///
    /// - Returns: `false` when no more market data will come.
    /// - Throws: What ended the engine or the feed.
    func advance() async throws -> Bool

    /// As ``advance()``, and no further than `time`, for whoever waits for just that.
    func advance(to time: Timestamp) async throws -> Bool
}

extension TradingClock {
    /// A clock that says nothing else keeps real time.
    public var speed: Int? { 1 }

    /// A clock that cannot stop between events passes the next one.
    public func advance(to _: Timestamp) async throws -> Bool { try await advance() }
}
