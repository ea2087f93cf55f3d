import Synchronization

/// A bounded number of connections to one database, lent in the order of asking.
///
/// Connections open when first needed. One that comes back broken or inside a transaction is closed, and the next
/// borrower gets a new one.
public final class PostgresPool: Sendable {
    private struct Waiter {
        let id: UInt64
        let resume: CheckedContinuation<PostgresError?, Never>
    }

    private struct State {
        var idle: [PostgresConnection] = []
        var lent = 0
        var waiters: [Waiter] = []
        var cancelled: Set<UInt64> = []
        var nextID: UInt64 = 0
        var isClosed = false
    }

    private let url: String
    private let size: Int
    private let waitersMax: Int
    private let reconnect: Backoff
    private let whileStarting: Backoff?
    private let state = Mutex(State())

    /// Makes a pool without connecting.
    ///
    /// - Parameters:
    ///   - url: As for ``PostgresConnection/init(url:)``; it is read here so that a mistake shows at once.
    ///   - size: The most connections at a time, at least one.
    ///   - waitersMax: The most callers that may wait; 1024 is far above what a healthy program queues.
    ///   - reconnect: How long a borrower tries to connect before it gets the error.
    ///   - whileStarting: How long while the server lives and takes nobody yet; `nil` for no longer.
    /// - Throws: ``PostgresError/invalidURL(problem:)``.
    public init(
        url: String,
        size: Int = 8,
        waitersMax: Int = 1024,
        reconnect: Backoff = Backoff(attempts: 5, total: .seconds(5)),
        whileStarting: Backoff? = nil
    ) throws(PostgresError) {
        precondition(size > 0, "size must be positive, was \(size)")
        _ = try ConnectionString(url)
        self.url = url
        self.size = size
        self.waitersMax = waitersMax
        self.reconnect = reconnect
        self.whileStarting = whileStarting
    }

    /// Lends a connection to `body`, waiting for one when all are out.
    ///
    /// - Throws: What `body` throws; ``PostgresError/poolClosed``, ``PostgresError/poolBusy(waiting:)``,
    ///   ``PostgresError/cancelled`` or the error of connecting.
    public func withConnection<T: Sendable>(
        _ body: @Sendable (PostgresConnection) async throws -> T
    ) async throws -> T {
        let connection = try await borrow()
        let outcome: Result<T, any Error>
        do {
            outcome = .success(try await body(connection))
        } catch {
            outcome = .failure(error)
        }
        await giveBack(connection, await connection.isReusable)
        return try outcome.get()
    }

    /// Runs `body` in one transaction on a lent connection, as ``PostgresConnection/transaction(isolation:_:)`` does.
    ///
    /// - Throws: What `body` throws, or what ``withConnection(_:)`` and ``PostgresConnection/commit()`` do.
    public func transaction<T: Sendable>(
        isolation: TransactionIsolation = .readCommitted,
        _ body: @Sendable (isolated PostgresConnection) throws -> T
    ) async throws -> T {
        try await visit { try $0.transactionRethrowing(isolation: isolation, body) }
    }

    /// Runs `body` on a lent connection in one go: what is done many times a second pays for one change of threads.
    ///
    /// - Throws: As ``withConnection(_:)``.
    func visit<T: Sendable>(_ body: @Sendable (isolated PostgresConnection) throws -> T) async throws -> T {
        if let error = await takeSlot() { throw error }
        while let connection = state.withLock({ $0.idle.popLast() }) {
            switch await connection.visit(body) {
            case .broken: await connection.close()
            case .visited(let outcome, let isReusable):
                await giveBack(connection, isReusable)
                return try outcome.get()
            }
        }
        let connection = try await connect()
        switch await connection.visit(body) {
        case .broken:
            await giveBack(connection, false)
            throw PostgresError.connectionLost(problem: "the server closed a new connection at once", statement: nil)
        case .visited(let outcome, let isReusable):
            await giveBack(connection, isReusable)
            return try outcome.get()
        }
    }

