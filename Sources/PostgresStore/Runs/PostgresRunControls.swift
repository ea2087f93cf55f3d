public import ExecutionEngine
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

/// Runs as somebody without a lease sees and steers them: from another process than the one that works them.
public struct PostgresRunControls: Sendable {
    private let transactions: DurableTransactions

    public init(pool: PostgresPool) {
        transactions = DurableTransactions(pool: pool, patience: DurableTransactions.patience)
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
        let by = cancellation.by.storable
        return try await durably { connection in
            let standing = try Self.standing(of: run, on: connection)
            if let status = standing.status { throw RunStoreError.finished(run, status) }
            _ = try connection.run(
                file: "cancel_run",
                [.text(run.text), .text(cancellation.reason.storable), .text(by)]
            )
            // A run that waits for people need not wait any longer.
            _ = try connection.run(file: "wake_run", [.text(run.text)])
            _ = try connection.run(
                file: "cancel_parents_of_run",
                [.text(run.text), .text(cancellation.text.storable), .text(by)]
            )
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
