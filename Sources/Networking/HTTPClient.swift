/// A small HTTP client on libcurl: no redirects, no proxies from the environment, certificates always verified.
///
/// HTTP/2 where a TLS server offers it, HTTP/1.1 otherwise. Whoever asks for a request puts it on the socket itself; one
/// thread, which starts with the first request, waits for the answers (libcurl's multi interface). Connections stay open for
/// the next requests. Requests beyond the number of connections wait in order.
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
        guard SafeURL.isAcceptable(request.url) else {
            return "'\(SafeURL.text(request.url))' is not an absolute http or https address."
        }
        guard HTTPHeader.isToken(request.method) else { return "'\(request.method)' is not an HTTP method." }
        return request.headers.lazy.compactMap(\.problem).first
    }
}
