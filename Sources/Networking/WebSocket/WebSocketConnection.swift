import NIOCore
import NIOWebSocket

/// One WebSocket connection of a client, from its opening to its close.
///
/// It answers the peer's pings, asks for signs of life itself and reads no faster than its messages are consumed. Whoever
/// lets go of it closes it.
public final class WebSocketConnection: Sendable {
    /// What the peer sends; to be iterated once.
    public let messages: WebSocketMessages
    private let channel: any Channel
    private let name: String

    init(channel: any Channel, messages: WebSocketMessages, name: String) {
        self.channel = channel
        self.messages = messages
        self.name = name
    }

    deinit { channel.triggerUserOutboundEvent(MessageDemand.Signal.abandoned, promise: nil) }

    /// Opens a connection to a `ws` or `wss` address.
    ///
    /// - Throws: ``WebSocketError`` when there is none within the connect timeout, or when the task is cancelled.
    public static func connect(
        to url: String,
        _ settings: WebSocketSettings = .init()
    ) async throws(WebSocketError) -> WebSocketConnection {
        guard let address = WebSocketAddress(url) else {
            throw WebSocketError(
                kind: .invalidRequest,
                message: "'\(SafeURL.text(url))' is not an absolute ws or wss address without user and password."
            )
        }
        if let problem = settings.headers.lazy.compactMap(\.problem).first {
            throw WebSocketError(kind: .invalidRequest, message: problem)
        }
        return try await WebSocketOpening(address, settings, name: SafeURL.text(url)).connection()
    }

    /// Sends a text as one message; returns when the operating system has taken it.
    ///
    /// - Throws: ``WebSocketError`` with the reason of the end when the connection is no longer open.
    public func send(text: String) async throws(WebSocketError) {
        let frame = WebSocketFrame(fin: true, opcode: .text, maskKey: .random(), data: ByteBuffer(string: text))
        do {
            try await channel.writeAndFlush(frame)
        } catch let error as WebSocketError {
            throw error
        } catch {
            throw WebSocketError(kind: .connectionLost, message: "\(name) was lost: \(error).")
        }
    }

    /// Closes the connection; returns when it is closed, at the latest after the close timeout.
    ///
    /// Closing what is closed does nothing.
    ///
    /// - Parameters:
    ///   - code: One that may be sent, see ``WebSocketCloseCode/maySend``.
    ///   - reason: Shortened to 123 bytes.
    public func close(code: WebSocketCloseCode = .normal, reason: String = "") async {
        precondition(code.maySend, "the code \(code) cannot be sent")
        channel.triggerUserOutboundEvent(WebSocketHandler.Closing(code: code, reason: reason), promise: nil)
        // It ends in any case, and how it ended is told by the messages.
        try? await channel.closeFuture.get()
    }
}
