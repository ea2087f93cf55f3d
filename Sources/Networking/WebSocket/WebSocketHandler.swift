import NIOCore
import NIOWebSocket

/// The end of a connection's pipeline: frames to messages, pings, the closing handshake, and back-pressure.
///
/// It lives on the connection's event loop.
final class WebSocketHandler: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    /// A wish of our side to close, given as an outbound event.
    struct Closing {
        let code: WebSocketCloseCode
        let reason: String
    }

    private enum State {
        /// Leaves to `.closing` when either side closes or breaks the protocol, or to `.closed` when the network does.
        case open
        /// Our close is sent; the peer's answer or the deadline leads to `.closed`. What comes meanwhile is dropped.
        case closing
        case closed
    }

    private let name: String
    private let settings: WebSocketSettings
    private let source: WebSocketMessages.Producer.Source
    private var assembly: MessageAssembly
    private var state = State.open
    /// What sends fail with once the connection is no longer open.
    private var ending: WebSocketError?

    /// Whether the consumer has enough for now, and whether the channel has asked to read meanwhile.
    private var isPaused = false
    private var isReadOwed = false
    /// The latest ping that could not be answered because the peer does not read.
    private var owedPong: ByteBuffer?
    private var timer: Scheduled<Void>?
    /// When a frame came last, or reading went on after a pause.
    private var heard = NIODeadline.now()

    init(name: String, settings: WebSocketSettings, source: WebSocketMessages.Producer.Source) {
        self.name = name
        self.settings = settings
        self.source = source
        assembly = MessageAssembly(maximumBytes: settings.maximumMessageBytes)
    }

    // MARK: Life

    func handlerAdded(context: ChannelHandlerContext) { scheduleTimer(context, settings.pingInterval) { $0.ping($1) } }

    func handlerRemoved(context: ChannelHandlerContext) { lose(context, "the connection was dropped") }

    func channelInactive(context: ChannelHandlerContext) {
        lose(context, "the peer ended it without a word")
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? NIOWebSocketError {
            let isTooLarge = error == .invalidFrameLength
            let text =
                isTooLarge
                ? "A message was larger than \(settings.maximumMessageBytes) bytes."
                : "A control frame was torn in parts or longer than 125 bytes."
            refuse(context, .init(code: isTooLarge ? .messageTooLarge : .protocolError, text: text))
        } else {
            lose(context, "\(error)")
        }
    }

    // MARK: In

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        heard = .now()
        let frame = Self.unwrapInboundIn(data)
        switch state {
        case .open: take(context, frame)
        case .closing: if frame.opcode == .connectionClose { end(context) }
        case .closed: break
        }
    }

    private func take(_ context: ChannelHandlerContext, _ frame: WebSocketFrame) {
        do throws(MessageAssembly.Violation) {
            switch try assembly.take(frame) {
            case .nothing: break
            case .message(let message): give(message)
            case .ping(let payload): answer(context, payload)
            case .close(let code, let reason): closeAlong(context, code, reason)
            }
        } catch {
            refuse(context, error)
        }
    }

    private func give(_ message: WebSocketMessage) {
        switch source.yield(message) {
        case .produceMore, .dropped: break
        case .stopProducing: isPaused = true
        }
    }

    func read(context: ChannelHandlerContext) {
        if isPaused, state == .open { isReadOwed = true } else { context.read() }
    }

    private func resume(_ context: ChannelHandlerContext) {
        isPaused = false
        heard = .now()
        guard isReadOwed else { return }
        isReadOwed = false
        context.read()
    }

    // MARK: Out

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if state == .open {
            context.write(data, promise: promise)
        } else {
            promise?.fail(ending ?? WebSocketError(kind: .closed, message: "\(name) is closed."))
        }
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        switch event {
        case MessageDemand.Signal.more: resume(context)
        case MessageDemand.Signal.abandoned: close(context, Closing(code: .normal, reason: ""))
        case let closing as Closing: close(context, closing)
        default: return context.triggerUserOutboundEvent(event, promise: promise)
        }
        promise?.succeed(())
    }

    /// Answers a ping with its own payload.
    ///
    /// A peer that asks but does not read is owed the answer to its last ping alone, or our memory would fill.
    private func answer(_ context: ChannelHandlerContext, _ payload: ByteBuffer) {
        guard context.channel.isWritable else { return owedPong = payload }
        write(context, .pong, payload)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, state == .open, let payload = owedPong {
            owedPong = nil
            write(context, .pong, payload)
        }
        context.fireChannelWritabilityChanged()
    }

    private func write(_ context: ChannelHandlerContext, _ opcode: WebSocketOpcode, _ payload: ByteBuffer) {
        let frame = WebSocketFrame(fin: true, opcode: opcode, maskKey: .random(), data: payload)
        context.writeAndFlush(Self.wrapOutboundOut(frame), promise: nil)
    }

    // MARK: Signs of life

    private func ping(_ context: ChannelHandlerContext) {
        guard state == .open else { return }
        // While nothing is read no answer can be seen, and the peer's silence says nothing.
        guard !isPaused else { return scheduleTimer(context, settings.pingInterval) { $0.ping($1) } }
        let asked = NIODeadline.now()
        write(context, .ping, ByteBuffer(integer: asked.uptimeNanoseconds))
        scheduleTimer(context, settings.pongTimeout) { handler, context in handler.judge(context, asked: asked) }
    }

    private func judge(_ context: ChannelHandlerContext, asked: NIODeadline) {
        guard state == .open else { return }
        guard isPaused || heard >= asked else {
            finish(
                WebSocketError(
                    kind: .peerSilent,
                    message: "\(name) gave no sign of life for \(settings.pongTimeout) after a ping."
                )
            )
            return end(context)
        }
        scheduleTimer(context, settings.pingInterval) { $0.ping($1) }
    }

    private func scheduleTimer(
        _ context: ChannelHandlerContext,
        _ delay: Duration,
        _ body: @escaping (WebSocketHandler, ChannelHandlerContext) -> Void
    ) {
        timer?.cancel()
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(delay)) { body(self, context) }
    }

    // MARK: The end

    /// Our wish to close: the sequence ends without an error.
    private func close(_ context: ChannelHandlerContext, _ closing: Closing) {
        guard state == .open else { return }
        finish(nil)
        say(context, closing.code, closing.reason)
    }

    /// The peer's wish to close: it is answered with its own code, and ending the connection is the server's part.
    private func closeAlong(_ context: ChannelHandlerContext, _ code: WebSocketCloseCode, _ reason: String) {
        let words = reason.isEmpty ? "" : ": '\(reason)'"
        finish(WebSocketError(kind: .closedByPeer, message: "\(name) closed with \(code)\(words).", closeCode: code))
        say(context, code, "")
    }

    private func refuse(_ context: ChannelHandlerContext, _ violation: MessageAssembly.Violation) {
        guard state == .open else { return }
        let kind: WebSocketError.Kind =
            switch violation.code {
            case .messageTooLarge: .messageTooLarge
            case .invalidText: .invalidText
            default: .protocolError
            }
        finish(WebSocketError(kind: kind, message: "\(name): \(violation.text)", closeCode: violation.code))
        say(context, violation.code, violation.text)
    }

    private func lose(_ context: ChannelHandlerContext, _ reason: String) {
        if state == .open {
            finish(WebSocketError(kind: .connectionLost, message: "\(name) was lost: \(reason)."))
        }
        end(context)
    }

    /// Sends our close and gives the peer its time for an answer.
    private func say(_ context: ChannelHandlerContext, _ code: WebSocketCloseCode, _ reason: String) {
        state = .closing
        var payload = ByteBuffer()
        if code.maySend {
            payload.writeInteger(code.rawValue)
            payload.writeString(Self.shortened(reason))
        }
        write(context, .connectionClose, payload)
        scheduleTimer(context, settings.closeTimeout) { $0.end($1) }
        // A paused connection has to read again, or the answer would never be seen.
        resume(context)
    }

    private func end(_ context: ChannelHandlerContext) {
        guard state != .closed else { return }
        state = .closed
        timer?.cancel()
        context.close(promise: nil)
    }

    /// Tells the consumer the end, once; what follows sends our close or ends the connection.
    private func finish(_ error: WebSocketError?) {
        guard ending == nil else { return }
        ending = error ?? WebSocketError(kind: .closed, message: "\(name) is closed.")
        // Before the consumer hears of it: one that lets go at once would else close with a code of its own.
        if state == .open { state = .closing }
        if let error { source.finish(error) } else { source.finish() }
    }

    /// As much of a reason as a control frame holds beside the code.
    private static func shortened(_ reason: String) -> String {
        var bytes = 0
        return String(
            reason.prefix { character in
                bytes += character.utf8.count
                return bytes <= 123
            }
        )
    }
}
