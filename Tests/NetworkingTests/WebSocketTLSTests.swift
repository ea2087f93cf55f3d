import Foundation
import NIOSSL
import Networking
import Testing
import TradingTestKit

@Suite("WebSocket over TLS", .timeLimit(.minutes(5)))
struct WebSocketTLSTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "tls-\(UUID())")

    init() async throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try await openssl(
            ["req", "-x509", "-nodes", "-subj", "/CN=Test authority", "-days", "2", "-out", "ca.pem"] + key("ca")
        )
    }

    private func key(_ name: String) -> [String] {
        ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-keyout", "\(name).key"]
    }

    private func openssl(_ arguments: [String]) async throws {
        let outcome = try await BuiltProgram.installed("openssl", folder: folder.path).run(arguments)
        try #require(outcome.status == 0, "openssl \(arguments.joined(separator: " ")): \(outcome.errors)")
    }

    /// A server's certificate of the throw-away authority, for one subject.
    private func server(for subject: String) async throws -> NIOSSLContext {
        try await openssl(["req", "-nodes", "-subj", "/CN=server", "-out", "server.csr"] + key("server"))
        try "subjectAltName=\(subject)\n".write(to: folder.appending(path: "ext"), atomically: true, encoding: .utf8)
        try await openssl([
            "x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "1",
            "-extfile", "ext", "-out", "server.pem",
        ])
        let chain = try NIOSSLCertificate.fromPEMFile(folder.appending(path: "server.pem").path)
        let key = try NIOSSLPrivateKey(file: folder.appending(path: "server.key").path, format: .pem)
        return try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) },
                privateKey: .privateKey(key)
            )
        )
    }

    private func connect(_ host: String, certificate: String, isTrusted: Bool) async throws -> WebSocketError? {
        defer { try? FileManager.default.removeItem(at: folder) }
        let authority = folder.appending(path: "ca.pem").path
        return try await withWebSocketPeer(tls: await server(for: certificate), host: host) { peer, _ in
            try await peer.send(textFrame("secure"))
            _ = try await peer.frame(0x88)
        } body: { address in
            do throws(WebSocketError) {
                let connection = try await WebSocketConnection.connect(
                    to: address,
                    WebSocketSettings(
                        connectTimeout: patience,
                        additionalAuthoritiesFile: isTrusted ? authority : nil
                    )
                )
                var messages = connection.messages.makeAsyncIterator()
                let first = try await messages.next()
                #expect(first == .text("secure"))
                await connection.close()
                return nil
            } catch {
                return error
            }
        }
    }

    @Test("A server with a certificate of a trusted authority for its name is trusted")
    func trusted() async throws {
        #expect(try await connect("localhost", certificate: "DNS:localhost", isTrusted: true) == nil)
    }

    @Test("A certificate for the address in numbers is trusted")
    func numeric() async throws {
        #expect(try await connect("127.0.0.1", certificate: "IP:127.0.0.1", isTrusted: true) == nil)
    }

    @Test("A certificate for another name is refused")
    func refused() async throws {
        #expect(try await connect("localhost", certificate: "DNS:example.test", isTrusted: true)?.kind == .tlsFailed)
    }

    @Test("A certificate for another number is refused")
    func otherNumber() async throws {
        #expect(try await connect("127.0.0.1", certificate: "IP:127.0.0.2", isTrusted: true)?.kind == .tlsFailed)
    }

    @Test("An unknown authority is refused")
    func unknown() async throws {
        #expect(try await connect("localhost", certificate: "DNS:localhost", isTrusted: false)?.kind == .tlsFailed)
    }
}
