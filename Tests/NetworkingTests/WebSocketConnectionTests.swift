import NIOCore
import Networking
import Synchronization
import Testing

@Suite("WebSocket connection", .timeLimit(.minutes(5)))
struct WebSocketConnectionTests {
    /// What a connection delivers up to its end.
    private static func drain(
        _ address: String,
        _ settings: WebSocketSettings = .init(connectTimeout: patience)
    ) async throws -> (texts: [String], end: WebSocketError?) {
        let connection = try await WebSocketConnection.connect(to: address, settings)
        var texts: [String] = []
        do throws(WebSocketError) {
            for try await message in connection.messages {
                if case .text(let text) = message { texts.append(text) } else { texts.append("data") }
            }
            return (texts, nil)
        } catch {
            return (texts, error)
        }
    }

    @Test("Texts go both ways, the client's masked, and a close by us ends without an error")
    func echo() async throws {
        let frames = Mutex<[WebSocketPeer.Frame]>([])
        try await withWebSocketPeer { peer, _ in
            while let frame = try await peer.frame() {
                frames.withLock { $0.append(frame) }
                if frame.opcode == 0x88 { return try await peer.send(closeFrame(1000)) }
                try await peer.send(textFrame("→ " + frame.text))
            }
        } body: { address in
            let connection = try await WebSocketConnection.connect(to: address + "/ws", .init(connectTimeout: patience))
            var messages = connection.messages.makeAsyncIterator()
            for text in ["", "hé", String(repeating: "x", count: 200), String(repeating: "y", count: 70_000)] {
                try await connection.send(text: text)
                #expect(try await messages.next() == .text("→ " + text))
            }
            await connection.close(code: .goingAway, reason: "enough")
            #expect(try await messages.next() == nil)
            await #expect(throws: WebSocketError.self) { try await connection.send(text: "late") }
        }
        let seen = frames.withLock { $0 }
        #expect(seen.allSatisfy { $0.isMasked })
        #expect(seen.last?.opcode == 0x88)
        #expect(seen.last?.code == 1001)
        #expect(seen.last?.payload.dropFirst(2).elementsEqual("enough".utf8) == true)
    }

    @Test("Frames that come with the agreement, torn at every byte or all at once, are one and the same")
    func torn() async throws {
        let bytes =
            rawFrame(0x01, Array("a".utf8)) + rawFrame(0x89, [1, 2]) + rawFrame(0x00, Array("b".utf8))
            + rawFrame(0x80, Array("c".utf8)) + textFrame(String(repeating: "z", count: 300)) + closeFrame(1001, "done")
        for isTorn in [false, true] {
            let (texts, end) = try await withWebSocketPeer(agrees: false) { peer, _ in
                try await peer.agree(then: isTorn ? [] : bytes)
                if isTorn { for byte in bytes { try await peer.send([byte]) } }
                #expect(try await peer.frame(0x8A)?.payload == [1, 2])
                #expect(try await peer.frame(0x88)?.code == 1001)
            } body: {
                try await Self.drain($0)
            }
            #expect(texts == ["abc", String(repeating: "z", count: 300)])
            #expect(end?.kind == .closedByPeer)
            #expect(end?.closeCode == .goingAway)
            #expect(end?.message.contains("done") == true)
        }
    }

    /// What a server sends, and the error and the code that it earns.
    struct Offence: Sendable, CustomTestStringConvertible {
        let name: String
        let bytes: [UInt8]
        let kind: WebSocketError.Kind
        let code: Int

        var testDescription: String { name }
    }

    @Test(
        "An offence ends the connection with its code, after what came before it",
        arguments: [
            Offence(
                name: "mask",
                bytes: rawFrame(0x81, [65], mask: [1, 2, 3, 4]),
                kind: .protocolError,
                code: 1002
            ),
            Offence(name: "reserved bit", bytes: rawFrame(0xC1, [65]), kind: .protocolError, code: 1002),
            Offence(name: "torn ping", bytes: rawFrame(0x09, [65]), kind: .protocolError, code: 1002),
            Offence(
                name: "long ping",
                bytes: rawFrame(0x89, Array(repeating: 1, count: 126)),
                kind: .protocolError,
                code: 1002
            ),
            Offence(name: "no text", bytes: rawFrame(0x81, [0xFF]), kind: .invalidText, code: 1007),
            Offence(
                name: "large",
                bytes: rawFrame(0x82, Array(repeating: 0, count: 1001)),
                kind: .messageTooLarge,
                code: 1009
            ),
            Offence(
                name: "larger than memory",
                bytes: [0x82, 0xFF] + Array(repeating: 0xFF, count: 8),
                kind: .messageTooLarge,
                code: 1009
            ),
            Offence(
                name: "large in parts",
                bytes: rawFrame(0x02, Array(repeating: 0, count: 600))
                    + rawFrame(0x80, Array(repeating: 0, count: 600)),
                kind: .messageTooLarge,
                code: 1009
            ),
        ]
    )
    func offences(_ offence: Offence) async throws {
        let told = Mutex<Int?>(nil)
        let (texts, end) = try await withWebSocketPeer { peer, _ in
            try await peer.send(textFrame("before") + offence.bytes)
            let code = try await peer.frame(0x88)?.code
            told.withLock { $0 = code }
        } body: {
            try await Self.drain($0, WebSocketSettings(connectTimeout: patience, maximumMessageBytes: 1000))
        }
        #expect(texts == ["before"], "\(offence.name)")
        #expect(end?.kind == offence.kind)
        #expect(end?.closeCode.map { Int($0.rawValue) } == offence.code)
        #expect(told.withLock { $0 } == offence.code)
    }

