/// Why there is no WebSocket connection, or none any more.
///
/// Addresses in it are without user, password and query, since those may be secrets.
public struct WebSocketError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case invalidRequest = "websocket_invalid_request"
        /// The address to connect to could not be found out, such as one with a key that has to be asked for first.
        case noAddress = "websocket_no_address"
        case nameNotResolved = "websocket_name_not_resolved"
        case connectFailed = "websocket_connect_failed"
        case tlsFailed = "websocket_tls_failed"
        case timedOut = "websocket_timed_out"
        case cancelled = "websocket_cancelled"
        /// The server answered with another status than 101, or not by the protocol.
        case refused = "websocket_refused"
        case closedByPeer = "websocket_closed_by_peer"
        /// No sign of life came within the deadline after a ping.
        case peerSilent = "websocket_peer_silent"
        case protocolError = "websocket_protocol_error"
        case messageTooLarge = "websocket_message_too_large"
        case invalidText = "websocket_invalid_text"
        case connectionLost = "websocket_connection_lost"
        /// We closed it ourselves.
        case closed = "websocket_closed"
        case other = "websocket_failed"
    }

    public let kind: Kind
    public let message: String
    /// The peer's code when it closed the connection, ours when we had to.
    public let closeCode: WebSocketCloseCode?
    /// The status with which a server refused the connection.
    public let status: Int?
    /// How long the server that refused asks to be left alone.
    public let retryAfter: Duration?

    public init(
        kind: Kind,
        message: String,
        closeCode: WebSocketCloseCode? = nil,
        status: Int? = nil,
        retryAfter: Duration? = nil
    ) {
        self.kind = kind
        self.message = message
        self.closeCode = closeCode
        self.status = status
        self.retryAfter = retryAfter
    }

    /// Stable name for rows and metrics.
    public var code: String { kind.rawValue }

    public var description: String { "\(message) (\(code))" }
}
