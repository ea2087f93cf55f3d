import Foundation
import Glibc
import Synchronization
import Testing

@testable import PostgresStore

@Suite("A server that is starting")
struct StartingServerTests {
    /// Tells everybody that it starts, as a server does that recovers from a crash.
    private final class StartingServer: Sendable {
        let port: UInt16
        private let socket: Int32
        private let asked = Mutex(0)

        init() throws {
            let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            self.socket = socket
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let code = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(socket, $0, length) + listen(socket, 64) + getsockname(socket, $0, &length)
                }
            }
            try #require(code == 0)
            port = in_port_t(bigEndian: address.sin_port)
            Thread { [self] in serve() }.start()
        }

        /// How often it was asked.
        var count: Int { asked.withLock { $0 } }

        func close() { shutdown(socket, Int32(SHUT_RDWR)) }

        private func serve() {
            let fields = ["SFATAL", "VFATAL", "C57P03", "Mthe database system is starting up", ""]
            let body: [UInt8] = fields.flatMap { field in Array(field.utf8) + [0] }
            let length = withUnsafeBytes(of: UInt32(body.count + 4).bigEndian) { Array($0) }
            let answer = [UInt8(ascii: "E")] + length + body
            while true {
                let client = accept(socket, nil, nil)
                guard client >= 0 else { break }
                asked.withLock { $0 += 1 }
                var request = [UInt8](repeating: 0, count: 4096)
                _ = recv(client, &request, request.count, 0)
                _ = send(client, answer, answer.count, Int32(MSG_NOSIGNAL))
                Glibc.close(client)
            }
            Glibc.close(socket)
        }
    }

    private let brief = Backoff(attempts: 2, total: .seconds(60), base: .milliseconds(1))

    @Test("It is waited for as long as that may take, and longer than one that does not answer")
    func waits() async throws {
        let server = try StartingServer()
        let url = "postgresql://smartexec@127.0.0.1:\(server.port)/smartexec?sslmode=disable&gssencmode=disable"
        let short = try PostgresPool(url: url, size: 1, reconnect: brief)
        let first = await #expect(throws: PostgresError.self) { try await short.withConnection { _ in } }
        #expect(first?.description.contains("is starting up") == true)
        #expect(server.count == 2)

        let patient = Backoff(attempts: 5, total: .seconds(60), base: .milliseconds(1))
        let long = try PostgresPool(url: url, size: 1, reconnect: brief, whileStarting: patient)
        await #expect(throws: PostgresError.self) { try await long.withConnection { _ in } }
        // Five attempts; from the second on it is asked why.
        #expect(server.count == 2 + 5 + 4)
        server.close()
    }

    /// Does nothing on a connection of `url`, patiently.
    ///
    /// - Returns: How often an outage was told, and what it ended with.
    private func outlast(_ url: String) async throws -> (told: Int, error: PostgresError?) {
        let pool = try PostgresPool(url: url, size: 1, reconnect: Backoff(attempts: 1, total: .zero))
        let patience = Backoff(attempts: 3, total: .seconds(60), base: .milliseconds(1))
        var told = 0
        do {
            try await pool.outlasting(patience, tell: { _ in told += 1 }, { try await pool.withConnection { _ in } })
            return (told, nil)
        } catch let error as PostgresError {
            return (told, error)
        }
    }

    @Test("Work that outlasts an outage says so once; what waiting does not help is an error at once")
    func outage() async throws {
        let server = try StartingServer()
        let local = "postgresql://smartexec@127.0.0.1:\(server.port)/smartexec?sslmode=disable&gssencmode=disable"
        let starting = try await outlast(local)
        #expect(starting.told == 1 && starting.error?.description.contains("is starting up") == true)
        server.close()
        let refused = try await outlast(local)
        #expect(refused.told == 1 && refused.error != nil)

        let url = try await TestDatabase.shared().url
        let there = try await outlast(url)
        #expect(there.told == 0 && there.error == nil)
        let more = url + (url.contains("?") ? "&" : "?")
        // Every server that answers is of the other kind, as before a promotion.
        let otherKind = try await outlast(more + "target_session_attrs=standby")
        #expect(otherKind.told == 1 && otherKind.error != nil)
        let unknown = try await outlast(more + "dbname=no_such_database")
        #expect(unknown.told == 0 && unknown.error?.description.contains("no_such_database") == true)
    }

    @Test("One that does not answer is no server that starts")
    func gone() async throws {
        let server = try StartingServer()
        server.close()
        let url = "postgresql://smartexec@127.0.0.1:\(server.port)/smartexec?sslmode=disable&gssencmode=disable"
        let target = try ConnectionString(url)
        #expect(!LibpqSession.isStarting(target))
        #expect(!LibpqSession.isStarting(try ConnectionString(try await TestDatabase.shared().url)))
    }
}
