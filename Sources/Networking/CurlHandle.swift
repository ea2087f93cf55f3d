import CCurl
import Dispatch

/// One libcurl easy handle and the thread that it blocks.
///
/// `@unchecked Sendable`: the handle is only touched on `queue`, which is serial.
final class CurlHandle: @unchecked Sendable {
    private let queue: DispatchQueue
    private let handle: UnsafeMutableRawPointer?

    /// libcurl's process-wide set-up, done once before the first handle.
    private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    init(number: Int) {
        queue = DispatchQueue(label: "http.\(number)")
        handle = Self.isReady ? curl_easy_init() : nil
    }

    deinit { if let handle { curl_easy_cleanup(handle) } }

    func perform(_ transfer: Transfer) async -> Result<HTTPResponse, HTTPError> {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: self.run(transfer)) }
        }
    }

    private func run(_ transfer: Transfer) -> Result<HTTPResponse, HTTPError> {
        guard let handle else {
            return .failure(.init(kind: .other, isSurelyNotSent: true, message: "libcurl could not be started."))
        }
        // Forgets the last request's options and keeps its connection.
        curl_easy_reset(handle)
        var headers: UnsafeMutablePointer<curl_slist>?
        defer { curl_slist_free_all(headers) }
        // An empty `Expect` keeps libcurl from waiting a second for "100 Continue" before larger bodies.
        for line in transfer.request.headers.map({ "\($0.name): \($0.value)" }) + ["Expect:"] {
            headers = curl_slist_append(headers, line)
        }
        guard configure(handle, transfer, headers) == CURLE_OK else {
            let message = "libcurl refused the options of \(Self.name(transfer.request))."
            return .failure(.init(kind: .other, isSurelyNotSent: true, message: message))
        }
        let code = transfer.request.body.withUnsafeBytes { body in
            // libcurl reads the body from here while it performs, and forgets it at the next reset.
            if !body.isEmpty || ["POST", "PUT", "PATCH"].contains(transfer.request.method) {
                sx_curl_set_pointer(handle, CURLOPT_POSTFIELDS, UnsafeMutableRawPointer(mutating: body.baseAddress))
                sx_curl_set_long(handle, CURLOPT_POSTFIELDSIZE, body.count)
                sx_curl_set_text(handle, CURLOPT_CUSTOMREQUEST, transfer.request.method)
            }
            return curl_easy_perform(handle)
        }
        guard code == CURLE_OK else { return .failure(error(code, handle, transfer)) }
        var status = 0
        sx_curl_get_long(handle, CURLINFO_RESPONSE_CODE, &status)
        return .success(transfer.response(status: status))
    }

    private func configure(
        _ handle: UnsafeMutableRawPointer,
        _ transfer: Transfer,
        _ headers: UnsafeMutablePointer<curl_slist>?
    ) -> CURLcode {
        let request = transfer.request
        let context = Unmanaged.passUnretained(transfer).toOpaque()
        let results = [
            sx_curl_set_text(handle, CURLOPT_URL, request.url),
            sx_curl_set_text(handle, CURLOPT_PROTOCOLS_STR, "http,https"),
            sx_curl_set_long(handle, CURLOPT_FOLLOWLOCATION, 0),
            sx_curl_set_text(handle, CURLOPT_PROXY, ""),
            sx_curl_set_long(handle, CURLOPT_SSL_VERIFYPEER, 1),
            sx_curl_set_long(handle, CURLOPT_SSL_VERIFYHOST, 2),
            sx_curl_set_long(handle, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1)),
            // Timeouts without signals: several threads use libcurl at once.
            sx_curl_set_long(handle, CURLOPT_NOSIGNAL, 1),
            sx_curl_set_long(handle, CURLOPT_TCP_NODELAY, 1),
            sx_curl_set_long(handle, CURLOPT_TIMEOUT_MS, Self.milliseconds(transfer.timeout)),
            sx_curl_set_long(
                handle,
                CURLOPT_CONNECTTIMEOUT_MS,
                Self.milliseconds(min(request.connectTimeout, transfer.timeout))
            ),
            sx_curl_set_long(handle, CURLOPT_FRESH_CONNECT, request.mayReuseConnection ? 0 : 1),
            sx_curl_set_pointer(handle, CURLOPT_HTTPHEADER, headers),
            request.method == "HEAD"
                ? sx_curl_set_long(handle, CURLOPT_NOBODY, 1)
                : sx_curl_set_text(handle, CURLOPT_CUSTOMREQUEST, request.method == "GET" ? nil : request.method),
            sx_curl_set_pointer(handle, CURLOPT_WRITEDATA, context),
            sx_curl_set_write(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
                guard let context, let bytes else { return 0 }
                let piece = UnsafeRawBufferPointer(start: bytes, count: size * count)
                let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
                return transfer.takeBody(piece) ? size * count : 0
            },
            sx_curl_set_pointer(handle, CURLOPT_HEADERDATA, context),
            sx_curl_set_write(handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
                guard let context, let bytes else { return 0 }
                let piece = UnsafeRawBufferPointer(start: bytes, count: size * count)
                let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
                return transfer.takeHeader(piece) ? size * count : 0
            },
            sx_curl_set_long(handle, CURLOPT_NOPROGRESS, 0),
            sx_curl_set_pointer(handle, CURLOPT_XFERINFODATA, context),
            sx_curl_set_progress(handle, CURLOPT_XFERINFOFUNCTION) { context, _, _, _, _ in
                guard let context else { return 0 }
                return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().isCancelled ? 1 : 0
            },
        ]
        return results.first { $0 != CURLE_OK } ?? CURLE_OK
    }

    private func error(_ code: CURLcode, _ handle: UnsafeMutableRawPointer, _ transfer: Transfer) -> HTTPError {
        // Set just before the first byte of a request is written, once connection and TLS stand; and the bytes written,
        // also on a kept connection that turned out dead before libcurl tried a new one.
        var beforeSending = 0.0
        var sent = 0
        sx_curl_get_double(handle, CURLINFO_PRETRANSFER_TIME, &beforeSending)
        sx_curl_get_long(handle, CURLINFO_REQUEST_SIZE, &sent)
        var kind: HTTPError.Kind =
            switch code {
            case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .nameNotResolved
            case CURLE_COULDNT_CONNECT: .connectFailed
            case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM,
                CURLE_SSL_CACERT_BADFILE:
                .tlsFailed
            case CURLE_OPERATION_TIMEDOUT: .timedOut
            case CURLE_ABORTED_BY_CALLBACK: .cancelled
            case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE: .connectionLost
            case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: .invalidRequest
            default: .other
            }
        if transfer.isTooLarge { kind = .responseTooLarge }
        let isSurelyNotSent = kind == .invalidRequest || (beforeSending <= 0 && sent == 0)
        let reason =
            kind == .responseTooLarge
            ? "the response is larger than \(transfer.request.maximumResponseBytes) bytes"
            : String(cString: curl_easy_strerror(code))
        return HTTPError(
            kind: kind,
            isSurelyNotSent: isSurelyNotSent,
            message: "\(Self.name(transfer.request)) failed: \(reason)."
        )
    }

    private static func name(_ request: HTTPRequest) -> String { "\(request.method) \(SafeURL.text(request.url))" }

    /// At least 1: to libcurl, 0 means no limit.
    private static func milliseconds(_ duration: Duration) -> Int {
        let (seconds, attoseconds) = duration.components
        return max(1, Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000))
    }
}
