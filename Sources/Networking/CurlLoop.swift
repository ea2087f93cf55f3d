import CCurl
import Dispatch
import Synchronization

/// The one thread that drives all transfers of a client, on libcurl's multi interface.
///
/// `@unchecked Sendable`: the multi handle, the easy handles and the lists below `MARK: The thread's own` are touched on
/// `queue` alone, which is serial and which ``run()`` never leaves; the rest is behind a mutex. `curl_multi_wakeup` is the
/// one call of libcurl that other threads make, as its documentation allows.
final class CurlLoop: @unchecked Sendable {
    private struct Orders {
        var added: [Transfer] = []
        var isWorking = false
        var isStopped = false
    }

    /// Longest sleep without a reason to wake.
    ///
    /// Wake-ups come for everything that matters, so this bounds only a mistake.
    private static let sleepMax = Duration.seconds(60)
    /// libcurl's process-wide set-up, done once before the first handle.
    private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    private let queue = DispatchQueue(label: "http")
    private let limit: Int
    private let orders = Mutex(Orders())
    private let multi: UnsafeMutableRawPointer?

    // MARK: The thread's own

    private var waiting: [Transfer] = []
    private var working: [UnsafeMutableRawPointer: Transfer] = [:]
    private var idle: [UnsafeMutableRawPointer] = []

    /// A loop that works `limit` transfers at once, on as many connections.
    init(limit: Int) {
        self.limit = limit
        multi = Self.isReady ? curl_multi_init() : nil
        guard let multi else { return }
        sx_curl_multi_set_long(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, limit)
        sx_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, limit)
    }

    deinit {
        for handle in idle { curl_easy_cleanup(handle) }
        if let multi { curl_multi_cleanup(multi) }
    }

    /// Performs a transfer; returns when it is over.
    func perform(_ transfer: Transfer) async -> Result<HTTPResponse, HTTPError> {
        guard multi != nil else {
            return .failure(HTTPError(kind: .other, isSurelyNotSent: true, message: "libcurl could not be started."))
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                transfer.await(continuation)
                let isFirst = orders.withLock { orders in
                    orders.added.append(transfer)
                    defer { orders.isWorking = true }
                    return !orders.isWorking
                }
                if isFirst { queue.async { self.run() } } else { wake() }
            }
        } onCancel: {
            transfer.cancel()
            wake()
        }
    }

    /// Ends the thread; called when nobody can ask for anything more.
    func stop() {
        orders.withLock { $0.isStopped = true }
        wake()
    }

    private func wake() {
        if let multi { curl_multi_wakeup(multi) }
    }

    // MARK: The thread

    private func run() {
        while takeOrders() {
            endHopeless()
            startWaiting()
            var running: Int32 = 0
            curl_multi_perform(multi, &running)
            takeResults()
            // What has just ended may have made room.
            startWaiting()
            curl_multi_poll(multi, nil, 0, sleep(), nil)
        }
    }

    /// Returns `false` when it is time to end.
    private func takeOrders() -> Bool {
        let (added, isStopped) = orders.withLock { orders in
            defer { orders.added = [] }
            return (orders.added, orders.isStopped)
        }
        waiting += added
        return !isStopped
    }

    private func startWaiting() {
        while working.count < limit, !waiting.isEmpty {
            let transfer = waiting.removeFirst()
            guard let handle = idle.popLast() ?? curl_easy_init() else {
                transfer.end(.failure(transfer.refused("libcurl could not make a handle")))
                continue
            }
            guard transfer.configure(handle) == CURLE_OK, curl_multi_add_handle(multi, handle) == CURLM_OK else {
                retire(handle)
                transfer.end(.failure(transfer.refused("libcurl refused the options")))
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
            transfer.end(.failure(transfer.neverStarted()))
            return true
        }
    }

    private func finish(_ handle: UnsafeMutableRawPointer, _ code: CURLcode) {
        guard let transfer = working.removeValue(forKey: handle) else { return }
        let result = transfer.result(of: code, handle)
        curl_multi_remove_handle(multi, handle)
        retire(handle)
        transfer.end(result)
    }

    /// Keeps a handle for the next transfer; its connection stays with the multi handle.
    private func retire(_ handle: UnsafeMutableRawPointer) {
        curl_easy_reset(handle)
        idle.append(handle)
    }

    /// Milliseconds until the first of the waiting transfers runs out of time; libcurl knows the others' times.
    private func sleep() -> Int32 {
        let left = waiting.map(\.timeLeft).min() ?? Self.sleepMax
        return Int32(clamping: max(0, min(left, Self.sleepMax).wholeMilliseconds))
    }
}
