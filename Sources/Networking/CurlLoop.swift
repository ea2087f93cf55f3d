import CCurl
import Dispatch
import Synchronization

/// All transfers of a client, on libcurl's multi interface.
///
/// Whoever asks for a transfer starts it, so that its bytes are on the socket before the asking task sleeps. One thread
/// waits for what comes back and for times that run out. Both work in turns, one at a time, behind `turn`; what is asked
/// for while another has its turn is left in `orders` for the thread.
final class CurlLoop: Sendable {
    private struct Orders {
        var added: [Transfer] = []
        var hasThread = false
        var isStopped = false
    }

    private let queue = DispatchQueue(label: "http")
    private let orders = Mutex(Orders())
    private let watch: SocketWatch?
    /// `nil` when libcurl could not be started.
    private let turn: Mutex<CurlTurn?>

    /// A loop that works `limit` transfers at once, on as many connections.
    init(limit: Int) {
        watch = SocketWatch()
        turn = Mutex(watch.flatMap { CurlTurn(limit: limit, $0) })
    }

    /// Performs a transfer; returns when it is over.
    func perform(_ transfer: Transfer) async -> Result<HTTPResponse, HTTPError> {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                transfer.await(continuation)
                let isFirst = orders.withLock { orders in
                    orders.added.append(transfer)
                    defer { orders.hasThread = true }
                    return !orders.hasThread
                }
                if isFirst { queue.async { self.run() } }
                work()
            }
        } onCancel: {
            transfer.cancel()
            work()
        }
    }

    /// Ends the thread; called when nobody can ask for anything more.
    func stop() {
        orders.withLock { $0.isStopped = true }
        watch?.wake()
    }

    /// Takes a turn, or lets the thread take one after whoever has it.
    private func work() {
        guard let ended = turn.withLockIfAvailable({ work($0, []) }) else {
            watch?.wake()
            return
        }
        for end in ended { end.tell() }
    }

    private func run() {
        while let watch, !orders.withLock({ $0.isStopped }) {
            let events = watch.wait()
            let ended = turn.withLock { work($0, events) }
            // With the turn given back, since whoever is told may ask for the next transfer at once.
            for end in ended { end.tell() }
        }
    }

    private func work(_ turn: CurlTurn?, _ events: [SocketWatch.Event]) -> [CurlTurn.End] {
        let added = orders.withLock { orders in
            defer { orders.added = [] }
            return orders.added
        }
        guard let turn else {
            let error = HTTPError(kind: .other, isSurelyNotSent: true, message: "libcurl could not be started.")
            return added.map { CurlTurn.End(transfer: $0, result: .failure(error)) }
        }
        return turn.work(added, events)
    }
}
