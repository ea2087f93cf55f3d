import Foundation
import Testing
import TradingTestKit

/// A misbehaving server of this machine, for one suite; ends when the test does.
final class LocalServer: Sendable {
    private let process: RunningProgram
    let port: Int

    init() async throws {
        process = try BuiltProgram.installed("python3").start(["-c", Self.script])
        port = try #require(Int(try await process.firstLine()))
    }

    deinit { process.kill() }

    func url(_ path: String) -> String { "http://127.0.0.1:\(port)\(path)" }

    private static let script = """
        import socket, threading
        from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
        drops = {}
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def log_message(self, *arguments): pass
            def reply(self, status, body=b""):
                self.send_response(status)
                self.send_header("Content-Type", "text/plain")
                if status == 302: self.send_header("Location", "/status/200")
                if status != 204: self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if status != 204: self.wfile.write(body)
            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                parts = self.path.split("/")
                if parts[1] == "status": self.reply(int(parts[2]))
                elif parts[1] == "bytes": self.reply(200, b"x" * int(parts[2]))
                elif parts[1] == "port": self.reply(200, str(self.client_address[1]).encode())
                elif parts[1] == "hang": threading.Event().wait(30)
                elif parts[1] == "drops": self.reply(200, str(drops.get(parts[2], 0)).encode())
                elif parts[1] == "drop":
                    if len(parts) > 2: drops[parts[2]] = drops.get(parts[2], 0) + 1
                    self.connection.shutdown(socket.SHUT_RDWR)
                    self.close_connection = True
                else: self.reply(200, f"{self.command} {self.path} {self.headers.get('X-Test')!r} ".encode() + body)
            do_GET = do_POST = do_DELETE = do_PUT = handle_any
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        print(server.server_address[1], flush=True)
        server.serve_forever()
        """
}
