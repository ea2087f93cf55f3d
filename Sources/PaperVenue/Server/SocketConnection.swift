import NIOCore
import NIOWebSocket

/// What a WebSocket is for: a stream of events, or requests.
protocol SocketPurpose: AnyObject {
    /// Frames that a client may send in a second; `nil` where requests have weights instead.
    var messagesPerSecond: Int? { get }
    /// Whether it can be opened now; where not, the connection is cut without an answer.
    var isOffered: Bool { get }
    /// - Returns: `false` when the connection must end.
    func opened(_ port: any StreamPort) -> Bool
    /// Takes a client's message.
    ///
    /// - Returns: `false` when the client must be sent away for it.
    func receive(_ text: String) -> Bool
    func closed()
}

/// One client's WebSocket: pings it, hands on its messages, and cuts it off when it does not keep up.
final class SocketConnection: ChannelInboundHandler, StreamPort {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let purpose: any SocketPurpose
    private let limits: StreamLimits
    private var context: ChannelHandlerContext?
    private var isOpen = false
    private var timers: [Scheduled<Void>] = []
    private var lastPong = NIODeadline.now()
    /// When the last frames came, at most as many as are allowed in a second.
    private var recent: [NIODeadline] = []
    private var isClosing = false

    init(_ purpose: any SocketPurpose, _ limits: StreamLimits) {
        self.purpose = purpose
        self.limits = limits
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        guard purpose.opened(self) else { return cut() }
        isOpen = true
        lastPong = .now()
        schedulePing(context)
        let age = TimeAmount.milliseconds(Int64(limits.longest * 1000))
        timers.append(
            context.eventLoop.assumeIsolated().scheduleTask(in: age) { self.close(.goingAway, "24 hours are over") }
        )
    }

    private func schedulePing(_ context: ChannelHandlerContext) {
        let span = TimeAmount.milliseconds(Int64(limits.pingEvery * 1000))
        let ping = context.eventLoop.assumeIsolated().scheduleTask(in: span) {
            guard let context = self.context, !self.isClosing else { return }
            let silent = NIODeadline.now() - self.lastPong
            guard silent <= .milliseconds(Int64(self.limits.pongWithin * 1000)) else { return self.cut() }
            self.write(.ping, context.channel.allocator.buffer(string: "\(NIODeadline.now().uptimeNanoseconds)"))
            self.schedulePing(context)
        }
        if timers.isEmpty { timers.append(ping) } else { timers[0] = ping }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        guard !isClosing || frame.opcode == .connectionClose else { return }
        if frame.opcode != .connectionClose, isTooFast() { return close(.policyViolation, "Too many requests") }
        switch frame.opcode {
        case .text:
            guard isOpen, let text = frame.unmaskedData.getString(at: 0, length: frame.unmaskedData.readableBytes),
                purpose.receive(text)
            else { return close(.policyViolation, "Too many streams") }
        case .ping:
            guard context.channel.isWritable else { return cut() }
            write(.pong, frame.unmaskedData)
        // An empty pong counts, and one that nobody asked for.
        case .pong: lastPong = .now()
        case .connectionClose:
            if !isClosing { write(.connectionClose, frame.unmaskedData) }
            context.close(promise: nil)
        default: send(StreamRequest.Refusal(code: 2, message: "Invalid request: not text").json)
        }
    }

    private func isTooFast() -> Bool {
        guard let most = purpose.messagesPerSecond else { return false }
        let now = NIODeadline.now()
        recent.append(now)
        guard recent.count > most else { return false }
        return now - recent.removeFirst() < .seconds(1)
    }

    func send(_ text: String) {
        guard let context, !isClosing else { return }
        // What waits for a slow reader is bounded by the channel's high-water mark.
        guard context.channel.isWritable else { return cut() }
        write(.text, context.channel.allocator.buffer(string: text))
    }

    private func write(_ opcode: WebSocketOpcode, _ data: ByteBuffer) {
        context?.writeAndFlush(wrapOutboundOut(WebSocketFrame(fin: true, opcode: opcode, data: data)), promise: nil)
    }

    private func close(_ code: WebSocketErrorCode, _ reason: String) {
        guard let context, !isClosing else { return }
        isClosing = true
        var buffer = context.channel.allocator.buffer(capacity: 32)
        buffer.write(webSocketErrorCode: code)
        buffer.writeString(reason)
        let frame = WebSocketFrame(fin: true, opcode: .connectionClose, data: buffer)
        context.writeAndFlush(wrapOutboundOut(frame)).assumeIsolated().whenComplete { _ in
            self.context?.close(promise: nil)
        }
    }

    func cut() {
        isClosing = true
        context?.close(promise: nil)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        for timer in timers { timer.cancel() }
        purpose.closed()
        isOpen = false
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
