@testable import Networking
import NIOCore
import NIOWebSocket
import Testing

/// One frame of a table: its kind, its last-part bit and its bytes.
struct TableFrame: Sendable {
    let opcode: UInt8
    var isLast = true
    var payload: [UInt8] = []
    var isMasked = false
    var isExtended = false

    var frame: WebSocketFrame {
        WebSocketFrame(
            fin: isLast,
            rsv1: isExtended,
            opcode: WebSocketOpcode(encodedWebSocketOpcode: opcode) ?? .text,
            maskKey: isMasked ? WebSocketMaskingKey([1, 2, 3, 4]) : nil,
            data: ByteBuffer(bytes: payload)
        )
    }

    static func text(_ text: String, isLast: Bool = true) -> Self {
        Self(opcode: 1, isLast: isLast, payload: Array(text.utf8))
    }

    static func more(_ text: String, isLast: Bool) -> Self {
        Self(opcode: 0, isLast: isLast, payload: Array(text.utf8))
    }
}

@Suite("Frames become messages")
struct MessageAssemblyTests {
    /// Frames in, and what the last of them came to.
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let frames: [TableFrame]
        var outcome: MessageAssembly.Outcome?
        var code: Int?

        var testDescription: String { name }
    }

    @Test(
        "What a server's frames come to",
        arguments: [
            Case(name: "a text", frames: [.text("hé")], outcome: .message(.text("hé"))),
            Case(name: "an empty text", frames: [.text("")], outcome: .message(.text(""))),
            Case(name: "data", frames: [.init(opcode: 2, payload: [0, 255])], outcome: .message(.data([0, 255]))),
            Case(name: "the first part", frames: [.text("a", isLast: false)], outcome: .nothing),
            Case(
                name: "three parts, one of them empty",
                frames: [.text("a", isLast: false), .more("", isLast: false), .more("b", isLast: true)],
                outcome: .message(.text("ab"))
            ),
            Case(
                name: "a ping between parts",
                frames: [.text("a", isLast: false), .init(opcode: 9, payload: [7])],
                outcome: .ping(ByteBuffer(bytes: [7]))
            ),
            Case(
                name: "parts around a ping",
                frames: [.text("a", isLast: false), .init(opcode: 9), .more("b", isLast: true)],
                outcome: .message(.text("ab"))
            ),
            Case(
                name: "a character torn between parts",
                frames: [
                    .init(opcode: 1, isLast: false, payload: [0xC3]), .init(opcode: 0, isLast: true, payload: [0xA9]),
                ],
                outcome: .message(.text("é"))
            ),
            Case(
                name: "two messages in parts, one after the other",
                frames: [
                    .text("a", isLast: false), .more("b", isLast: true), .text("c", isLast: false),
                    .more("d", isLast: true),
                ],
                outcome: .message(.text("cd"))
            ),
            Case(name: "a pong nobody asked for", frames: [.init(opcode: 10, payload: [1])], outcome: .nothing),
            Case(name: "a close without code", frames: [.init(opcode: 8)], outcome: .close(.none, reason: "")),
            Case(
                name: "a close with a reason",
                frames: [.init(opcode: 8, payload: [3, 233] + Array("bye".utf8))],
                outcome: .close(.goingAway, reason: "bye")
            ),
            Case(
                name: "a close with a code of one's own",
                frames: [.init(opcode: 8, payload: [0x0F, 0xA0])],
                outcome: .close(.init(rawValue: 4000), reason: "")
            ),
            Case(name: "masked", frames: [.init(opcode: 1, isMasked: true)], code: 1002),
            Case(name: "an extension", frames: [.init(opcode: 1, isExtended: true)], code: 1002),
            Case(name: "an unknown kind", frames: [.init(opcode: 3)], code: 1002),
            Case(name: "an unknown control frame", frames: [.init(opcode: 11)], code: 1002),
            Case(name: "a part of nothing", frames: [.more("a", isLast: true)], code: 1002),
            Case(name: "a message within a message", frames: [.text("a", isLast: false), .text("b")], code: 1002),
            Case(name: "a close with half a code", frames: [.init(opcode: 8, payload: [3])], code: 1002),
            Case(name: "a close with code 1005", frames: [.init(opcode: 8, payload: [3, 237])], code: 1002),
            Case(name: "a close with code 2000", frames: [.init(opcode: 8, payload: [7, 208])], code: 1002),
            Case(name: "a reason that is no text", frames: [.init(opcode: 8, payload: [3, 232, 0xFF])], code: 1007),
            Case(name: "a text that is none", frames: [.init(opcode: 1, payload: [0xED, 0xA0, 0x80])], code: 1007),
            Case(
                name: "parts that are no text",
                frames: [.init(opcode: 1, isLast: false, payload: [0xC3]), .more("a", isLast: true)],
                code: 1007
            ),
            Case(name: "nine bytes of eight", frames: [.text("123456789")], code: 1009),
            Case(name: "eight bytes of eight", frames: [.text("12345678")], outcome: .message(.text("12345678"))),
            Case(
                name: "nine bytes of eight, in parts",
                frames: [.text("12345", isLast: false), .more("6789", isLast: false)],
                code: 1009
            ),
        ]
    )
    func table(_ test: Case) throws {
        var assembly = MessageAssembly(maximumBytes: 8)
        for frame in test.frames.dropLast() { _ = try assembly.take(frame.frame) }
        let last = try #require(test.frames.last)
        do throws(MessageAssembly.Violation) {
            #expect(try assembly.take(last.frame) == test.outcome)
        } catch {
            #expect(Int(error.code.rawValue) == test.code)
        }
    }

    @Test("Addresses are parsed whole")
    func addresses() {
        func parts(_ url: String) -> String {
            guard let address = WebSocketAddress(url) else { return "none" }
            return "\(address.isSecure) \(address.host) \(address.port) \(address.target) \(address.authority)"
        }
        #expect(parts("wss://a.b/ws?listenKey=k#x") == "true a.b 443 /ws?listenKey=k a.b")
        #expect(parts("WS://a:8080") == "false a 8080 / a:8080")
        #expect(parts("ws://a?x=1") == "false a 80 /?x=1 a")
        #expect(parts("ws://[::1]:9/x") == "false ::1 9 /x [::1]:9")
        for wrong in [
            "http://a", "ws://", "ws://u:p@a/", "ws://a:0/", "ws://a:x/", "ws://a/ b", "ws:///x", "a", "ws://[::1",
        ] {
            #expect(parts(wrong) == "none", "\(wrong)")
        }
    }
}
