import NIOCore
import NIOWebSocket

/// Puts a server's frames together to messages and holds them against the protocol; a plain value.
///
/// Source: RFC 6455, sections 5 and 7.
struct MessageAssembly {
    /// What a frame came to.
    enum Outcome: Equatable {
        /// A part of a message, or an answer to a ping of ours.
        case nothing
        case message(WebSocketMessage)
        case ping(ByteBuffer)
        case close(WebSocketCloseCode, reason: String)
    }

    /// What a server must not send, and the code that tells it so.
    struct Violation: Error, Equatable {
        let code: WebSocketCloseCode
        let text: String
    }

    private let maximumBytes: Int
    /// Of the message that is under way.
    private var opcode: WebSocketOpcode?
    private var parts = ByteBuffer()

    init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

    mutating func take(_ frame: WebSocketFrame) throws(Violation) -> Outcome {
        guard frame.maskKey == nil else { throw wrong("A server's frame was masked.") }
        guard !frame.rsv1, !frame.rsv2, !frame.rsv3 else {
            throw wrong("A frame used an extension that was not agreed on.")
        }
        switch frame.opcode {
        case .text, .binary:
            guard opcode == nil else { throw wrong("A message began before the one under way had ended.") }
            guard !frame.fin else { return .message(try message(frame.opcode, frame.data)) }
            opcode = frame.opcode
            return try add(frame)
        case .continuation:
            guard let opcode else { throw wrong("A part came of a message that had not begun.") }
            guard frame.fin else { return try add(frame) }
            _ = try add(frame)
            defer { (self.opcode, parts) = (nil, ByteBuffer()) }
            return .message(try message(opcode, parts))
        case .ping: return .ping(frame.data)
        case .pong: return .nothing
        case .connectionClose: return try close(frame.data)
        default: throw wrong("A frame of unknown kind came.")
        }
    }

    private mutating func add(_ frame: WebSocketFrame) throws(Violation) -> Outcome {
        guard parts.readableBytes + frame.data.readableBytes <= maximumBytes else { throw tooLarge() }
        parts.writeImmutableBuffer(frame.data)
        return .nothing
    }

    private func message(_ opcode: WebSocketOpcode, _ data: ByteBuffer) throws(Violation) -> WebSocketMessage {
        guard data.readableBytes <= maximumBytes else { throw tooLarge() }
        guard opcode == .text else { return .data(Array(data.readableBytesView)) }
        guard let text = String(validating: data.readableBytesView, as: UTF8.self) else {
            throw Violation(code: .invalidText, text: "A text was not valid UTF-8.")
        }
        return .text(text)
    }

    private func close(_ data: ByteBuffer) throws(Violation) -> Outcome {
        var data = data
        guard data.readableBytes > 0 else { return .close(.none, reason: "") }
        guard let number = data.readInteger(as: UInt16.self) else { throw wrong("A close had half a code.") }
        let code = WebSocketCloseCode(rawValue: number)
        guard code.maySend else { throw wrong("A close had the code \(number), which must not be sent.") }
        guard let reason = String(validating: data.readableBytesView, as: UTF8.self) else {
            throw Violation(code: .invalidText, text: "A close's reason was not valid UTF-8.")
        }
        return .close(code, reason: reason)
    }

    private func wrong(_ text: String) -> Violation { Violation(code: .protocolError, text: text) }

    private func tooLarge() -> Violation {
        Violation(code: .messageTooLarge, text: "A message was larger than \(maximumBytes) bytes.")
    }
}
