import Foundation
import Networking
import Testing
import TradingAgents
import TradingDomain
import TradingTestKit

@Suite("HTTP agent")
struct HTTPAgentTests {
    private let runtime = AgentRuntime(now: { noon })

    private func ask(_ transport: ScriptedTransport, _ request: DecisionRequest = makeRequest(), timeout: Int = 60)
        async
        -> AgentExchange
    {
        let agent = HTTPAgent(
            id: AgentID(unchecked: "web"),
            configuration: .init(baseURL: "http://agent.test:8700/base/", bearerToken: "t0ken", secret: bytes("s")),
            transport: transport,
            waiter: transport.waiter
        )
        return await runtime.ask(agent, request, timeout: .seconds(timeout))
    }

    private func code(_ exchange: AgentExchange) -> TradingDecision.Abstention.Code? {
        guard case .abstain(let abstention) = exchange.decisions[0].body else { return nil }
        return abstention.code
    }

    private static let good = AgentHTTPResponse(
        status: 200,
        body: bytes(#"{"decisions":[{"ticker":"AAPL","action":"BUY","position_size":5}],"usage":{}}"#)
    )

    @Test("The request has the contract's path and headers")
    func request() async throws {
        let transport = ScriptedTransport([.success(Self.good)])
        let answer = await ask(transport)
        #expect(answer.decisions[0].actionName == "BUY")
        #expect(answer.replyBytes == Self.good.body)
        let sent = try #require(transport.requests.first)
        #expect(sent.method == "POST" && sent.url == "http://agent.test:8700/base/v1/decide")
        #expect(sent.timeout == .seconds(60) && sent.maximumReplyBytes == 1024 * 1024)
        #expect(sent.headers.contains(.init("Idempotency-Key", "req-000042")))
        #expect(sent.headers.contains(.init("X-Smartexec-Deadline", "2026-11-20T14:31:00Z")))
        #expect(sent.headers.contains(.init("Authorization", "Bearer t0ken")))
        #expect(try JSONValue(parsing: sent.body)["symbols"] == .array([.string("AAPL")]))
    }

    /// Compared with Python's own HMAC.
    @Test("The signature is HMAC-SHA256 of time and body")
    func signature() async throws {
        let transport = ScriptedTransport([.success(AgentHTTPResponse(status: 204))])
        _ = await ask(transport)
        let sent = try #require(transport.requests.first)
        let header = try #require(sent.headers.first { $0.name == "X-Smartexec-Signature" }?.value)
        let parts = header.split(separator: ",")
        #expect(parts[0] == "t=1700000000")
        let script = "import hmac,sys;print(hmac.new(b's',sys.stdin.buffer.read(),'sha256').hexdigest())"
        let signed = bytes("1700000000.") + sent.body
        let expected = try await BuiltProgram.installed("python3").run(["-c", script], input: signed)
        try #require(expected.status == 0, "python3 is needed to run this test: \(expected.errors)")
        #expect(parts[1] == "v1=\(expected.output.trimmingCharacters(in: .newlines))")
    }

    @Test(
        "Statuses that may pass are tried again with the same key",
        arguments: [408, 425, 429, 502, 503, 504]
    )
    func retries(status: Int) async {
        let transport = ScriptedTransport([
            .success(.init(status: status)), .failure(.unreachable("reset")), .success(Self.good),
        ])
        let answer = await ask(transport)
        #expect(answer.decisions[0].actionName == "BUY")
        #expect(transport.requests.count == 3)
        #expect(
            Set(transport.requests.compactMap { $0.headers.first { $0.name == "Idempotency-Key" }?.value }).count == 1
        )
        #expect(transport.waits.count == 2)
        #expect(transport.waits[0] <= .milliseconds(500) && transport.waits[0] > .milliseconds(374))
        #expect(transport.waits[1] <= .seconds(1) && transport.waits[1] > .milliseconds(749))
    }

    @Test("Others are not", arguments: [400, 401, 404, 409, 422, 302, 500])
    func final(status: Int) async {
        let transport = ScriptedTransport([.success(.init(status: status)), .success(Self.good)])
        #expect(code(await ask(transport)) == .modelError)
        #expect(transport.requests.count == 1)
    }

    @Test("Retry-After is obeyed, up to two minutes and never past the deadline")
    func retryAfter() async {
        let busy = AgentHTTPResponse(status: 429, headers: [.init("retry-after", "30")])
        let patient = ScriptedTransport([.success(busy), .success(Self.good)])
        #expect(await ask(patient).decisions[0].actionName == "BUY")
        #expect(patient.waits == [.seconds(30)])
        let impatient = ScriptedTransport([.success(busy), .success(Self.good)])
        #expect(code(await ask(impatient, timeout: 30)) == .timeout)
        #expect(impatient.waits.isEmpty)
    }

    @Test("A server that stays busy is given up at the deadline")
    func alwaysBusy() async {
        let transport = ScriptedTransport(Array(repeating: .success(.init(status: 503)), count: 1000))
        #expect(code(await ask(transport)) == .timeout)
        #expect(transport.waits.reduce(.zero, +) < .seconds(60))
        #expect(transport.requests.count < 20)
    }

