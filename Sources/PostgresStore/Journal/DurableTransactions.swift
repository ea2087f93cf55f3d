/// Transactions that may be run again: identical batches whose keys tell whether they had committed.
struct DurableTransactions: Sendable {
    let pool: PostgresPool
    let patience: Backoff

    /// Thirty seconds of trying outlast a fail-over; then a person has to look.
    static let patience = Backoff.outage(of: .seconds(30))

    /// Why no transaction was proven to commit.
    struct GaveUp: Error {
        /// Whether one of the attempts may have committed.
        let mayHaveCommitted: Bool
        let cause: PostgresError
    }

    /// Runs `body` in a transaction until one is proven to have committed.
    ///
    /// - Parameter body: Made to be run twice: it decides by its keys, not by what it remembers.
    /// - Returns: What `body` returned in the attempt that committed.
    /// - Throws: ``GaveUp`` when the database is gone for longer than ``patience``; else what `body` throws.
    func run<T: Sendable>(_ body: @Sendable (isolated PostgresConnection) throws -> T) async throws -> T {
        try await proven { try await pool.transaction(body) }
    }

    /// Runs statements in a transaction of one round trip until one is proven to have committed.
    ///
    /// They are made to be run twice, as the body of ``run(_:)``, and errors are as there.
    func run(_ statements: [EncodedStatement]) async throws -> [PostgresResult] {
        try await proven { try await pool.visit { try $0.commit(statements) } }
    }

    private func proven<T: Sendable>(_ attemptOne: () async throws -> T) async throws -> T {
        let clock = ContinuousClock()
        let start = clock.now
        var attempt = 1
        var mayHaveCommitted = false
        while true {
            do {
                return try await attemptOne()
            } catch let error as PostgresError {
                mayHaveCommitted = mayHaveCommitted || error.isCommitUnknown
                guard error.isCommitUnknown || error.isConnectionLost || error.isRetryableTransaction else {
                    throw error == .cancelled && mayHaveCommitted
                        ? GaveUp(mayHaveCommitted: true, cause: error) as any Error : error
                }
                let elapsed = start.duration(to: clock.now)
                guard
                    let wait = patience.wait(after: attempt, elapsed: elapsed, jitter: Double.random(in: 0...1))
                else { throw GaveUp(mayHaveCommitted: mayHaveCommitted, cause: error) }
                do {
                    try await clock.sleep(for: wait)
                } catch {
                    throw GaveUp(mayHaveCommitted: mayHaveCommitted, cause: .cancelled)
                }
                attempt += 1
            }
        }
    }
}
