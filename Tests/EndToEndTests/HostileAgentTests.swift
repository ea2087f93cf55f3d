import Foundation
import Glibc
import Testing
import TradingTestKit

@Suite("Agents that misbehave: an abstention with the reason, and the others trade")
struct HostileAgentTests {
    /// What the agent does when asked about a symbol, and what must come of it.
    private struct Case {
        let symbol: String
        /// Python; `good` is a decision, `say` writes it.
        let does: String
        var status = "ABSTAIN"
        let words: String
    }

    /// Good answers stand in between, since three failures in a row would close the door for good ones as well.
    private static let cases: [Case] = [
        Case(symbol: "AAPL", does: #"say("I would buy everything!\n\x1b[31m")"#, words: "I would buy everything!"),
        Case(symbol: "AMD", does: "ignore(); time.sleep(60); say(good)", words: "TIMEOUT: No answer within"),
        Case(symbol: "AGG", does: "say(good)", status: "SUCCESS", words: ""),
        Case(symbol: "AMZN", does: "say(good + good)", words: "UNPARSEABLE: No decision"),
        Case(
            symbol: "BAC",
            does: #"say('{"action":"BUY","position_size":1,"action":"SELL"}')"#,
            words: "DUPLICATE_KEY"
        ),
        // Never reads the request, which the pipe may not even hold.
        Case(symbol: "BND", does: "say(good)", status: "SUCCESS", words: ""),
        Case(
            symbol: "CVX",
            does: #"say('{"action":"BUY","position_size":50000}')"#,
            words: "50000 is outside 0 to 100"
        ),
        Case(
            symbol: "DIS",
            does: #"say('{"symbol":"MSFT","action":"BUY","position_size":1}')"#,
            words: "FOREIGN_SYMBOL: MSFT was not asked about"
        ),
        // A child of its own holds its output open; nobody waits for it.
        Case(symbol: "GLD", does: #"say(good); subprocess.Popen(["sleep", "60"])"#, status: "SUCCESS", words: ""),
        Case(symbol: "GOOGL", does: "say(good); sys.exit(1)", words: "exited with status 1"),
        Case(symbol: "HD", does: "say(good); os.kill(os.getpid(), 9)", words: "died of signal 9"),
        // The first of two answers counts, also when they disagree.
        Case(
            symbol: "PG",
            does: #"say(good + '\n{"action":"SELL","position_size":100}\n')"#,
            status: "SUCCESS",
            words: ""
        ),
        Case(symbol: "JNJ", does: #"[say("x" * 1_000_000) for _ in range(100)]"#, words: "TOO_LARGE"),
        Case(
            symbol: "KO",
            does: #"say(b'{"action":"BUY","position_size":1,"rationale":"\xff"}')"#,
            words: "UNPARSEABLE"
        ),
        Case(symbol: "JPM", does: "say(good)", status: "SUCCESS", words: ""),
        Case(symbol: "META", does: #"say('{"action":"BUY","position_size":NaN}')"#, words: "NaN"),
        Case(symbol: "MSFT", does: #"say('{"action":"BUY","position_size":1e400}')"#, words: "1e400"),
        Case(symbol: "SPY", does: "say(good)", status: "SUCCESS", words: ""),
        Case(symbol: "NVDA", does: #"say("[" * 100_000)"#, words: "UNPARSEABLE"),
        Case(symbol: "XOM", does: "pass", words: "NO_VIEW"),
    ]

    @Test("In a batch, every kind of misbehaviour costs its own ticker and nothing else")
    func batch() async throws {
        try await Home.onSharedServer { home in
            let branches = Self.cases.map { "    elif symbol == '\($0.symbol)': \($0.does)" }.joined(separator: "\n")
            let script = try home.write(
                "agent.py",
                #"""
                import json, os, signal, subprocess, sys, time
                good = '{"action": "BUY", "position_size": 1, "urgency": "CRITICAL"}'
                def say(text):
                    sys.stdout.buffer.write(text if isinstance(text, bytes) else text.encode())
                    sys.stdout.flush()
                def ignore(): signal.signal(signal.SIGTERM, signal.SIG_IGN)
                def answer(symbol):
                    if symbol is None: pass
                \#(branches)
                answer(json.loads(sys.stdin.readline())["request"]["symbols"][0])
                """#
            )
            _ = try home.write(
                "config.yaml",
                "agents:\n  hostile: { kind: process, command: [python3, \(script)], deadline: 20s }\n"
            )
            let list = try home.write("list.txt", Self.cases.map(\.symbol).joined(separator: "\n"))
            let outcome = try await home.run(
                "batch \(list) --agent hostile --config \(home.folder) --max-concurrent 1 --output json"
            )
            #expect(outcome.status == 1, "\(outcome.errors)")
            let items = try RunDocument(outcome.output).items
            #expect(items.map(\.ticker) == Self.cases.map(\.symbol))
            for (item, expected) in zip(items, Self.cases) {
                #expect(item.status == expected.status, "\(item.ticker): \(item.message)")
                #expect(
                    expected.words.isEmpty || item.message.contains(expected.words),
                    "\(item.ticker): \(item.message)"
                )
                #expect(item.side != "SELL")
            }
            let log = try await home.value("SELECT log FROM decisions WHERE symbol = 'PG'")
            #expect(log.contains("ANSWERED_TWICE"), "\(log)")
            #expect(try await home.run("verify").status == 0)
        }
    }

    @Test("Over HTTP the same: a service that answers nonsense, errors, redirects, floods and double keys")
    func http() async throws {
        let bodies = [
            ("AAPL", 200, "buy!", "UNPARSEABLE"),
            ("AMZN", 200, #"{"action":"BUY","position_size":1,"action":"SELL"}"#, "DUPLICATE_KEY"),
            ("AGG", 200, #"{"action":"BUY","position_size":1,"urgency":"CRITICAL"}"#, ""),
            ("BAC", 500, "out of memory", "answered 500. out of memory"), ("CVX", 302, "", "answered 302"),
            ("BND", 200, #"{"action":"HOLD"}"#, ""),
            ("DIS", 200, #"{"decisions":[{"symbol":"KO","action":"BUY","position_size":1}]}"#, "FOREIGN_SYMBOL"),
            ("GOOGL", 200, String(repeating: "x", count: 2_000_000), "TOO_LARGE"),
        ]
        try await Home.onSharedServer { home in
            let answers = try String(
                decoding: JSONSerialization.data(
                    withJSONObject: Dictionary(uniqueKeysWithValues: bodies.map { ($0.0, [$0.1, $0.2] as [Any]) })
                ),
                as: UTF8.self
            )
            let data = try home.write("answers.json", answers)
            let script = try home.write(
                "service.py",
                """
                import json, sys
                from http.server import BaseHTTPRequestHandler, HTTPServer
                answers = json.load(open("\(data)"))
                class Handler(BaseHTTPRequestHandler):
                    def do_POST(self):
                        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                        status, body = answers[request["symbols"][0]]
                        self.send_response(status)
                        self.send_header("Content-Length", str(len(body)))
                        self.send_header("Location", "http://127.0.0.1:1/")
                        self.end_headers()
                        self.wfile.write(body.encode())
                HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
                """
            )
            let port = try FreePort.find()
            let service = try home.python([script, "\(port)"])
            defer { service.kill() }
            _ = try home.write(
                "config.yaml",
                "agents:\n  web: { kind: http, url: \"http://127.0.0.1:\(port)\", deadline: 30s }\n"
            )
            let list = try home.write("list.txt", bodies.map(\.0).joined(separator: "\n"))
            let outcome = try await home.run(
                "batch \(list) --agent web --config \(home.folder) --max-concurrent 1 --output json"
            )
            #expect(outcome.status == 1, "\(outcome.errors)")
            for (item, body) in zip(try RunDocument(outcome.output).items, bodies) {
                let expected = body.0 == "AGG" ? "SUCCESS" : body.0 == "BND" ? "HOLD" : "ABSTAIN"
                #expect(item.status == expected, "\(item.ticker): \(item.message)")
                #expect(body.3.isEmpty || item.message.contains(body.3), "\(item.ticker): \(item.message)")
            }
        }
    }

    @Test("A process sees the variables that its configuration names, and a secret of them is never shown or stored")
    func secrets() async throws {
        let variables = ["MODEL_API_KEY": "hunter2-hunter2", "OTHER_TOKEN": "never-given", "SMARTEXEC_X": "1"]
        try await Home.onSharedServer(variables) { home in
            let script = try home.write(
                "agent.py",
                """
                import json, os, sys
                sys.stdin.readline()
                print(os.environ, file=sys.stderr)
                names = ",".join(sorted(os.environ))
                print(json.dumps({"action": "HOLD", "rationale": names + " " + os.environ["MODEL_API_KEY"]}))
                """
            )
            _ = try home.write(
                "config.yaml",
                "agents:\n  nosy: { kind: process, command: [python3, \(script)], environment: [MODEL_API_KEY] }\n"
            )
            let shown = try await home.run("agent test nosy NVDA --config \(home.folder)")
            #expect(shown.status == 0, "\(shown.errors)")
            #expect(shown.output.contains("HOME,LANG,MODEL_API_KEY,PATH,TMPDIR ***"), "\(shown.output)")
            #expect(try await home.run("decide NVDA --agent nosy --config \(home.folder)").status == 0)
            let stored = try await home.value("SELECT string_agg(decisions::text, '') FROM decisions")
            #expect(stored.contains("MODEL_API_KEY"), "\(stored)")
            for text in [shown.output, shown.errors, stored] {
                for secret in ["hunter2", "never-given"] { #expect(!text.contains(secret), "\(text)") }
            }
        }
    }
}

/// A port of this machine that nobody listens at.
enum FreePort {
    struct None: Error {}

    static func find() throws -> UInt16 {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, size) == 0 && getsockname(socket, $0, &size) == 0
            }
        }
        guard isBound else { throw None() }
        return UInt16(bigEndian: address.sin_port)
    }
}

extension Home {
    /// Starts a Python program in the program's folder; the caller ends it.
    func python(_ words: [String]) throws -> RunningProgram {
        let python = BuiltProgram(path: "python3", folder: program.folder, environment: program.environment)
        return try python.start(words)
    }
}
