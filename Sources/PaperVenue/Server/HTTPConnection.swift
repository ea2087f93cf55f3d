import Crypto
import Foundation
import NIOCore
import NIOHTTP1
import NIOWebSocket

/// One client's connection for requests: reads one, has it answered, reads the next.
///
/// `HTTPServerPipelineHandler` before it holds back pipelined requests until the answer is written. Any request, not only
/// the first, may turn the connection into a stream: clients keep connections and use them for either.
final class HTTPConnection: ChannelInboundHandler, RemovableChannelHandler, ReplyPort {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// Largest body: a batch of orders has some kilobytes.
    static let bodyMax = 1 << 20

    private let desk: VenueDesk
    private let limits: StreamLimits
    /// What speaks HTTP before this handler; a stream does without.
    private let encoder = HTTPResponseEncoder()
    private let decoder = ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes))
    private let pipelining = HTTPServerPipelineHandler()
    private let mistakes = HTTPServerProtocolErrorHandler()
    private var context: ChannelHandlerContext?
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []
    private var isTooLarge = false
    /// A request is with the desk, and its answer has not been given.
    private var isAsking = false
    private var keepsAlive = true

    init(_ desk: VenueDesk, _ limits: StreamLimits) {
        self.desk = desk
        self.limits = limits
    }

    /// Makes a new connection speak HTTP.
    func install(on channel: any Channel) throws {
        try channel.pipeline.syncOperations.addHandlers(encoder, decoder, pipelining, mistakes, self)
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body.removeAll(keepingCapacity: true)
            isTooLarge = false
            if head.headers.first(name: "expect")?.lowercased() == "100-continue" {
                let answer = HTTPResponseHead(version: .http1_1, status: .continue)
                context.writeAndFlush(wrapOutboundOut(.head(answer)), promise: nil)
            }
        case .body(let buffer):
            guard body.count + buffer.readableBytes <= Self.bodyMax else {
                isTooLarge = true
                return
            }
            body += buffer.readableBytesView
        case .end: finish(context)
        }
    }

    private func finish(_ context: ChannelHandlerContext) {
        guard let head else { return }
        self.head = nil
        isAsking = true
        keepsAlive = head.isKeepAlive
        guard !isTooLarge else {
            keepsAlive = false
            return answer(
                FaultAnswers.make(413, JSONText.error(-1013, "The body has more than \(Self.bodyMax) bytes."))
            )
        }
        if Self.asksForStream(head) {
            // What follows on the wire is no HTTP any more, or nothing.
            keepsAlive = false
            if let key = head.headers.first(name: "sec-websocket-key"), let purpose = purpose(of: head.uri, context) {
                return become(purpose, key, context)
            }
        }
        var target = Substring(head.uri)
        // A proxy's form of the address: http://host/path.
        if target.hasPrefix("http://"), let slash = target.dropFirst(7).firstIndex(of: "/") {
            target = target[slash...]
        }
        let mark = target.firstIndex(of: "?")
        let path = String(target[..<(mark ?? target.endIndex)])
        let isAdmin = path.hasPrefix("/admin/")
        let request = VenueRequest(
            method: head.method.rawValue.uppercased(),
            path: path,
            query: mark.map { String(target[target.index(after: $0)...]) } ?? "",
            body: String(decoding: body, as: UTF8.self),
            apiKey: head.headers.first(name: isAdmin ? AdminCall.header : "x-mbx-apikey"),
            address: context.remoteAddress?.ipAddress ?? "127.0.0.1"
        )
        desk.receive(request, self)
    }

    private static func asksForStream(_ head: HTTPRequestHead) -> Bool {
        head.headers[canonicalForm: "upgrade"].contains { $0.lowercased() == "websocket" }
            && head.headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
    }

    /// What a WebSocket at an address is for; `nil` for an address that opens none.
    private func purpose(of uri: String, _ context: ChannelHandlerContext) -> (any SocketPurpose)? {
        if let path = StreamPath(uri) { return EventStream(desk, path, limits) }
        return RequestSocket(desk, uri, address: context.remoteAddress?.ipAddress ?? "127.0.0.1")
    }

    /// Turns the connection into a WebSocket.
    ///
    /// Source of the accepting hash: RFC 6455, section 4.2.2.
    private func become(_ purpose: any SocketPurpose, _ key: String, _ context: ChannelHandlerContext) {
        guard purpose.isOffered else { return cut() }
        let digest = Insecure.SHA1.hash(data: Data((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8))
        let headers: HTTPHeaders = [
            "Upgrade": "websocket", "Connection": "Upgrade",
            "Sec-WebSocket-Accept": Data(digest).base64EncodedString(),
        ]
        let head = HTTPResponseHead(version: .http1_1, status: .switchingProtocols, headers: headers)
        let pipeline = context.pipeline.syncOperations
        pipeline.removeHandler(pipelining, promise: nil)
        pipeline.removeHandler(mistakes, promise: nil)
        context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
        do {
            try pipeline.addHandlers(
                WebSocketFrameEncoder(),
                ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: 1 << 16)),
                WebSocketProtocolErrorHandler(),
                NIOWebSocketFrameAggregator(
                    minNonFinalFragmentSize: 0,
                    maxAccumulatedFrameCount: 64,
                    maxAccumulatedFrameSize: 1 << 16
                )
            )
            pipeline.removeHandler(encoder, promise: nil)
            try pipeline.addHandler(SocketConnection(purpose, limits))
            pipeline.removeHandler(self, promise: nil)
            // Bytes that came behind the request go to the frames' decoder.
            pipeline.removeHandler(decoder, promise: nil)
        } catch {
            context.close(promise: nil)
        }
    }

    func answer(_ answer: VenueAnswer) {
        guard isAsking, let context else { return }
        isAsking = false
        var headers = HTTPHeaders()
        for header in answer.headers { headers.add(name: header.name, value: header.value) }
        if !headers.contains(name: "content-type") { headers.add(name: "Content-Type", value: "application/json") }
        let buffer = context.channel.allocator.buffer(string: answer.body)
        headers.add(name: "Content-Length", value: "\(buffer.readableBytes)")
        if !keepsAlive { headers.add(name: "Connection", value: "close") }
        let head = HTTPResponseHead(
            version: .http1_1,
            status: HTTPResponseStatus(statusCode: answer.status),
            headers: headers
        )
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
        let written = context.writeAndFlush(wrapOutboundOut(.end(nil)))
        if !keepsAlive { written.assumeIsolated().whenComplete { _ in self.context?.close(promise: nil) } }
    }

    func cut() {
        isAsking = false
        context?.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
