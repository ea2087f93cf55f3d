import Foundation
import Glibc
import Synchronization

/// Carries bytes between clients and a port of this machine, and can hold a request back on its way.
///
/// Its threads block; each ends with its connection.
final class Relay: Sendable {
    /// Where it listens on the loopback interface.
    let port: Int
    private let target: Int
    private let listener: Int32
    private let gate = DispatchSemaphore(value: 0)
    private let state = Mutex(State())

    private struct State {
        /// The start of the requests that are counted.
        var counted = ""
        var count = 0
        /// The number of the request to be held.
        var held: Int?
        var isHolding = false
        var answer = ""
    }

    /// Begins to relay.
    ///
    /// - Parameters:
    ///   - target: The server's port on the loopback interface.
    ///   - port: Where to listen; 0 for any that is free.
    ///   - counted: How a request begins that is counted, such as `POST /fapi/v1/order`.
    ///   - holding: The number of the counted request that is held back, from 1.
    ///   - space: The network namespace to listen in; the server is reached from the caller's.
    /// - Throws: ``Failure`` when it cannot listen there.
    init(to target: Int, port: Int = 0, counting counted: String, holding: Int? = nil, in space: String? = nil) throws {
        self.target = target
        state.withLock { state in
            state.counted = counted
            state.held = holding
        }
        listener = try NetworkSpace.inside(space) { try Self.listen(on: port) }
        self.port = try Self.port(of: listener)
        let thread = Thread { [self] in accept() }
        thread.start()
    }

    /// How many of the counted requests came.
    var count: Int { state.withLock { $0.count } }
    /// Whether the request is held.
    var isHolding: Bool { state.withLock { $0.isHolding } }
    /// What the server answered to the held request, once it was let go.
    var answer: String { state.withLock { $0.answer } }

    /// Lets the held request go on.
    func letGo() { gate.signal() }

    /// Takes no more connections.
    func close() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func accept() {
        while true {
            let client = Glibc.accept(listener, nil, nil)
            guard client >= 0 else { break }
            guard let server = try? Self.connect(to: target) else {
                Glibc.close(client)
                continue
            }
            let pair = Pair(client: client, server: server)
            Thread { [self] in pair.carry(up: true) { chunk in meet(chunk, of: pair) } }.start()
            Thread { [self] in
                pair.carry(up: false) { chunk in
                    if pair.isHeld.withLock({ $0 }) { state.withLock { $0.answer += chunk } }
                }
            }.start()
        }
        Glibc.close(listener)
    }

    /// Counts a request, and keeps it while it is the one to be held.
    private func meet(_ chunk: String, of pair: Pair) {
        let isHeld = state.withLock { state in
            guard chunk.hasPrefix(state.counted) else { return false }
            state.count += 1
            state.isHolding = state.isHolding || state.count == state.held
            return state.count == state.held
        }
        guard isHeld else { return }
        pair.isHeld.withLock { $0 = true }
        gate.wait()
    }

    /// Two ends of a connection.
    private final class Pair: Sendable {
        let client: Int32
        let server: Int32
        let isHeld = Mutex(false)
        private let open = Mutex(2)

        init(client: Int32, server: Int32) {
            self.client = client
            self.server = server
        }

        /// Carries bytes one way until an end closes; `look` sees each chunk before it goes on.
        func carry(up: Bool, _ look: (String) -> Void) {
            let (from, to) = up ? (client, server) : (server, client)
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = recv(from, &buffer, buffer.count, 0)
                guard count > 0 else { break }
                look(String(decoding: buffer[..<count], as: UTF8.self))
                var sent = 0
                while sent < count {
                    let more = buffer[sent..<count].withUnsafeBytes {
                        send(to, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                    }
                    guard more > 0 else { break }
                    sent += more
                }
                guard sent == count else { break }
            }
            shutdown(client, Int32(SHUT_RDWR))
            shutdown(server, Int32(SHUT_RDWR))
            let isLast = open.withLock { open in
                open -= 1
                return open == 0
            }
            guard isLast else { return }
            Glibc.close(client)
            Glibc.close(server)
        }
    }

    // MARK: Sockets

    struct Failure: Error { let problem: String }

    private static func address(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        return address
    }

    private static func socket() throws -> Int32 {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw Failure(problem: String(cString: strerror(errno))) }
        return socket
    }

    private static func with<T>(_ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> T) -> T {
        var address = address(port)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    private static func listen(on port: Int) throws -> Int32 {
        let socket = try socket()
        guard with(port, { bind(socket, $0, $1) }) == 0, Glibc.listen(socket, 64) == 0 else {
            throw Failure(problem: "port \(port): \(String(cString: strerror(errno)))")
        }
        return socket
    }

    private static func connect(to port: Int) throws -> Int32 {
        let socket = try socket()
        guard with(port, { Glibc.connect(socket, $0, $1) }) == 0 else {
            Glibc.close(socket)
            throw Failure(problem: "port \(port): \(String(cString: strerror(errno)))")
        }
        return socket
    }

    private static func port(of socket: Int32) throws -> Int {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &length) }
        }
        guard code == 0 else { throw Failure(problem: String(cString: strerror(errno))) }
        return Int(in_port_t(bigEndian: address.sin_port))
    }

    /// A port that nobody listens on just now.
    static func freePort() throws -> Int {
        let socket = try listen(on: 0)
        defer { Glibc.close(socket) }
        return try port(of: socket)
    }
}
