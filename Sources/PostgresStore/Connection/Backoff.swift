/// Waits between attempts that double up to a cap, with jitter, so that many clients do not return at once.
public struct Backoff: Hashable, Sendable {
    /// The most attempts, at least one.
    public let attempts: Int
    /// The longest time from the first attempt to the start of the last one.
    public let total: Duration
    /// The first wait before jitter.
    public let base: Duration
    /// The longest single wait.
    public let cap: Duration

    public init(
        attempts: Int,
        total: Duration,
        base: Duration = .milliseconds(50),
        cap: Duration = .seconds(5)
    ) {
        precondition(attempts > 0, "attempts must be positive, was \(attempts)")
        self.attempts = attempts
        self.total = total
        self.base = base
        self.cap = cap
    }

    /// Attempts while a database restarts or fails over: soon at first, every second or two later, for `total`.
    public static func outage(of total: Duration) -> Backoff {
        // So many that the time decides.
        Backoff(attempts: 1_000_000, total: total, base: .milliseconds(50), cap: .seconds(2))
    }

    /// Returns how long to wait after a failed attempt.
    ///
    /// "Equal jitter": half of the wait is fixed, the other half scaled by `jitter`.
    ///
    /// - Parameters:
    ///   - attempt: The number of the attempt, from 1.
    ///   - elapsed: Time since the first attempt began.
    ///   - jitter: A random number from 0 to 1.
    /// - Returns: The wait, or nil when no attempt is left.
    public func wait(after attempt: Int, elapsed: Duration, jitter: Double) -> Duration? {
        precondition(attempt > 0, "attempts count from 1, was \(attempt)")
        precondition((0...1).contains(jitter), "jitter must be from 0 to 1, was \(jitter)")
        guard attempt < attempts else { return nil }
        // Beyond 2^20 every base has reached its cap.
        let full = min(cap, base * (1 << min(attempt - 1, 20)))
        let wait = full / 2 + full / 2 * jitter
        return elapsed + wait > total ? nil : wait
    }
}

extension PostgresConnection {
    /// Opens the connection anew, waiting between attempts as `backoff` says, and as `whileStarting` says for a server
    /// that lives and takes nobody yet.
    ///
    /// Prepared statements and any open transaction of the earlier session are gone.
    ///
    /// - Parameters:
    ///   - backoff: How often to try, and for how long.
    ///   - whileStarting: The same while the server starts, recovers or stops (SQLSTATE 57P03); `nil` for no difference.
    ///   - clock: What the waits are measured on.
    ///   - jitter: A source of random numbers from 0 to 1.
    /// - Throws: The last attempt's error, or ``PostgresError/cancelled``.
    public func reconnect(
        _ backoff: Backoff,
        whileStarting: Backoff? = nil,
        clock: some Clock<Duration> = ContinuousClock(),
        jitter: @Sendable () -> Double = { Double.random(in: 0...1) }
    ) async throws(PostgresError) {
        let start = clock.now
        var attempt = 1
        while true {
            do {
                return try open()
            } catch {
                let elapsed = start.duration(to: clock.now)
                let draw = jitter()
                var wait = backoff.wait(after: attempt, elapsed: elapsed, jitter: draw)
                if wait == nil, let whileStarting, LibpqSession.isStarting(target) {
                    wait = whileStarting.wait(after: attempt, elapsed: elapsed, jitter: draw)
                }
                guard error.isConnectionLost, let wait else { throw error }
                do {
                    try await clock.sleep(until: clock.now.advanced(by: wait), tolerance: nil)
                } catch {
                    throw .cancelled
                }
                attempt += 1
            }
        }
    }
}
