import Synchronization
public import TradingDomain

/// Tells whoever listens in this process what happens to accounts, as it becomes durable.
///
/// Events of an account come in the order of its batches. A subscriber that is slower than its buffer loses the oldest
/// events, never delays an engine, and can tell how many it lost; what must not be missed is read from the tables. With
/// nobody listening an engine pays one atomic load per batch.
public final class ExecutionNotifier: Sendable {
    private struct Subscriber {
        let account: AccountID?
        let continuation: AsyncStream<ExecutionEvent>.Continuation
        let losses: ExecutionEvents.Losses
    }

    private struct State {
        var subscribers: [Int: Subscriber] = [:]
        var next = 0
        /// Number of the last event by account.
        var numbers: [AccountID: Int64] = [:]
        var isFinished = false
    }

    private let state = Mutex(State())
    private let listeners = Atomic<Int>(0)

    public init() {}

    /// Whether anybody listens; what is told otherwise need not be made.
    public var isListening: Bool { listeners.load(ordering: .relaxed) > 0 }

    /// Starts to listen; what happened before is not told.
    ///
    /// - Parameters:
    ///   - account: Events of this account alone, or of all.
    ///   - buffer: Events that wait for a slow subscriber, 1 or more; beyond that the oldest are dropped.
    /// - Returns: The events; listening ends with ``ExecutionEvents/stop()``, or when nobody holds them any more.
    public func subscribe(to account: AccountID? = nil, buffer: Int = 1024) -> ExecutionEvents {
        precondition(buffer >= 1, "a buffer of \(buffer) events holds nothing")
        let (stream, continuation) = AsyncStream.makeStream(
            of: ExecutionEvent.self,
            bufferingPolicy: .bufferingNewest(buffer)
        )
        let losses = ExecutionEvents.Losses()
        let id: Int? = state.withLock { state in
            guard !state.isFinished else { return nil }
            state.next += 1
            state.subscribers[state.next] = Subscriber(account: account, continuation: continuation, losses: losses)
            listeners.add(1, ordering: .relaxed)
            return state.next
        }
        if let id {
            continuation.onTermination = { [weak self] _ in self?.forget(id) }
        } else {
            continuation.finish()
        }
        return ExecutionEvents(stream: stream, continuation: continuation, losses: losses)
    }

    /// Tells everybody who listens to the account.
    func publish(_ kinds: [ExecutionEvent.Kind], of account: AccountID, at time: Timestamp) {
        guard !kinds.isEmpty, isListening else { return }
        state.withLock { state in
            let listening = state.subscribers.values.filter { $0.account == nil || $0.account == account }
            for kind in kinds {
                state.numbers[account, default: 0] += 1
                let number = state.numbers[account] ?? 0
                let event = ExecutionEvent(account: account, number: number, at: time, kind: kind)
                for subscriber in listening {
                    if case .dropped = subscriber.continuation.yield(event) { subscriber.losses.note() }
                }
            }
        }
    }

    /// Ends every subscription, once what waits in their buffers was read.
    public func finish() {
        let subscribers = state.withLock { state in
            state.isFinished = true
            return Array(state.subscribers.values)
        }
        for subscriber in subscribers { subscriber.continuation.finish() }
    }

    private func forget(_ id: Int) {
        let known = state.withLock { $0.subscribers.removeValue(forKey: id) != nil }
        if known { listeners.subtract(1, ordering: .relaxed) }
    }
}

/// The events of one subscription, to be read by one task.
public struct ExecutionEvents: AsyncSequence, Sendable {
    /// Counts what a subscriber was too slow for.
    package final class Losses: Sendable {
        private let count = Atomic<Int>(0)

        package init() {}

        package func note() { count.add(1, ordering: .relaxed) }
        var all: Int { count.load(ordering: .relaxed) }
    }

    let stream: AsyncStream<ExecutionEvent>
    let continuation: AsyncStream<ExecutionEvent>.Continuation
    let losses: Losses

    /// Events of a stream of somebody's own, as tests have.
    package init(
        stream: AsyncStream<ExecutionEvent>,
        continuation: AsyncStream<ExecutionEvent>.Continuation,
        losses: Losses
    ) {
        self.stream = stream
        self.continuation = continuation
        self.losses = losses
    }

    /// Events that were dropped so far because the buffer was full.
    public var dropped: Int { losses.all }

    /// Ends the subscription.
    public func stop() { continuation.finish() }

    public func makeAsyncIterator() -> AsyncStream<ExecutionEvent>.Iterator { stream.makeAsyncIterator() }
}
