/// How a WebSocket connection is made and kept.
///
/// TLS is always verified, also with an authority of one's own.
public struct WebSocketSettings: Hashable, Sendable {
    /// For name resolution, TCP, TLS and the server's agreement together.
    public var connectTimeout: Duration
    /// Between the end of one question whether the peer is there and the next.
    public var pingInterval: Duration
    /// How long a peer may stay silent after a ping before it counts as gone.
    public var pongTimeout: Duration
    /// How long a peer may take to answer our close.
    public var closeTimeout: Duration
    /// A longer message ends the connection with code 1009; at most 2³¹.
    public var maximumMessageBytes: Int
    /// Messages kept for a consumer that is slower than the peer; beyond them nothing more is read from the network.
    ///
    /// What one read brought is kept as a whole, so a few more are possible.
    public var bufferedMessages: Int
    /// Sent with the request for the connection, besides what the protocol asks for.
    public var headers: [HTTPHeader]
    /// A file of certificates in PEM that are trusted besides the system's.
    public var additionalAuthoritiesFile: String?

    public init(
        connectTimeout: Duration = .seconds(10),
        pingInterval: Duration = .seconds(20),
        pongTimeout: Duration = .seconds(10),
        closeTimeout: Duration = .seconds(2),
        maximumMessageBytes: Int = 4 * 1024 * 1024,
        bufferedMessages: Int = 256,
        headers: [HTTPHeader] = [],
        additionalAuthoritiesFile: String? = nil
    ) {
        precondition(
            (1...(1 << 31)).contains(maximumMessageBytes),
            "1 to 2³¹ bytes in a message, not \(maximumMessageBytes)"
        )
        precondition(bufferedMessages > 0, "at least one message is buffered, not \(bufferedMessages)")
        self.connectTimeout = connectTimeout
        self.pingInterval = pingInterval
        self.pongTimeout = pongTimeout
        self.closeTimeout = closeTimeout
        self.maximumMessageBytes = maximumMessageBytes
        self.bufferedMessages = bufferedMessages
        self.headers = headers
        self.additionalAuthoritiesFile = additionalAuthoritiesFile
    }
}
