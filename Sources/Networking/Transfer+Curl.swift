import CCurl

/// A transfer in libcurl's words.
extension Transfer {
    /// Sets every option of an easy handle that has just been reset.
    func configure(_ handle: UnsafeMutableRawPointer) -> CURLcode {
        let context = Unmanaged.passUnretained(self).toOpaque()
        var results = [
            sx_curl_set_text(handle, CURLOPT_URL, request.url),
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
            sx_curl_set_long(handle, CURLOPT_TIMEOUT_MS, Self.atLeastOne(timeLeft)),
            sx_curl_set_long(
                handle,
                CURLOPT_CONNECTTIMEOUT_MS,
                Self.atLeastOne(min(request.connectTimeout, timeLeft))
            ),
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
        ]
        results += [setHeaders(handle), setBody(handle, context)]
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

    /// Hands over the body, and what keeps a request that may go out once from going out twice.
    ///
    /// When a kept connection breaks before a byte of the response came, libcurl sends the request again on a new one.
    /// It has to read the body again for that; a body that comes from a callback which cannot be rewound makes it give up
    /// with an error instead. A request without a body has no such brake, so it gets a connection of its own.
    private func setBody(_ handle: UnsafeMutableRawPointer, _ context: UnsafeMutableRawPointer) -> CURLcode {
        let method = request.method
        var results: [CURLcode] = []
        if !request.body.isEmpty || ["POST", "PUT", "PATCH"].contains(method) {
            results.append(sx_curl_set_long(handle, CURLOPT_POST, 1))
            results.append(sx_curl_set_long(handle, CURLOPT_POSTFIELDSIZE, request.body.count))
            if request.goesOutOnce, !request.body.isEmpty {
                results.append(sx_curl_set_pointer(handle, CURLOPT_READDATA, context))
                let read = sx_curl_set_write(handle, CURLOPT_READFUNCTION) { bytes, size, count, context in
                    guard let context, let bytes else { return 0 }
                    let space = UnsafeMutableRawBufferPointer(start: bytes, count: size * count)
                    return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().giveBody(space)
                }
                results.append(read)
            } else {
                let copied = request.body.withUnsafeBytes { body in
                    // Copied by libcurl; the size has been set before, as it asks.
                    let start = UnsafeMutableRawPointer(mutating: body.baseAddress)
                    return sx_curl_set_pointer(handle, CURLOPT_COPYPOSTFIELDS, start)
                }
                results.append(copied)
            }
            results.append(sx_curl_set_text(handle, CURLOPT_CUSTOMREQUEST, method))
        } else if method == "HEAD" {
            results.append(sx_curl_set_long(handle, CURLOPT_NOBODY, 1))
        } else if method != "GET" {
            results.append(sx_curl_set_text(handle, CURLOPT_CUSTOMREQUEST, method))
        }
        let isFresh = request.goesOutOnce && request.body.isEmpty
        results.append(sx_curl_set_long(handle, CURLOPT_FRESH_CONNECT, isFresh ? 1 : 0))
        return results.first { $0 != CURLE_OK } ?? CURLE_OK
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
        if isCancelled { kind = .cancelled }
        if isTooLarge { kind = .responseTooLarge }
        let reason =
            switch kind {
            case .responseTooLarge: "the response is larger than \(request.maximumResponseBytes) bytes"
            case .cancelled: "it was cancelled"
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
}
