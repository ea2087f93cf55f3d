public import ExecutionEngine
import Failpoints
public import Orchestration
public import TradingDomain
public import Workflows

/// How a run stands, and who works it.
public struct RunStanding: Hashable, Sendable {
    /// `ready`, `running`, `waiting` or `finished`.
    public let state: String
    /// How it ended; nil until it has.
    public let status: ItemStatus?
    /// The process that works it; nil when nobody does, or its lease is over.
    public let process: Int32?
    /// The same in words, such as `smartexec run on host, process 7`.
    public let holder: String?
    /// Parent orders that are not final.
    public let openOrders: Int

    init(_ row: PostgresRow) throws {
        state = try row.text("state")
        status = try row.isNull("status") ? nil : try row.word("status")
        let isHeld = try row.bool("is_held")
        process = isHeld ? Int32(try row.int64("pid")) : nil
        holder = isHeld ? try row.optionalText("holder") : nil
        openOrders = Int(try row.int64("open_parents"))
    }
}

/// A worker that claims runs of an account.
public struct ServingWorker: Hashable, Sendable {
    public let id: String
    /// Program, host and process in words.
    public let name: String
    /// Whether it holds the account at the moment.
    public let holdsAccount: Bool
    /// Whether its lease is valid; one that cannot reach the database may come back.
    public let isLeased: Bool
}

/// Runs as somebody without a lease sees and steers them: from another process than the one that works them.
public struct PostgresRunControls: Sendable {
    private let transactions: DurableTransactions

    /// - Parameters:
    ///   - pool: Connections to a migrated database.
    ///   - patience: How long something is tried again while the database is gone; `nil` for half a minute.
    public init(pool: PostgresPool, patience: Backoff? = nil) {
        transactions = DurableTransactions(pool: pool, patience: patience ?? DurableTransactions.patience)
    }

    /// Records a new run, ready for whoever claims it.
    ///
    /// - Returns: Whether it may go on, waits its turn, or was not recorded.
    /// - Throws: `PostgresError`.
    public func create(_ run: RunRecord, slot: ConcurrencySlot?) async throws -> RunCreation {
        let creation = try await durably { connection in
            let creation = try PostgresRunStore.insert(run, slot: slot, on: connection)
            failpoint("run.written")
            return creation
        }
        failpoint("run.created")
        return creation
    }

    /// Living workers that claim runs of an account, those that hold it now first.
    ///
    /// The account is meant by its full name, namespace included.
    ///
    /// - Parameters:
    ///   - account: Whose runs they claim.
    ///   - isPatient: Also those whose lease ran out, unless it was ended or their process is known to have ended.
    /// - Returns: The workers.
    /// - Throws: `PostgresError`.
    public func workers(serving account: AccountID, patiently isPatient: Bool = false) async throws -> [ServingWorker] {
        try await durably { connection in
            let me = ProcessIdentity.current()
            return try connection.run(file: "serving_workers", [.text(account.text), .bool(isPatient)]).compactMap {
                row in
                let process = try ProcessIdentity(row)
                guard !me.knowsDead(process) else { return nil }
                return ServingWorker(
                    id: try row.text("id"),
                    name: "`\(try row.text("program"))` on \(process.host), process \(process.pid)",
                    holdsAccount: try row.bool("holds"),
                    isLeased: try row.bool("is_leased")
                )
            }
        }
    }

    /// How a run stands.
    ///
    /// - Throws: `RunStoreError.notFound`, and `PostgresError`.
    public func standing(of run: RunID) async throws -> RunStanding {
        try await durably { connection in try Self.standing(of: run, on: connection) }
    }

    /// Asks a run to start nothing more, and each of its open orders to be cancelled; whoever works the run notices within
    /// about a second.
    ///
    /// - Returns: How the run stood then.
    /// - Throws: `RunStoreError.notFound`, `RunStoreError.finished`, and `PostgresError`.
    public func cancel(_ run: RunID, _ cancellation: RunCancellation) async throws -> RunStanding {
        try await durably { connection in
            let standing = try Self.standing(of: run, on: connection)
            if let status = standing.status { throw RunStoreError.finished(run, status) }
            try PostgresRunStore.cancel(run, cancellation, on: connection)
            // A run that waits for people need not wait any longer.
            _ = try connection.run(file: "wake_run", [.text(run.text)])
            return standing
        }
    }

    /// Asks something of one open parent order; its engine reads that within about a second.
    ///
    /// - Returns: False when there is no such order, or it is final.
    /// - Throws: `PostgresError`.
    public func request(_ command: ParentCommand, by: String) async throws -> Bool {
        try await durably { connection in try CommandRows.request(command, by: by, on: connection) }
    }

    private func durably<T: Sendable>(_ body: @Sendable (isolated PostgresConnection) throws -> T) async throws -> T {
        do {
            return try await transactions.run(body)
        } catch let gaveUp as DurableTransactions.GaveUp {
            throw gaveUp.cause
        }
    }

    private static func standing(of run: RunID, on connection: isolated PostgresConnection) throws -> RunStanding {
        guard let row = try connection.run(file: "run_holder", [.text(run.text)]).first else {
            throw RunStoreError.notFound(run)
        }
        return try RunStanding(row)
    }
}
