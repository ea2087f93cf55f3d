import CCurl

/// libcurl's multi handle and the transfers on it, touched by one thread at a time.
final class CurlTurn {
    /// A transfer that is over, and how.
    struct End: Sendable {
        let transfer: Transfer
        let result: Result<HTTPResponse, HTTPError>

        /// Wakes whoever waits for it.
        func tell() { transfer.end(result) }
    }

    /// Rounds of one turn; libcurl asks for a few, and one that asks for more goes on by the alarm.
    private static let roundsMax = 16
    /// libcurl's process-wide set-up, done once before the first handle.
    private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    private let limit: Int
    private let watch: SocketWatch
    private let multi: UnsafeMutableRawPointer
    private var waiting: [Transfer] = []
    private var working: [UnsafeMutableRawPointer: Transfer] = [:]
    private var idle: [UnsafeMutableRawPointer] = []
    private var ended: [End] = []

    /// `nil` when libcurl could not be started.
    init?(limit: Int, _ watch: SocketWatch) {
        guard Self.isReady, let multi = curl_multi_init() else { return nil }
        self.limit = limit
        self.watch = watch
        self.multi = multi
        sx_curl_multi_set_long(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, limit)
        sx_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, limit)
        let context = Unmanaged.passUnretained(watch).toOpaque()
        let set: sx_curl_socket = { _, socket, wish, context, _ in
            if let context { Unmanaged<SocketWatch>.fromOpaque(context).takeUnretainedValue().set(socket, wish) }
            return 0
        }
        sx_curl_multi_set_socket(multi, set, context)
    }

    deinit {
        for handle in idle { curl_easy_cleanup(handle) }
        curl_multi_cleanup(multi)
    }

    /// Starts what was added, lets libcurl do what it can without waiting, and returns what is over.
    func work(_ added: [Transfer], _ events: [SocketWatch.Event]) -> [End] {
        waiting += added
        var running: Int32 = 0
        for event in events { curl_multi_socket_action(multi, event.socket, event.ready, &running) }
        endHopeless()
        takeResults()
        startWaiting()
        var left = 0
        for _ in 0..<Self.roundsMax {
            curl_multi_timeout(multi, &left)
            guard left == 0 else { break }
            curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running)
            takeResults()
            // What has just ended may have made room.
            startWaiting()
        }
        setAlarm(left)
        defer { ended = [] }
        return ended
    }

    private func startWaiting() {
        while working.count < limit, !waiting.isEmpty {
            let transfer = waiting.removeFirst()
            guard let handle = idle.popLast() ?? Transfer.makeHandle() else {
                end(transfer, .failure(transfer.refused("libcurl could not make a handle")))
                continue
            }
            guard transfer.configure(handle) == CURLE_OK, curl_multi_add_handle(multi, handle) == CURLM_OK else {
                idle.append(handle)
                end(transfer, .failure(transfer.refused("libcurl refused the options")))
                continue
            }
            working[handle] = transfer
        }
    }

    private func takeResults() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let handle = message.pointee.easy_handle else { continue }
            let code = sx_curl_message_result(message)
            finish(handle, code)
        }
    }

    /// Ends what was cancelled, and what ran out of time before it had a connection.
    private func endHopeless() {
        for (handle, transfer) in working where transfer.isCancelled { finish(handle, CURLE_ABORTED_BY_CALLBACK) }
        waiting.removeAll { transfer in
            guard transfer.isCancelled || transfer.timeLeft <= .zero else { return false }
            end(transfer, .failure(transfer.neverStarted()))
            return true
        }
    }

    private func finish(_ handle: UnsafeMutableRawPointer, _ code: CURLcode) {
        guard let transfer = working.removeValue(forKey: handle) else { return }
        end(transfer, transfer.result(of: code, handle))
        curl_multi_remove_handle(multi, handle)
        // Its connection stays with the multi handle.
        idle.append(handle)
    }

    private func end(_ transfer: Transfer, _ result: Result<HTTPResponse, HTTPError>) {
        ended.append(End(transfer: transfer, result: result))
    }

    /// Wakes the thread when libcurl wants to go on, in `left` milliseconds unless negative, or when a transfer that waits
    /// runs out of time.
    private func setAlarm(_ left: Int) {
        let own = left < 0 ? nil : ContinuousClock.now + .milliseconds(left)
        let others = waiting.map(\.deadline).min()
        watch.wake(at: [own, others].compactMap(\.self).min())
    }
}
