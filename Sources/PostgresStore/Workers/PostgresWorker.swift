import Dispatch
import Failpoints
import Foundation
import Synchronization

/// One incarnation of a worker: a lease in `workers`, renewed from a thread and a connection of its own.
///
/// A busy pool or a blocked actor cannot starve the heartbeat, and only the database's clock decides on expiry.
/// A lease that ran out is not given up: nobody may have noticed, and whoever did has raised the epochs.
public final class PostgresWorker: Sendable {
    /// How often the lease is renewed.
    public static let renewal: Duration = .seconds(5)
    /// How long it lasts: three renewals, so that one lost connection does not end it.
    public static let expiry: Duration = .seconds(15)

    /// The incarnation's id, a UUID in lower case.
    public let id: String
    let identity: ProcessIdentity
    private let target: ConnectionString
    private let program: String
    private let serves: [String]?
    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)

    private struct State {
        var heldUntil: ContinuousClock.Instant?
        var ending: Ending?
        var waiters: [CheckedContinuation<Void, Never>] = []
        var isOver = false
    }

    private enum Ending {
        /// Ends the lease in the database.
        case stop
        /// Leaves it to expire, as a killed process does.
        case abandon
    }

    private init(target: ConnectionString, program: String, serves: [String]?) {
        id = UUID().uuidString.lowercased()
        identity = .current()
        self.target = target
        self.program = program
        self.serves = serves
    }

    /// Takes a lease and begins to renew it.
    ///
    /// - Parameters:
    ///   - url: The database, migrated; as for ``PostgresConnection/init(url:)``.
    ///   - program: What runs, shown to people, such as `smartexec run`.
    ///   - serves: Accounts whose runs it claims from the queue, by full or configured name, `*` for all; `nil` when it claims
    ///     none, so that nobody hands it a run.
    /// - Returns: The worker; ``stop()`` ends it.
    /// - Throws: ``PostgresError`` when the first lease could not be written.
    public static func start(
        url: String,
        program: String = "smartexec",
        serves: [String]? = nil
    ) async throws -> PostgresWorker {
        let worker = PostgresWorker(target: try ConnectionString(url), program: program, serves: serves)
        try await withCheckedThrowingContinuation { (started: CheckedContinuation<Void, any Error>) in
            let thread = Thread { worker.run(started) }
            thread.name = "smartexec.heartbeat"
            thread.start()
        }
        return worker
    }

    /// Whether the lease is surely valid: the last renewal was asked for less than ``expiry`` ago.
    public var isHeld: Bool {
        state.withLock { $0.heldUntil.map { ContinuousClock.now < $0 } ?? false }
    }

    /// Ends the lease, so that nobody has to wait for its expiry; returns once that is written or impossible.
    public func stop() async { await end(.stop) }

    /// Stops renewing without a word, as a killed process does.
    package func abandon() async { await end(.abandon) }

    private func end(_ ending: Ending) async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                state.ending = state.ending ?? ending
                if !state.isOver { state.waiters.append(continuation) }
                return state.isOver
            }
            if isOver { continuation.resume() } else { wake.signal() }
        }
    }

    // MARK: The thread

    private func run(_ started: CheckedContinuation<Void, any Error>) {
        var session: LibpqSession?
        do throws(PostgresError) {
            session = try register()
        } catch {
            finish()
            return started.resume(throwing: error)
        }
        started.resume()
        while state.withLock({ $0.ending }) == nil {
            // A failed renewal is tried again soon; the lease outlasts several of them.
            let wait: DispatchTimeInterval = session == nil ? .seconds(1) : .seconds(5)
            guard wake.wait(timeout: .now() + wait) == .timedOut else { continue }
            do throws(PostgresError) {
                if session == nil { session = try LibpqSession(target) }
                if let session { try renew(on: session) }
            } catch {
                session = nil
            }
        }
        if state.withLock({ $0.ending }) == .stop {
            // A lease that cannot be ended expires.
            _ = try? (session ?? LibpqSession(target)).query(
                "UPDATE workers SET ended_at = clock_timestamp() WHERE id = $1::uuid AND ended_at IS NULL",
                [.text(id)]
            )
        }
        finish()
    }

    private func register() throws(PostgresError) -> LibpqSession {
        let session = try LibpqSession(target)
        try enter(on: session)
        return session
    }

    /// Writes the lease's row, unless it is there.
    private func enter(on session: LibpqSession) throws(PostgresError) {
        let asked = ContinuousClock.now
        let entered = try session.query(
            """
            INSERT INTO workers (id, host, boot_id, pid, process_start, program, serves, lease_until)
            VALUES ($1::uuid, $2, $3, $4::integer, $5, $6, $7::text[], clock_timestamp() + make_interval(secs => 15))
            ON CONFLICT (id) DO NOTHING
            """,
            [
                .text(id), .text(identity.host), .text(identity.bootID), .int64(Int64(identity.pid)),
                .text(identity.start), .text(program), serves.map { .textArray($0) } ?? .null,
            ]
        )
        if entered.affectedRows == 1 { hold(from: asked) }
    }

    private func renew(on session: LibpqSession) throws(PostgresError) {
        let asked = ContinuousClock.now
        failpoint("lease.before_renewal")
        let renewed = try session.query(
            """
            UPDATE workers SET lease_until = clock_timestamp() + make_interval(secs => 15)
            WHERE id = $1::uuid AND ended_at IS NULL
            """,
            [.text(id)]
        )
        failpoint("lease.renewed")
        // Nothing to renew: it has ended, or the database has lost the commit of its row.
        if renewed.affectedRows == 1 { hold(from: asked) } else { try enter(on: session) }
    }

    private func hold(from asked: ContinuousClock.Instant) {
        state.withLock { $0.heldUntil = asked + Self.expiry }
    }

    private func finish() {
        let waiters = state.withLock { state in
            state.heldUntil = nil
            state.isOver = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}