    /// Closes idle connections now and lent ones when they come back; waiting and later callers get
    /// ``PostgresError/poolClosed``.
    public func close() async {
        let (idle, waiters) = state.withLock { state in
            state.isClosed = true
            defer { (state.idle, state.waiters) = ([], []) }
            return (state.idle, state.waiters)
        }
        for waiter in waiters { waiter.resume.resume(returning: .poolClosed) }
        for connection in idle { await connection.close() }
    }

    /// Whether an attempt to connect that failed may go better soon; asks the server, past the pool's bound.
    func isAway() async -> Bool {
        // The URL was read when the pool was made.
        guard let connection = try? PostgresConnection(url: url) else { return false }
        return await connection.isAway()
    }

    /// How many callers wait.
    var waiting: Int { state.withLock { $0.waiters.count } }

    private func borrow() async throws(PostgresError) -> PostgresConnection {
        if let error = await takeSlot() { throw error }
        while let connection = state.withLock({ $0.idle.popLast() }) {
            if await connection.isUsable { return connection }
            await connection.close()
        }
        return try await connect()
    }

    /// A new connection for whoever holds a slot, which goes on to the next in line when there is none.
    private func connect() async throws(PostgresError) -> PostgresConnection {
        do {
            let connection = try PostgresConnection(url: url)
            try await connection.reconnect(reconnect, whileStarting: whileStarting)
            return connection
        } catch {
            passSlotOn()
            throw error
        }
    }

    private func giveBack(_ connection: PostgresConnection, _ isReusable: Bool) async {
        let isKept = state.withLock { state in
            guard isReusable, !state.isClosed else { return false }
            state.idle.append(connection)
            return true
        }
        if !isKept { await connection.close() }
        passSlotOn()
    }

    /// Returns nil once the caller holds one of the `size` slots.
    private func takeSlot() async -> PostgresError? {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        defer { state.withLock { _ = $0.cancelled.remove(id) } }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                enqueue(Waiter(id: id, resume: continuation))
            }
        } onCancel: {
            let waiter = state.withLock { state -> Waiter? in
                guard let index = state.waiters.firstIndex(where: { $0.id == id }) else {
                    state.cancelled.insert(id)
                    return nil
                }
                return state.waiters.remove(at: index)
            }
            waiter?.resume.resume(returning: .cancelled)
        }
    }

    private func enqueue(_ waiter: Waiter) {
        enum Decision {
            case wait
            case answer(PostgresError?)
        }
        let decision: Decision = state.withLock { state in
            // The task was cancelled before it came here.
            if state.cancelled.remove(waiter.id) != nil { return .answer(.cancelled) }
            if state.isClosed { return .answer(.poolClosed) }
            if state.lent < size {
                state.lent += 1
                return .answer(nil)
            }
            if state.waiters.count >= waitersMax { return .answer(.poolBusy(waiting: state.waiters.count)) }
            state.waiters.append(waiter)
            return .wait
        }
        if case .answer(let error) = decision { waiter.resume.resume(returning: error) }
    }

    /// Hands the caller's slot to the first waiter, so that nobody who came later can take it.
    private func passSlotOn() {
        let next = state.withLock { state -> Waiter? in
            guard !state.waiters.isEmpty else {
                state.lent -= 1
                return nil
            }
            return state.waiters.removeFirst()
        }
        next?.resume.resume(returning: nil)
    }
}

/// What came of going to a connection with work.
private enum Visit<T: Sendable>: Sendable {
    /// It was dead already, and nothing was done.
    case broken
    case visited(Result<T, any Error>, isReusable: Bool)
}

extension PostgresConnection {
    fileprivate func visit<T: Sendable>(_ body: @Sendable (isolated PostgresConnection) throws -> T) -> Visit<T> {
        guard isUsable else { return .broken }
        let outcome: Result<T, any Error>
        do { outcome = .success(try body(self)) } catch { outcome = .failure(error) }
        return .visited(outcome, isReusable: isReusable)
    }
}
