import Synchronization

/// One request under way: what libcurl's callbacks write into, on the thread that performs it.
final class Transfer: Sendable {
    private struct Received {
        var headers: [HTTPHeader] = []
        var body: [UInt8] = []
        var isTooLarge = false
        var isCancelled = false
    }

    let request: HTTPRequest
    /// What is left of the request's timeout.
    let timeout: Duration
    private let received = Mutex(Received())

    init(request: HTTPRequest, timeout: Duration) {
        self.request = request
        self.timeout = timeout
    }

    func cancel() { received.withLock { $0.isCancelled = true } }
    var isCancelled: Bool { received.withLock { $0.isCancelled } }
    var isTooLarge: Bool { received.withLock { $0.isTooLarge } }

    /// Takes a piece of the body; `false` ends the transfer.
    func takeBody(_ piece: UnsafeRawBufferPointer) -> Bool {
        received.withLock { received in
            guard received.body.count + piece.count <= request.maximumResponseBytes else {
                received.isTooLarge = true
                return false
            }
            received.body.append(contentsOf: piece)
            return true
        }
    }

    /// Takes one header line; `false` ends the transfer.
    func takeHeader(_ piece: UnsafeRawBufferPointer) -> Bool {
        let line = String(decoding: piece, as: UTF8.self)
        return received.withLock { received in
            // A status line begins a new response: an interim one (100) came before.
            if line.hasPrefix("HTTP/") { received.headers = [] }
            guard received.headers.count < 200 else {
                received.isTooLarge = true
                return false
            }
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { return true }
            let blanks: Set<Character> = [" ", "\t", "\r", "\n", "\r\n"]
            let value = parts[1].drop { blanks.contains($0) }.reversed().drop { blanks.contains($0) }.reversed()
            received.headers.append(HTTPHeader(String(parts[0]), String(value)))
            return true
        }
    }

    func response(status: Int) -> HTTPResponse {
        received.withLock { HTTPResponse(status: status, headers: $0.headers, body: $0.body) }
    }
}
