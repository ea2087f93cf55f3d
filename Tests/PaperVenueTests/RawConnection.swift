import Foundation
import Glibc

/// A connection to a server of this machine that shows and sends the bytes themselves; nothing of SwiftNIO's.
final class RawConnection {
    private let socket: Int32
    private var buffer: [UInt8] = []

    /// - Throws: When nobody listens.
    init(port: Int, patience seconds: Int = 60) throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else { throw ConnectionLost("connect: \(String(cString: strerror(errno)))") }
        // A server that says nothing for so long says nothing at all.
        var patience = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(socket) }

    struct ConnectionLost: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    struct Answer {
        let status: Int
        let headers: [String: String]
        let body: String
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw ConnectionLost("send") }
            sent += count
        }
    }

    /// A request with everything in its address, or with a form body.
    func request(_ method: String, _ target: String, body: String = "", headers: [String: String] = [:]) throws
        -> Answer
    {
        try send(Self.text(method, target, body: body, headers: headers))
        return try answer()
    }

    static func text(_ method: String, _ target: String, body: String = "", headers: [String: String] = [:]) -> String {
        var lines = ["\(method) \(target) HTTP/1.1", "Host: 127.0.0.1"]
        lines += headers.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        if !body.isEmpty { lines.append("Content-Length: \(body.utf8.count)") }
        return lines.joined(separator: "\r\n") + "\r\n\r\n" + body
    }

    /// The next answer with its body, of the length that it gives.
    func answer() throws -> Answer {
        let head = try line(until: "\r\n\r\n")
        let lines = head.components(separatedBy: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            if parts.count == 2 { headers[parts[0].lowercased()] = parts[1] }
        }
        let status = Int(lines[0].split(separator: " ")[1]) ?? 0
        let length = Int(headers["content-length"] ?? "0") ?? 0
        return Answer(
            status: status,
            headers: headers,
            body: status == 101 ? "" : String(decoding: try take(length), as: UTF8.self)
        )
    }

    // MARK: WebSocket

    /// Opens a stream on this connection.
    func upgrade(_ target: String) throws -> Answer {
        try request(
            "GET",
            target,
            headers: [
                "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
                "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
            ]
        )
    }

    struct Frame: Equatable {
        let opcode: UInt8
        let payload: [UInt8]
        var text: String { String(decoding: payload, as: UTF8.self) }
    }

    /// Sends a masked frame, as clients must.
    func sendFrame(_ opcode: UInt8, _ text: String, fin: Bool = true) throws {
        let payload = Array(text.utf8)
        let mask: [UInt8] = [1, 2, 3, 4]
        var bytes: [UInt8] = [(fin ? 0x80 : 0) | opcode]
        if payload.count < 126 {
            bytes.append(0x80 | UInt8(payload.count))
        } else {
            bytes += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        }
        bytes += mask
        bytes += payload.enumerated().map { $0.element ^ mask[$0.offset % 4] }
        try send(bytes)
    }

    func frame() throws -> Frame {
        let head = try take(2)
        var length = Int(head[1] & 0x7F)
        if length == 126 { length = try take(2).reduce(0) { $0 << 8 | Int($1) } }
        if length == 127 { length = try take(8).reduce(0) { $0 << 8 | Int($1) } }
        return Frame(opcode: head[0] & 0x0F, payload: try take(length))
    }

    /// The next text, past pings.
    func text() throws -> String {
        while true {
            let frame = try frame()
            if frame.opcode == 1 { return frame.text }
            if frame.opcode == 8 { throw ConnectionLost("closed: \(frame.payload)") }
        }
    }

    /// Texts until one that is wanted, which is the last.
    func texts(until isWanted: (String) -> Bool) throws -> [String] {
        var texts: [String] = []
        repeat { texts.append(try text()) } while !isWanted(texts[texts.count - 1])
        return texts
    }

    // MARK: Bytes

    private func line(until end: String) throws -> String {
        let mark = Array(end.utf8)
        while true {
            if let start = buffer.indices.first(where: { buffer[$0...].starts(with: mark) }) {
                defer { buffer.removeFirst(start + mark.count) }
                return String(decoding: buffer[..<start], as: UTF8.self)
            }
            try receive()
        }
    }

    private func take(_ count: Int) throws -> [UInt8] {
        while buffer.count < count { try receive() }
        defer { buffer.removeFirst(count) }
        return Array(buffer.prefix(count))
    }

    private func receive() throws {
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(socket, &piece, piece.count, 0)
        guard count > 0 else {
            throw ConnectionLost(count == 0 ? "the server closed" : String(cString: strerror(errno)))
        }
        buffer += piece[..<count]
    }
}
