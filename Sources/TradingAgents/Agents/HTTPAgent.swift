import Crypto
import Foundation
public import TradingDomain

/// Asks an agent over HTTP: `POST {base}/v1/decide` with the request as JSON.
///
/// `200` brings `{"decisions":[…]}` (or one bare decision), `202` a job to poll, `204` no view. What may pass by waiting
/// (408, 425, 429, 502, 503, 504, no connection) is tried again with the same `Idempotency-Key`, waiting 0.5 s × 2ⁿ up
/// to 8 s less up to a quarter, or what `Retry-After` says up to 120 s, and never past the deadline. Everything else is
/// an abstention.
public struct HTTPAgent: TradingAgent {
    public struct Configuration: Hashable, Sendable {
        /// Such as `http://127.0.0.1:8080`, without the path.
        public var baseURL: String
        /// Sent as `Authorization: Bearer …`.
        public var bearerToken: String?
        /// Shared secret of the signature header; `nil` sends none.
        public var secret: [UInt8]?
        /// At most 1 MiB by the contract.
        public var maximumReplyBytes: Int

        public init(
            baseURL: String,
            bearerToken: String? = nil,
            secret: [UInt8]? = nil,
            maximumReplyBytes: Int = 1024 * 1024
        ) {
            self.baseURL = baseURL
            self.bearerToken = bearerToken
            self.secret = secret
            self.maximumReplyBytes = maximumReplyBytes
        }
    }

    /// Waiting and measuring, replaceable in tests.
    public struct Waiter: Sendable {
        /// Time since some fixed moment.
        public var elapsed: @Sendable () -> Duration
        public var sleep: @Sendable (Duration) async throws -> Void
        /// Seconds since 1970, for the signature.
        public var unixSeconds: @Sendable () -> Int64

        public init(
            elapsed: @escaping @Sendable () -> Duration,
            sleep: @escaping @Sendable (Duration) async throws -> Void,
            unixSeconds: @escaping @Sendable () -> Int64
        ) {
            self.elapsed = elapsed
            self.sleep = sleep
            self.unixSeconds = unixSeconds
        }

        /// The machine's own clocks.
        public static var wallClock: Waiter {
            let start = ContinuousClock.now
            return Waiter(
                elapsed: { ContinuousClock.now - start },
                sleep: { try await Task.sleep(for: $0) },
                unixSeconds: { Int64(Date().timeIntervalSince1970) }
            )
        }
    }

    public let descriptor: AgentDescriptor
    private let configuration: Configuration
    private let transport: any AgentTransport
    private let waiter: Waiter

    public init(
        id: AgentID,
        version: String = "1.0.0",
        configuration: Configuration,
        transport: any AgentTransport,
        waiter: Waiter = .wallClock
    ) {
        descriptor = AgentDescriptor(id: id, version: version)
        self.configuration = configuration
        self.transport = transport
        self.waiter = waiter
    }

    public func decide(_ request: DecisionRequest) async throws -> [AgentReply] {
        let deadline = waiter.elapsed() + request.tools.timeout
        let base =
            configuration.baseURL.hasSuffix("/") ? String(configuration.baseURL.dropLast()) : configuration.baseURL
        var call = Call(method: "POST", url: base + "/v1/decide", body: try request.encoded())
        var attempt = 0
        while true {
            let answer: AgentHTTPResponse
            do {
                answer = try await send(call, request, deadline)
            } catch AgentTransportError.unreachable(let reason) {
                try await pause(attempt, nil, deadline, request, "The agent cannot be reached: \(reason)")
                attempt += 1
                continue
            }
            request.tools.transcript.end("HTTP \(answer.status)")
            switch answer.status {
            case 200:
                request.tools.transcript.addReply(answer.body)
                return try Self.replies(answer.body)
            case 202:
                call = Call(method: "GET", url: try Self.job(answer, base: base), body: [])
                let wait = Self.retryAfter(answer) ?? .seconds(5)
                try await pause(0, wait, deadline, request, "The agent's job was not done in time.")
                attempt = 0
            case 204: return [.abstain(.noView, symbols: [], "The agent answered that it has no view.")]
            case 408, 425, 429, 502, 503, 504:
                let reason = "The agent answered \(answer.status). \(Self.problem(answer))"
                try await pause(attempt, Self.retryAfter(answer), deadline, request, reason)
                attempt += 1
            default:
                request.tools.transcript.addReply(answer.body)
                throw AgentFailure(.modelError, "The agent answered \(answer.status). \(Self.problem(answer))")
            }
        }
    }

