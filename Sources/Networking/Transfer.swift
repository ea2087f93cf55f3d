import CCurl
import Synchronization

/// One request under way: what libcurl's callbacks write into, and who waits for it.
final class Transfer: Sendable {
    private struct State {
        var headers: [HTTPHeader] = []
        var body: [UInt8] = []
        var isTooLarge = false
        var isCancelled = false
        var waiter: CheckedContinuation<Result<HTTPResponse, HTTPError>, Never>?
    }

    let request: HTTPRequest
    let deadline: ContinuousClock.Instant
    private let state = Mutex(State())
    /// Header lines that libcurl reads while it performs; an address, since raw pointers are not `Sendable`.
    private let headerLines = Mutex<UInt>(0)

    init(_ request: HTTPRequest) {
        self.request = request
        deadline = .now + request.timeout
    }

    deinit { keep(nil) }

    /// Holds header lines until the transfer is gone, or until others take their place.
    func keep(_ lines: UnsafeMutablePointer<curl_slist>?) {
        let former = headerLines.withLock { address in
            defer { address = UInt(bitPattern: lines) }
            return address
        }
        curl_slist_free_all(UnsafeMutablePointer(bitPattern: former))
    }

    var timeLeft: Duration { deadline - .now }
    var isCancelled: Bool { state.withLock { $0.isCancelled } }
    var isTooLarge: Bool { state.withLock { $0.isTooLarge } }

    func cancel() { state.withLock { $0.isCancelled = true } }

    func await(_ waiter: CheckedContinuation<Result<HTTPResponse, HTTPError>, Never>) {
        state.withLock { $0.waiter = waiter }
    }

    func end(_ result: Result<HTTPResponse, HTTPError>) {
        let waiter = state.withLock { state in
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: result)
    }

    /// Takes a piece of the response's body; `false` ends the transfer.
    func takeBody(_ piece: UnsafeRawBufferPointer) -> Bool {
        state.withLock { state in
            guard state.body.count + piece.count <= request.maximumResponseBytes else {
                state.isTooLarge = true
                return false
            }
            state.body.append(contentsOf: piece)
            return true
        }
    }

    /// Takes one header line; `false` ends the transfer.
    func takeHeader(_ line: UnsafeRawBufferPointer) -> Bool {
        state.withLock { state in
            // A status line begins a new response: an interim one (100) came before.
            if line.starts(with: "HTTP/".utf8) { state.headers = [] }
            guard state.headers.count < 200 else {
                state.isTooLarge = true
                return false
            }
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return true }
            state.headers.append(HTTPHeader(Self.text(line[..<colon]), Self.text(line[(colon + 1)...])))
            return true
        }
    }

    /// Without the blanks and the line's end around it.
    private static func text(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
        func isBlank(_ byte: UInt8) -> Bool { byte <= 0x20 }
        let from = bytes.drop(while: isBlank)
        guard let last = from.lastIndex(where: { !isBlank($0) }) else { return "" }
        return String(decoding: UnsafeRawBufferPointer(rebasing: from[...last]), as: UTF8.self)
    }

    func response(status: Int, timing: HTTPTiming) -> HTTPResponse {
        state.withLock { HTTPResponse(status: status, headers: $0.headers, body: $0.body, timing: timing) }
    }
}