    @Test("Pings are answered with their payload, also empty ones")
    func pongs() async throws {
        try await withWebSocketPeer { peer, _ in
            for payload in [[], [9], Array(repeating: UInt8(7), count: 125)] {
                try await peer.send(rawFrame(0x89, payload))
                #expect(try await peer.frame(0x8A)?.payload == payload)
            }
            try await peer.send(textFrame("answered"))
            _ = try await peer.frame()
        } body: { address in
            let connection = try await WebSocketConnection.connect(to: address, .init(connectTimeout: patience))
            var messages = connection.messages.makeAsyncIterator()
            #expect(try await messages.next() == .text("answered"))
        }
    }

    @Test("A peer that answers pings stays, one that falls silent is given up")
    func silence() async throws {
        let settings = WebSocketSettings(
            connectTimeout: patience,
            pingInterval: .milliseconds(20),
            pongTimeout: .seconds(5)
        )
        let (texts, end) = try await withWebSocketPeer { peer, _ in
            let ping = try #require(try await peer.frame(0x89))
            try await peer.send(rawFrame(0x8A, ping.payload))
            // The next comes only because that was an answer.
            _ = try await peer.frame(0x89)
            try await peer.send(textFrame("two"))
            while try await peer.frame() != nil {}
        } body: {
            try await Self.drain($0, settings)
        }
        #expect(texts == ["two"])
        #expect(end?.kind == .peerSilent)
    }

    @Test("A slow consumer stops the reading, keeps its connection, and misses nothing")
    func slowConsumer() async throws {
        let count = 1500
        let sent = Mutex(0)
        let filler = String(repeating: "x", count: 10_000)
        try await withWebSocketPeer { peer, _ in
            for number in 0..<count {
                try await peer.send(textFrame("\(number) \(filler)"))
                sent.withLock { $0 = number + 1 }
            }
            _ = try await peer.frame(0x88)
        } body: { address in
            let settings = WebSocketSettings(
                connectTimeout: patience,
                pingInterval: .milliseconds(20),
                pongTimeout: .seconds(5),
                bufferedMessages: 16
            )
            let connection = try await WebSocketConnection.connect(to: address, settings)
            var messages = connection.messages.makeAsyncIterator()
            var stuck = -1
            let end = ContinuousClock.now + .seconds(900)
            // Until the sender has stood still for several deadlines of a pong.
            while true {
                let now = sent.withLock { $0 }
                if now == stuck, now > 0 { break }
                try #require(.now < end, "\(now) messages were sent, and more go out")
                stuck = now
                try await Task.sleep(for: .seconds(15))
            }
            #expect(stuck < count, "all was sent, so nothing held the sender back")
            for number in 0..<count {
                guard case .text(let text) = try await messages.next() else {
                    Issue.record("ended at \(number)")
                    return
                }
                #expect(text.hasPrefix("\(number) "))
            }
            await connection.close()
        }
    }

    @Test("A connection that is torn down is lost, and a consumer who leaves closes it")
    func endings() async throws {
        let (texts, end) = try await withWebSocketPeer { peer, _ in
            try await peer.send(textFrame("last") + [0x81, 10, 65])
            _ = try await peer.frame(0x89)
        } body: {
            try await Self.drain($0, WebSocketSettings(connectTimeout: patience, pingInterval: .milliseconds(20)))
        }
        #expect(texts == ["last"])
        #expect(end?.kind == .connectionLost)

        let code = Mutex<Int?>(nil)
        try await withWebSocketPeer { peer, _ in
            let told = try await peer.frame(0x88)?.code
            code.withLock { $0 = told }
        } body: { address in
            let consumer = Task { try await Self.drain(address) }
            consumer.cancel()
            _ = try? await consumer.value
            var other: WebSocketConnection? = try await WebSocketConnection.connect(
                to: address,
                .init(connectTimeout: patience)
            )
            #expect(other != nil)
            other = nil
        }
        #expect(code.withLock { $0 } == 1000)
    }

