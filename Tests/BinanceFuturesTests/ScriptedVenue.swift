import Foundation
import Testing
import TradingTestKit

/// A server of this machine that answers as a test has told it to, and remembers what it was asked.
final class ScriptedVenue: Sendable {
    private let process: RunningProgram
    let port: Int

    init() async throws {
        process = try BuiltProgram.installed("python3").start(["-c", Self.script])
        port = try #require(Int(try await process.firstLine()))
    }

    deinit { process.kill() }

    struct Asked: Decodable {
        let method: String
        let path: String
        let query: String
        let body: String
        let key: String?
        /// The parameters of query and body together.
        var parameters: [String: String] {
            var values: [String: String] = [:]
            for pair in (query + (query.isEmpty || body.isEmpty ? "" : "&") + body).split(separator: "&") {
                let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
                values[parts[0]] = parts.count > 1 ? parts[1].removingPercentEncoding : ""
            }
            return values
        }
    }

    /// Queues an answer to a call, such as to `POST /fapi/v1/order`.
    ///
    /// The last one of a call goes on until there is another. Status 0 cuts the connection after reading.
    func answer(_ call: String, _ status: Int = 200, _ body: String, headers: [String: String] = [:]) async throws {
        let entry: [String: Any] = ["call": call, "status": status, "body": body, "headers": headers]
        _ = try await control("_script", JSONSerialization.data(withJSONObject: entry))
    }

    /// What was asked so far, leaving out questions for the time.
    func asked(_ call: String? = nil) async throws -> [Asked] {
        let all = try JSONDecoder().decode([Asked].self, from: try await control("_asked", Data()))
        return all.filter { asked in
            guard let call else { return asked.path != "/fapi/v1/time" }
            return "\(asked.method) \(asked.path)" == call
        }
    }

    private func control(_ path: String, _ body: Data) async throws -> Data {
        let address = try #require(URL(string: "http://127.0.0.1:\(port)/\(path)"))
        let words = ["-s", "--data-binary", "@-", address.absoluteString]
        return Data(try await BuiltProgram.installed("curl").run(words, input: Array(body)).output.utf8)
    }

    private static let script = """
        import json, socket, threading, time
        from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
        answers, asked, lock = {}, [], threading.Lock()
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def log_message(self, *arguments): pass
            def reply(self, status, body, headers={}):
                data = body.encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                for name, value in headers.items(): self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)
            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                path, _, query = self.path.partition("?")
                with lock:
                    if path == "/_script":
                        entry = json.loads(body)
                        queue = answers.setdefault(entry["call"], [])
                        if queue and queue[-1].get("used"): queue.pop()
                        queue.append(entry)
                        return self.reply(200, "{}")
                    if path == "/_asked": return self.reply(200, json.dumps(asked))
                    call = self.command + " " + path
                    asked.append({"method": self.command, "path": path, "query": query, "body": body,
                                  "key": self.headers.get("X-MBX-APIKEY")})
                    queue = answers.get(call)
                    entry = None
                    if queue:
                        entry = queue.pop(0) if len(queue) > 1 else queue[0]
                        entry["used"] = True
                if entry is None:
                    if path == "/fapi/v1/time": return self.reply(200, '{"serverTime":%d}' % int(time.time() * 1000))
                    return self.reply(404, '{"code":-5000,"msg":"Path %s, Method %s is invalid"}' % (path, self.command))
                if entry["status"] == 0:
                    self.connection.shutdown(socket.SHUT_RDWR)
                    self.close_connection = True
                    return
                self.reply(entry["status"], entry["body"], entry["headers"])
            do_GET = do_POST = do_DELETE = do_PUT = handle_any
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        print(server.server_address[1], flush=True)
        server.serve_forever()
        """
}
