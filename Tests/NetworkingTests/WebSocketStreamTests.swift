import Networking
import Synchronization
import Testing

@Suite("WebSocket stream", .timeLimit(.minutes(5)))
struct WebSocketStreamTests {
    private static let quick = Backoff(initial: .milliseconds(1), maximum: .milliseconds(4), stableAfter: .seconds(60))

    @Test("It connects again after every end, resubscribes, and tells both")
    func reconnects() async throws {
        let heard = Mutex<[[String]]>([])
        let events = try await withWebSocketPeer { peer, number in
            var texts: [String] = []
            for _ in 0..<(number == 1 ? 2 : 3) {
                let frame = try await peer.frame(0x81)
                texts.append(frame?.text ?? "nothing")
            }
            let all = texts
            heard.withLock { $0.append(all) }
            try await peer.send(textFrame("hello \(number)"))
            if number == 1 { _ = try await peer.frame(0x81) }
            if number == 2 { try await peer.send(closeFrame(1012)) }
            if number == 3 { _ = try await peer.frame(0x88) }
        } body: { address in
            let asked = Mutex(0)
            let stream = WebSocketStream(
                url: {
                    asked.withLock { $0 += 1 }
                    // The second address fails, as when a key cannot be had.
                    if asked.withLock({ $0 }) == 2 { throw WebSocketError(kind: .other, message: "no key") }
                    return address + "?listenKey=hidden"
                },
                settings: WebSocketSettings(connectTimeout: patience),
                backoff: Self.quick,
                subscriptions: ["a", "b"],
                draw: { 0.5 }
            )
            var lines: [String] = []
            for await event in stream.events {
                switch event {
                case .connected(let attempt): lines.append("connected \(attempt)")
                case .message(.text(let text)):
                    lines.append(text)
                    if text == "hello 1" { await stream.subscribe("c") }
                    if text == "hello 3" { await stream.stop() }
                case .message(.data): lines.append("data")
                case .disconnected(let error, let wait):
                    #expect(!"\(error)".contains("hidden"))
                    lines.append("\(error.code) \(wait)")
                }
            }
            return lines
        }
        #expect(
            events == [
                "connected 1", "hello 1", "websocket_connection_lost 0.00075 seconds",
                "websocket_no_address 0.0015 seconds",
                "connected 2", "hello 2", "websocket_closed_by_peer 0.003 seconds", "connected 1", "hello 3",
            ]
        )
        #expect(heard.withLock { $0 } == [["a", "b"], ["a", "b", "c"], ["a", "b", "c"]])
    }

    @Test("A stop ends a wait and a try, and a stopped stream has no events")
    func stops() async throws {
        let stream = WebSocketStream(
            url: { "ws://127.0.0.1:1/" },
            backoff: Backoff(initial: .seconds(3600), maximum: .seconds(3600))
        )
        var events = stream.events.makeAsyncIterator()
        guard case .disconnected(let error, _)? = await events.next() else {
            Issue.record("nobody listens at port 1")
            return
        }
        #expect(error.kind == .connectFailed)
        async let stopped: Void = stream.stop()
        #expect(await events.next() == nil)
        await stopped
        #expect(await events.next() == nil)

        try await withWebSocketPeer(agrees: false) { peer, _ in
            while try await peer.frame() != nil {}
        } body: { address in
            let waiting = WebSocketStream(url: { address })
            let consumer = Task {
                var events = waiting.events.makeAsyncIterator()
                return await events.next()
            }
            await waiting.stop()
            #expect(await consumer.value == nil)
        }
    }

    @Test("A server's wish to be left alone is kept when it is longer than the backoff")
    func retryAfter() async throws {
        try await withWebSocketPeer(agrees: false) { peer, _ in
            try await peer.readRequest()
            try await peer.send(Array("HTTP/1.1 418 No\r\nRetry-After: 120\r\n\r\n".utf8))
        } body: { address in
            let stream = WebSocketStream(url: { address }, backoff: Self.quick)
            var events = stream.events.makeAsyncIterator()
            guard case .disconnected(let error, let wait) = await events.next() else {
                Issue.record("it was not refused")
                return
            }
            #expect(error.status == 418)
            #expect(wait == .seconds(120))
        }
    }
}

@Suite("Backoff")
struct BackoffTests {
    @Test("Waits double up to the maximum, and a success that lasted starts them anew")
    func table() {
        var backoff = Backoff(initial: .seconds(1), maximum: .seconds(10), stableAfter: .seconds(60))
        // Half of each wait is certain, the other half is drawn.
        let waits = (0..<6).map { _ in backoff.wait(lasted: nil, draw: 0) }
        #expect(waits == [0.5, 1, 2, 4, 5, 5].map { .seconds($0) })
        #expect(backoff.wait(lasted: .seconds(59), draw: 0) == .seconds(5))
        #expect(backoff.wait(lasted: .seconds(60), draw: 0) == .seconds(0.5))
        #expect(backoff.wait(lasted: .seconds(1), draw: 0.5) == .seconds(1.5))
    }

    @Test("No draw and no number of failures leaves the bounds", arguments: UInt64(1)...50)
    func bounds(seed: UInt64) {
        var draws = SplitMix(state: seed)
        var backoff = Backoff(initial: .milliseconds(100), maximum: .seconds(30))
        for failure in 0..<100 {
            let wait = backoff.wait(lasted: nil, draw: draws.unit())
            let whole = min(Duration.milliseconds(100) * (1 << min(failure, 20)), .seconds(30))
            #expect(wait >= whole / 2 && wait < whole)
        }
    }
}

/// Random numbers that a seed repeats.
///
/// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// From 0 up to and without 1.
    mutating func unit() -> Double { Double(next() >> 11) / 9_007_199_254_740_992 }
}
