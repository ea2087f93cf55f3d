import Foundation
import Networking
import Testing

@Suite("HTTP client")
struct HTTPClientTests {
    let server: LocalServer
    let client = HTTPClient(connections: 2)

    init() async throws { server = try await LocalServer() }

    @Test("A POST brings its body and headers there and the response back")
    func echo() async throws {
        let response = try await client.send(
            HTTPRequest(
                method: "POST",
                url: server.url("/echo?x=1"),
                headers: [HTTPHeader("X-Test", "a b")],
                body: Array("hello".utf8)
            )
        )
        #expect(response.status == 200)
        #expect(response.header("content-type") == "text/plain")
        #expect(String(decoding: response.body, as: UTF8.self) == "POST /echo?x=1 'a b' hello")
    }

    @Test("Any status is a response, and a redirect is not followed", arguments: [204, 302, 404, 503])
    func statuses(_ status: Int) async throws {
        let response = try await client.send(HTTPRequest(url: server.url("/status/\(status)")))
        #expect(response.status == status)
    }

    @Test("Requests, one after the other, use one connection, also those that go out once")
    func keepAlive() async throws {
        let ports = try await promptly { alone in
            var ports: [[UInt8]] = []
            for _ in 0..<3 { ports.append(try await alone.send(HTTPRequest(url: server.url("/port"))).body) }
            let once = HTTPRequest(url: server.url("/port"), goesOutOnce: true)
            ports.append(try await alone.send(once).body)
            return ports
        }
        #expect(Set(ports).count == 1)
    }

    /// What a client with one connection gives, from a try in which no connection can have been idle for too long.
    ///
    /// libcurl drops one after two minutes, and where hundreds of tests share two cores that much can lie between two lines.
    private func promptly<Result>(_ body: (HTTPClient) async throws -> Result) async throws -> Result {
        while true {
            let start = ContinuousClock.now
            let result = try await body(HTTPClient(connections: 1))
            if ContinuousClock.now - start < .seconds(100) { return result }
        }
    }

    @Test(
        "A request on a kept connection that breaks goes out once if it must, and is of unknown outcome",
        arguments: [("POST", "quantity=1"), ("DELETE", "")]
    )
    func once(method: String, body: String) async throws {
        func fail(goesOutOnce: Bool) async throws -> (HTTPError?, String) {
            try await promptly { alone in
                let name = UUID().uuidString
                // The first request leaves a connection to be used again.
                _ = try await alone.send(HTTPRequest(url: server.url("/port")))
                let request = HTTPRequest(
                    method: method,
                    url: server.url("/drop/\(name)"),
                    body: Array(body.utf8),
                    goesOutOnce: goesOutOnce
                )
                var error: HTTPError?
                do throws(HTTPError) { _ = try await alone.send(request) } catch let failure { error = failure }
                let count = try await alone.send(HTTPRequest(url: server.url("/drops/\(name)"))).body
                return (error, String(decoding: count, as: UTF8.self))
            }
        }
        let (lost, received) = try await fail(goesOutOnce: true)
        #expect(lost?.kind == .connectionLost && lost?.isSurelyNotSent == false)
        #expect(received == "1")
        // What the option is for: without it libcurl sends again.
        let (_, repeated) = try await fail(goesOutOnce: false)
        #expect(repeated == "2")
    }

