/// A small HTTP client on libcurl: no redirects, no proxies from the environment, certificates always verified.
///
/// HTTP/2 where a TLS server offers it, HTTP/1.1 otherwise. One thread drives all transfers (libcurl's multi interface)
/// and keeps their connections open for the next requests; it starts with the first request. Requests beyond the number
/// of connections wait in order.
public final class HTTPClient: Sendable {
    private let loop: CurlLoop

    /// - Parameter connections: Requests in flight at once, 1 to 64.
    public init(connections: Int = 4) {
        precondition((1...64).contains(connections), "1 to 64 connections, not \(connections)")
        loop = CurlLoop(limit: connections)
    }

    deinit { loop.stop() }

    /// Sends one request and returns the whole response, of whatever status.
    ///
    /// Cancelling the task ends the transfer at once.
    ///
    /// - Throws: ``HTTPError`` when there is no complete response; its `isSurelyNotSent` tells refused from unknown.
    public func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        if let problem = Self.problem(of: request) {
            throw HTTPError(kind: .invalidRequest, isSurelyNotSent: true, message: problem)
        }
        return try await loop.perform(Transfer(request)).get()
    }

    private static func problem(of request: HTTPRequest) -> String? {
        func isToken(_ text: String) -> Bool {
            !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }
        }
        guard SafeURL.isAcceptable(request.url) else {
            return "'\(SafeURL.text(request.url))' is not an absolute http or https address."
        }
        guard isToken(request.method) else { return "'\(request.method)' is not an HTTP method." }
        for header in request.headers {
            guard isToken(header.name) else { return "'\(header.name)' is not a header name." }
            // The value may be a secret, so only its name is shown.
            guard header.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
                return "The value of header '\(header.name)' has a control character."
            }
        }
        return nil
    }
}
