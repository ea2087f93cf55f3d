import Foundation
import Networking
import Testing
import TradingTestKit

/// Servers of this machine that take messages and remember them, for one suite; they end when the test does.
final class LocalSinks: Sendable {
    /// A request or a mail that was taken.
    struct Seen: Decodable, Sendable {
        let path: String
        let headers: [String: String]
        let body: String
    }

    private let process: RunningProgram
    let webPort: Int
    let mailPort: Int
    /// Where mail is taken in TLS from the first byte; without a certificate nobody is there.
    let secureMailPort: Int

    /// With a certificate and its key in one file of PEM, mail is also taken in TLS.
    init(identity: URL? = nil) async throws {
        let words = ["-c", Self.script] + (identity.map { [$0.path] } ?? [])
        process = try BuiltProgram.installed("python3").start(words)
        let ports = try await process.firstLine().split(separator: " ").compactMap { Int($0) }
        try #require(ports.count == 3)
        (webPort, mailPort, secureMailPort) = (ports[0], ports[1], ports[2])
    }

    deinit { process.kill() }

    func url(_ path: String) -> String { "http://127.0.0.1:\(webPort)\(path)" }

    /// What has come so far, requests and mails.
    func seen() async throws -> [Seen] {
        let response = try await HTTPClient().send(HTTPRequest(url: url("/seen")))
        return try JSONDecoder().decode([Seen].self, from: Data(response.body))
    }

    /// The servers, in Python.
    ///
    /// HTTP: `/status/N` answers N, `/flaky/N/name` fails N times, `/hang` never, `/large` is too long. SMTP: refuses
    /// recipients at `refused.example`, is busy for `busy.example`, and hangs for `hang.example`.
    private static let script = """
        import json, socket, ssl, sys, threading
        from base64 import b64decode
        from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
        seen, counts, lock = [], {}, threading.Lock()
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if len(sys.argv) > 1 else None
        if tls: tls.load_cert_chain(sys.argv[1])
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def log_message(self, *arguments): pass
            def reply(self, status, body=b""):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            def do_GET(self):
                with lock: self.reply(200, json.dumps(seen).encode())
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                with lock: seen.append({"path": self.path, "headers": {k.lower(): v for k, v in self.headers.items()}, "body": body})
                parts = self.path.split("?")[0].split("/")
                if parts[1] == "status": self.reply(int(parts[2]))
                elif parts[1] == "large": self.reply(200, b"x" * 200000)
                elif parts[1] == "hang": threading.Event().wait(30)
                elif parts[1] == "flaky":
                    with lock: counts[self.path] = counts.get(self.path, 0) + 1
                    self.reply(503 if counts[self.path] <= int(parts[2]) else 200)
                else: self.reply(200)
        def mail(connection, secure):
            try:
                if secure: connection = tls.wrap_socket(connection, server_side=True)
                talk(connection, secure, "220 sink")
            except OSError: pass
            connection.close()
        def talk(connection, secure, greeting=None):
            stream = connection.makefile("rwb")
            def say(line): stream.write(line.encode() + b"\\r\\n"); stream.flush()
            if greeting: say(greeting)
            sender, to = "", []
            for raw in stream:
                line = raw.decode().strip()
                word = line.split(":")[0].upper()
                if word.startswith("EHLO"):
                    say("250-sink"); say("250-8BITMIME")
                    if tls and not secure: say("250-STARTTLS")
                    say("250 AUTH PLAIN")
                elif word == "STARTTLS" and tls:
                    say("220 go on")
                    return talk(tls.wrap_socket(connection, server_side=True), True)
                elif word.startswith("AUTH"):
                    say("334 ")
                    say("235 ok" if b64decode(next(stream)).endswith(b"\\0right") else "535 no")
                elif word == "MAIL FROM": sender = line; say("250 ok")
                elif word == "RCPT TO":
                    if "refused.example" in line: say("550 no such user")
                    elif "busy.example" in line: say("451 later")
                    elif "hang.example" in line: threading.Event().wait(30)
                    else: to.append(line); say("250 ok")
                elif word == "DATA":
                    say("354 go on")
                    body = ""
                    for raw in stream:
                        text = raw.decode()
                        if text == ".\\r\\n": break
                        body += text
                    with lock: seen.append({"path": "mail in TLS" if secure else "mail", "headers": {"from": sender, "to": " ".join(to)}, "body": body})
                    say("250 taken")
                elif word == "QUIT": say("221 bye"); break
                else: say("250 ok")
        def listen(server, secure):
            while True:
                connection, _ = server.accept()
                threading.Thread(target=mail, args=(connection, secure), daemon=True).start()
        sinks = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
        for secure, sink in enumerate(sinks):
            threading.Thread(target=listen, args=(sink, bool(secure)), daemon=True).start()
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        print(server.server_address[1], *(sink.getsockname()[1] for sink in sinks), flush=True)
        server.serve_forever()
        """
}

/// A throw-away certificate for 127.0.0.1 that vouches for itself; its files end with it.
final class Identity: Sendable {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "identity-\(UUID())")
    let certificate: URL
    /// Certificate and key in one file.
    let both: URL

    init() async throws {
        (certificate, both) = (folder.appending(path: "own.pem"), folder.appending(path: "both.pem"))
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let words =
            ["req", "-x509", "-nodes", "-subj", "/CN=sink", "-days", "2", "-newkey", "ec"]
            + ["-pkeyopt", "ec_paramgen_curve:prime256v1", "-addext", "subjectAltName=IP:127.0.0.1"]
            + ["-keyout", "key.pem", "-out", "own.pem"]
        let made = try await BuiltProgram.installed("openssl", folder: folder.path).run(words)
        try #require(made.status == 0, "openssl made no certificate: \(made.errors)")
        let parts = try [certificate, folder.appending(path: "key.pem")].map { try Data(contentsOf: $0) }
        try parts.reduce(Data(), +).write(to: both)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }
}