    @Test("A job is asked for until it is done, at the same host only")
    func job() async {
        let accepted = AgentHTTPResponse(
            status: 202,
            headers: [.init("Location", "/v1/jobs/7"), .init("Retry-After", "2")]
        )
        let transport = ScriptedTransport([.success(accepted), .success(accepted), .success(Self.good)])
        #expect(await ask(transport).decisions[0].actionName == "BUY")
        #expect(transport.requests.map(\.method) == ["POST", "GET", "GET"])
        #expect(transport.requests[1].url == "http://agent.test:8700/v1/jobs/7")
        #expect(transport.waits == [.seconds(2), .seconds(2)])
        for place in ["http://evil.test/v1/jobs/7", "//evil.test/x", ""] {
            let foreign = AgentHTTPResponse(status: 202, headers: [.init("Location", place)])
            #expect(code(await ask(ScriptedTransport([.success(foreign), .success(Self.good)]))) == .modelError)
        }
    }

    @Test(
        "Other ends",
        arguments: [
            (Result.success(AgentHTTPResponse(status: 204)), TradingDecision.Abstention.Code.noView),
            (.success(AgentHTTPResponse(status: 200, body: bytes("not JSON"))), .unparseable),
            (.success(AgentHTTPResponse(status: 200, body: bytes(#"{"decisions":{}}"#))), .unparseable),
            (.success(AgentHTTPResponse(status: 200, body: bytes(#"{"decisions":[]}"#))), .noView),
            (.success(AgentHTTPResponse(status: 200, body: bytes(#"{"decisions":[{"a":1,"a":2}]}"#))), .unparseable),
            (.failure(.timedOut), .timeout), (.failure(.tooLarge(limit: 5)), .unparseable),
            (.failure(.refused("certificate")), .modelError),
        ] as [(Result<AgentHTTPResponse, AgentTransportError>, TradingDecision.Abstention.Code)]
    )
    func ends(result: Result<AgentHTTPResponse, AgentTransportError>, expected: TradingDecision.Abstention.Code) async {
        #expect(code(await ask(ScriptedTransport([result]))) == expected)
    }

    @Test("One bad decision of a reply does not refuse the others")
    func partly() async {
        let body = #"{"decisions":[{"ticker":"AAPL","action":"FLY"},{"ticker":"MSFT","action":"HOLD"}]}"#
        let answer = await ask(
            ScriptedTransport([.success(.init(status: 200, body: bytes(body)))]),
            makeRequest(["AAPL", "MSFT"], kind: .batch)
        )
        #expect(answer.decisions.map(\.actionName) == ["ABSTAIN", "HOLD"])
    }

    @Test("The example service answers over the real client")
    func example() async throws {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Examples/agents/http_agent.py").path
        let service = try BuiltProgram.installed("python3").start([script, "0"])
        defer { service.kill() }
        let address = try #require(try await service.firstLine().split(separator: " ").last)
        let agent = HTTPAgent(
            id: AgentID(unchecked: "web"),
            configuration: .init(baseURL: String(address)),
            transport: CurlTransport()
        )
        let request = makeRequest(["AAPL", "MSFT"], kind: .batch, portfolio: makePortfolio(["MSFT": "10"]))
        let answer = await runtime.ask(agent, request, timeout: .seconds(120))
        #expect(answer.decisions.map(\.actionName) == ["BUY", "HOLD"])
        #expect(answer.decisions[0].trade?.size == .deltaPercentOfEquity(decimal("2.5")))
    }
}

/// Answers in order, and notes what was sent and how long was waited; time passes only by waiting.
final class ScriptedTransport: AgentTransport, @unchecked Sendable {
    private let lock = NSLock()
    private var results: [Result<AgentHTTPResponse, AgentTransportError>]
    private(set) var requests: [AgentHTTPRequest] = []
    private(set) var waits: [Duration] = []

    init(_ results: [Result<AgentHTTPResponse, AgentTransportError>]) { self.results = results }

    var waiter: HTTPAgent.Waiter {
        .init(
            elapsed: { self.lock.withLock { self.waits.reduce(.zero, +) } },
            sleep: { wait in self.lock.withLock { self.waits.append(wait) } },
            unixSeconds: { 1_700_000_000 }
        )
    }

    func send(_ request: AgentHTTPRequest) async throws(AgentTransportError) -> AgentHTTPResponse {
        let result = lock.withLock {
            requests.append(request)
            return results.isEmpty ? .failure(.refused("the script has ended")) : results.removeFirst()
        }
        return try result.get()
    }
}

/// The adapter that the program wires; here to prove that the two fit.
struct CurlTransport: AgentTransport {
    let client = HTTPClient(connections: 1)

    func send(_ request: AgentHTTPRequest) async throws(AgentTransportError) -> AgentHTTPResponse {
        do throws(HTTPError) {
            let response = try await client.send(
                HTTPRequest(
                    method: request.method,
                    url: request.url,
                    headers: request.headers.map { HTTPHeader($0.name, $0.value) },
                    body: request.body,
                    timeout: request.timeout,
                    maximumResponseBytes: request.maximumReplyBytes
                )
            )
            return AgentHTTPResponse(
                status: response.status,
                headers: response.headers.map { .init($0.name, $0.value) },
                body: response.body
            )
        } catch {
            switch error.kind {
            case .timedOut, .cancelled: throw .timedOut
            case .responseTooLarge: throw .tooLarge(limit: request.maximumReplyBytes)
            case .connectFailed, .connectionLost, .nameNotResolved: throw .unreachable(error.message)
            case .invalidRequest, .tlsFailed, .other: throw .refused(error.message)
            }
        }
    }
}
