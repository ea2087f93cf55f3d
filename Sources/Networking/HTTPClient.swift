import Synchronization

/// A small HTTP/1.1 client on libcurl: no redirects, no proxies from the environment, certificates always verified.
///
/// Each of its connections is a libcurl easy handle with a thread of its own, because `curl_easy_perform` blocks. A
/// handle keeps its connection open for the next request. Requests beyond the number of handles wait in order.
public final class HTTPClient: Sendable {
    private struct State {
        var idle: [CurlHandle]
        var waiting: [CheckedContinuation<CurlHandle, Never>] = []
    }

    private let state: Mutex<State>

    /// - Parameter connections: Requests in flight at once, 1 to 64.
    public init(connections: Int = 4) {
        precondition((1...64).contains(connections), "1 to 64 connections, not \(connections)")
        state = Mutex(State(idle: (0..<connections).map { CurlHandle(number: $0) }))
    }

    /// Sends one request and returns the whole response, of whatever status.
    ///
    /// Cancelling the task ends the transfer within a second at most.
    ///
    /// - Throws: ``HTTPError`` when there is no complete response; its `isSurelyNotSent` tells refused from unknown.
    public func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        if let problem = Self.problem(of: request) {
            throw HTTPError(kind: .invalidRequest, isSurelyNotSent: true, message: problem)
        }
        let start = ContinuousClock.now
        let handle = await take()
        defer { give(handle) }
        let left = request.timeout - (ContinuousClock.now - start)
        guard left > .zero, !Task.isCancelled else {
            throw HTTPError(
                kind: Task.isCancelled ? .cancelled : .timedOut,
                isSurelyNotSent: true,
                message: "\(request.method) \(SafeURL.text(request.url)) waited too long for a free connection."
            )
        }
        let transfer = Transfer(request: request, timeout: left)
        let result = await withTaskCancellationHandler {
            await handle.perform(transfer)
        } onCancel: {
            transfer.cancel()
        }
        return try result.get()
    }

    private func take() async -> CurlHandle {
        await withCheckedContinuation { continuation in
            let handle: CurlHandle? = state.withLock { state in
                if let handle = state.idle.popLast() { return handle }
                state.waiting.append(continuation)
                return nil
            }
            if let handle { continuation.resume(returning: handle) }
        }
    }

    private func give(_ handle: CurlHandle) {
        let next: CheckedContinuation<CurlHandle, Never>? = state.withLock { state in
            if state.waiting.isEmpty {
                state.idle.append(handle)
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume(returning: handle)
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