    private struct Call {
        let method: String
        let url: String
        let body: [UInt8]
    }

    private func send(
        _ call: Call,
        _ request: DecisionRequest,
        _ deadline: Duration
    ) async throws -> AgentHTTPResponse {
        var headers: [AgentHTTPRequest.Header] = [
            .init("Content-Type", "application/json"), .init("Accept", "application/json"),
            .init("Idempotency-Key", request.requestID), .init("X-Smartexec-Deadline", request.deadline.description),
        ]
        if let token = configuration.bearerToken { headers.append(.init("Authorization", "Bearer \(token)")) }
        if let secret = configuration.secret {
            let signature = Self.signature(of: call.body, at: waiter.unixSeconds(), secret: secret)
            headers.append(.init("X-Smartexec-Signature", signature))
        }
        let timeout = deadline - waiter.elapsed()
        guard timeout > .zero else { throw AgentFailure(.timeout, "No answer before the deadline.") }
        do throws(AgentTransportError) {
            return try await transport.send(
                AgentHTTPRequest(
                    method: call.method,
                    url: call.url,
                    headers: headers,
                    body: call.body,
                    timeout: timeout,
                    maximumReplyBytes: configuration.maximumReplyBytes
                )
            )
        } catch .timedOut {
            throw AgentFailure(.timeout, "No answer before the deadline.")
        } catch .tooLarge(let limit) {
            throw AgentFailure(.unparseable, "TOO_LARGE: the answer has more than \(limit) bytes.")
        } catch .refused(let reason) {
            throw AgentFailure(.modelError, "The agent cannot be asked: \(reason)")
        } catch {
            throw error
        }
    }

    /// Waits before the next attempt.
    ///
    /// - Throws: ``AgentFailure`` with `reason` when the wait would end after the deadline.
    private func pause(
        _ attempt: Int,
        _ asked: Duration?,
        _ deadline: Duration,
        _ request: DecisionRequest,
        _ reason: String
    ) async throws {
        let wait = asked.map { min($0, .seconds(120)) } ?? Self.backoff(attempt, seed: request.requestID)
        guard waiter.elapsed() + wait < deadline else { throw AgentFailure(.timeout, reason) }
        try await waiter.sleep(wait)
    }

    /// 0.5 s × 2ⁿ, at most 8 s, less up to a quarter by a hash, so that many waiting callers do not come back at once.
    static func backoff(_ attempt: Int, seed: String) -> Duration {
        let full = 500 << min(attempt, 4)
        let share = Int(Hash.hexadecimal("\(seed)/\(attempt)".utf8).prefix(4), radix: 16) ?? 0
        return .milliseconds(min(full, 8000) - min(full, 8000) * share / (4 * 65_536))
    }

    /// `t=<seconds>,v1=<HMAC-SHA256 of "<seconds>." and the body>` in hexadecimal.
    static func signature(of body: [UInt8], at seconds: Int64, secret: [UInt8]) -> String {
        let code = HMAC<SHA256>.authenticationCode(
            for: Array("\(seconds).".utf8) + body,
            using: SymmetricKey(data: secret)
        )
        let text = code.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return "t=\(seconds),v1=\(text)"
    }

    /// `Retry-After` in whole seconds; its date form is not used by agents and is ignored.
    private static func retryAfter(_ answer: AgentHTTPResponse) -> Duration? {
        answer.header("Retry-After").flatMap { Int($0) }.flatMap { $0 >= 0 ? .seconds(min($0, 120)) : nil }
    }

    /// The job's address, which must be on the same host.
    private static func job(_ answer: AgentHTTPResponse, base: String) throws(AgentFailure) -> String {
        guard let location = answer.header("Location"), location.hasPrefix("/"), !location.hasPrefix("//") else {
            throw AgentFailure(.modelError, "The agent answered 202 without a path in 'Location' to ask again at.")
        }
        let origin = base.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).prefix(3)
        return origin.joined(separator: "/") + location
    }

    private static func problem(_ answer: AgentHTTPResponse) -> String {
        String(decoding: answer.body.prefix(300), as: UTF8.self)
    }

    private static func replies(_ body: [UInt8]) throws(AgentFailure) -> [AgentReply] {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: body, limits: .reply)
        } catch {
            throw AgentFailure(.unparseable, "\(error.kind.rawValue): \(error)")
        }
        guard let decisions = value["decisions"] else { return [.document(body)] }
        guard case .array(let items) = decisions else {
            throw AgentFailure(.unparseable, "'decisions' is \(decisions.kindName), not an array.")
        }
        return items.map { .document($0.encoded()) }
    }
}
