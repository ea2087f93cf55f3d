import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket
import Synchronization
import Testing

/// How long a connection of a test may take to open: it guards against hanging, and peers take their turns.
let patience: Duration = .seconds(240)

/// A WebSocket server of this process that sends whatever bytes a test wants, wrong ones too.
///
/// `script` is performed for each connection, in the order of their coming and one after the other.
@discardableResult
func withWebSocketPeer<Result: Sendable>(
    tls: NIOSSLContext? = nil,
    host: String = "127.0.0.1",
    agrees: Bool = true,
    script: @escaping @Sendable (_ peer: inout WebSocketPeer, _ number: Int) async throws -> Void,
    body: @escaping @Sendable (_ address: String) async throws -> Result
) async throws -> Result {
    let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .bind(host: "127.0.0.1", port: 0) { channel in
            channel.eventLoop.makeCompletedFuture {
                if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
                return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            }
        }
    let port = try #require(server.channel.localAddress?.port)
    let turns = PeerTurns()
    // A task that nobody cancels: a cancelled one lets go of connections that wait for their turn without closing them,
    // which NIO takes for a fault of the program, and the whole test run would end with one failed test.
    let serving = Task {
        try await server.executeThenClose { connections in
            var number = 0
            for try await connection in connections {
                number += 1
                let current = number
                // How a connection ends is the client's business, and a test looks at that side.
                try? await connection.executeThenClose { incoming, outgoing in
                    guard turns.begin(connection.channel) else { return }
                    var peer = WebSocketPeer(incoming.makeAsyncIterator(), outgoing, connection.channel)
                    if agrees { try await peer.agree() }
                    try await script(&peer, current)
                }
            }
        }
    }
    return try await withTaskCancellationHandler {
        let outcome: Swift.Result<Result, any Error>
        do {
            outcome = .success(try await body("\(tls == nil ? "ws" : "wss")://\(host):\(port)"))
        } catch {
            outcome = .failure(error)
            turns.end()
        }
        // Scripts under way come to their end, for the client has closed its connections.
        try await server.channel.close()
        try await serving.value
        return try outcome.get()
    } onCancel: {
        turns.end()
    }
}

/// Whose turn it is at a peer, and whether there are any more.
private final class PeerTurns: Sendable {
    private let state = Mutex<(channel: (any Channel)?, isOver: Bool)>((nil, false))

    /// Whether the script is to be performed for this connection.
    func begin(_ channel: any Channel) -> Bool {
        state.withLock { state in
            if !state.isOver { state.channel = channel }
            return !state.isOver
        }
    }

    /// No script begins any more, and the one under way loses its connection.
    func end() {
        let channel = state.withLock { state in
            state.isOver = true
            return state.channel
        }
        channel?.close(promise: nil)
    }
}

/// The server's end of one connection.
struct WebSocketPeer {
    /// A client's frame as it came, unmasked.
    struct Frame: Equatable {
        let opcode: UInt8
        let isMasked: Bool
        let payload: [UInt8]

        var text: String { String(decoding: payload, as: UTF8.self) }
        /// The code of a close.
        var code: Int? { payload.count < 2 ? nil : Int(payload[0]) << 8 | Int(payload[1]) }
    }

    private var incoming: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let outgoing: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private let channel: any Channel
    private var buffer = ByteBuffer()
    /// The first line of the request, and its headers.
    private(set) var request: [String] = []

    init(
        _ incoming: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator,
        _ outgoing: NIOAsyncChannelOutboundWriter<ByteBuffer>,
        _ channel: any Channel
    ) {
        self.incoming = incoming
        self.outgoing = outgoing
        self.channel = channel
    }

    /// Reads the request for the connection.
    mutating func readRequest() async throws {
        var text = ""
        while !text.hasSuffix("\r\n\r\n") {
            text += try await String(decoding: bytes(1), as: UTF8.self)
        }
        request = text.split(separator: "\r\n").map(String.init)
    }

    /// Reads the request and agrees to it; the bytes after that leave in the same piece.
    mutating func agree(headers more: String = "", then bytes: [UInt8] = []) async throws {
        try await readRequest()
        var headers = HTTPHeaders()
        for line in request.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
            headers.add(name: parts[0], value: String(parts[1].dropFirst()))
        }
        let upgrader = NIOWebSocketServerUpgrader(
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture([:]) },
            upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededVoidFuture() }
        )
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/", headers: headers)
        let channel = channel
        let answered = try await channel.eventLoop.flatSubmit {
            upgrader.buildUpgradeResponse(channel: channel, upgradeRequest: head, initialResponseHeaders: [:])
        }.get()
        let accept = try #require(answered.first(name: "Sec-WebSocket-Accept"))
        try await send(
            Array(
                "HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Accept: \(accept)\r\n\(more)\r\n"
                    .utf8
            ) + bytes
        )
    }

    func send(_ bytes: [UInt8]) async throws { try await outgoing.write(ByteBuffer(bytes: bytes)) }

    /// Reads the next frame; `nil` at the end of the connection.
    mutating func frame() async throws -> Frame? {
        guard let head = try? await bytes(2) else { return nil }
        var length = Int(head[1] & 0x7F)
        if length > 125 {
            length = try await bytes(length == 126 ? 2 : 8).reduce(0) { $0 << 8 | Int($1) }
        }
        let isMasked = head[1] & 0x80 != 0
        let mask = isMasked ? try await bytes(4) : [0, 0, 0, 0]
        let payload = try await bytes(length).enumerated().map { $1 ^ mask[$0 % 4] }
        return Frame(opcode: head[0], isMasked: isMasked, payload: payload)
    }

    /// Reads frames up to the one of this kind (with its first bit, as it comes); `nil` if it does not come.
    mutating func frame(_ opcode: UInt8) async throws -> Frame? {
        while let frame = try await frame() {
            if frame.opcode == opcode { return frame }
        }
        return nil
    }

    private mutating func bytes(_ count: Int) async throws -> [UInt8] {
        while buffer.readableBytes < count {
            guard var piece = try await incoming.next() else { throw ChannelError.eof }
            buffer.writeBuffer(&piece)
        }
        return buffer.readBytes(length: count) ?? []
    }
}

/// A frame as a server sends it, with every bit at the test's will.
func rawFrame(_ first: UInt8, _ payload: [UInt8], mask: [UInt8]? = nil) -> [UInt8] {
    var bytes = [first]
    let bit: UInt8 = mask == nil ? 0 : 0x80
    switch payload.count {
    case ...125: bytes.append(bit | UInt8(payload.count))
    case ...65_535: bytes += [bit | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
    default: bytes += [bit | 127] + (0..<8).reversed().map { UInt8(payload.count >> ($0 * 8) & 0xFF) }
    }
    bytes += mask ?? []
    return bytes + payload.enumerated().map { index, byte in byte ^ (mask.map { $0[index % 4] } ?? 0) }
}

func textFrame(_ text: String) -> [UInt8] { rawFrame(0x81, Array(text.utf8)) }

func closeFrame(_ code: Int, _ reason: String = "") -> [UInt8] {
    rawFrame(0x88, [UInt8(code >> 8), UInt8(code & 0xFF)] + Array(reason.utf8))
}
