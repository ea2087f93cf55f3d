import Synchronization

/// What a stream that stays connected goes through.
public enum WebSocketEvent: Hashable, Sendable {
    /// A connection stands and every subscription is sent; `attempt` counts the tries for it, from 1.
    ///
    /// What was missed in between is not made up for: whoever keeps a state from the messages starts it anew here.
    case connected(attempt: Int)
    case message(WebSocketMessage)
    /// There is no connection, and the next try comes after a while.
    case disconnected(WebSocketError, retryIn: Duration)
}

/// A WebSocket connection that is made anew whenever it ends, with its subscriptions.
///
/// It works while its events are consumed, and no faster: there is no task behind it.
public final class WebSocketStream: Sendable {
    private struct State {
        var subscriptions: [String]
        /// Set once all subscriptions are sent.
        var connection: WebSocketConnection?
        /// Ends a wait or a try that is under way.
        var interrupt: (@Sendable () -> Void)?
        var isStopped = false
    }

    private let url: @Sendable () async throws -> String
    private let settings: WebSocketSettings
    private let backoff: Backoff
    private let draw: @Sendable () -> Double
    private let state: Mutex<State>

    /// A stream that connects when its events are first asked for.
    ///
    /// - Parameters:
    ///   - url: Gives the address for each try; an error counts as a failed try.
    ///   - settings: Of each connection.
    ///   - backoff: The waits between tries; a server's own `Retry-After` is kept when it is longer.
    ///   - subscriptions: Texts sent after each connect, in order.
    ///   - draw: Random numbers in 0..<1 for the waits.
    public init(
        url: @escaping @Sendable () async throws -> String,
        settings: WebSocketSettings = .init(),
        backoff: Backoff = .init(),
        subscriptions: [String] = [],
        draw: @escaping @Sendable () -> Double = { .random(in: 0..<1) }
    ) {
        self.url = url
        self.settings = settings
        self.backoff = backoff
        self.draw = draw
        state = Mutex(State(subscriptions: subscriptions))
    }

    /// What happens, until the stream is stopped or the consumer's task is cancelled; for one consumer.
    public var events: WebSocketEvents { WebSocketEvents(stream: self) }

    /// Sends a text, now if there is a connection and after each connect from then on.
    public func subscribe(_ text: String) async {
        let connection = state.withLock { state in
            state.subscriptions.append(text)
            return state.connection
        }
        // A connection that breaks here is told by the events, and its successor gets this text with the others.
        try? await connection?.send(text: text)
    }

    /// Closes the connection and ends the events.
    public func stop() async {
        let (connection, interrupt) = state.withLock { state in
            state.isStopped = true
            return (state.connection, state.interrupt)
        }
        interrupt?()
        await connection?.close()
    }

    // MARK: For the events

    fileprivate var isOver: Bool { Task.isCancelled || state.withLock { $0.isStopped } }
    fileprivate var waits: Backoff { backoff }

    fileprivate func nextDraw() -> Double { draw() }

    /// Makes a connection and sends all subscriptions, also those that are added meanwhile.
    fileprivate func open() async throws -> WebSocketConnection {
        try await interruptibly { [self] in
            let address: String
            do {
                address = try await url()
            } catch {
                throw WebSocketError(kind: .noAddress, message: "The address to connect to was not found out: \(error)")
            }
            let connection = try await WebSocketConnection.connect(to: address, settings)
            var sent = 0
            while let text = next(after: sent, or: connection) {
                try await connection.send(text: text)
                sent += 1
            }
            return connection
        }
    }

    /// The next subscription to send; with none left, the connection becomes the one that `subscribe` uses.
    private func next(after sent: Int, or connection: WebSocketConnection) -> String? {
        state.withLock { state in
            if sent < state.subscriptions.count { return state.subscriptions[sent] }
            state.connection = connection
            return nil
        }
    }

    fileprivate func forgetConnection() { state.withLock { $0.connection = nil } }

    fileprivate func sleep(for duration: Duration) async throws {
        try await interruptibly { try await Task.sleep(for: duration) }
    }

    /// Runs a body that the stream's stop and the consumer's cancellation end.
    private func interruptibly<Result: Sendable>(
        _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let task = Task { try await body() }
        let isStopped = state.withLock { state in
            state.interrupt = { task.cancel() }
            return state.isStopped
        }
        if isStopped { task.cancel() }
        defer { state.withLock { $0.interrupt = nil } }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }
}

/// The events of a ``WebSocketStream``; it never throws.
public struct WebSocketEvents: AsyncSequence, Sendable {
    public typealias Element = WebSocketEvent
    public typealias Failure = Never

    let stream: WebSocketStream

    public func makeAsyncIterator() -> Iterator { Iterator(stream: stream) }

    public struct Iterator: AsyncIteratorProtocol {
        private enum Phase {
            case trying
            case waiting(Duration)
            case connected(WebSocketConnection, WebSocketMessages.Iterator, since: ContinuousClock.Instant)
        }

        private let stream: WebSocketStream
        private var backoff: Backoff
        private var attempt = 0
        private var phase = Phase.trying

        init(stream: WebSocketStream) {
            self.stream = stream
            backoff = stream.waits
        }

        public mutating func next() async -> WebSocketEvent? {
            while !stream.isOver {
                switch phase {
                case .waiting(let duration):
                    // Only a stop or a cancellation ends it early, and the loop sees both.
                    try? await stream.sleep(for: duration)
                    phase = .trying
                case .trying:
                    attempt += 1
                    do {
                        let connection = try await stream.open()
                        phase = .connected(connection, connection.messages.makeAsyncIterator(), since: .now)
                        return .connected(attempt: attempt)
                    } catch {
                        if stream.isOver { return over() }
                        return disconnected(error, lasted: nil)
                    }
                case .connected(_, var messages, let since):
                    do throws(WebSocketError) {
                        guard let message = try await messages.next() else { return over() }
                        return .message(message)
                    } catch {
                        stream.forgetConnection()
                        attempt = 0
                        return disconnected(error, lasted: .now - since)
                    }
                }
            }
            return over()
        }

        /// Lets go of the connection, which closes it.
        private mutating func over() -> WebSocketEvent? {
            stream.forgetConnection()
            phase = .trying
            return nil
        }

        private mutating func disconnected(_ error: any Error, lasted: Duration?) -> WebSocketEvent {
            let reason = error as? WebSocketError ?? WebSocketError(kind: .other, message: "\(error)")
            let wait = Swift.max(backoff.wait(lasted: lasted, draw: stream.nextDraw()), reason.retryAfter ?? .zero)
            phase = .waiting(wait)
            return .disconnected(reason, retryIn: wait)
        }
    }
}
