/// Habits of the venue's stream connections, in seconds of the wall; the defaults are the real venue's.
public struct StreamLimits: Hashable, Sendable {
    public var pingEvery: Double = 180
    /// Without a pong for so long a connection is closed.
    public var pongWithin: Double = 600
    /// A connection is closed at this age.
    public var longest: Double = 86_400
    /// Frames a client may send in one second, pings and pongs included.
    public var messagesPerSecond = 10
    /// Bytes that may wait for a slow reader; then it is cut off.
    public var backlogMax = 4 << 20

    public init() {}
}