    @Test("A server that does not agree is told by status and wait, without the query")
    func refusals() async throws {
        func answer(_ text: String) async throws -> WebSocketError {
            try await withWebSocketPeer(agrees: false) { peer, _ in
                try await peer.readRequest()
                try await peer.send(Array(text.utf8))
                _ = try await peer.frame()
            } body: { address in
                let error = await #expect(throws: WebSocketError.self) {
                    try await WebSocketConnection.connect(
                        to: address + "/ws?listenKey=hidden",
                        .init(connectTimeout: patience)
                    )
                }
                return try #require(error)
            }
        }
        let busy = try await answer("HTTP/1.1 429 No\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n")
        #expect(busy.kind == .refused)
        #expect(busy.status == 429)
        #expect(busy.retryAfter == .seconds(7))
        let fake = try await answer(
            "HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Accept: AAAA\r\n\r\n"
        )
        #expect(fake.kind == .refused)
        let other = try await answer("SSH-2.0-x\r\n\r\n")
        #expect(other.kind == .refused)
        for error in [busy, fake, other] { #expect(!"\(error)".contains("hidden")) }
    }

    @Test("An extension that was not asked for is refused")
    func extensions() async throws {
        try await withWebSocketPeer(agrees: false) { peer, _ in
            try await peer.agree(headers: "Sec-WebSocket-Extensions: permessage-deflate\r\n")
            _ = try await peer.frame()
        } body: { address in
            let error = await #expect(throws: WebSocketError.self) {
                try await WebSocketConnection.connect(to: address, .init(connectTimeout: patience))
            }
            #expect(error?.kind == .refused)
        }
    }

    @Test("The request has the headers asked for, and the query stays in it")
    func request() async throws {
        let lines = Mutex<[String]>([])
        try await withWebSocketPeer { peer, _ in
            let request = peer.request
            lines.withLock { $0 = request }
        } body: { address in
            _ = try await WebSocketConnection.connect(
                to: address + "/private/ws?listenKey=k",
                WebSocketSettings(connectTimeout: patience, headers: [HTTPHeader("X-Test", "a b")])
            )
        }
        let seen = lines.withLock { $0 }
        #expect(seen.first == "GET /private/ws?listenKey=k HTTP/1.1")
        #expect(seen.contains("X-Test: a b"))
        #expect(seen.contains("Sec-WebSocket-Version: 13"))
    }

    @Test("A server that never answers runs into the deadline, and a cancelled try ends at once")
    func deadlines() async throws {
        try await withWebSocketPeer(agrees: false) { peer, _ in
            while try await peer.frame() != nil {}
        } body: { address in
            let late = await #expect(throws: WebSocketError.self) {
                try await WebSocketConnection.connect(
                    to: address,
                    WebSocketSettings(connectTimeout: .milliseconds(100))
                )
            }
            #expect(late?.kind == .timedOut)
            let attempt = Task { try await WebSocketConnection.connect(to: address, .init(connectTimeout: patience)) }
            attempt.cancel()
            let cancelled = await #expect(throws: WebSocketError.self) { try await attempt.value }
            #expect(cancelled?.kind == .cancelled)
        }
    }

    @Test("Where nobody listens or the address is none, the reason is told")
    func unreachable() async throws {
        // A port that was free a moment ago.
        let port = try await withWebSocketPeer { _, _ in
        } body: {
            $0
        }
        let nobody = await #expect(throws: WebSocketError.self) {
            try await WebSocketConnection.connect(to: port, .init(connectTimeout: patience))
        }
        #expect(nobody?.kind == .connectFailed)
        let unknown = await #expect(throws: WebSocketError.self) {
            try await WebSocketConnection.connect(
                to: "ws://nowhere.invalid/ws?secret=1",
                .init(connectTimeout: patience)
            )
        }
        #expect(unknown?.kind == .nameNotResolved)
        let wrong = await #expect(throws: WebSocketError.self) {
            try await WebSocketConnection.connect(to: "http://user:hidden@host/?secret=1")
        }
        #expect(wrong?.kind == .invalidRequest)
        let header = await #expect(throws: WebSocketError.self) {
            let settings = WebSocketSettings(headers: [HTTPHeader("X-Key", "secret\r\nX: y")])
            return try await WebSocketConnection.connect(to: "ws://127.0.0.1:1/", settings)
        }
        #expect(header?.kind == .invalidRequest)
        for error in [nobody, unknown, wrong, header] {
            #expect("\(String(describing: error))".contains("secret") == false)
            #expect("\(String(describing: error))".contains("hidden") == false)
        }
    }
}
