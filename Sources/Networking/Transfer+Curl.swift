import CCurl

/// A transfer in libcurl's words.
extension Transfer {
    /// A new easy handle with the options that all transfers share; `nil` when libcurl could not make one.
    static func makeHandle() -> UnsafeMutableRawPointer? {
        guard let handle = curl_easy_init() else { return nil }
        let results = [
            sx_curl_set_text(handle, CURLOPT_PROTOCOLS_STR, "http,https"),
            sx_curl_set_long(handle, CURLOPT_FOLLOWLOCATION, 0),
            sx_curl_set_text(handle, CURLOPT_PROXY, ""),
            sx_curl_set_long(handle, CURLOPT_SSL_VERIFYPEER, 1),
            sx_curl_set_long(handle, CURLOPT_SSL_VERIFYHOST, 2),
            // HTTP/2 where TLS agrees on it, HTTP/1.1 otherwise.
            sx_curl_set_long(handle, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS)),
            // Timeouts without signals, since the program has threads.
            sx_curl_set_long(handle, CURLOPT_NOSIGNAL, 1),
            sx_curl_set_long(handle, CURLOPT_TCP_NODELAY, 1),
            sx_curl_set_write(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
                guard let context, let bytes else { return 0 }
                let piece = UnsafeRawBufferPointer(start: bytes, count: size * count)
                let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
                return transfer.takeBody(piece) ? size * count : 0
            },
            sx_curl_set_write(handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
                guard let context, let bytes else { return 0 }
                let piece = UnsafeRawBufferPointer(start: bytes, count: size * count)
                let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
                return transfer.takeHeader(piece) ? size * count : 0
            },
        ]
        guard results.allSatisfy({ $0 == CURLE_OK }) else {
            curl_easy_cleanup(handle)
            return nil
        }
        return handle
    }

    /// Sets every option of a handle of ``makeHandle()`` that differs between transfers, whatever an earlier one has set.
    func configure(_ handle: UnsafeMutableRawPointer) -> CURLcode {
        let context = Unmanaged.passUnretained(self).toOpaque()
        let left = timeLeft
        let results = [
            sx_curl_set_text(handle, CURLOPT_URL, request.url),
            sx_curl_set_long(handle, CURLOPT_TIMEOUT_MS, Self.atLeastOne(left)),
            sx_curl_set_long(handle, CURLOPT_CONNECTTIMEOUT_MS, Self.atLeastOne(min(request.connectTimeout, left))),
            sx_curl_set_pointer(handle, CURLOPT_WRITEDATA, context),
            sx_curl_set_pointer(handle, CURLOPT_HEADERDATA, context),
            setHeaders(handle),
            setMethod(handle),
            setOnce(handle),
        ]
        return results.first { $0 != CURLE_OK } ?? CURLE_OK
    }

    private func setHeaders(_ handle: UnsafeMutableRawPointer) -> CURLcode {
        var list: UnsafeMutablePointer<curl_slist>?
        // An empty `Expect` keeps libcurl from waiting a second for "100 Continue" before larger bodies.
        // A header without a value is written with a semicolon; with a colon it would be left out.
        for line in request.headers.map({ $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }) + ["Expect:"]
        {
            list = curl_slist_append(list, line)
        }
        keep(list)
        return sx_curl_set_pointer(handle, CURLOPT_HTTPHEADER, list)
    }

    private func setMethod(_ handle: UnsafeMutableRawPointer) -> CURLcode {
        let method = request.method
        var results: [CURLcode] = []
        if !request.body.isEmpty || ["POST", "PUT", "PATCH"].contains(method) {
            results.append(sx_curl_set_long(handle, CURLOPT_POST, 1))
            results.append(sx_curl_set_long(handle, CURLOPT_POSTFIELDSIZE, request.body.count))
            let copied = request.body.withUnsafeBytes { body in
                // Copied by libcurl; the size has been set before, as it asks. A short one leaves together with the headers.
                let start = UnsafeMutableRawPointer(mutating: body.baseAddress)
                return sx_curl_set_pointer(handle, CURLOPT_COPYPOSTFIELDS, start)
            }
            results.append(copied)
        } else {
            results.append(sx_curl_set_long(handle, CURLOPT_HTTPGET, 1))
            if method == "HEAD" { results.append(sx_curl_set_long(handle, CURLOPT_NOBODY, 1)) }
        }
        results.append(sx_curl_set_text(handle, CURLOPT_CUSTOMREQUEST, method))
        return results.first { $0 != CURLE_OK } ?? CURLE_OK
    }

    /// Keeps a request that may go out once from going out twice.
    ///
    /// When a kept connection breaks before a byte of the response came, libcurl sends the request again on another one.
    /// It asks before each time it sends, and is told no once a byte has left.
    private func setOnce(_ handle: UnsafeMutableRawPointer) -> CURLcode {
        guard request.goesOutOnce else { return sx_curl_set_prereq(handle, nil, nil) }
        let ask: sx_curl_prereq = { handle, _, _, _, _ in
            var sent = 0
            if let handle { sx_curl_get_long(handle, CURLINFO_REQUEST_SIZE, &sent) }
            return sent == 0 ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
        }
        return sx_curl_set_prereq(handle, ask, handle)
    }

    /// What a finished transfer came to.
    func result(of code: CURLcode, _ handle: UnsafeMutableRawPointer) -> Result<HTTPResponse, HTTPError> {
        guard code == CURLE_OK, !isCancelled else { return .failure(error(code, handle)) }
        var status = 0
        sx_curl_get_long(handle, CURLINFO_RESPONSE_CODE, &status)
        return .success(response(status: status, timing: HTTPTiming(handle)))
    }

    private func error(_ code: CURLcode, _ handle: UnsafeMutableRawPointer) -> HTTPError {
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
            case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_SEND_FAIL_REWIND,
                CURLE_HTTP2, CURLE_HTTP2_STREAM:
                .connectionLost
            case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: .invalidRequest
            default: .other
            }
        // A connection broke, and to send again on another was forbidden, or that one did not come about.
        let isNotRepeated = sent > 0 && [.cancelled, .connectFailed].contains(kind)
        if isNotRepeated { kind = .connectionLost }
        if isCancelled { kind = .cancelled }
        if isTooLarge { kind = .responseTooLarge }
        let reason =
            switch kind {
            case .responseTooLarge: "the response is larger than \(request.maximumResponseBytes) bytes"
            case .cancelled: "it was cancelled"
            case .connectionLost where isNotRepeated: "the connection broke before any of the response had come"
            default: String(cString: curl_easy_strerror(code))
            }
        return HTTPError(
            kind: kind,
            isSurelyNotSent: kind == .invalidRequest || (beforeSending <= 0 && sent == 0),
            message: "\(name) failed: \(reason)."
        )
    }

    /// The error of a transfer that never had a connection.
    func neverStarted() -> HTTPError {
        HTTPError(
            kind: isCancelled ? .cancelled : .timedOut,
            isSurelyNotSent: true,
            message: isCancelled ? "\(name) was cancelled." : "\(name) waited too long for a free connection."
        )
    }

    func refused(_ reason: String) -> HTTPError {
        HTTPError(kind: .other, isSurelyNotSent: true, message: "\(name): \(reason).")
    }

    private var name: String { "\(request.method) \(SafeURL.text(request.url))" }

    /// To libcurl, 0 means no limit.
    private static func atLeastOne(_ duration: Duration) -> Int { max(1, duration.wholeMilliseconds) }
}

extension HTTPTiming {
    /// The times that libcurl took of a finished transfer.
    init(_ handle: UnsafeMutableRawPointer) {
        func time(_ info: CURLINFO) -> Duration {
            var microseconds = 0
            sx_curl_get_microseconds(handle, info, &microseconds)
            return .microseconds(microseconds)
        }
        var connections = 0
        sx_curl_get_long(handle, CURLINFO_NUM_CONNECTS, &connections)
        self.init(
            connected: max(time(CURLINFO_CONNECT_TIME_T), time(CURLINFO_APPCONNECT_TIME_T)),
            firstByte: time(CURLINFO_STARTTRANSFER_TIME_T),
            total: time(CURLINFO_TOTAL_TIME_T),
            isConnectionReused: connections == 0
        )
    }
}

extension Duration {
    var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        return Int(clamping: seconds.multipliedReportingOverflow(by: 1000).partialValue)
            + Int(attoseconds / 1_000_000_000_000_000)
    }

    var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds.multipliedReportingOverflow(by: 1_000_000_000).partialValue + attoseconds / 1_000_000_000
    }
}
