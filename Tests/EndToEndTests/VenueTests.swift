import Foundation
import Glibc
import Testing
import TradingTestKit

@Suite("The local exchange as a program")
struct VenueTests {
    /// A port that was free a moment ago.
    private func freePort() throws -> Int {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, length) == 0 ? getsockname(socket, $0, &length) : -1
            }
        }
        try #require(code == 0)
        return Int(in_port_t(bigEndian: address.sin_port))
    }

    /// Runs Python's own HTTP client; its standard output.
    private func python(_ home: Home, _ script: String) async throws -> String {
        let program = BuiltProgram(path: "python3", folder: home.folder, environment: home.program.environment)
        let outcome = try await program.run(["-c", Self.client + script])
        #expect(outcome.status == 0, "\(outcome.errors)")
        return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// `signed(method, path, fields)` of a venue at `base`, which is waited for.
    private static let client = """
        import hashlib, hmac, json, sys, time, urllib.error, urllib.parse, urllib.request
        def call(base, method, path, query="", headers={}):
            request = urllib.request.Request(base + path + ("?" + query if query else ""), method=method, headers=headers)
            try:
                with urllib.request.urlopen(request, timeout=30) as answer: return json.load(answer)
            except urllib.error.HTTPError as error: return json.load(error)
        def ready(base):
            for _ in range(600):
                try: return call(base, "GET", "/fapi/v1/time")["serverTime"]
                except OSError: time.sleep(0.1)
            sys.exit("no venue at " + base)
        def signed(base, method, path, **fields):
            now = call(base, "GET", "/fapi/v1/time")["serverTime"]
            query = urllib.parse.urlencode({**fields, "recvWindow": 60000, "timestamp": now})
            signature = hmac.new(b"test-secret", query.encode(), hashlib.sha256).hexdigest()
            return call(base, method, path, query + "&signature=" + signature, {"X-MBX-APIKEY": "test-key"})

        """

    @Test(
        "What was answered is known after kill -9; a stop by SIGTERM is clean",
        .timeLimit(.minutes(20))
    )
    func killed() async throws {
        let home = try Home()
        let port = try freePort()
        let base = "http://127.0.0.1:\(port)"
        let words = ["venue", "--port", "\(port)", "--seed", "7"]
        var venue = try home.program.start(words)
        // Killed in the middle of a stream of orders: everything that was answered must be there again.
        let placed = try await python(
            home,
            """
            import os, signal
            base = "\(base)"
            ready(base)
            bid = float(call(base, "GET", "/fapi/v1/depth", "symbol=BTCUSDT&limit=5")["bids"][0][0])
            names = []
            try:
                for number in range(60):
                    if number == 40: os.kill(\(venue.process), signal.SIGKILL)
                    answer = signed(base, "POST", "/fapi/v1/order", symbol="BTCUSDT", side="BUY", type="LIMIT",
                                    timeInForce="GTC", quantity="0.001", price="%.1f" % (bid * 0.97 - number),
                                    newClientOrderId="kill-%d" % number)
                    if answer.get("status") == "NEW": names.append(answer["clientOrderId"])
                    else: sys.exit(str(answer))
            except OSError: pass
            print(" ".join(names))
            """
        )
        let names = placed.split(separator: " ").map(String.init)
        #expect(names.count >= 40)
        _ = await venue.outcome()
        venue = try home.program.start(words)
        let found = try await python(
            home,
            """
            base = "\(base)"
            ready(base)
            print(" ".join(sorted(order["clientOrderId"] for order in signed(base, "GET", "/fapi/v1/openOrders", symbol="BTCUSDT"))))
            """
        )
        #expect(Set(names).isSubset(of: found.split(separator: " ").map(String.init)))
        _ = Glibc.kill(venue.process, SIGTERM)
        let outcome = await venue.outcome()
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("LOCAL VENUE \(base)"))
        #expect(outcome.output.contains("test-key"))
    }

    @Test("Wrong use is told with what to do, and exits with 2")
    func wrongUse() async throws {
        let home = try Home()
        let faults = try home.write("faults.yaml", "faults:\n  - fault: bannd\n")
        let cases = [
            ("venue --faults \(faults)", "faults.yaml:2:12"), ("venue --config none.yaml", "none.yaml cannot be read"),
            ("venue --clock fast", "60x"), ("venue --port 70000", "0...65535"),
            ("venue --data nowhere", "nowhere"),
        ]
        for (line, text) in cases {
            let outcome = try await home.run(line)
            #expect(outcome.status == 2, "\(line): \(outcome.errors)")
            #expect(outcome.errors.contains(text), "\(line): \(outcome.errors)")
        }
    }

    @Test("A port that is taken is explained, and exits with 4")
    func takenPort() async throws {
        let home = try Home()
        let port = try freePort()
        let first = try home.program.start(["venue", "--port", "\(port)"])
        _ = try await python(home, "ready('http://127.0.0.1:\(port)')")
        let second = try await home.run("venue --port \(port) --state \(home.folder)/other")
        #expect(second.status == 4 && second.errors.contains("--port 0"), "\(second.errors)")
        let third = try await home.run("venue --port 0")
        #expect(third.status == 4 && third.errors.contains("--state"), "\(third.errors)")
        first.kill()
        _ = await first.outcome()
    }
}
