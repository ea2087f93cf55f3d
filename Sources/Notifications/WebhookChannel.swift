import Crypto
import ExecutionEngine
import Foundation
import Networking
public import Orchestration
public import TradingDomain

/// Posts each message as JSON to an address, signed.
///
/// The body is `{"account","at","key","level","run","subject","text"}`. Its headers:
/// - `Idempotency-Key`: the message's key, the same for every try.
/// - `X-SmartExec-Timestamp`: seconds since 1970 when this try was signed.
/// - `X-SmartExec-Signature`: `v1=` and HMAC-SHA256 over timestamp, a dot and the body, in hexadecimal; absent where no secret
///   is configured.
///
/// A receiver computes the same over the bytes that it got, compares in constant time, refuses old timestamps, and remembers
/// keys. Any status from 200 to 299 counts as taken; redirects are not followed.
public struct WebhookChannel: NotificationChannel {
    /// Longest answer that is read; it is thrown away.
    private static let answerMax = 64 * 1024

    private let url: ChannelSecret
    private let secret: ChannelSecret?
    private let timeout: Duration
    private let client: HTTPClient
    private let now: @Sendable () -> Timestamp

    /// A channel to `url`, which counts as a secret: many services put a token into it.
    ///
    /// - Parameters:
    ///   - url: `http://` or `https://`.
    ///   - secret: What messages are signed with.
    ///   - timeout: For one try; wall clock.
    ///   - now: The wall clock, for the signature's timestamp.
    public init(
        url: ChannelSecret,
        secret: ChannelSecret?,
        timeout: Duration = .seconds(10),
        now: @escaping @Sendable () -> Timestamp = WebhookChannel.wallClock
    ) {
        self.url = url
        self.secret = secret
        self.timeout = timeout
        self.now = now
        client = HTTPClient(connections: 1)
    }

    public static let wallClock: @Sendable () -> Timestamp = {
        Timestamp(nanoseconds: Int64(Date().timeIntervalSince1970 * 1e9))
    }

    public var summary: String { "webhook \(host)\(secret == nil ? ", unsigned" : ", signed")" }

    /// The address's host; the rest of it may be a secret.
    private var host: String { URL(string: url.value)?.host ?? "of an address that is no URL" }

    public func deliver(_ message: NotificationMessage) async throws(NotificationFailure) {
        let body = Self.body(message)
        let seconds = String(now().nanoseconds / 1_000_000_000)
        var headers = [
            HTTPHeader("Content-Type", "application/json"),
            HTTPHeader("Idempotency-Key", message.key),
            HTTPHeader("X-SmartExec-Timestamp", seconds),
        ]
        if let secret {
            headers.append(HTTPHeader("X-SmartExec-Signature", Self.signature(of: body, at: seconds, secret)))
        }
        let request = HTTPRequest(
            method: "POST",
            url: url.value,
            headers: headers,
            body: body,
            timeout: timeout,
            maximumResponseBytes: Self.answerMax
        )
        let response: HTTPResponse
        do {
            response = try await client.send(request)
        } catch {
            // The client's own words name the address's path, which may be a token.
            let kind: NotificationFailure.Kind =
                [.invalidRequest, .tlsFailed].contains(error.kind) ? .refused : .notReached
            throw NotificationFailure(kind, "The webhook at \(host) was not reached: \(error.kind.rawValue).")
        }
        guard !(200..<300).contains(response.status) else { return }
        let mayDo = response.status >= 500 || [408, 425, 429].contains(response.status)
        throw NotificationFailure(
            mayDo ? .notReached : .refused,
            "The webhook at \(host) answered \(response.status)."
        )
    }

    static func body(_ message: NotificationMessage) -> [UInt8] {
        struct Body: Encodable {
            let account: String?
            let at: String
            let key: String
            let level: String
            let run: String?
            let subject: String
            let text: String
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let body = Body(
            account: message.account?.text,
            at: "\(message.at)",
            key: message.key,
            level: message.level.rawValue,
            run: message.run?.text,
            subject: message.subject,
            text: message.text
        )
        // Texts alone: nothing that JSON cannot hold.
        return (try? encoder.encode(body)).map { Array($0) } ?? []
    }

    static func signature(of body: [UInt8], at seconds: String, _ secret: ChannelSecret) -> String {
        let key = SymmetricKey(data: Data(secret.value.utf8))
        let code = HMAC<SHA256>.authenticationCode(for: Data(seconds.utf8) + Data(".".utf8) + Data(body), using: key)
        return "v1=" + code.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
