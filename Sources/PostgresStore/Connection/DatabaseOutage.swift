/// Sits out the time in which the database is away: not up yet, restarting, or failing over.
///
/// For work that may be done again from its start, such as reads. One value sees one piece of work after the other; each
/// outage among them has the whole patience.
public struct DatabaseOutage: Sendable {
    private let pool: PostgresPool
    private let patience: Backoff
    private var began: ContinuousClock.Instant?
    private var attempts = 0

    /// - Parameters:
    ///   - pool: The way to the database.
    ///   - patience: How often it is tried again, and for how long.
    public init(of pool: PostgresPool, patience: Backoff) {
        self.pool = pool
        self.patience = patience
    }

    /// Waits before the next attempt.
    ///
    /// - Parameters:
    ///   - error: What the attempt failed with.
    ///   - tell: Hears the first error of an outage, before the wait.
    /// - Throws: `error` itself when waiting does not help or has not helped for so long; `CancellationError`.
    public mutating func sitOut(_ error: any Error, tell: (any Error) -> Void) async throws {
        guard await isPassing(error) else { throw error }
        attempts += 1
        let now = ContinuousClock.now
        let start = began ?? now
        began = start
        let draw = Double.random(in: 0...1)
        guard let wait = patience.wait(after: attempts, elapsed: now - start, jitter: draw) else { throw error }
        if attempts == 1 { tell(error) }
        try await Task.sleep(for: wait)
    }

    /// An attempt has succeeded.
    public mutating func end() { (began, attempts) = (nil, 0) }

    /// Whether the next attempt may go better although nobody changes anything: a wrong password stays wrong.
    private func isPassing(_ error: any Error) async -> Bool {
        let cause: PostgresError
        switch error {
        case let error as PostgresError: cause = error
        case MigrationError.database(let error), MigrationError.failed(_, _, _, let error): cause = error
        default: return false
        }
        if case .connectFailed = cause { return await pool.isAway() }
        return cause.isConnectionLost || cause.isCommitUnknown || cause.isReadOnly
    }
}

extension PostgresPool {
    /// Does `work` as soon as the database is there to do it; see ``DatabaseOutage``.
    ///
    /// - Throws: What `work` throws, in an outage the last error of it.
    public func outlasting<T>(
        _ patience: Backoff,
        tell: (any Error) -> Void,
        _ work: () async throws -> T
    ) async throws -> T {
        var outage = DatabaseOutage(of: self, patience: patience)
        while true {
            do { return try await work() } catch { try await outage.sitOut(error, tell: tell) }
        }
    }
}
