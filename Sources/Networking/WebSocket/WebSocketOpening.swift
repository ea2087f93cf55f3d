import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket

/// One try to open a connection: TCP, TLS, and the server's agreement, under one deadline.
struct WebSocketOpening {
    private enum Answer: Sendable {
        case agreed(WebSocketConnection)
        case refused(EventLoopFuture<WebSocketError>)
    }

    private let address: WebSocketAddress
    private let settings: WebSocketSettings
    private let name: String

    init(_ address: WebSocketAddress, _ settings: WebSocketSettings, name: String) {
        self.address = address
        self.settings = settings
        self.name = name
    }

    func connection() async throws(WebSocketError) -> WebSocketConnection {
        // The threads of NIO's own group: they belong to the process, as the pool of Swift's tasks does.
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        // Its failure closes the channel of a try that takes too long or that nobody waits for any more.
        let abort = loop.makePromise(of: Void.self)
        let deadline = loop.scheduleTask(in: TimeAmount(settings.connectTimeout)) {
            abort.fail(WebSocketError(kind: .timedOut, message: "\(name) did not open within the connect timeout."))
        }
        defer { deadline.cancel() }
        do {
            let answer = try await withTaskCancellationHandler {
                try await open(on: loop, abort.futureResult)
            } onCancel: {
                abort.fail(WebSocketError(kind: .cancelled, message: "Opening \(name) was cancelled."))
            }
            abort.succeed(())
            return answer
        } catch {
            // Of an aborted try the reason to abort is what matters; otherwise this failure becomes it.
            abort.fail(Self.error(error, name))
            do {
                try await abort.futureResult.get()
            } catch let reason as WebSocketError {
                throw reason
            } catch {
                throw Self.error(error, name)
            }
            throw Self.error(error, name)
        }
    }

    private func open(on loop: any EventLoop, _ abort: EventLoopFuture<Void>) async throws -> WebSocketConnection {
        let security = try await context()
        let answer = try await ClientBootstrap(group: loop)
            .connectTimeout(TimeAmount(settings.connectTimeout))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connect(host: address.host, port: address.port) { channel in
                abort.whenFailure { _ in channel.close(promise: nil) }
                return channel.eventLoop.makeCompletedFuture {
                    if let security {
                        try channel.pipeline.syncOperations.addHandler(tls(security))
                    }
                    return try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(
                        configuration: request()
                    )
                }
            }
            .get()
        switch answer {
        case .agreed(let connection): return connection
        case .refused(let error): throw try await error.get()
        }
    }

    // MARK: TLS

    private func context() async throws -> NIOSSLContext? {
        guard address.isSecure else { return nil }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        // A peer that is gone does not say goodbye; waiting for it keeps a socket.
        configuration.shutdownTimeout = .seconds(1)
        if let file = settings.additionalAuthoritiesFile {
            configuration.additionalTrustRoots = [.file(file)]
        }
        // Reading the system's certificates is file input of some milliseconds.
        return try await NIOThreadPool.singleton.runIfActive { [configuration] in
            try NIOSSLContext(configuration: configuration)
        }
    }

    /// The handler of TLS; for an address in numbers the certificate is held against that address.
    private func tls(_ context: NIOSSLContext) throws -> NIOSSLClientHandler {
        let isNumeric = (try? SocketAddress(ipAddress: address.host, port: address.port)) != nil
        return try NIOSSLClientHandler(context: context, serverHostname: isNumeric ? nil : address.host)
    }

    // MARK: The request