    @Test("A kept connection carries a body that goes out once, and the times say so")
    func timing() async throws {
        let body = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 % 26 + 97) }
        let request = HTTPRequest(method: "POST", url: server.url("/echo"), body: body, goesOutOnce: true)
        let (first, second) = try await promptly { alone in
            (try await alone.send(request), try await alone.send(request))
        }
        #expect(second.body.suffix(body.count) == body[...])
        #expect(!first.timing.isConnectionReused && second.timing.isConnectionReused)
        #expect(second.timing.connected == .zero)
        #expect(first.timing.connected > .zero && first.timing.connected <= first.timing.firstByte)
        #expect(first.timing.firstByte <= first.timing.total)
    }

    @Test("A request that waits for a connection is cancelled, or runs out of time, unsent")
    func waiting() async throws {
        let alone = HTTPClient(connections: 1)
        let hanging = Task { try? await alone.send(HTTPRequest(url: server.url("/hang"), timeout: .seconds(3600))) }
        // The hanging one holds the only connection when the next has no time left.
        var error: HTTPError?
        while error?.isSurelyNotSent != true {
            error = await failure(
                HTTPRequest(method: "POST", url: server.url("/echo"), timeout: .milliseconds(50)),
                of: alone
            )
        }
        #expect(error?.kind == .timedOut)
        let waiting = Task { await failure(HTTPRequest(url: server.url("/echo"), timeout: .seconds(3600)), of: alone) }
        waiting.cancel()
        #expect(await waiting.value?.kind == .cancelled)
        #expect(await waiting.value?.isSurelyNotSent == true)
        hanging.cancel()
        _ = await hanging.value
        #expect(try await alone.send(HTTPRequest(url: server.url("/status/200"))).status == 200)
    }

    @Test("An empty header arrives")
    func emptyHeader() async throws {
        let request = HTTPRequest(url: server.url("/echo"), headers: [HTTPHeader("X-Test", "")])
        #expect(String(decoding: try await client.send(request).body, as: UTF8.self) == "GET /echo '' ")
    }

    @Test("More requests than connections all come back")
    func many() async throws {
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    try await client.send(HTTPRequest(url: server.url("/status/200"), timeout: .seconds(120))).status
                }
            }
            return try await group.reduce(into: [Int]()) { $0.append($1) }
        }
        #expect(statuses == Array(repeating: 200, count: 20))
    }

    @Test(
        "Requests asked for and cancelled by many tasks at once all end, each as it was left",
        .timeLimit(.minutes(5))
    )
    func crowd() async throws {
        let hour = Duration.seconds(3600)
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<60 {
                // Every third would hang until it is cancelled; the others wait for it to make room.
                let path = number.isMultiple(of: 3) ? "/hang" : "/status/200"
                let request = HTTPRequest(url: server.url(path), timeout: hour)
                group.addTask {
                    let task = Task { await failure(request) }
                    if number.isMultiple(of: 3) { task.cancel() }
                    let kind = await task.value?.kind
                    #expect(kind == (number.isMultiple(of: 3) ? .cancelled : nil), "request \(number)")
                }
            }
        }
        #expect(try await client.send(HTTPRequest(url: server.url("/status/200"))).status == 200)
    }

    @Test("A server that is silent after the request leaves the outcome open")
    func silent() async throws {
        let error = await failure(HTTPRequest(method: "POST", url: server.url("/hang"), timeout: .seconds(5)))
        #expect(error?.kind == .timedOut)
        #expect(error?.isSurelyNotSent == false)
    }

    @Test("A connection that breaks before the response leaves the outcome open")
    func broken() async throws {
        let error = await failure(HTTPRequest(method: "POST", url: server.url("/drop")))
        #expect(error?.kind == .connectionLost)
        #expect(error?.isSurelyNotSent == false)
    }

    @Test("Nobody listens: surely not sent")
    func refused() async throws {
        let error = await failure(HTTPRequest(method: "POST", url: "http://127.0.0.1:1/order"))
        #expect(error?.kind == .connectFailed)
        #expect(error?.isSurelyNotSent == true)
    }

    @Test("A server without TLS where TLS is asked: surely not sent")
    func plainServer() async throws {
        let url = server.url("/echo").replacingOccurrences(of: "http://", with: "https://")
        let error = await failure(HTTPRequest(method: "POST", url: url, timeout: .milliseconds(500)))
        #expect(error?.isSurelyNotSent == true)
    }

    @Test("A response above the limit is an error, not memory", arguments: [999, 1000])
    func large(limit: Int) async throws {
        let request = HTTPRequest(url: server.url("/bytes/1000"), maximumResponseBytes: limit)
        if limit == 1000 {
            #expect(try await client.send(request).body.count == 1000)
        } else {
            #expect(await failure(request)?.kind == .responseTooLarge)
        }
    }

    @Test("A cancelled task ends its transfer as cancelled, not by the timeout", .timeLimit(.minutes(5)))
    func cancelled() async throws {
        // Without the cancellation it would hang for an hour; the time limit is far above any busy machine.
        let request = HTTPRequest(url: server.url("/hang"), timeout: .seconds(3600))
        let task = Task { await failure(request) }
        task.cancel()
        #expect(await task.value?.kind == .cancelled)
    }

    @Test(
        "What is no request is refused before anything is sent",
        arguments: [
            HTTPRequest(url: "file:///etc/passwd"), HTTPRequest(url: "ftp://127.0.0.1/x"), HTTPRequest(url: "/v1"),
            HTTPRequest(url: "http://127.0.0.1/a b"), HTTPRequest(method: "GET /", url: "http://127.0.0.1/"),
            HTTPRequest(url: "http://127.0.0.1/", headers: [HTTPHeader("X", "a\r\nEvil: 1")]),
            HTTPRequest(url: "http://127.0.0.1/", headers: [HTTPHeader("X:Y", "a")]),
        ]
    )
    func invalid(_ request: HTTPRequest) async throws {
        let error = await failure(request)
        #expect(error?.kind == .invalidRequest)
        #expect(error?.isSurelyNotSent == true)
    }

    @Test("Errors show no user, password, query or header value")
    func secrets() async throws {
        let request = HTTPRequest(
            url: "http://me:hunter2@127.0.0.1:1/order?signature=hunter2#hunter2",
            headers: [HTTPHeader("X-Key", "hunter2\u{7}")]
        )
        var plain = request
        plain.headers = []
        for request in [request, plain] {
            let text = try #require(await failure(request)?.description)
            #expect(!text.contains("hunter2"))
            #expect(!text.contains("me:"))
        }
        #expect(await failure(plain)?.description.contains("http://127.0.0.1:1/order") == true)
    }

    private func failure(_ request: HTTPRequest, of other: HTTPClient? = nil) async -> HTTPError? {
        do {
            _ = try await (other ?? client).send(request)
            return nil
        } catch {
            return error
        }
    }
}
