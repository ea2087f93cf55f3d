public import ExecutionEngine
import Failpoints
public import Orchestration
public import TradingDomain
public import Workflows

extension PostgresError: ClassifiedError {
    public var kind: ErrorKind {
        if isCommitUnknown { return .unknown }
        return isEnvironmental ? .unavailable : .unexpected
    }
}

/// Runs, steps, decisions and approvals in PostgreSQL; every write of a run shares its row's lock at the claim's epoch.
public struct PostgresRunStore: RunStore {
    let worker: PostgresWorker
    let transactions: DurableTransactions
    private let writer: RunWriter

    /// Makes the store of one worker.
    ///
    /// - Parameters:
    ///   - pool: Connections to a migrated database.
    ///   - worker: Who claims runs here, with a lease in the same database.
    ///   - patience: How long a transaction is tried again while the database is gone.
    public init(pool: PostgresPool, worker: PostgresWorker, patience: Backoff? = nil) {
        self.worker = worker
        transactions = DurableTransactions(pool: pool, patience: patience ?? DurableTransactions.patience)
        writer = RunWriter(worker: worker.id, transactions: transactions)
    }

    public func create(_ run: RunRecord, slot: ConcurrencySlot?) async throws -> RunCreation {
        try await durably { connection in try Self.insert(run, slot: slot, on: connection) }
    }

    public func begin(_ run: RunRecord) async throws -> ClaimedRun {
        failpoint("run.before_begin")
        let answer = try await writer.write(.begin(run))
        failpoint("run.begun")
        guard answer == .done else {
            // Recorded before, or by this very call before its COMMIT was lost.
            return try await claim(run.id)
        }
        return ClaimedRun(claim: RunClaim(run: run.id, epoch: 1), record: run, done: [], isNew: true)
    }

    public func claim(_ run: RunID) async throws -> ClaimedRun {
        let claimed = try await durably { [worker] connection in try Self.claim(run, by: worker, on: connection) }
        failpoint("run.claimed")
        return claimed
    }

    /// Claims a run in the transaction at hand, as ``claim(_:)`` does.
    static func claim(
        _ run: RunID,
        by worker: PostgresWorker,
        on connection: isolated PostgresConnection
    ) throws -> ClaimedRun {
        guard let row = try connection.run(file: "lock_run", [.text(run.text)]).first else {
            throw RunStoreError.notFound(run)
        }
        if try row.text("state") == "finished" {
            throw RunStoreError.finished(run, try row.word("status"))
        }
        if let holder = try LeaseHolder(row), holder.isAlive(beside: worker) {
            throw RunStoreError.runBusy(
                "Run \(run) is being worked by \(holder.description). Wait until that command has finished, "
                    + "or end that process; the run can then be resumed within 15 s."
            )
        }
        let place = try place(for: run, row, on: connection)
        let claimed = try connection.run(
            file: "claim_run",
            [.text(run.text), .text(worker.id), .optional(place)]
        ).single()
        failpoint("run.claim_written")
        return ClaimedRun(
            claim: RunClaim(run: run, epoch: try claimed.int64("epoch")),
            record: try record(run, row, on: connection),
            done: try connection.run(file: "steps_of_run", [.text(run.text)]).map(step)
        )
    }

    public func complete(_ steps: [StepRecord], of claim: RunClaim) async throws {
        guard !steps.isEmpty else { return }
        failpoint("steps.before_complete")
        if try await writer.write(.complete(steps, claim)) == .fenced { throw RunStoreError.fenced(claim.run) }
        failpoint("steps.completed")
    }

    public func cancel(_ run: RunID, _ cancellation: RunCancellation) async throws {
        try await durably { connection in
            _ = try connection.run(
                file: "cancel_run",
                [.text(run.text), .text(cancellation.reason.storable), .text(cancellation.by.storable)]
            )
        }
    }

    public func cancellation(of run: RunID) async throws -> RunCancellation? {
        try await ask("cancellation_of_run", [.text(run.text)]).first.map {
            RunCancellation(by: try $0.text("requested_by"), reason: try $0.text("reason"))
        }
    }

    public func finish(
        _ claim: RunClaim,
        after steps: [StepRecord],
        status: ItemStatus,
        report: String,
        at time: Timestamp
    ) async throws {
        let end = RunWriter.RunEnd(claim: claim, steps: steps, status: status, report: report, at: time)
        failpoint("run.before_finish")
        if try await writer.write(.finish(end)) == .fenced { throw RunStoreError.fenced(claim.run) }
        failpoint("run.finished")
    }

    static func fence(_ claim: RunClaim) throws(PostgresError) -> PostgresStatement {
        try PostgresStatement(file: "fence_run", [.text(claim.run.text), .int64(claim.epoch)])
    }

    /// Runs a transaction that begins with ``fence(_:)``.
    func fenced<T: Sendable>(
        _ claim: RunClaim,
        _ body: @Sendable (isolated PostgresConnection) throws -> T
    ) async throws -> T {
        do {
            return try await durably(body)
        } catch let error as PostgresError where error.sqlState == "SX003" {
            throw RunStoreError.fenced(claim.run)
        }
    }

    /// Commits statements while the run is held at the claim's epoch.
    func fenced(_ claim: RunClaim, _ statements: PostgresStatement...) async throws {
        do {
            _ = try await commit([Self.fence(claim)] + statements)
        } catch let error as PostgresError where error.sqlState == "SX003" {
            throw RunStoreError.fenced(claim.run)
        }
    }

    /// Commits statements in one round trip; made to be run twice.
    func commit(_ statements: [PostgresStatement]) async throws -> [PostgresResult] {
        do {
            return try await transactions.run(try statements.map { try EncodedStatement($0) })
        } catch let gaveUp as DurableTransactions.GaveUp {
            throw gaveUp.cause
        }
    }

    /// The rows of one statement that reads.
    func ask(_ name: String, _ parameters: [PostgresValue]) async throws -> PostgresResult {
        try await commit([PostgresStatement(file: name, parameters)])[0]
    }

    func durably<T: Sendable>(
        _ body: @Sendable (isolated PostgresConnection) throws -> T
    ) async throws -> T {
        do {
            return try await transactions.run(body)
        } catch let gaveUp as DurableTransactions.GaveUp {
            throw gaveUp.cause
        }
    }

    static func record(
        _ run: RunID,
        _ row: PostgresRow,
        on connection: isolated PostgresConnection
    ) throws -> RunRecord {
        let hash = try row.text("definition_hash")
        var sources: [String: String] = [:]
        for source in try connection.run(file: "definitions_of_run", [.text(hash)]) {
            sources[try source.text("name")] = try source.text("source")
        }
        guard let seed = UInt64(try row.text("seed")) else {
            throw PostgresError.unexpectedColumn(column: "seed", type: "numeric", problem: "is beyond 64 bits")
        }
        return RunRecord(
            id: run,
            workflow: try row.text("workflow"),
            definitionHash: hash,
            sources: sources,
            inputs: try row.text("inputs"),
            account: AccountID(unchecked: try row.text("account")),
            environment: try row.word("environment"),
            launch: try row.text("launch"),
            startedAt: try row.time("started_at_ns"),
            seed: seed
        )
    }

    static func step(_ row: PostgresRow) throws -> StepRecord {
        StepRecord(
            path: try row.text("path"),
            uses: try row.text("uses"),
            effect: try row.text("effect"),
            outcome: try row.text("outcome"),
            startedAt: try row.time("started_at_ns"),
            doneAt: try row.time("done_at_ns")
        )
    }
}