    private func request() -> NIOUpgradableHTTPClientPipelineConfiguration<Answer> {
        var headers = HTTPHeaders([("Host", address.authority)])
        for header in settings.headers { headers.add(name: header.name, value: header.value) }
        let upgrader = NIOTypedWebSocketClientUpgrader<Answer>(
            maxFrameSize: settings.maximumMessageBytes,
            enableAutomaticErrorHandling: false,
            upgradePipelineHandler: agree
        )
        let upgrade = NIOTypedHTTPClientUpgradeConfiguration<Answer>(
            upgradeRequestHead: HTTPRequestHead(version: .http1_1, method: .GET, uri: address.target, headers: headers),
            upgraders: [upgrader],
            notUpgradingCompletionHandler: { channel in
                channel.eventLoop.makeCompletedFuture {
                    let refusal = RefusalHandler(name, channel.eventLoop.makePromise())
                    try channel.pipeline.syncOperations.addHandler(refusal)
                    return .refused(refusal.promise.futureResult)
                }
            }
        )
        var configuration = NIOUpgradableHTTPClientPipelineConfiguration(upgradeConfiguration: upgrade)
        // The first frames may come with the answer.
        configuration.leftOverBytesStrategy = .forwardBytes
        return configuration
    }

    @Sendable
    private func agree(_ channel: any Channel, _ head: HTTPResponseHead) -> EventLoopFuture<Answer> {
        channel.eventLoop.makeCompletedFuture {
            for unasked in ["Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol"]
            where head.headers.contains(name: unasked) {
                throw WebSocketError(
                    kind: .refused,
                    message: "\(name) answered with \(unasked), which was not asked for."
                )
            }
            let (high, name) = (settings.bufferedMessages, name)
            let made = WebSocketMessages.Producer.makeSequence(
                elementType: WebSocketMessage.self,
                backPressureStrategy: .init(lowWatermark: (high + 1) / 2, highWatermark: high),
                finishOnDeinit: false,
                delegate: MessageDemand(channel: channel)
            )
            let handler = WebSocketHandler(name: name, settings: settings, source: made.source)
            try channel.pipeline.syncOperations.addHandler(handler)
            let messages = WebSocketMessages(producer: made.sequence)
            return .agreed(WebSocketConnection(channel: channel, messages: messages, name: name))
        }
    }

    // MARK: Errors

    /// What an error of NIO means; none of its texts holds the request.
    private static func error(_ error: any Error, _ name: String) -> WebSocketError {
        func made(_ kind: WebSocketError.Kind, _ reason: String) -> WebSocketError {
            WebSocketError(kind: kind, message: "\(name) did not open: \(reason).")
        }
        switch error {
        case let error as WebSocketError: return error
        case let error as NIOConnectionError:
            if error.dnsAError != nil, error.connectionErrors.isEmpty {
                return made(.nameNotResolved, "the name '\(error.host)' was not found")
            }
            let reason = error.connectionErrors.first.map { "\($0.error)" } ?? "nobody listens"
            return made(.connectFailed, reason)
        case ChannelError.connectTimeout: return made(.timedOut, "the connect timeout passed")
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError: return made(.tlsFailed, "\(error)")
        case is NIOHTTPClientUpgradeError: return made(.refused, "the server's agreement was not by the protocol")
        case is HTTPParserError: return made(.refused, "the server does not speak HTTP")
        case is ChannelError: return made(.connectionLost, "the server ended the connection before it had answered")
        case is IOError: return made(.connectionLost, "\(error)")
        default: return made(.other, "\(error)")
        }
    }
}

/// Reads the answer of a server that did not agree.
private final class RefusalHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    let promise: EventLoopPromise<WebSocketError>
    private let name: String

    init(_ name: String, _ promise: EventLoopPromise<WebSocketError>) {
        self.name = name
        self.promise = promise
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(let head) = Self.unwrapInboundIn(data) else { return }
        let status = Int(head.status.code)
        let seconds = head.headers.first(name: "Retry-After").flatMap { Int64($0) }
        promise.succeed(
            WebSocketError(
                kind: .refused,
                message: "\(name) answered with status \(status) instead of opening.",
                status: status,
                // No server means more than days.
                retryAfter: seconds.map { .seconds(min(max(0, $0), 30 * 86_400)) }
            )
        )
        context.close(promise: nil)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        promise.succeed(
            WebSocketError(kind: .connectionLost, message: "\(name) ended the connection before it had answered.")
        )
    }
}
