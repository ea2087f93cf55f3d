import ExecutionEngine
import Failpoints
public import Orchestration
public import TradingDomain
import Workflows

/// The queue of runs in PostgreSQL, for one worker.
public struct PostgresRunQueue: RunQueue {
    /// Runs that a look may pass over because their concurrency key has just filled.
    private static let triesMax = 8

    private let store: PostgresRunStore
    private let accounts: [String]?

    /// Makes the queue of one worker.
    ///
    /// - Parameters:
    ///   - pool: Connections to a migrated database.
    ///   - worker: Who claims, with a lease in the same database.
    ///   - accounts: Whose runs it claims, by full or configured name; `nil` for all.
    ///   - patience: How long a transaction is tried again while the database is gone; not at all by default, since the worker
    ///     asks again by itself.
    public init(pool: PostgresPool, worker: PostgresWorker, accounts: [String]? = nil, patience: Backoff? = nil) {
        store = PostgresRunStore(
            pool: pool,
            worker: worker,
            patience: patience ?? Backoff(attempts: 2, total: .seconds(2))
        )
        self.accounts = accounts
    }

    private var me: PostgresValue { .text(store.worker.id) }

    public func sweep() async throws -> [RunID] {
        // What people have not answered in time makes its run ready, too.
        try await store.durably { connection in
            _ = try connection.run(file: "end_overdue_approvals", [.null])
        }
        return try await store.durably { [store, me] connection in
            let identity = store.worker.identity
            let dead = try connection.run(file: "holders_on_host", [.text(identity.host), me]).compactMap { row in
                identity.knowsDead(try ProcessIdentity(row)) ? try row.text("id") : nil
            }
            return try Self.free(dead, sparing: me, on: connection)
        }
    }

    public func claimNext(beside busy: [AccountID: String?], failuresBelow limit: Int?) async throws -> WaitingRun? {
        let mine: PostgresValue = accounts.map { .textArray($0) } ?? .null
        let accounts = busy.sorted { $0.key < $1.key }
        let held: [PostgresValue] = [.textArray(accounts.map(\.key.text)), .textArray(accounts.map(\.value))]
        let next = try await store.durably { [store, me] connection -> WaitingRun? in
            var tried: [String] = []
            while tried.count < Self.triesMax {
                let values = [me, held[0], mine, .textArray(tried), held[1], .optional(limit.map(Int64.init))]
                guard let row = try connection.run(file: "next_run", values).first else { return nil }
                let run = RunID(unchecked: try row.text("id"))
                do {
                    let claimed = try PostgresRunStore.claim(run, by: store.worker, on: connection)
                    let failures = try connection.run(file: "run_failures", [.text(run.text)]).single()
                    return WaitingRun(claimed: claimed, failures: Int(try failures.int64("failures")))
                } catch RunStoreError.queued {
                    tried.append(run.text)
                }
            }
            return nil
        }
        failpoint("queue.claimed", if: next != nil)
        return next
    }

    public func putBack(_ claim: RunClaim, after wait: Duration, isFailure: Bool) async throws {
        failpoint("run.before_put_back")
        try await store.durably { connection in
            _ = try connection.run(
                file: "put_back_run",
                [
                    .text(claim.run.text), .int64(claim.epoch), .decimal("\(wait / .seconds(1))"), .bool(isFailure),
                ]
            )
        }
        failpoint("run.put_back")
    }

    public func fail(_ claimed: ClaimedRun, code: String, reason: String) async throws {
        let (claim, record) = (claimed.claim, claimed.record)
        try await store.fenced(claim) { connection in
            _ = try connection.pipeline([try PostgresRunStore.fence(claim)])
            let ids = try connection.run(file: "parents_of_run", [.text(claim.run.text)]).map { try $0.text("id") }
            let report = RunReport(failing: claimed, try ParentRows.read(ids, on: connection), reason: reason)
            let by = "worker"
            _ = try connection.run(
                file: "cancel_parents_of_run",
                [.text(claim.run.text), .text("its run was given up"), .text(by)]
            )
            let end = RunWriter.RunEnd(
                claim: claim,
                steps: [],
                status: report.status,
                report: try Documents.encode(report),
                at: report.endedAt
            )
            guard try connection.pipeline([RunWrites.finish([end])])[0].count == 1 else {
                throw RunStoreError.fenced(claim.run)
            }
            _ = try connection.run(
                file: "record_alerts",
                [
                    .text(record.account.text), .textArray([nil]), .textArray(["run_given_up"]),
                    .textArray(["Run \(claim.run) (\(code)): \(reason)".storable]),
                    .int64Array([report.endedAt.nanoseconds]), .textArray([AlertLevel.critical.rawValue]),
                ]
            )
        }
    }

    public func close() async throws {
        failpoint("worker.before_drain")
        try await store.durably { [me] connection in _ = try connection.run(file: "close_worker", [me]) }
        failpoint("worker.drained")
    }

    public func leave() async throws {
        try await store.durably { [store] connection in
            _ = try Self.free([store.worker.id], sparing: .null, on: connection)
        }
    }

    /// Tells when a run that has just been claimed for the first time begins, in business time.
    ///
    /// - Throws: `PostgresError`.
    public func begin(_ claim: RunClaim, at time: Timestamp) async throws {
        try await store.durably { connection in
            _ = try connection.run(
                file: "begin_run",
                [.text(claim.run.text), .int64(claim.epoch), .int64(time.nanoseconds)]
            )
        }
    }

    private static func free(
        _ workers: [String],
        sparing spared: PostgresValue,
        on connection: isolated PostgresConnection
    ) throws -> [RunID] {
        let runs = try connection.run(file: "free_dead_workers", [.textArray(workers), spared]).map {
            RunID(unchecked: try $0.text("id"))
        }
        // A statement of its own, which sees what became of the runs.
        _ = try connection.run(file: "sweep_errands", [.textArray(workers), spared])
        return runs
    }
}
